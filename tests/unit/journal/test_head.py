"""The head beside the journal: what it says is what was written last, and a torn write costs one slot only."""

from pathlib import Path

import pytest

from interlock.journal.faults import JournalDamaged
from interlock.journal.head import SLOT_BYTES, HeadFile, create_head, origin_is_fit, read_head
from interlock.journal.tree import ROOT_EMPTY
from interlock.ports.journal import Head
from tests.unit.journal.samples import flip

EMPTY = Head(0, ROOT_EMPTY)


def head(size: int) -> Head:
    return Head(size, bytes([size]) * 32)


def opened(path: Path, lease_epoch: int = 1) -> HeadFile:
    return HeadFile(path, read_head(path), lease_epoch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "head.jsonl"
    create_head(path, "interlock/test", 1, EMPTY)
    return path


def write(path: Path, *sizes: int) -> None:
    file = opened(path)
    for size in sizes:
        file.write(file.line(head(size)))
    file.close()


def test_the_newest_head_is_read_back_however_many_were_written(path: Path) -> None:
    for sizes in ((1,), (2, 3), (4, 5, 6)):
        write(path, *sizes)
        assert read_head(path).heads[0] == head(sizes[-1])
        assert read_head(path).origin == "interlock/test"


def test_the_slot_before_still_stands_while_the_newest_is_written(path: Path) -> None:
    write(path, 1, 2, 3)
    assert read_head(path).heads == (head(3), head(2))


@pytest.mark.parametrize("kept_bytes", [0, 1, 40, 100, 147])
def test_a_torn_write_leaves_the_head_of_the_commit_before(path: Path, kept_bytes: int) -> None:
    write(path, 1, 2)
    before = path.read_bytes()
    write(path, 3)
    after = path.read_bytes()
    start = 0 if before[:SLOT_BYTES] != after[:SLOT_BYTES] else SLOT_BYTES
    torn = bytearray(before)
    torn[start : start + kept_bytes] = after[start : start + kept_bytes]
    path.write_bytes(torn)
    slots = read_head(path)
    assert slots.heads[0] in (head(2), head(3))
    write(path, 4)
    assert read_head(path).heads[0] == head(4)


def test_a_slot_with_any_byte_changed_is_not_read(path: Path) -> None:
    write(path, 1, 2)
    for offset in [*range(160), 300, 511, 512, 2048, SLOT_BYTES - 1]:
        flip(path, offset)
        assert read_head(path).unreadable_count == 1, f"byte {offset}"
        flip(path, offset)
    assert read_head(path).unreadable_count == 0


def test_with_neither_slot_readable_the_file_is_damaged(path: Path) -> None:
    flip(path, 12)
    flip(path, SLOT_BYTES + 12)
    with pytest.raises(JournalDamaged, match="0 of 2 slots"):
        read_head(path)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00" * 8192, b"[" * 9000])
def test_a_file_that_is_no_head_is_damaged(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(JournalDamaged):
        read_head(path)


def test_sealing_makes_both_slots_say_the_same(path: Path) -> None:
    write(path, 1, 2)
    file = opened(path)
    file.seal(head(7))
    file.close()
    assert read_head(path).heads == (head(7), head(7))


def test_a_sealed_head_says_where_the_log_ends_until_it_is_unsealed(path: Path) -> None:
    assert read_head(path).sealed_size == 0
    file = opened(path)
    file.unseal(EMPTY)
    assert read_head(path).sealed_size is None
    file.write(file.line(head(7)))
    assert read_head(path).sealed_size is None
    file.seal(head(7))
    file.close()
    assert (read_head(path).heads, read_head(path).sealed_size) == ((head(7), head(7)), 7)


def test_a_head_names_the_lease_epoch_under_which_it_was_written(path: Path) -> None:
    assert read_head(path).lease_epoch == 1
    file = opened(path, 3)
    file.unseal(EMPTY)
    assert read_head(path).lease_epoch == 3
    file.write(file.line(head(7)))
    file.close()
    assert [slot.lease_epoch for slot in read_head(path).slots] == [3, 3]


def test_an_origin_is_a_name_that_fits_one_line_of_text() -> None:
    assert origin_is_fit("example.com/log-7")
    for unfit in ("", "two words", "a\nb", 'quo"te', "back\\slash", "a+b", "ä", "x" * 101):
        assert not origin_is_fit(unfit), unfit
