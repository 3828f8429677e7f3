"""Reading the log of a state directory for a verb: opened or refused, record by record, in sequence."""

from collections.abc import Iterator
from pathlib import Path

from interlock.journal.reader import JournalReader
from interlock.journal.schema import DATABASE_NAME
from interlock.messages.record import Record, UnreadableRecord, decode
from interlock.units.faults import Fault


def log_directory(named: Path) -> Path:
    """Return the folder of the log: the one named, or the journal inside it when a state directory was named."""
    return named if (named / DATABASE_NAME).exists() or not (named / "journal").is_dir() else named / "journal"


class Walk:
    """The records of a log from its first to those there are now, and where the walk stands."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self.size = reader.size()
        self.seq = -1

    def records(self) -> Iterator[tuple[Record, bytes]]:
        """Yield each record with its stored body. Errors: Fault when one is missing, moved or cannot be read."""
        at_ns = -1
        for seq, body in self._reader.bodies(0, self.size):
            if seq != self.seq + 1:
                raise out_of_sequence(f"Record {self.seq + 1} of the log is missing")
            self.seq = seq
            record = readable(seq, body)
            if record.seq != seq or record.at_ns <= at_ns:
                raise out_of_sequence(f"Record {seq} says it is number {record.seq} at {record.at_ns} ns")
            at_ns = record.at_ns
            yield record, body
        if self.seq != self.size - 1:
            raise out_of_sequence(f"Record {self.seq + 1} of the log is missing")

    def unfoldable(self, error: Exception) -> Fault:
        """Return the fault for a record that does not fit what the records before it made."""
        return out_of_sequence(
            f"Record {self.seq} does not fit the records before it ({type(error).__name__}: {error})"
        )


UNFOLDABLE = (AssertionError, LookupError, ArithmeticError, ValueError)
"""What folding a record raises when the log was changed by hand: its events name what is not there."""


def readable(seq: int, body: bytes) -> Record:
    """Return the record of a stored body. Errors: UnreadableRecord, with its number."""
    try:
        return decode(body)
    except UnreadableRecord as fault:
        raise UnreadableRecord(f"Record {seq}: {fault.what}", fault.hint) from fault


def out_of_sequence(what: str) -> UnreadableRecord:
    """Return the fault for a log that does not hang together."""
    return UnreadableRecord(
        f"{what}: the log was not read any further.",
        "Run `interlock verify`, which names the first record that is in doubt.",
    )
