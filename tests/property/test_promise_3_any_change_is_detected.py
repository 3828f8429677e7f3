"""Promise 3: any change to a written record is detected."""

import shutil
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.journal.faults import JournalFault
from interlock.journal.record_store import Journal
from interlock.journal.tree import leaf_hash
from interlock.journal.verify import verify
from tests.unit.journal.samples import body_of, edit, write_log

pytestmark = pytest.mark.slow

COMMITS = (1, 4, 2, 6, 3)
SIZE = sum(COMMITS)

seqs = st.integers(0, SIZE - 1)


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        write_log(Path(folder) / "log", COMMITS)
        yield Path(folder) / "log"


class Copy:
    """A copy of the sound log to change, gone at the end."""

    def __init__(self, sound: Path) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.log = Path(self._folder.name) / "log"
        shutil.copytree(sound, self.log)

    def __enter__(self) -> Path:
        return self.log

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def is_noticed(log: Path) -> bool:
    try:
        return not verify(log).ok
    except JournalFault:
        return True


def stored(log: Path, table: str, column: str, seq: int) -> bytes:
    connection = apsw.Connection(str(log / "journal.db"))
    value = connection.execute(f"SELECT {column} FROM {table} WHERE seq = {seq}").fetchall()[0][0]
    connection.close()
    assert isinstance(value, bytes)
    return value


def replace(log: Path, seq: int, body: bytes, with_leaf: bool) -> None:
    edit(log, f"UPDATE body SET bytes = ? WHERE seq = {seq}", bindings=[body])
    if with_leaf:
        edit(log, f"UPDATE leaf SET hash = ? WHERE seq = {seq}", bindings=[leaf_hash(body)])


def renumber(log: Path, *moves: tuple[int, int]) -> None:
    for table in ("body", "leaf"):
        edit(log, *(f"UPDATE {table} SET seq = {to} WHERE seq = {at}" for at, to in moves))


@given(seq=seqs, place=st.integers(0, 10_000), mask=st.integers(1, 255), with_leaf=st.booleans())
def test_a_flipped_byte_of_a_body_is_detected(sound: Path, seq: int, place: int, mask: int, with_leaf: bool) -> None:
    with Copy(sound) as log:
        body = bytearray(stored(log, "body", "bytes", seq))
        body[place % len(body)] ^= mask
        replace(log, seq, bytes(body), with_leaf)
        assert is_noticed(log)


@given(seq=seqs, place=st.integers(0, 31), mask=st.integers(1, 255))
def test_a_flipped_byte_of_a_leaf_is_detected(sound: Path, seq: int, place: int, mask: int) -> None:
    with Copy(sound) as log:
        leaf = bytearray(stored(log, "leaf", "hash", seq))
        leaf[place] ^= mask
        edit(log, f"UPDATE leaf SET hash = ? WHERE seq = {seq}", bindings=[bytes(leaf)])
        assert is_noticed(log)


@given(seq=seqs, mark=st.text("abcdefgh", max_size=8), with_leaf=st.booleans())
def test_a_replaced_record_is_detected(sound: Path, seq: int, mark: str, with_leaf: bool) -> None:
    with Copy(sound) as log:
        replace(log, seq, body_of(seq, mark), with_leaf)
        assert is_noticed(log)


@given(seq=seqs, closed_up=st.booleans(), tables=st.sampled_from([("body",), ("leaf",), ("body", "leaf")]))
def test_a_deleted_record_is_detected(sound: Path, seq: int, closed_up: bool, tables: tuple[str, ...]) -> None:
    with Copy(sound) as log:
        edit(log, *(f"DELETE FROM {table} WHERE seq = {seq}" for table in tables))
        if closed_up and len(tables) == 2:
            renumber(log, *((at, at - 1) for at in range(seq + 1, SIZE)))
        assert is_noticed(log)


