"""What `verify` reads out of a database by itself: roots, what a body says, and what does not belong in a journal."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import apsw
import msgspec

from interlock.journal.head import HeadSlots
from interlock.journal.schema import GUARDS, TABLES

_DIGEST_CHARACTERS: Final = 64


class Stamp(msgspec.Struct, frozen=True):
    """The place, time and lease epoch that a body claims for itself."""

    seq: int
    at_ns: int
    lease_epoch: int = 0


class Mention(msgspec.Struct, frozen=True):
    """A blob that a record names, with the size it says the blob has."""

    digest: str
    size: int
    seq: int


class NoRecord(Exception):
    """Stored bytes that are not the JSON of a record. For the verifier only; people meet a finding."""


_stamps = msgspec.json.Decoder(Stamp)


def stamp_of(body: bytes) -> Stamp:
    """Return what a body says about itself. Errors: NoRecord."""
    try:
        return _stamps.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoRecord(str(error)) from error


def mentions_in(body: bytes, seq: int) -> tuple[Mention, ...]:
    """Return each `{"blob": <sha256>, "size": <bytes>}` anywhere in a body. Errors: NoRecord."""
    if b'"blob"' not in body:
        return ()
    try:
        tree: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoRecord(str(error)) from error
    return tuple(_mentions(tree, seq))


def _mentions(tree: object, seq: int) -> Iterator[Mention]:
    if isinstance(tree, dict):
        digest, size = tree.get("blob"), tree.get("size")
        if isinstance(digest, str) and len(digest) == _DIGEST_CHARACTERS and isinstance(size, int) and len(tree) == 2:
            yield Mention(digest, size, seq)
        for value in tree.values():
            yield from _mentions(value, seq)
    elif isinstance(tree, list):
        for value in tree:
            yield from _mentions(value, seq)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over leaf hashes: level by level, a node without a sibling moving up as it is."""
    if not leaves:
        return sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        above = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def unfit_schema(connection: apsw.Connection) -> Iterator[str]:
    """Yield what is wrong with the tables and guards, measured by what a journal is made with. Errors: apsw.Error."""
    wanted = {("table", name): (name, statement.encode()) for name, statement in TABLES.items()}
    wanted |= {("trigger", name): (name.split("_")[0], statement.encode()) for name, statement in GUARDS.items()}
    # SQLite makes these by itself, for every key that is no row number.
    keyed = [table for table, statement in TABLES.items() if "INTEGER PRIMARY KEY" not in statement]
    wanted |= {("index", f"sqlite_autoindex_{table}_1"): (table, b"") for table in keyed}
    stored: dict[tuple[str, str], tuple[str, bytes]] = {}
    columns = ", ".join(map(_bytes, ("type", "name", "tbl_name", "sql")))
    for kind, name, table, statement in connection.execute(f"SELECT {columns} FROM sqlite_schema"):
        stored[_text(kind), _text(name)] = (_text(table), statement)
    for key in sorted(wanted.keys() | stored.keys()):
        if wanted.get(key) != stored.get(key):
            state = "missing" if key not in stored else "foreign" if key not in wanted else "altered"
            yield f"The {key[0]} {key[1]} of the database schema is {state}"


def unfit_meta(connection: apsw.Connection, origin: str | None) -> Iterator[str]:
    """Yield what is wrong with the table `meta`; `origin` is that of the head, if it has one. Errors: apsw.Error."""
    rows = connection.execute(f"SELECT {_bytes('key')}, typeof(value), {_bytes('value')} FROM meta")
    stored = {_text(key): (kind, _text(value)) for key, kind, value in rows}
    for key in sorted({"origin", "lease_epoch"} ^ stored.keys()):
        yield (
            f"The table meta holds {key}, which is no key of a journal"
            if key in stored
            else f"The table meta has no {key}"
        )
    kind, named = stored.get("origin", ("text", origin))
    if kind != "text" or named != (named if origin is None else origin):
        yield f"The table meta says that this is the log {named}, the head file that it is {origin}"
    kind, epoch = stored.get("lease_epoch", ("integer", "0"))
    if kind != "integer" or int(epoch) < 0:
        yield f"The table meta says that the lease epoch is {epoch}, which is no number from 0 up"


def stored_epoch(connection: apsw.Connection) -> int | None:
    """Return the lease epoch of the table `meta`, None where it is no number from 0 up. Errors: apsw.Error."""
    rows = connection.execute("SELECT value FROM meta WHERE key = 'lease_epoch'").fetchall()
    return next((value for (value,) in rows if isinstance(value, int) and value >= 0), None)


def unfit_epoch(stored: int, slots: HeadSlots | None, written: int, seq: int) -> Iterator[str]:
    """Yield what contradicts the lease epoch of the table `meta`.

    `written` is the newest that a record was written under, `seq` its number: neither table nor head can be below it.
    """
    if stored < written:
        yield f"The table meta says that the lease epoch is {stored}, record {seq} was written under {written}"
    if slots is None:
        return
    if slots.lease_epoch < written:
        yield f"The head file was written under lease epoch {slots.lease_epoch}, record {seq} under {written}"
    if not slots.allows_epoch(stored):
        yield (
            f"The table meta says that the lease epoch is {stored}, the head file was written under {slots.lease_epoch}"
        )


def _bytes(column: str) -> str:
    """Return the expression for what a column holds, whatever type or NULL a damage made of it."""
    return f"coalesce(CAST({column} AS BLOB), x'')"


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
