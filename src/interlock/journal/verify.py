"""Proof that a log on disk is what was written, by other code than wrote it.

Only the framing (names, tables) and the opening of a database read-only are shared with the writer: every hash is
computed here again from the stored bytes, and a body's own number and time are read out of its JSON.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

import apsw
import msgspec

from interlock.journal.database import connect_reader, refuse_unreachable
from interlock.journal.evidence import (
    Mention,
    NoRecord,
    mentions_in,
    merkle_root,
    stamp_of,
    stored_epoch,
    unfit_epoch,
    unfit_meta,
    unfit_schema,
)
from interlock.journal.faults import JournalDamaged, JournalFault, JournalForeign, JournalMissing, StorageFailed
from interlock.journal.head import HeadSlots, read_head
from interlock.journal.lock import is_held
from interlock.journal.schema import DATABASE_NAME, HEAD_NAME, LOCK_NAME
from interlock.ports.journal import Head

_BATCH_RECORDS: Final = 512
_FINDINGS_MAX: Final = 100
_SEQ_MIN: Final = -(2**63)


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: what, at which record or file, and since when (core time of the last sound record)."""

    what: str
    where: str
    since: str


class VerifyReport(msgspec.Struct, frozen=True):
    """What a verification found.

    `size` and `root` are of what is stored. The first `trustworthy_until` records are not in doubt: that holds for any
    one damage. The head vouches for the log as a whole, so where it does not fit, a forger may have left a second
    change that no finding names; only a copy kept elsewhere tells.

    `uncovered` records stand after the newest head, in a log whose end is not sealed: a writer is at work
    (`is_being_written`), or was cut short. That is no damage, but nothing vouches for them.
    """

    ok: bool
    size: int
    root: str
    findings: list[Finding]
    trustworthy_until: int
    spools: list[str]
    uncovered: int
    is_being_written: bool


def verify(directory: Path) -> VerifyReport:
    """Return what is wrong with the log in a folder; it never changes a file of the log.

    Errors: JournalFault when there is no log to verify, or it is not ours to judge (missing, foreign, newer, unreadable
    for this user). A damaged one is no error but a finding.
    """
    return _Verification(directory).run()


