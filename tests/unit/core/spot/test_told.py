"""What follows for spot positions from fills, ends of orders, timers, marks and kills."""

from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.market import MarketView
from interlock.messages.words import Intent, KillWay, Mode, OrderType, Purpose
from interlock.units.time import NS_PER_S
from tests.builders import (
    accepted,
    approved_in,
    bought,
    cancelled,
    changed,
    expired,
    filled,
    fired,
    raised,
    rejected,
    view,
)
from tests.unit.core.spot.holding import KEY, KEY_TEXT, asked_for, at_work, entering, holding, kinds, take_back_stop


def test_a_purchase_adds_what_the_venue_did_not_keep_and_one_stop_covers_it_in_whole_lots() -> None:
    core, entry = entering("0.01234")
    events = core.tell(bought(entry, price="50000"))
    held = core.held()
    assert (held.quantity, held.cost) == (Decimal("0.01232766"), Decimal("616.383"))
    assert held.fees == Decimal("0.617")
    assert core.state.accounts[KEY[0]].balance == Decimal("9999.383")
    assert kinds(events) == ["OrderFilled", "PositionOpened", "TimerSet", "stop"]
    stop = at_work(core, Purpose.STOP)
    assert (stop.quantity, stop.order_type, stop.trigger_price) == (
        Decimal("0.01232"),
        OrderType.STOP_MARKET,
        Decimal("49500.00"),
    )
    assert not core.open_ids(Purpose.TARGET)


def test_the_stop_of_an_entry_that_takes_at_once_goes_out_when_that_has_ended() -> None:
    core, entry = entering("0.01000")
    assert kinds(core.tell(bought(entry, "0.00400"))) == ["OrderFilled", "PositionOpened", "TimerSet", "TimerSet"]
    assert kinds(core.tell(bought(entry, "0.00200", trade_id="t2"))) == ["OrderFilled", "PositionIncreased"]
    events = core.tell(expired(entry.order_id))
    assert asked_for(events) == [("stop", Decimal("0.00599"))]
    assert f"cover|{KEY_TEXT}" not in core.state.timers


def test_an_end_that_is_not_told_within_a_second_leaves_nothing_unprotected() -> None:
    core, entry = entering("0.01000")
    core.tell(bought(entry, "0.00400"))
    assert core.state.timers[f"cover|{KEY_TEXT}"] == core.at_ns + NS_PER_S
    assert asked_for(core.tell(fired(f"cover|{KEY_TEXT}"), NS_PER_S)) == [("stop", Decimal("0.00399"))]
    core.tell(bought(entry, "0.00600", trade_id="t2"))
    assert asked_for(take_back_stop(core)) == [("stop", Decimal("0.00999"))]


def test_an_entry_that_rests_is_protected_fill_by_fill_and_never_by_two_stops() -> None:
    core, entry = entering("0.01000", limit="49990")
    assert asked_for(core.tell(bought(entry, "0.00400", "49990"))) == [("stop", Decimal("0.00399"))]
    grown = core.tell(bought(entry, "0.00300", "49990", "t2"))
    assert kinds(grown) == ["OrderFilled", "PositionIncreased", "OrderCancelRequested", "TimerSet"]
    assert kinds(core.tell(bought(entry, "0.00300", "49990", "t3"))) == ["OrderFilled", "PositionIncreased"]
    assert asked_for(take_back_stop(core)) == [("stop", Decimal("0.00999"))]
    assert f"exit|{KEY_TEXT}" not in core.state.timers


