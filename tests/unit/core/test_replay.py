"""Replay decides again what this build decided, folds what another build did, and stops at the first difference."""

import msgspec

from interlock.core.replay import rebuild, replay
from interlock.core.state import digest
from interlock.messages.record import Record, decode, encode
from tests.builders import BUILD, Core, changed, founded, raised

OTHER_BUILD = "c" * 64


def log_of(core: Core) -> list[tuple[Record, bytes]]:
    return [(decode(body), body) for body in core.bodies]


def entered() -> Core:
    core = founded()
    core.enter()
    return core


def test_a_log_of_this_build_is_decided_again() -> None:
    core = entered()
    again = replay(log_of(core), BUILD)
    assert (again.decided, again.folded, again.difference) == (len(core.records), 0, None)
    assert digest(again.state) == digest(core.state)


def test_a_log_of_another_build_is_folded_and_its_build_named() -> None:
    core = entered()
    again = replay(log_of(core), OTHER_BUILD)
    assert (again.decided, again.folded, again.builds) == (0, len(core.records), (BUILD,))
    assert digest(again.state) == digest(core.state)


def test_a_decision_that_does_not_come_out_again_is_shown_with_both_forms() -> None:
    core = entered()
    log = log_of(core)
    place = 9
    wrong = changed(log[place][0], events=log[place][0].events[:1])
    log[place] = (wrong, encode(wrong))
    again = replay(log, BUILD)
    assert again.difference is not None
    assert (again.difference.seq, again.records) == (place, place)
    assert again.difference.recorded == encode(wrong)
    assert again.difference.decided == core.bodies[place]


def test_a_record_left_out_is_a_difference() -> None:
    log = log_of(entered())
    difference = replay(log[:9] + log[10:], BUILD).difference
    assert difference is not None and difference.seq == 10


def test_a_record_that_does_not_lie_after_the_one_before_is_a_difference() -> None:
    log = log_of(founded())
    early = changed(log[5][0], at_ns=log[4][0].at_ns)
    log[5] = (early, encode(early))
    difference = replay(log, BUILD).difference
    assert difference is not None and difference.seq == 5


def test_a_rebuild_goes_on_from_a_state() -> None:
    core = entered()
    half = rebuild(core.records[:6])
    assert digest(rebuild(core.records[6:], half)) == digest(core.state)


def test_the_digest_of_a_state_sees_every_part_of_it() -> None:
    core = entered()
    core.tell(raised())
    state, seen = core.state, digest(core.state)
    kept = {"run", "policy", "instruments", "accounts", "owners", "positions", "orders", "open_orders"}
    for field in msgspec.structs.fields(type(state)):
        before = getattr(state, field.name)
        match before:
            case bool():
                setattr(state, field.name, not before)
            case int():
                setattr(state, field.name, before + 1)
            case _ if field.name in kept:
                setattr(state, field.name, None if field.name in ("run", "policy") else {})
            case _:
                continue
        assert digest(state) != seen, field.name
        setattr(state, field.name, before)
    assert digest(state) == seen
