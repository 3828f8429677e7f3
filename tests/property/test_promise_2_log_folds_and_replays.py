"""Promise 2: a log folds to the same state, and replays to the same decisions."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.core.machine import decide
from interlock.core.replay import rebuild, replay
from interlock.core.state import digest
from interlock.messages.events import Event
from interlock.messages.record import Input, Record, UnreadableRecord, decode, encode
from tests.builders import BUILD, Core
from tests.property.strategies import Move, play, scripts

Path = tuple[str | int, ...]


def stored(core: Core) -> list[tuple[Record, bytes]]:
    """Return a core's log as a reader gives it."""
    return [(decode(body), body) for body in core.bodies]


@given(scripts)
@settings(max_examples=60)
def test_a_log_folds_to_the_state_that_made_it(script: list[Move]) -> None:
    core = play(script)
    assert digest(rebuild(decode(body) for body in core.bodies)) == digest(core.state)


@given(scripts)
@settings(max_examples=60)
def test_a_log_replays_to_the_same_decisions(script: list[Move]) -> None:
    core = play(script)
    again = replay(stored(core), BUILD)
    assert again.difference is None
    assert (again.decided, again.folded) == (len(core.records), 0)
    assert digest(again.state) == digest(core.state)


@given(scripts)
@settings(max_examples=60)
def test_a_stored_record_reads_back_and_writes_back_the_same(script: list[Move]) -> None:
    core = play(script)
    for record, body in zip(core.records, core.bodies, strict=True):
        assert decode(body) == record
        assert encode(decode(body)) == body


@given(scripts)
@settings(max_examples=40)
def test_deciding_changes_nothing(script: list[Move]) -> None:
    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        before = digest(core.state)
        decide(core.state, core.at_ns + 1, asked)
        assert digest(core.state) == before

    assert play(script, before=look).records


@given(scripts, st.data())
@settings(max_examples=80)
def test_a_changed_decision_is_reported_where_it_stands_or_before(script: list[Move], data: st.DataObject) -> None:
    core = play(script)
    place = data.draw(st.integers(1, len(core.records) - 1), "the record changed")
    fields = msgspec.json.decode(core.bodies[place])
    match data.draw(st.sampled_from(("seq", "at_ns", "mode", "latch", "events")), "what of it"):
        case "seq":
            fields["seq"] += 1
        case "at_ns":
            fields["at_ns"] = core.records[place - 1].at_ns
        case "mode":
            fields["mode"] = "reduce" if fields["mode"] != "reduce" else "normal"
        case "latch":
            fields["latch"] = "silent"
        case _:
            leaf = data.draw(st.sampled_from(leaves(fields["events"])), "the place in its events")
            fields["events"] = with_leaf_changed(fields["events"], leaf)
    log, body = stored(core), msgspec.json.encode(fields)
    assert body != core.bodies[place]
    log[place] = (readable(body, log[place][0]), body)
    again = replay(log, BUILD)
    assert again.difference is not None
    assert again.decided <= place


def leaves(value: object, path: Path = ()) -> list[Path]:
    """Return the path to every plain value, in a fixed order."""
    match value:
        case dict():
            return [found for key, item in value.items() for found in leaves(item, (*path, str(key)))]
        case list():
            return [found for place, item in enumerate(value) for found in leaves(item, (*path, place))]
        case _:
            return [path]


def with_leaf_changed(value: object, path: Path) -> object:
    """Return a copy with the plain value at the path made another one."""
    match value:
        case dict():
            return {key: with_leaf_changed(item, path[1:]) if key == path[0] else item for key, item in value.items()}
        case list():
            return [with_leaf_changed(item, path[1:]) if place == path[0] else item for place, item in enumerate(value)]
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value[-1:].isdigit():
            return value[:-1] + ("2" if value.endswith("1") else "1")
        case str():
            return value + "x"
        case _:
            return "0"


def readable(body: bytes, otherwise: Record) -> Record:
    """Return the record of changed bytes; a reader that could not read them would not even get as far as a replay."""
    try:
        return decode(body)
    except UnreadableRecord:
        return otherwise
