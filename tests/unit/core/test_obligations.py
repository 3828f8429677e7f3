"""What the world is asked: by one event, and by a state after a start."""

from interlock.core.machine import outstanding
from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.effects import QueryOrder, SendCancel, SendOrder, WakeAt
from interlock.messages.words import Intent
from tests.builders import ACCOUNT, SYMBOL, Core, accepted, approved_in, filled, founded, raised


def asked() -> tuple[Core, str]:
    core = founded()
    return core, approved_in(core.tell(raised()))[0].order_id


def test_an_approved_order_is_sent_once() -> None:
    core, entry = asked()
    assert core.effects == [SendOrder(core.order(entry).approved)]


def test_an_order_without_an_answer_is_asked_for_and_not_sent_again() -> None:
    core, entry = asked()
    assert outstanding(core.state) == (QueryOrder(ACCOUNT, SYMBOL, entry),)


def test_an_answered_order_is_not_asked_for() -> None:
    core, entry = asked()
    core.tell(accepted(entry))
    assert outstanding(core.state) == ()


def test_silence_is_followed_by_a_question() -> None:
    core, entry = asked()
    core.tell(o.SilenceReported(order_id=entry, text="no answer"))
    assert core.effects[-1] == QueryOrder(ACCOUNT, SYMBOL, entry)
    assert outstanding(core.state) == (QueryOrder(ACCOUNT, SYMBOL, entry),)


def test_a_cancel_is_outstanding_until_the_order_ends() -> None:
    core, entry = asked()
    core.tell(accepted(entry))
    core.tell(c.RequestCancel(order_id=entry, reason="any"))
    assert core.effects[-1] == SendCancel(ACCOUNT, SYMBOL, entry)
    assert outstanding(core.state) == (SendCancel(ACCOUNT, SYMBOL, entry),)


def test_a_cancelled_order_without_an_answer_is_asked_for_too() -> None:
    core, entry = asked()
    core.tell(c.RequestCancel(order_id=entry, reason="any"))
    assert outstanding(core.state) == (QueryOrder(ACCOUNT, SYMBOL, entry), SendCancel(ACCOUNT, SYMBOL, entry))


def test_a_timer_is_outstanding_until_it_ends() -> None:
    core, entry = asked()
    core.tell(filled(core.order(entry).approved))
    ((timer, at_ns),) = core.state.timers.items()
    assert WakeAt(timer, at_ns) in outstanding(core.state)
    (close,) = approved_in(core.tell(raised(Intent.EXIT)))
    core.tell(filled(close, trade_id="t2"))
    assert not [effect for effect in outstanding(core.state) if isinstance(effect, WakeAt)]
