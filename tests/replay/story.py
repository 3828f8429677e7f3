"""A small whole run that says every message at least once: what the golden log and the golden records are made of."""

from decimal import Decimal

from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.words import Intent, KillWay, Mode, Purpose
from interlock.units.sides import Side
from interlock.units.time import NS_PER_S
from tests.builders import (
    ACCOUNT,
    BUILD,
    OTHER_OWNER,
    OTHER_SYMBOL,
    OWNER,
    START_NS,
    SYMBOL,
    Core,
    accepted,
    approved_in,
    bought,
    cancelled,
    changed,
    expired,
    filled,
    fired,
    founded,
    founding,
    proposed,
    raised,
    rejected,
    spot_instrument,
    terms,
    view,
)

SOURCE = "d" * 64


def whole_run(build: str = BUILD) -> Core:
    """Return a core that was founded, traded, was killed, and ended its run."""
    core = founded(build=build)
    core.tell(founding()[1])
    _find_a_gap(core)
    _enter_in_parts(core)
    _reduce_and_stop(core)
    _go_unknown(core)
    _leave_by_time(core)
    _be_killed(core)
    _trade_spot(core)
    core.tell(o.ClockDriftHeard(symbol=SYMBOL, offset_ms=-1_391, drift_ms=119, drift_ms_max=100))
    core.tell(c.EndRun(ticks=48_211, gaps=1, bad_ticks={"crossed": 2, "stale": 1}, reason="the feed is over"))
    return core


def _find_a_gap(core: Core) -> None:
    """A refusal for a book that is not whole, repeated, and the book made whole again."""
    core.tell(o.FeedGapHeard(symbol=SYMBOL, expected=1_001, found=1_007, source=SOURCE, line=40))
    core.tell(raised())
    core.tell(o.RefusalsCounted(seq=core.state.seq - 1, owner=OWNER, count=3), NS_PER_S)
    core.tell(o.FeedSyncHeard(symbol=SYMBOL, update_id=1_020, source=SOURCE, line=55))


def _enter_in_parts(core: Core) -> None:
    """An entry filled in two parts; its exits follow its size."""
    (entry,) = approved_in(core.tell(raised()))
    core.tell(accepted(entry.order_id, "v-entry"))
    core.tell(filled(entry, "0.013", "50000.3", "t1", "0.00000012"))
    for order_id in (*core.open_ids(Purpose.STOP), *core.open_ids(Purpose.TARGET)):
        core.tell(accepted(order_id, f"v-{order_id}"))
    core.tell(filled(entry, "0.026", "50001.7", "t2", "0.52001768"))
    for order_id in (core.open_ids(Purpose.STOP)[0], core.open_ids(Purpose.TARGET)[0]):
        core.tell(cancelled(order_id))
    core.tell(o.MarkHeard(view=view("50100.05")), 2 * NS_PER_S)


def _reduce_and_stop(core: Core) -> None:
    """A partial close, a cancel that the venue refuses, a stop that fills, and a fill that is nobody's."""
    (part,) = approved_in(core.tell(proposed(terms(Side.SELL, "0.009"))))
    core.tell(filled(part, price="50020", trade_id="t3", fee="0.180072"))
    target = core.held().target_id
    core.tell(c.RequestCancel(order_id=target, reason="the operator wants to run it"))
    core.tell(o.CancelRejectReported(order_id=target, code=-2011, text="Unknown order sent.", venue_at_ns=START_NS))
    stop = core.order(core.held().stop_id).approved
    core.tell(filled(stop, price="49488.1", trade_id="t4", fee="0.59385720"))
    core.tell(filled(stop, quantity="0.001", price="49488.1", trade_id="t5"))
    core.tell(c.Arm(reason="the fill that was nobody's is explained"))
    for order_id in (*core.open_ids(Purpose.STOP), *core.open_ids(Purpose.TARGET)):
        core.tell(expired(order_id))


def _go_unknown(core: Core) -> None:
    """An order that nobody answered, and what became of it."""
    (entry,) = approved_in(core.tell(raised(Intent.ENTER_SHORT, view(2_500, OTHER_SYMBOL), OTHER_OWNER, OTHER_SYMBOL)))
    core.tell(o.SilenceReported(order_id=entry.order_id, text="no answer within 5 s"))
    core.tell(rejected(entry.order_id))


def _leave_by_time(core: Core) -> None:
    """A short position that is held too long; its close needs a second try."""
    seen = changed(view(2_500, OTHER_SYMBOL), atr=Decimal("0.00000071"))
    (entry,) = approved_in(core.tell(raised(Intent.ENTER_SHORT, seen, OTHER_OWNER, OTHER_SYMBOL), NS_PER_S))
    core.tell(filled(entry, price="2499.9", trade_id="t6"))
    held = core.held(OTHER_OWNER, OTHER_SYMBOL)
    assert held.exits is not None
    timer = f"hold|{ACCOUNT}|{OTHER_SYMBOL}|{OTHER_OWNER}"
    (close,) = approved_in(core.tell(fired(timer, view(2_510, OTHER_SYMBOL)), held.exits.hold_ns_max))
    core.tell(expired(close.order_id))
    again = core.order(held.close_id).approved
    core.tell(filled(again, price="2511", trade_id="t7", fee="0.39"))


def _be_killed(core: Core) -> None:
    """Disarmed and armed again, entered, killed at leisure and then at once; the rest of the entry fills too late."""
    core.tell(c.Disarm(reason="lunch"))
    core.tell(c.Arm(reason="back"))
    (entry,) = approved_in(core.tell(raised(), NS_PER_S))
    core.tell(filled(entry, "0.020", trade_id="t8"))
    core.tell(c.EngageKill(way=KillWay.GRACEFUL, reason="news at noon"))
    core.tell(c.SetMode(mode=Mode.PAUSE, reason="wait for it"))
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="now"))
    close = core.order(core.held().close_id).approved
    core.tell(filled(close, price="49950", trade_id="t9"))
    core.tell(filled(entry, "0.003", "50002", "t10"))
    last = core.order(core.held().close_id).approved
    core.tell(filled(last, price="49940", trade_id="t11"))


def _trade_spot(core: Core) -> None:
    """Bought, sold in part, left at the target, with dust that joins what is bought next."""
    why = "spot from here on"
    owner = "spot-bot"
    for asked in (
        c.Release(reason=why),
        c.Arm(reason=why),
        c.SetMode(mode=Mode.NORMAL, reason=why),
        c.ListInstruments(instruments=(spot_instrument(),)),
        c.OpenAccount(account="paper-spot", venue="paper", balance=Decimal(10_000)),
        c.EnrolOwner(
            owner=owner, kind="bot", strategy="", account="paper-spot", symbols=(SYMBOL,), reason="it may buy"
        ),
    ):
        core.tell(asked)
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.01234"), owner=owner), NS_PER_S))
    core.tell(bought(entry, trade_id="t12"))
    core.tell(proposed(terms(Side.SELL, "0.004"), owner=owner))
    resting = core.state.positions["paper-spot", SYMBOL, owner].stop_id
    (part, stop) = approved_in(core.tell(cancelled(resting)))
    core.tell(filled(part, price="50010", trade_id="t13", fee="0.20004"))
    core.tell(o.MarkHeard(view=view("51010")), NS_PER_S)
    (sale,) = approved_in(core.tell(cancelled(stop.order_id)))
    core.tell(filled(sale, price="51000", trade_id="t14", fee="0.42432"))
    (entry,) = approved_in(core.tell(proposed(terms(), owner=owner), NS_PER_S))
    core.tell(bought(entry, trade_id="t15"))
