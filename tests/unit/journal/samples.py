"""Small journals to test with, and ways to change what they hold behind their back."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import apsw

from interlock.journal.record_store import Journal
from interlock.journal.schema import DATABASE_NAME, GUARDS
from interlock.ports.journal import Head

ORIGIN = "interlock/test"
BLOB = b"exchange information, too long for a leaf"
BLOB_DIGEST = sha256(BLOB).hexdigest()
COMMITMENT = "c0ffee"


def body_of(seq: int, mark: str = "tick") -> bytes:
    """Return a body as the verifier expects one; each fifth names the blob and the commitment."""
    named = f',"input":{{"blob":"{BLOB_DIGEST}","size":{len(BLOB)}}},"key":"{COMMITMENT}"'
    blob = named if seq % 5 == 4 else ""
    return f'{{"seq":{seq},"at_ns":{1_000 + 10 * seq},"mark":"{mark}"{blob}}}'.encode()


def write_log(directory: Path, commits: Sequence[int] = (1, 3, 2, 4, 2)) -> Head:
    """Make a journal of so many commits of so many records, close it, and return its head."""
    journal = Journal.create(directory, ORIGIN, 1)
    for count in commits:
        journal.append([body_of(journal.size + place) for place in range(count)], [BLOB], [(COMMITMENT, b'{"key":1}')])
    journal.close()
    return journal.head


def edit(directory: Path, *statements: str, bindings: Sequence[bytes | int] = ()) -> None:
    """Change the database with raw SQL, the guards out of the way and back in place afterwards."""
    connection = apsw.Connection(str(directory / DATABASE_NAME))
    connection.pragma("synchronous", "off")
    connection.execute("BEGIN")
    for name in GUARDS:
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    for statement in statements:
        connection.execute(statement, tuple(bindings)[: statement.count("?")])
    for guard in GUARDS.values():
        connection.execute(guard)
    connection.execute("COMMIT")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()


def flip(path: Path, offset: int, mask: int = 1) -> None:
    """Change one byte of a file in place."""
    with path.open("r+b") as file:
        file.seek(offset)
        value = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([value ^ mask]))
