"""Any bytes into both readers: never an exception, only faults; and valid lines come back exactly."""

import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.market.recordings.columns import Recording
from interlock.market.recordings.fault_tally import KINDS
from interlock.market.recordings.tables import ParsedFile
from interlock.market.recordings.tardis import read_tardis
from interlock.market.recordings.wire import read_wire
from interlock.market.recordings.wire_levels import read_sides
from interlock.units.money import from_e8
from tests.unit.market.recordings.samples import (
    TARDIS_QUOTES,
    TARDIS_TRADES,
    depth,
    mark,
    quote,
    snapshot,
    spot_quote,
    tardis_quote,
    tardis_trade,
    trade,
    written,
)

Reader = Callable[[Path], ParsedFile]

WIRE = b"".join(
    (
        quote(),
        trade(),
        depth('[["100.1","5"],["99","0.000"]]', '[["101","1"]]'),
        snapshot(),
        mark(),
        spot_quote(),
        depth("[]", '[["101.25","0"]]', previous=None),
    )
)
QUOTE_ROWS = TARDIS_QUOTES + tardis_quote() * 4
TRADE_ROWS = TARDIS_TRADES + tardis_trade() * 2 + tardis_trade("sell") * 2
PIECES = (
    b'"',
    b",",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\n",
    b"\r\n",
    b"-",
    b".",
    b"e9",
    b"NaN",
    b"null",
    b"0",
    b"\\u0000",
    b"\xff",
)


def parse(reader: Reader, stored: bytes, name: str = "any.jsonl") -> ParsedFile:
    with tempfile.TemporaryDirectory() as folder:
        return reader(written(Path(folder) / name, stored))


def assert_sound(parsed: ParsedFile, text: bytes) -> None:
    """Assert what holds for any input: known kinds, counts that cover the samples, lines that exist, sane ticks."""
    assert set(parsed.fault_counts) <= set(KINDS)
    assert len(parsed.faults) == min(sum(parsed.fault_counts.values()), 100)
    lines = text.count(b"\n") + 1
    assert all(0 <= fault.line <= lines and len(fault.detail) <= 120 for fault in parsed.faults)
    for recording in parsed.recordings:
        _assert_sound_ticks(recording, lines)


def _assert_sound_ticks(recording: Recording, lines: int) -> None:
    for table in (recording.quotes, recording.trades, recording.depth, recording.marks):
        assert ((table.line >= 1) & (table.line <= lines)).all()
        assert (np.diff(table.line) > 0).all()
        assert (table.heard_at_ns > 0).all()
    quotes, trades, book = recording.quotes, recording.trades, recording.depth
    for column in (quotes.bid_e8, quotes.ask_e8, quotes.bid_size_e8, quotes.ask_size_e8, trades.price_e8):
        assert (column > 0).all()
    assert (trades.quantity_e8 > 0).all()
    assert (book.level_price_e8 > 0).all()
    assert (book.level_size_e8 >= 0).all()
    assert (book.level_from <= book.bids_to).all()
    assert (book.bids_to <= book.asks_to).all()
    assert book.level_from.tolist() == [0, *book.asks_to.tolist()][: len(book.line)]
    assert len(book.level_price_e8) == len(book.level_size_e8) == (int(book.asks_to[-1]) if len(book.line) else 0)