def test_the_target_is_judged_by_the_bid_at_once_and_sold_when_the_stop_was_taken_back() -> None:
    core = holding()
    assert core.tell(o.MarkHeard(view=view("51000")), NS_PER_S // 20)[1:] == ()  # bid 50999.9, target 51000
    events = core.tell(o.MarkHeard(view=view("51000.1")), NS_PER_S // 20)
    assert kinds(events) == ["ExitDecided", "OrderCancelRequested", "TimerSet"]
    assert core.tell(o.MarkHeard(view=view("51200")), NS_PER_S // 20) == ()
    (sale,) = approved_in(take_back_stop(core))
    assert (sale.purpose, sale.quantity, sale.limit_price) == (
        Purpose.TARGET,
        Decimal("0.00999"),
        Decimal("50745.09"),
    )
    (_, closed) = core.tell(filled(sale, price="50990", fee="0.5", trade_id="t2"))[:2]
    assert isinstance(closed, e.PositionClosed)
    assert closed.purpose is Purpose.TARGET
    assert KEY not in core.state.positions


@pytest.mark.parametrize("seen", [changed(view(60_000), is_quote_sane=False), changed(view(60_000), ask=Decimal(1))])
def test_a_target_is_not_judged_by_a_quote_that_cannot_be_believed(seen: MarketView) -> None:
    core = holding()
    core.tell(o.MarkHeard(view=view()), NS_PER_S)
    assert core.tell(o.MarkHeard(view=seen), NS_PER_S // 20) == ()


def test_what_is_held_too_long_is_sold_once_its_stop_was_taken_back() -> None:
    core = holding()
    events = core.tell(fired(f"hold|{KEY_TEXT}", view()), 4 * 3_600 * NS_PER_S)
    assert kinds(events) == ["TimerEnded", "ExitDecided", "OrderCancelRequested", "TimerSet"]
    assert asked_for(take_back_stop(core)) == [("close", Decimal("0.00999"))]


def test_a_stop_that_fills_while_it_is_taken_back_ends_the_position_and_nothing_more_is_sold() -> None:
    core = holding()
    stop = at_work(core, Purpose.STOP)
    core.tell(raised(Intent.EXIT))
    events = core.tell(filled(stop, price="49499", trade_id="t2"))
    assert kinds(events)[:2] == ["OrderFilled", "PositionClosed"]
    assert approved_in(events) == []
    assert core.state.timers == {}
    assert core.tell(cancelled(stop.order_id)) == ()


def test_a_stop_that_fills_in_part_and_gives_up_has_the_rest_sold_at_market() -> None:
    core = holding()
    stop = at_work(core, Purpose.STOP)
    assert kinds(core.tell(filled(stop, "0.00400", "49499", "t2"))) == ["OrderFilled", "PositionReduced"]
    (sale,) = approved_in(core.tell(expired(stop.order_id)))
    assert (sale.order_type, sale.quantity) == (OrderType.MARKET, Decimal("0.00599"))


def test_a_stop_that_the_venue_refuses_has_the_position_sold_at_market() -> None:
    core = holding()
    events = core.tell(rejected(at_work(core, Purpose.STOP).order_id))
    assert kinds(events) == ["OrderRejected", "ExitDecided", "close"]
    assert approved_in(events)[0].order_type is OrderType.MARKET


def test_a_stop_that_triggers_and_fails_while_its_size_is_changed_is_not_set_again() -> None:
    core, entry = entering("0.01000", limit="49990")
    core.tell(bought(entry, "0.00400", "49990"))
    core.tell(bought(entry, "0.00600", "49990", "t2"))
    events = core.tell(expired(at_work(core, Purpose.STOP).order_id))
    assert [purpose for purpose, _ in asked_for(events)] == ["close"]


def test_a_sale_that_is_not_filled_goes_out_again_further_off_and_at_market_in_the_end() -> None:
    core = holding()
    core.tell(raised(Intent.EXIT))
    (sale,) = approved_in(take_back_stop(core))
    limits = [sale.limit_price]
    for _ in range(4):
        (sale,) = approved_in(core.tell(expired(sale.order_id))) or [sale]
        limits.append(sale.limit_price)
    assert limits[:4] == [Decimal("49750.00"), Decimal("49500.00"), Decimal("49000.00"), None]
    assert core.state.timers[f"close|{KEY_TEXT}"] == core.at_ns + NS_PER_S
    assert asked_for(core.tell(fired(f"close|{KEY_TEXT}"), NS_PER_S)) == [("close", Decimal("0.00999"))]


def test_an_end_that_is_not_told_is_asked_for_again_every_second() -> None:
    core = holding()
    stop = at_work(core, Purpose.STOP).order_id
    core.tell(raised(Intent.EXIT))
    for _ in range(2):
        events = core.tell(fired(f"exit|{KEY_TEXT}"), NS_PER_S)
        assert kinds(events) == ["TimerEnded", "OrderCancelRequested", "TimerSet"]
        assert isinstance(events[1], e.OrderCancelRequested)
        assert events[1].order_id == stop


def test_a_cancel_that_the_venue_refuses_is_asked_for_again() -> None:
    core = holding()
    stop = at_work(core, Purpose.STOP).order_id
    core.tell(accepted(stop))
    core.tell(raised(Intent.EXIT))
    core.tell(o.CancelRejectReported(order_id=stop, code=-2011, text="Unknown order sent.", venue_at_ns=1))
    events = core.tell(fired(f"exit|{KEY_TEXT}"), NS_PER_S)
    assert kinds(events) == ["TimerEnded", "OrderCancelRequested", "TimerSet"]


def test_an_immediate_kill_takes_the_stop_back_and_sells_at_market() -> None:
    core = holding()
    events = core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="any"))
    assert kinds(events)[-3:] == ["ExitDecided", "OrderCancelRequested", "TimerSet"]
    (sale,) = approved_in(take_back_stop(core))
    assert (sale.order_type, sale.quantity) == (OrderType.MARKET, Decimal("0.00999"))


def test_a_kill_has_what_is_leaving_by_the_collar_sold_at_market() -> None:
    core = holding()
    core.tell(raised(Intent.EXIT))
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="any"))
    assert approved_in(take_back_stop(core))[0].order_type is OrderType.MARKET


def test_a_graceful_kill_lets_targets_come_and_sells_at_its_deadline() -> None:
    core = holding()
    assert not approved_in(core.tell(c.EngageKill(way=KillWay.GRACEFUL, reason="any")))
    events = core.tell(fired("kill_deadline"), 30 * 60 * NS_PER_S)
    assert kinds(events)[-3:] == ["ExitDecided", "OrderCancelRequested", "TimerSet"]