class _Verification:
    """One pass over a log. The head is read first: a writer at work only moves the log further on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._findings: list[Finding] = []
        self._omitted_count = 0
        self._hashes: list[bytes] = []  # computed from the bodies
        self._leaves: list[bytes] = []  # as stored
        self._misplaced = False  # a record is missing, or stands where another stood
        self._sound_until: int | None = None  # the first number in doubt, once there is one
        self._expected_seq = 0
        self._at_ns_last = -1
        self._epoch_newest = (0, -1)  # that of the records, with the number of the first that has it
        self._mentions: dict[str, Mention] = {}
        self._blobs: list[str] = []  # those that were there before the first record was read
        self._openings: set[bytes] = set()  # commitments of openings, until a record is met that holds them
        self._uncovered = 0
        self._is_being_written = False

    def run(self) -> VerifyReport:
        refuse_unreachable(self._directory, "nothing was verified")
        self._is_being_written = is_held(self._directory / LOCK_NAME)
        slots = self._read_head()
        try:
            connection = connect_reader(self._directory)
        except (JournalDamaged, JournalForeign, JournalMissing, StorageFailed) as fault:
            if slots is None:
                raise
            # The head beside it says that this folder held a log of ours: then this is damage, not a wrong folder.
            self._find(fault.what, DATABASE_NAME, 0)
            self._check_head(slots)
            return self._report()
        origin = None if slots is None else slots.origin
        try:
            # What cannot be read of one part says nothing about the others.
            self._check_part("The schema", None, lambda: self._find_all(unfit_schema(connection)))
            self._check_part("The table meta", None, lambda: self._find_all(unfit_meta(connection, origin)))
            self._check_part("The list of blobs and openings", None, lambda: self._note_kept_apart(connection))
            self._check_part("The log", 0, lambda: self._check_records(connection))
            self._check_part("The table meta", None, lambda: self._check_epoch(connection, slots))
            self._check_part("The table blob", None, lambda: self._check_blobs(connection))
            self._check_part("The database", None, lambda: self._check_pages(connection))
        finally:
            connection.close()
        self._check_head(slots)
        return self._report()

    def _check_part(self, part: str, doubted_from: int | None, check: Callable[[], None]) -> None:
        """Check a part; what stops that is a finding, which puts records not yet read in doubt, or none."""
        try:
            check()
        except (apsw.Error, UnicodeDecodeError) as error:
            doubted_from = None if doubted_from is None else max(doubted_from, self._expected_seq)
            self._find(f"{part} cannot be read to its end: {error}", DATABASE_NAME, doubted_from)

    def _find_all(self, whats: Iterable[str]) -> None:
        for what in whats:
            self._find(what, DATABASE_NAME, None)

    def _read_head(self) -> HeadSlots | None:
        try:
            return read_head(self._directory / HEAD_NAME)
        except (FileNotFoundError, NotADirectoryError):
            self._find("The head file is missing: a cut tail or a log written anew cannot be ruled out", HEAD_NAME, 0)
        except JournalFault as fault:
            self._find(fault.what, HEAD_NAME, 0)
        return None

    def _note_kept_apart(self, connection: apsw.Connection) -> None:
        """Note what a record must name. Each came with its record, which is therefore among those read after this."""
        names = connection.execute("SELECT coalesce(CAST(sha256 AS BLOB), x'') FROM blob")
        self._blobs = [name.hex() for (name,) in names]
        rows = connection.execute("SELECT coalesce(CAST(commitment AS BLOB), x'') FROM opening")
        self._openings = {commitment for (commitment,) in rows}

    def _check_named(self) -> None:
        """Find what is kept apart and no record names."""
        for digest in sorted(set(self._blobs) - self._mentions.keys()):
            self._find(f"The blob {digest} is named by no record", "blob", None)
        for commitment in sorted(self._openings):
            what = f"The opening of {commitment.decode(errors='replace')} has no commitment in any record"
            self._find(what, "opening", None)

    def _check_pages(self, connection: apsw.Connection) -> None:
        """Let SQLite check its own pages: damage between the records, where no hash reaches."""
        for (said,) in connection.execute("PRAGMA integrity_check(10)"):
            if said != "ok":
                self._find(f"SQLite finds its file damaged: {said}", DATABASE_NAME, None)

    def _check_records(self, connection: apsw.Connection) -> None:
        for seq, body, leaf in _stored_records(connection):
            if seq != self._expected_seq:
                first = min(seq, self._expected_seq)
                self._misplaced = True
                self._find(
                    f"{seq - self._expected_seq} record(s) are missing before record {seq}"
                    if seq > self._expected_seq
                    else f"There is a record with the number {seq}",
                    f"record {first}",
                    first,
                )
            self._check_record(seq, body, leaf)
            self._expected_seq = seq + 1
        self._check_named()

    def _check_record(self, seq: int, body: bytes | None, leaf: bytes | None) -> None:
        where = f"record {seq}"
        digest = b"" if body is None else sha256(b"\x00" + body).digest()
        self._hashes.append(digest)
        self._leaves.append(digest if leaf is None else leaf)
        if body is None:
            self._find(f"The body of record {seq} is missing", where, seq)
            return
        if leaf is None:
            self._find(f"The leaf of record {seq} is missing", where, seq)
        elif leaf != digest:
            self._find(f"The body of record {seq} does not match its leaf hash", where, seq)
        try:
            stamp = stamp_of(body)
            mentions = mentions_in(body, seq)
        except NoRecord as error:
            self._find(f"The body of record {seq} is not a record: {error}", where, seq)
            return
        if stamp.seq != seq:
            self._misplaced = True
            what = f"The record stored as number {seq} says it is number {stamp.seq}"
            self._find(what, where, min(seq, stamp.seq))
        if stamp.lease_epoch > self._epoch_newest[0]:
            self._epoch_newest = (stamp.lease_epoch, seq)
        if stamp.at_ns <= self._at_ns_last:
            self._find(f"Record {seq} is at {stamp.at_ns} ns, not after the record before it", where, seq - 1)
        if self._openings:
            self._openings -= {each for each in self._openings if b'"%b"' % each in body}
        for mention in mentions:
            self._mentions.setdefault(mention.digest, mention)
        self._at_ns_last = max(self._at_ns_last, stamp.at_ns)

    def _check_epoch(self, connection: apsw.Connection, slots: HeadSlots | None) -> None:
        """Hold the lease epoch against records and head, as they are while no new holder takes over in between."""
        before, stored = None, stored_epoch(connection)
        while stored is not None and stored != before:
            slots = None if slots is None else self._read_head_again(slots)
            before, stored = stored, stored_epoch(connection)
        if stored is not None:  # else it was found already
            self._find_all(unfit_epoch(stored, slots, *self._epoch_newest))

    def _read_head_again(self, slots: HeadSlots) -> HeadSlots:
        """Return what the head file says now, or what it said before, where it cannot be read any more."""
        try:
            return read_head(self._directory / HEAD_NAME)
        except (OSError, JournalFault):
            return slots  # whatever became of the file since then, what it said stands

    def _check_blobs(self, connection: apsw.Connection) -> None:
        sizes: dict[str, int] = {}
        statement = (
            "SELECT coalesce(CAST(sha256 AS BLOB), x''), coalesce(CAST(bytes AS BLOB), x'') FROM blob ORDER BY sha256"
        )
        for name, data in connection.execute(statement):
            digest = sha256(data).hexdigest()
            sizes[digest] = len(data)
            if digest != name.hex():
                mention = self._mentions.get(name.hex())
                self._find(
                    f"The blob {name.hex()} does not match its digest", "blob", None if mention is None else mention.seq
                )
        for mention in self._mentions.values():
            where = f"record {mention.seq}"
            if mention.digest not in sizes:
                self._find(f"The blob {mention.digest} that record {mention.seq} names is missing", where, mention.seq)
            elif sizes[mention.digest] != mention.size:
                self._find(
                    f"The blob {mention.digest} has {sizes[mention.digest]} bytes; record {mention.seq} says "
                    f"{mention.size}",
                    where,
                    mention.seq,
                )

    def _check_head(self, slots: HeadSlots | None) -> None:
        size = len(self._hashes)
        if slots is None:
            return
        newest = slots.heads[0]
        if slots.unreadable_count and size <= newest.size:
            # A slot torn by a power cut held a later head than the other, whose records were synced before.
            self._find(
                f"One of the two slots of the head file cannot be read, and the log does not go on after record "
                f"{newest.size - 1} where the other stands",
                HEAD_NAME,
                None,
            )
        if size < newest.size:
            self._find(
                f"The log ends at {size} records, its head stands at {newest.size}: {newest.size - size} record(s) "
                "are cut off its end",
                f"record {size}",
                size,
            )
        sealed_size = self._sealed_size_passed(slots)
        if sealed_size is None:
            self._uncovered = max(0, size - newest.size)
        else:
            self._find(
                f"There are {size - sealed_size} record(s) after the end that was sealed at {sealed_size} records",
                f"record {sealed_size}",
                sealed_size,
            )
        self._check_roots([head for head in slots.heads if head.size <= size])

    def _sealed_size_passed(self, slots: HeadSlots) -> int | None:
        """Return where the end was sealed that records stand after, None when they may stand there.

        A writer that started after the head was read has unsealed it since, before it wrote what was then read.
        """
        size = len(self._hashes)
        sealed_size = slots.sealed_size
        if sealed_size is not None and size > sealed_size:
            sealed_size = self._read_head_again(slots).sealed_size
        return sealed_size if sealed_size is not None and size > sealed_size else None

    def _check_roots(self, heads: list[Head]) -> None:
        """Compare the root of each head with that over the bodies, and else with that over the stored leaves.

        Where the stored leaves have the root, the records in doubt are those whose bodies do not match them. Where a
        record is missing or misplaced no root can fit, and that place is where doubt begins. Else it is anywhere.
        """
        sound = 0
        for head in sorted(set(heads), key=lambda head: head.size):
            if merkle_root(self._hashes[: head.size]) == head.root:
                sound = head.size
            elif merkle_root(self._leaves[: head.size]) != head.root:
                self._find(
                    f"The first {head.size} records do not have the root that the head file says",
                    f"records {sound} to {head.size - 1}",
                    None if self._misplaced else sound,
                )

    def _find(self, what: str, where: str, doubted_from: int | None) -> None:
        """Note a finding; from `doubted_from` on records are in doubt, None when no record is."""
        if doubted_from is not None:
            doubted_from = max(doubted_from, 0)
            self._sound_until = doubted_from if self._sound_until is None else min(self._sound_until, doubted_from)
        if len(self._findings) < _FINDINGS_MAX:
            since = f"after {self._at_ns_last} ns" if self._at_ns_last >= 0 else "from the first record"
            self._findings.append(Finding(what, where, since))
        else:
            self._omitted_count += 1

    def _report(self) -> VerifyReport:
        size = len(self._hashes)
        if self._omitted_count:
            self._findings.append(Finding(f"{self._omitted_count} more finding(s) are not listed", "log", ""))
        return VerifyReport(
            ok=not self._findings,
            size=size,
            root=merkle_root(self._hashes).hex(),
            findings=self._findings,
            trustworthy_until=min(size - self._uncovered, size if self._sound_until is None else self._sound_until),
            spools=[],
            uncovered=self._uncovered,
            is_being_written=self._is_being_written,
        )


def _stored_records(connection: apsw.Connection) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Yield (seq, body, leaf hash) for every number that has either, in order, up to what is there at the start."""
    limits = "SELECT max(coalesce((SELECT max(seq) FROM body), 0), coalesce((SELECT max(seq) FROM leaf), 0))"
    last = cast(int, connection.execute(limits).fetchall()[0][0])
    bodies = _rows(connection, "SELECT seq, CAST(bytes AS BLOB) FROM body", last)
    leaves = _rows(connection, "SELECT seq, CAST(hash AS BLOB) FROM leaf", last)
    body, leaf = next(bodies, None), next(leaves, None)
    while body is not None or leaf is not None:
        seq = min(row[0] for row in (body, leaf) if row is not None)
        body_here = body if body is not None and body[0] == seq else None
        leaf_here = leaf if leaf is not None and leaf[0] == seq else None
        yield seq, None if body_here is None else body_here[1], None if leaf_here is None else leaf_here[1]
        if body_here is not None:
            body = next(bodies, None)
        if leaf_here is not None:
            leaf = next(leaves, None)


def _rows(connection: apsw.Connection, select: str, last: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (seq, value) of a table in order, in short transactions. CAST, since damage can change a stored type."""
    statement = f"{select} WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT {_BATCH_RECORDS}"
    first = _SEQ_MIN
    while first <= last:
        rows = cast(list[tuple[int, bytes | None]], connection.execute(statement, (first, last)).fetchall())
        yield from rows
        if len(rows) < _BATCH_RECORDS:
            return
        first = rows[-1][0] + 1
