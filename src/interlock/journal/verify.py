"""Proof that a log on disk is what was written, by other code than wrote it.

Only the framing (names, tables) and the opening of a database read-only are shared with the writer: every hash is
computed here again from the stored bytes, and a body's own number and time are read out of its JSON.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

import apsw
import msgspec

from interlock.journal.database import connect_reader
from interlock.journal.evidence import Mention, NoRecord, mentions_in, merkle_root, stamp_of
from interlock.journal.faults import JournalDamaged, JournalFault, JournalForeign, JournalMissing, StorageFailed
from interlock.journal.head import HeadSlots, read_head
from interlock.journal.schema import DATABASE_NAME, GUARDS, HEAD_NAME, TABLES
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
    """

    ok: bool
    size: int
    root: str
    findings: list[Finding]
    trustworthy_until: int
    spools: list[str]


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
        self._mentions: dict[str, Mention] = {}

    def run(self) -> VerifyReport:
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
        try:
            self._check_schema(connection)
            self._check_records(connection)
            self._check_blobs(connection)
            self._check_pages(connection)
        except (apsw.Error, UnicodeDecodeError) as error:
            self._find(f"The database cannot be read to its end: {error}", DATABASE_NAME, self._expected_seq)
        finally:
            connection.close()
        self._check_head(slots)
        return self._report()

    def _read_head(self) -> HeadSlots | None:
        try:
            return read_head(self._directory / HEAD_NAME)
        except FileNotFoundError:
            self._find("The head file is missing: a cut tail or a log written anew cannot be ruled out", HEAD_NAME, 0)
        except JournalFault as fault:
            self._find(fault.what, HEAD_NAME, 0)
        return None

    def _check_schema(self, connection: apsw.Connection) -> None:
        """Compare tables and guards with what a journal is made with."""
        wanted = {name: statement.encode() for name, statement in (TABLES | GUARDS).items()}
        rows = connection.execute("SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema WHERE sql NOT NULL")
        stored = {name.decode(errors="replace"): statement for name, statement in rows}
        for name in sorted(wanted.keys() | stored.keys()):
            if wanted.get(name) != stored.get(name):
                state = "missing" if name not in stored else "foreign" if name not in wanted else "altered"
                self._find(f"{name} of the database schema is {state}", DATABASE_NAME, None)

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
        if stamp.at_ns <= self._at_ns_last:
            self._find(f"Record {seq} is at {stamp.at_ns} ns, not after the record before it", where, seq - 1)
        for mention in mentions:
            self._mentions.setdefault(mention.digest, mention)
        self._at_ns_last = max(self._at_ns_last, stamp.at_ns)

    def _check_blobs(self, connection: apsw.Connection) -> None:
        sizes: dict[str, int] = {}
        statement = "SELECT CAST(sha256 AS BLOB), CAST(bytes AS BLOB) FROM blob ORDER BY sha256"
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
        if slots is None:
            return
        size = len(self._hashes)
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
        self._check_roots([head for head in slots.heads if head.size <= size])

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
            trustworthy_until=size if self._sound_until is None else min(size, self._sound_until),
            spools=[],
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