def test_what_fills_in_an_emergency_is_sold_as_it_comes() -> None:
    core, entry = entering("0.01000")
    core.tell(c.SetMode(mode=Mode.EMERGENCY, reason="any"))
    (sale,) = approved_in(core.tell(bought(entry, "0.00400")))
    assert (sale.order_type, sale.quantity) == (OrderType.MARKET, Decimal("0.00399"))
    assert not approved_in(core.tell(bought(entry, "0.00600", trade_id="t2")))
    assert asked_for(core.tell(filled(sale, trade_id="t3"))) == [("close", Decimal("0.00600"))]


def test_what_is_bought_beside_a_sale_is_sold_after_it() -> None:
    core = holding("0.00400")
    (more,) = approved_in(core.tell(raised(Intent.ENTER_LONG), NS_PER_S))
    core.tell(raised(Intent.EXIT))
    (sale,) = approved_in(take_back_stop(core))
    core.tell(bought(more, trade_id="t2"))
    (rest,) = approved_in(core.tell(filled(sale, trade_id="t3")))
    assert rest.purpose is Purpose.CLOSE
    assert core.held().quantity - rest.quantity < Decimal("0.00001")


# --- Dust ------------------------------------------------------------------------------------------------------------


def test_what_is_left_below_the_lot_ends_the_position_and_stays_with_its_owner() -> None:
    core, entry = entering("0.01234")
    core.tell(bought(entry))
    events = core.tell(filled(at_work(core, Purpose.STOP), price="49500", trade_id="t2", fee="0.6"))
    assert kinds(events) == ["OrderFilled", "PositionClosed", "DustKept", "TimerEnded"]
    dust = core.state.dust[KEY]
    assert (dust.quantity, dust.cost) == (Decimal("0.00000766"), Decimal("0.383"))
    account = core.state.accounts[KEY[0]]
    assert account.exposure == dust.cost
    bought_for, sold_for = Decimal("0.01234") * 50_000, Decimal("0.01232") * 49_500
    assert account.balance - dust.cost == 10_000 - bought_for + sold_for - Decimal("0.6")


def test_dust_joins_the_owners_next_position_and_is_sold_with_it() -> None:
    core, entry = entering("0.01234")
    core.tell(bought(entry))
    core.tell(filled(at_work(core, Purpose.STOP), price="49500", trade_id="t2"))
    (again,) = approved_in(core.tell(raised(), NS_PER_S))
    events = core.tell(changed(bought(again, "0.01234", trade_id="t3"), quantity=again.quantity, fee_base=Decimal(0)))
    assert kinds(events)[1:3] == ["DustJoined", "PositionOpened"]
    assert core.held().quantity == again.quantity + Decimal("0.00000766")
    assert core.state.dust == {}
    assert core.state.accounts[KEY[0]].exposure == core.held().value


def test_a_purchase_too_small_to_sell_is_dust_when_its_entry_has_ended() -> None:
    core, entry = entering("0.01000")
    core.tell(bought(entry, "0.00002"))
    events = core.tell(expired(entry.order_id))
    assert [kind for kind in kinds(events) if kind != "TimerEnded"] == ["OrderExpired", "PositionClosed", "DustKept"]
    assert core.state.positions == {}
    assert core.state.timers == {}
    assert core.state.dust[KEY].quantity == Decimal("0.00001998")


def test_a_purchase_too_small_to_protect_waits_while_its_entry_may_fill_more() -> None:
    core, entry = entering("0.01000", limit="49990")
    assert kinds(core.tell(bought(entry, "0.00002", "49990"))) == ["OrderFilled", "PositionOpened", "TimerSet"]
    assert asked_for(core.tell(bought(entry, "0.00998", "49990", "t2"))) == [("stop", Decimal("0.00999"))]


def test_a_position_worth_too_little_for_a_stop_is_sold_while_it_can_be() -> None:
    core, entry = entering("0.01000")
    core.tell(bought(entry, "0.00011"))  # 0.00010 are worth 5 USDT, the least there is, and less at the stop
    events = core.tell(expired(entry.order_id))
    assert asked_for(events) == [("close", Decimal("0.00010"))]
    again = core.tell(rejected(at_work(core, Purpose.CLOSE).order_id))
    assert asked_for(again) == [("close", Decimal("0.00010"))]
    core.tell(o.MarkHeard(view=view("49999")), NS_PER_S)
    assert "DustKept" in kinds(core.tell(rejected(at_work(core, Purpose.CLOSE).order_id)))


def test_what_fills_in_an_emergency_and_is_too_little_to_sell_ends_as_dust_without_a_timer() -> None:
    core, entry = entering("0.01000")
    core.tell(c.SetMode(mode=Mode.EMERGENCY, reason="any"))
    events = core.tell(bought(entry, "0.00002"))
    assert kinds(events) == ["OrderFilled", "PositionOpened", "ExitDecided", "PositionClosed", "DustKept"]
    assert core.state.timers == {}