@given(first=seqs, second=seqs, with_leaves=st.booleans())
def test_two_swapped_records_are_detected(sound: Path, first: int, second: int, with_leaves: bool) -> None:
    if first == second:
        second = (first + 1) % SIZE
    with Copy(sound) as log:
        moves = [(first, 999), (second, first), (999, second)]
        if with_leaves:
            renumber(log, *moves)
        else:
            edit(log, *(f"UPDATE body SET seq = {to} WHERE seq = {at}" for at, to in moves))
        assert is_noticed(log)


@given(seq=st.integers(0, SIZE), mark=st.text("abc", max_size=4))
def test_an_inserted_record_is_detected(sound: Path, seq: int, mark: str) -> None:
    with Copy(sound) as log:
        renumber(log, *((at, at + 1) for at in range(SIZE - 1, seq - 1, -1)))
        edit(log, f"INSERT INTO body VALUES ({seq}, ?)", bindings=[body_of(seq, mark)])
        edit(log, f"INSERT INTO leaf VALUES ({seq}, ?)", bindings=[leaf_hash(body_of(seq, mark))])
        assert is_noticed(log)


@given(count=st.integers(1, 20), with_leaves=st.booleans(), after_start=st.booleans())
def test_records_added_at_the_end_after_a_clean_close_are_detected(
    sound: Path, count: int, with_leaves: bool, after_start: bool
) -> None:
    with Copy(sound) as log:
        if after_start:
            Journal.open(log, 1).abandon()
        for seq in range(SIZE, SIZE + count):
            edit(log, f"INSERT INTO body VALUES ({seq}, ?)", bindings=[body_of(seq, "mine")])
            if with_leaves:
                edit(log, f"INSERT INTO leaf VALUES ({seq}, ?)", bindings=[leaf_hash(body_of(seq, "mine"))])
        assert is_noticed(log)
        with pytest.raises(JournalFault):
            Journal.open(log, 1)
        assert is_noticed(log), "and an attempt to open it does not make it sound"


@given(data=st.binary(max_size=40))
def test_what_is_kept_apart_from_the_records_cannot_be_added_to(sound: Path, data: bytes) -> None:
    for statement, bindings in (
        ("INSERT INTO blob VALUES (?, ?)", [sha256(data).digest(), data]),
        ("INSERT INTO opening VALUES (hex(?), ?)", [b"\x01" + data, data]),
        ("INSERT INTO meta VALUES (hex(?), ?)", [data, data]),
    ):
        with Copy(sound) as log:
            edit(log, statement, bindings=bindings)
            assert is_noticed(log), statement


@given(lease_epoch=st.integers(0, 2**63 - 1).filter(lambda epoch: epoch != 1), crashed=st.booleans())
def test_a_changed_lease_epoch_is_detected(sound: Path, lease_epoch: int, crashed: bool) -> None:
    with Copy(sound) as log:
        if crashed:
            journal = Journal.open(log, 1)
            journal.append([body_of(SIZE)])
            journal.abandon()
        assert not is_noticed(log)
        edit(log, "UPDATE meta SET value = ? WHERE key = 'lease_epoch'", bindings=[lease_epoch])
        assert is_noticed(log)


@given(count=st.integers(1, SIZE))
def test_a_cut_tail_is_detected(sound: Path, count: int) -> None:
    with Copy(sound) as log:
        edit(log, *(f"DELETE FROM {table} WHERE seq >= {SIZE - count}" for table in ("body", "leaf")))
        assert is_noticed(log)


@given(place=st.integers(0, 10_000_000), mask=st.integers(1, 255))
def test_a_flipped_byte_of_the_file_is_detected_or_changes_no_record(sound: Path, place: int, mask: int) -> None:
    with Copy(sound) as log:
        root = verify(log).root
        data = bytearray((log / "journal.db").read_bytes())
        data[place % len(data)] ^= mask
        (log / "journal.db").write_bytes(data)
        assert is_noticed(log) or verify(log).root == root


@given(keep=st.integers(0, 10_000_000))
def test_a_file_cut_anywhere_is_detected(sound: Path, keep: int) -> None:
    with Copy(sound) as log:
        data = (log / "journal.db").read_bytes()
        (log / "journal.db").write_bytes(data[: keep % len(data)])
        assert is_noticed(log)
