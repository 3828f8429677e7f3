"""A position is never left without a stop or a close at work, and a weaker kill takes no stronger one back."""

import pytest

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.words import Intent, KillWay, LatchLevel, Mode, OrderType, Purpose
from tests.builders import Core, approved_in, cancelled, expired, filled, founded, raised, rejected


def closing() -> tuple[Core, str, str]:
    """Return a core that closes its position, the stop's id and the close's."""
    core = founded()
    core.enter()
    core.tell(raised(Intent.EXIT))
    return core, core.held().stop_id, core.held().close_id


def taken_back(core: Core, order_id: str) -> None:
    core.tell(c.RequestCancel(order_id=order_id, reason="its owner thinks better of it"))


def test_a_close_that_was_taken_back_is_not_sent_again_while_the_stop_is_there() -> None:
    core, _, close = closing()
    taken_back(core, close)
    assert approved_in(core.tell(cancelled(close))) == []


def test_a_close_that_was_taken_back_is_sent_again_when_its_stop_was_rejected() -> None:
    core, stop, close = closing()
    assert approved_in(core.tell(rejected(stop))) == []
    taken_back(core, close)
    (again,) = approved_in(core.tell(cancelled(close)))
    assert (again.purpose, again.order_type, again.quantity) == (Purpose.CLOSE, OrderType.MARKET, core.held().quantity)


def test_a_stop_that_ends_while_its_close_is_taken_back_brings_another_close() -> None:
    core, stop, close = closing()
    taken_back(core, close)
    core.tell(filled(core.order(stop).approved, quantity="0.001", price="49500", trade_id="t2"))
    (again,) = approved_in(core.tell(expired(stop)))
    assert (again.purpose, again.quantity) == (Purpose.CLOSE, core.held().quantity)


@pytest.mark.parametrize("weaker", [KillWay.PAUSE, KillWay.GRACEFUL])
def test_a_weaker_kill_does_not_take_an_immediate_one_back(weaker: KillWay) -> None:
    core = founded()
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="first"))
    core.tell(c.EngageKill(way=weaker, reason="second"))
    assert (core.state.mode, core.state.latch) == (Mode.EMERGENCY, LatchLevel.NO_NEW_RISK)


@pytest.mark.parametrize("mode", [Mode.REDUCE, Mode.PAUSE, Mode.NORMAL])
def test_only_a_release_leads_out_of_an_immediate_kill(mode: Mode) -> None:
    core = founded()
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="first"))
    (refused,) = core.tell(c.SetMode(mode=mode, reason="let me out"))
    assert isinstance(refused, e.CommandRefused)
    core.tell(c.Release(reason="looked into"))
    assert core.state.mode is Mode.PAUSE
