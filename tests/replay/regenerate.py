"""Adds golden lines, never changes one: `python -m tests.replay.regenerate` after a message was added."""

from pathlib import Path

from interlock.runtime.build import build_digest
from tests.architecture.written_down import tags_in_records
from tests.replay.story import whole_run

GOLDEN = Path(__file__).resolve().parent / "golden"
RECORDS = GOLDEN / "records.jsonl"
RUN = GOLDEN / "run-001.jsonl"


def lines(path: Path) -> list[bytes]:
    """Return the lines of a golden file, none when it does not exist."""
    return path.read_bytes().splitlines() if path.exists() else []


def missing_records(known: list[bytes], made: list[bytes]) -> list[bytes]:
    """Return the made records that say a message which neither the known ones nor an earlier one say."""
    tags = tags_in_records(line.decode() for line in known)
    added = []
    for body in made:
        fresh = tags_in_records([body.decode()]) - tags
        if fresh:
            tags |= fresh
            added.append(body)
    return added


def append(path: Path, bodies: list[bytes]) -> None:
    """Add lines to a golden file; what stands in it stays byte for byte."""
    with path.open("ab") as file:
        file.writelines(body + b"\n" for body in bodies)


if __name__ == "__main__":
    story = whole_run(build_digest()).bodies
    append(RECORDS, missing_records(lines(RECORDS), story))
    if not RUN.exists():
        append(RUN, story)
