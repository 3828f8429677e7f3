"""Every message that was ever stored can be read, and is written back as the bytes that were stored."""

from hashlib import sha256
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from interlock.messages.commands import Command
from interlock.messages.events import Event
from interlock.messages.observations import Observation
from interlock.messages.record import decode, encode
from tests.architecture.written_down import tags_in_records
from tests.replay.regenerate import RECORDS, append, lines, missing_records
from tests.replay.story import whole_run

GOLDEN = lines(RECORDS)
FIRST_LINES = 32
FIRST_DIGEST = "2f84f3ea64ce2de95f63567504bf5c40a54d0a3fb4271a140080ef62dfae7643"


def tags_of(union: object) -> set[str]:
    """Return the wire tags of all messages of a union."""
    return {msgspec.inspect.type_info(each).tag for each in get_args(union)}  # type: ignore[attr-defined]  # all are structs


@pytest.mark.parametrize("body", GOLDEN, ids=[str(number) for number in range(len(GOLDEN))])
def test_a_golden_record_is_read_and_written_back_byte_for_byte(body: bytes) -> None:
    assert encode(decode(body)) == body


@pytest.mark.parametrize("union", [Command, Observation, Event], ids=["commands", "observations", "events"])
def test_every_message_has_a_golden_record(union: object) -> None:
    assert tags_of(union) - tags_in_records(line.decode() for line in GOLDEN) == set()


def test_golden_lines_are_only_added() -> None:
    assert sha256(b"\n".join(GOLDEN[:FIRST_LINES])).hexdigest() == FIRST_DIGEST


def test_regenerating_adds_nothing_that_is_there() -> None:
    assert missing_records(GOLDEN, whole_run().bodies) == []


def test_regenerating_adds_only_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    kept = [body for body in GOLDEN if b"kill_engaged.v1" not in body]
    path = tmp_path / "records.jsonl"
    append(path, kept)
    before = path.read_bytes()
    append(path, missing_records(lines(path), whole_run().bodies))
    assert path.read_bytes().startswith(before)
    assert "kill_engaged.v1" in tags_in_records(line.decode() for line in lines(path))
    assert len(lines(path)) <= len(kept) + 3
