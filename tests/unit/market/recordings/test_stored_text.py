"""A stored file gives its whole lines and its digest, and every damage is named at its place."""

import gzip
import hashlib
import random
from pathlib import Path

import pytest

from interlock.market.recordings.fault_tally import FaultTally
from interlock.market.recordings.stored_text import LINE_BYTES_MAX, StoredText

LINES = [b"line %d %d\n" % (number, random.Random(number).getrandbits(64)) for number in range(40_000)]
TEXT = b"".join(LINES)


def read(path: Path) -> tuple[StoredText, bytes, FaultTally]:
    tally = FaultTally()
    text = StoredText(path, tally)
    read_text = b""
    expected_line = 1
    for first_line, block in text.blocks():
        assert first_line >= expected_line
        expected_line = first_line + block.count(b"\n")
        read_text += block
    return text, read_text, tally


@pytest.mark.parametrize(
    "stored",
    [
        TEXT,
        gzip.compress(TEXT, mtime=0),
        gzip.compress(TEXT[:300_001], mtime=0) + gzip.compress(TEXT[300_001:], mtime=0),
        gzip.compress(TEXT[:300_001], mtime=0) + bytes(100) + gzip.compress(TEXT[300_001:], mtime=0) + bytes(200_000),
    ],
    ids=["plain", "gzip", "two members", "padded members"],
)
def test_text_and_digest_are_those_of_the_stored_bytes(tmp_path: Path, stored: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(stored)
    text, read_text, tally = read(path)
    assert read_text == TEXT
    assert text.digest == hashlib.sha256(stored).hexdigest()
    assert (text.tail, text.is_cut, tally.counts) == (b"", False, {})


def test_a_cut_gzip_gives_all_lines_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    stored = gzip.compress(TEXT, mtime=0)
    path.write_bytes(stored[: len(stored) // 2])
    text, read_text, tally = read(path)
    assert 0 < len(read_text) < len(TEXT)
    assert TEXT.startswith(read_text + text.tail)
    assert text.is_cut
    (fault,) = tally.samples
    assert (fault.kind, fault.line) == ("truncated", read_text.count(b"\n"))
    assert text.digest == hashlib.sha256(stored[: len(stored) // 2]).hexdigest()


@pytest.mark.parametrize("length", [2, 5, 12])
def test_a_gzip_cut_in_its_header_is_truncated(tmp_path: Path, length: int) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(TEXT, mtime=0)[:length])
    assert read(path)[2].counts == {"truncated": 1}


def test_a_gzip_without_its_trailer_is_truncated_and_gives_all_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(TEXT, mtime=0)[:-3])
    _, read_text, tally = read(path)
    assert (read_text, tally.counts) == (TEXT, {"truncated": 1})


def test_a_damaged_gzip_gives_what_stands_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    stored = bytearray(gzip.compress(TEXT, mtime=0))
    middle = len(stored) // 2
    stored[middle : middle + 2_000] = b"\xff" * 2_000
    path.write_bytes(stored)
    text, read_text, tally = read(path)
    assert len(read_text) > len(TEXT) // 3
    assert TEXT.startswith(read_text[: len(TEXT) // 3])
    assert tally.counts == {"unreadable": 1}
    assert text.is_cut
    assert text.digest == hashlib.sha256(stored).hexdigest()


def test_lines_before_damage_are_saved_even_where_one_read_holds_both(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    stored = bytearray(gzip.compress(TEXT[:50_000], mtime=0))
    middle = len(stored) // 2
    stored[middle : middle + 2_000] = b"\xff" * 2_000
    path.write_bytes(stored)
    _, read_text, tally = read(path)
    assert len(read_text) > 10_000
    assert TEXT.startswith(read_text[:10_000])
    assert tally.counts == {"unreadable": 1}


def test_a_wrong_checksum_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    stored = bytearray(gzip.compress(TEXT, mtime=0))
    stored[-5] ^= 1
    path.write_bytes(stored)
    assert read(path)[2].counts == {"unreadable": 1}


@pytest.mark.parametrize("stored", [b"", gzip.compress(b"", mtime=0)], ids=["no bytes", "gzip of nothing"])
def test_an_empty_file_is_named(tmp_path: Path, stored: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(stored)
    assert read(path)[2].counts == {"empty": 1}


def test_an_endless_line_is_skipped_and_the_next_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"x" * (2 * LINE_BYTES_MAX) + b"\nb\n", 1, mtime=0))
    tally = FaultTally()
    blocks = list(StoredText(path, tally).blocks())
    assert [fault.line for fault in tally.samples] == [2]
    assert blocks[0] == (1, b"a\n")
    assert blocks[-1] == (3, b"b\n")


def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    assert read(tmp_path / "absent")[2].counts == {"unreadable": 1}
