"""What every journal promises to whoever writes it and reads it (ports/journal.py)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interlock.journal.evidence import merkle_root
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.tree import ROOT_EMPTY, leaf_hash
from interlock.ports.journal import Head, JournalSource, JournalWriter

Reopen = Callable[[], tuple[JournalWriter, JournalSource]]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Give a writer and a reader on one log; each further call closes both and opens the log again."""
    opened: list[tuple[Journal, JournalReader]] = []

    def close() -> None:
        for writer, reader in opened:
            reader.close()
            writer.close()
        opened.clear()

    def again() -> tuple[JournalWriter, JournalSource]:
        close()
        fresh = not (tmp_path / "log").exists()
        writer = Journal.create(tmp_path / "log", "interlock/test", 1) if fresh else Journal.open(tmp_path / "log", 1)
        opened.append((writer, JournalReader(tmp_path / "log")))
        return opened[-1]

    yield again
    close()


def test_a_new_log_is_empty(reopen: Reopen) -> None:
    writer, reader = reopen()
    assert writer.head == Head(0, ROOT_EMPTY)
    assert (reader.size(), list(reader.bodies(0, 10))) == (0, [])


def test_what_was_appended_is_read_back_in_order_and_to_the_byte(reopen: Reopen) -> None:
    writer, reader = reopen()
    bodies = [bytes([number]) * (number + 1) for number in range(250)]
    writer.append(bodies[:1])
    writer.append(bodies[1:])
    assert list(reader.bodies(0, 250)) == list(enumerate(bodies))
    assert list(reader.bodies(7, 9)) == [(7, bodies[7]), (8, bodies[8])]
    assert list(reader.bodies(248, 10_000)) == [(248, bodies[248]), (249, bodies[249])]


def test_more_records_than_a_batch_are_read_whole(reopen: Reopen) -> None:
    writer, reader = reopen()
    bodies = [b"%d" % number for number in range(1_300)]
    writer.append(bodies)
    assert list(reader.bodies(1, 1_299)) == list(enumerate(bodies))[1:1_299]


def test_the_head_is_size_and_root_over_all_bodies(reopen: Reopen) -> None:
    writer, _ = reopen()
    bodies = [b"%d" % number for number in range(40)]
    for count in (1, 2, 5, 32):
        done = writer.head.size
        head = writer.append(bodies[done : done + count])
        assert head == writer.head == Head(done + count, merkle_root([leaf_hash(b) for b in bodies[: done + count]]))


def test_a_log_goes_on_where_it_ended(reopen: Reopen) -> None:
    writer, _ = reopen()
    before = writer.append([b"a", b"b", b"c"])
    writer, reader = reopen()
    assert writer.head == before
    assert writer.append([b"d"]).root == merkle_root([leaf_hash(body) for body in (b"a", b"b", b"c", b"d")])
    assert [body for _, body in reader.bodies(0, 9)] == [b"a", b"b", b"c", b"d"]


def test_a_reader_sees_a_commit_as_soon_as_it_is_acknowledged(reopen: Reopen) -> None:
    writer, reader = reopen()
    for number in range(20):
        writer.append([b"%d" % number])
        assert reader.size() == number + 1


def test_a_body_too_long_for_a_leaf_is_a_mistake_of_the_caller_and_nothing_is_written(reopen: Reopen) -> None:
    writer, reader = reopen()
    writer.append([b"x" * 65_535])
    for bodies in ([b"first", b"x" * 65_536], [b""], []):
        with pytest.raises(AssertionError):
            writer.append(bodies)
    assert (writer.head.size, reader.size()) == (1, 1)