@st.composite
def mutated(draw: st.DrawFn, text: bytes) -> bytes:
    """Return the text after a few cuts, insertions, doublings and flips."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        match draw(st.integers(0, 3)):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + draw(st.sampled_from(PIECES)) + text[start:]
            case 2:
                text = text[:end] + text[start:]
            case _:
                text = text[:start] + draw(st.binary(min_size=end - start, max_size=end - start)) + text[end:]
    return text


@pytest.mark.parametrize("reader", [read_wire, read_tardis])
@given(stored=st.binary(max_size=400))
def test_any_bytes_are_faults_and_never_an_exception(reader: Reader, stored: bytes) -> None:
    parsed = parse(reader, stored)
    assert parsed.recordings == ()
    assert_sound(parsed, stored)


@given(tail=st.binary(max_size=200), cut=st.integers(0, 200))
def test_any_gzip_damage_is_a_fault_and_never_an_exception(tail: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "any.jsonl.gz", WIRE)
        path.write_bytes(path.read_bytes()[: -cut or None] + tail)
        assert_sound(read_wire(path), WIRE + tail * 1_100)


@given(stored=mutated(WIRE))
def test_mutated_wire_lines_never_give_an_unsound_tick(stored: bytes) -> None:
    assert_sound(parse(read_wire, stored), stored)


@given(stored=st.one_of(mutated(QUOTE_ROWS), mutated(TRADE_ROWS)))
def test_mutated_rows_never_give_an_unsound_tick(stored: bytes) -> None:
    assert_sound(parse(read_tardis, stored), stored)


@st.composite
def amounts(draw: st.DrawFn, above: int = 1) -> str:
    """Return decimal text as a venue writes it: up to ten digits, up to eight decimals, padding zeros included."""
    decimals = draw(st.integers(0, 8))
    units = draw(st.integers(above, 10 ** (10 + decimals) - 1))
    return f"{Decimal(units).scaleb(-decimals):f}"


@given(rows=st.lists(st.tuples(amounts(), amounts(), amounts(), amounts()), min_size=1, max_size=20))
def test_quotes_of_any_amounts_come_back_exactly_from_both_formats(rows: list[tuple[str, str, str, str]]) -> None:
    wire = parse(read_wire, b"".join(quote(*row) for row in rows))
    cells = [
        f"binance-futures,BTCUSDT,1,2,{ask_size},{ask},{bid},{bid_size}\n".encode()
        for bid, ask, bid_size, ask_size in rows
    ]
    tardis = parse(read_tardis, TARDIS_QUOTES + b"".join(cells), "quotes.csv")
    for parsed in (wire, tardis):
        quotes = parsed.recordings[0].quotes
        columns = (quotes.bid_e8, quotes.ask_e8, quotes.bid_size_e8, quotes.ask_size_e8)
        read = list(zip(*([from_e8(value) for value in column.tolist()] for column in columns), strict=True))
        assert read == [tuple(map(Decimal, row)) for row in rows]
        assert parsed.fault_counts == {}


LEVELS = st.lists(st.tuples(amounts(), amounts(above=0)), max_size=4)


@given(sides=st.lists(LEVELS, max_size=12), spaced=st.booleans())
def test_levels_of_any_amounts_come_back_exactly(sides: list[list[tuple[str, str]]], spaced: bool) -> None:
    comma = ", " if spaced else ","
    pairs = [[f'["{price}"{comma}"{size}"]' for price, size in side] for side in sides]
    texts = [f"[{comma.join(side)}]".encode() for side in pairs]
    read = read_sides(texts)
    assert read.problems == {}
    assert read.counts.tolist() == [len(side) for side in sides]
    levels = zip(read.price_e8.tolist(), read.size_e8.tolist(), strict=True)
    assert [(from_e8(price), from_e8(size)) for price, size in levels] == [
        (Decimal(price), Decimal(size)) for side in sides for price, size in side
    ]


TEXTS = ('"1"', '"2.5"', '""', '"1,2"', '"["', '"]"', '"1 2"', "3", "null", '"a"', '","', '"\\""', '["1","2"]', "[]")
JSON = st.recursive(
    st.sampled_from(TEXTS) | st.just('[["1","2"],["3","0"]]'),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]"),
    max_leaves=6,
)


@given(sides=st.lists(JSON, min_size=1, max_size=5))
def test_odd_levels_are_judged_alike_alone_and_beside_others(sides: list[str]) -> None:
    texts = [side.encode() for side in sides]
    together, alone = read_sides(texts), [read_sides([text]) for text in texts]
    assert together.counts.tolist() == [int(one.counts[0]) for one in alone]
    assert together.price_e8.tolist() == [price for one in alone for price in one.price_e8.tolist()]
    assert sorted(together.problems) == [index for index, one in enumerate(alone) if one.problems]
    assert all(
        bool(one.problems) or text == b"[]" or text.startswith(b'[["') for one, text in zip(alone, texts, strict=True)
    )
