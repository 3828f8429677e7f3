"""A file that cannot be read as a whole says why in one sentence, with its place."""

import os
from pathlib import Path

import pytest

from interlock.runtime.configuration.faults import ConfigurationFault
from interlock.runtime.configuration.toml_file import SIZE_BYTES_MAX, read_toml


def fault(path: Path) -> ConfigurationFault:
    with pytest.raises(ConfigurationFault) as caught:
        read_toml(path, "the reference")
    assert str(path) in caught.value.what
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"[limits]\nleverage_max = '\xff'\n", "not UTF-8: line 2 holds the byte 0xff"),
        (b"a = " + b"[" * 8_000, "too deeply"),
        (b"#" * (SIZE_BYTES_MAX + 1), "larger than"),
        (b"a = 1\na" + b".a" * 5_000 + b" = 1\n", "10005 letters on line 2"),
        (b"[limits]\nleverage_max = = 3\n", ":2: line 2, column 16: "),
        (b"a = 1\na = 2\n", ":2: line 2, column "),
        (b"[limits\n", ":1: line 1, column "),
        (b"a = 1\nb = ", ":2: end of the file: "),
        (b"a = " + b"9" * 5_000, "too many digits"),
        (b"\x7fELF\x02\x01\x01\x00", ":1: line 1, column 1: "),
    ],
)
def test_bytes_that_are_no_configuration_are_told(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(data)
    assert says in fault(path).what


def test_a_path_that_is_no_file_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "does not exist" in fault(tmp_path / "absent.toml").what
    assert "is a directory" in fault(tmp_path).what
    assert "not a regular file" in fault(Path(os.devnull)).what
    assert "cannot be read" in fault(loop).what
    assert "cannot be read" in fault(tmp_path / ("x" * 300)).what


def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("a = 1\n")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # root reads everything, so another user has to try
        os.seteuid(65_534)
    try:
        assert "cannot be read: Permission denied" in fault(path).what
    finally:
        os.seteuid(user)


def test_a_byte_order_mark_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_toml(path, "the reference").table == {"a": 1}


def test_lines_are_told_only_when_certain(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text(
        '# head\n[one]\nkey = 1\ntwice = """\ntwice = 2\n"""\n[[two]]\nname = 1\n[[two]]\nname = 2\n'
        '[three]\n"a.b" = 1\nin.line = 2\n'
    )
    file = read_toml(path, "the reference")
    assert {key: file.line(key) for key in ("one", "one.key", "one.absent", "one.twice", "absent")} == {
        "one": 2,
        "one.key": 3,
        "one.absent": 2,
        "one.twice": None,
        "absent": None,
    }
    assert [file.line(key) for key in ("two[0].name", "two[1].name", "two[1].absent")] == [8, 10, 9]
    assert [file.line(key) for key in ("three.a.b", "three.in.line")] == [12, 13]
