"""Whatever stands in a configuration file, the answer is a configuration or a ConfigurationFault."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.runtime.configuration.faults import ConfigurationFault
from interlock.runtime.configuration.loosening import loosenings
from interlock.runtime.configuration.policy_file import SeededPolicy, read_policy
from interlock.runtime.configuration.settings import read_settings

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE_BYTES = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.toml"))]
READERS = pytest.mark.parametrize("read", [read_policy, read_settings])
Read = Callable[[Path], object]
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"nan", b"-inf", b"1e999999999999999999", b"1e-99999999", b"-1", b"0x", b"9" * 5_000, b"true"]),
    st.sampled_from([b"''", b'"""', b"'''", b"[", b"]]", b"{}", b"\n", b"#", b"=", b".", b"2024-08-08T00:00:00Z"]),
    st.sampled_from([b"[loosened]\n", b"a.b.c = 1\n", b"[[automations]]\n"]),
    st.sampled_from([b"\xef\xbb\xbf", b"\x00", b"\xff", b"\\u0000", b'"\\u001b[2J"']),
)
NAMES = ["limits", "leverage_max", "symbols", "BTCUSDT", "loosened", "exits.stop_bps_min", "automations", "settings"]
NAMES += ["lookback_bars", "name", "strategy", "paper", "close_collar_bps", "\u200b", "a" * 300]


@st.composite
def mutated_examples(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(EXAMPLE_BYTES)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data[start:end] = draw(PIECES)
    return bytes(data)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """TOML that parses, with known and unknown keys holding values of every kind."""
    scalars = st.one_of(
        st.integers().map(str),
        st.floats().map(repr),
        st.sampled_from(["true", '"buy"', '"breakout"', '"first"', "07:32:00", "1979-05-27", "1e400", "[]", "{}"]),
    )
    values = st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3).map(
                lambda table: "{" + ", ".join(f'"{name}" = {item}' for name, item in table.items()) + "}"
            ),
        ),
        max_leaves=8,
    )
    table = draw(st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=4))
    return "".join(f'"{name}" = {value}\n' for name, value in table.items()).encode()


def answer(read: Read, data: bytes) -> object | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.toml"
        path.write_bytes(data)
        try:
            return read(path)
        except ConfigurationFault as fault:
            text = str(fault).replace("\n", "")
            assert text.isprintable(), "an error must not reach for the terminal"
            assert len(text) < 200_000
            return None


@READERS
@given(data=st.one_of(mutated_examples(), tables(), st.binary(max_size=200)))
@settings(max_examples=150, deadline=None)
def test_any_file_gives_a_configuration_or_a_fault(read: Read, data: bytes) -> None:
    configuration = answer(read, data)
    if isinstance(configuration, SeededPolicy):
        assert list(configuration.loosened) == [loosening.key for loosening in loosenings(configuration.policy)]


@READERS
def test_keys_nested_without_end_give_a_fault(read: Read) -> None:
    assert answer(read, b"loosened" + b".a" * 2_000 + b" = 1\n") is None
    assert answer(read, b"limits.x" + b".a" * 2_000 + b" = 1\n") is None
