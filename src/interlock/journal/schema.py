"""The framing that writer, reader and verifier share: file names, tables, and the triggers that guard them."""

from typing import Final

DATABASE_NAME: Final = "journal.db"
WAL_NAME: Final = "journal.db-wal"  # the name SQLite gives it
HEAD_NAME: Final = "head.jsonl"
LOCK_NAME: Final = "journal.lock"

APPLICATION_ID: Final = 0x494C4B31  # "ILK1" in the header of the file: this database is ours
SCHEMA_VERSION: Final = 1

# 3.7.0 to 3.51.2 can damage a WAL database when two connections checkpoint and write at the same moment.
SQLITE_VERSION_MIN: Final = (3, 51, 3)

TABLES: Final = {
    "leaf": "CREATE TABLE leaf(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT",
    "body": "CREATE TABLE body(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    "blob": "CREATE TABLE blob(sha256 BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    "opening": "CREATE TABLE opening(commitment TEXT PRIMARY KEY, plaintext BLOB NOT NULL) STRICT",
    "meta": "CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT",
}


def _guard(table: str, verb: str, condition: str = "") -> str:
    """Return the trigger that refuses a verb on a table."""
    return (
        f"CREATE TRIGGER {table}_{verb.lower()}_refused BEFORE {verb} ON {table}{condition} "
        f"BEGIN SELECT RAISE(ABORT, 'the journal is append only: {verb.lower()} on {table}'); END"
    )


# The lease epoch is the one value that moves, and it only grows: the fence holds even against a raw connection. A
# pruning verb will let bodies go below a recorded mark; until it exists nothing is deleted.
_META_CONDITION: Final = (
    " WHEN NOT (old.key = 'lease_epoch' AND new.key = old.key"
    " AND typeof(new.value) = 'integer' AND new.value > old.value)"
)

GUARDS: Final = {
    f"{table}_{verb.lower()}_refused": _guard(
        table, verb, _META_CONDITION if (table, verb) == ("meta", "UPDATE") else ""
    )
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
}
