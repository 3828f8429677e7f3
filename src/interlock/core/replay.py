"""Rebuild folds, replay decides: both read records, and neither asks the world."""

from collections.abc import Iterable

from msgspec import Struct

from interlock.core.machine import decide, fold
from interlock.core.state import State
from interlock.messages.events import RunStarted
from interlock.messages.record import Record, encode


class Difference(Struct, frozen=True, kw_only=True):
    """The first record whose decision does not come out again: what stands there and what came out, as bytes."""

    seq: int
    at_ns: int
    recorded: bytes
    decided: bytes


class Replay(Struct, frozen=True, kw_only=True):
    """What a replay found. `decided` counts records decided again; `folded` those of other builds, folded only."""

    records: int
    decided: int
    folded: int
    difference: Difference | None
    builds: tuple[str, ...]
    state: State


def rebuild(records: Iterable[Record], state: State | None = None) -> State:
    """Return the state that the records fold to, after `state`, which is changed in place."""
    folded = State() if state is None else state
    for record in records:
        folded.lease_epoch = record.lease_epoch
        fold(folded, record.seq, record.at_ns, record.events)
    return folded


def replay(stored: Iterable[tuple[Record, bytes]], build: str) -> Replay:
    """Decide every record again where it was made by this core build, and compare its bytes; fold the others.

    `stored` gives each record with its stored body. `build` is the digest of the running core. Stops at the first
    difference.
    """
    state = State()
    decided = folded = 0
    builds: list[str] = []
    is_ours = False
    difference: Difference | None = None
    for record, body in stored:
        for event in record.events:
            if isinstance(event, RunStarted):
                is_ours = event.run.build == build
                if event.run.build not in builds:
                    builds.append(event.run.build)
        state.lease_epoch = record.lease_epoch
        if is_ours:
            difference = _compare(state, record, body)
            if difference is not None:
                break
            decided += 1
        else:
            folded += 1
        fold(state, record.seq, record.at_ns, record.events)
    return Replay(
        records=decided + folded,
        decided=decided,
        folded=folded,
        difference=difference,
        builds=tuple(builds),
        state=state,
    )


def _compare(state: State, record: Record, body: bytes) -> Difference | None:
    """Decide one record again on the state before it; the whole of it must come out the same, byte for byte.

    A record that does not lie after the one before it is a difference too, even where its bytes agree.
    """
    again = encode(
        Record(
            seq=state.seq,
            at_ns=record.at_ns,
            lease_epoch=record.lease_epoch,
            mode=state.mode,
            latch=state.latch,
            actor=record.actor,
            authority=record.authority,
            input=record.input,
            events=decide(state, record.at_ns, record.input),
        )
    )
    if again == body and record.at_ns > state.at_ns:
        return None
    return Difference(seq=record.seq, at_ns=record.at_ns, recorded=body, decided=again)
