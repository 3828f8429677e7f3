"""What an owner asks to have sold of a spot position."""

from decimal import Decimal

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.orders import OrderTerms
from interlock.messages.words import Intent, OrderType, Purpose
from interlock.units.sides import Side
from tests.builders import cancelled, changed, expired, filled, founded_on_spot, proposed, raised, rejected, terms
from tests.unit.core.spot.holding import KEY, asked_for, at_work, holding, kinds, take_back_stop


def sale(quantity: str, limit: str | None = None, reduce_only: bool = False) -> OrderTerms:
    return changed(terms(Side.SELL, quantity, limit), reduce_only=reduce_only)


def refused(events: tuple[e.Event, ...]) -> list[str]:
    return [rule for event in events if isinstance(event, e.OrderRefused) for rule in event.refusals]


def test_a_sale_of_a_part_waits_for_the_stop_and_the_rest_is_protected_again() -> None:
    core = holding()
    assert kinds(core.tell(proposed(sale("0.00400")))) == ["ReductionWaits", "OrderCancelRequested", "TimerSet"]
    events = take_back_stop(core)
    assert asked_for(events) == [("reduce", Decimal("0.00400")), ("stop", Decimal("0.00599"))]
    assert core.held().waiting == ()


def test_sales_that_wait_together_go_out_together() -> None:
    core = holding()
    core.tell(proposed(sale("0.00200")))
    assert kinds(core.tell(proposed(sale("0.00300", "51000")))) == ["ReductionWaits"]
    assert asked_for(take_back_stop(core)) == [
        ("reduce", Decimal("0.00200")),
        ("reduce", Decimal("0.00300")),
        ("stop", Decimal("0.00499")),
    ]


def test_a_sale_is_cut_to_what_no_other_sale_has_in_whole_lots() -> None:
    core = holding()
    core.tell(proposed(sale("0.00200")))
    (waits, *_) = core.tell(proposed(sale("0.00900123", reduce_only=True)))
    assert isinstance(waits, e.ReductionWaits)
    assert waits.terms.quantity == Decimal("0.00799")
    assert refused(core.tell(proposed(sale("0.00100")))) == ["RISK-037"]


def test_a_sale_of_less_than_a_lot_is_refused_as_too_small() -> None:
    assert refused(holding().tell(proposed(sale("0.000009")))) == ["RISK-016"]


def test_a_sale_of_more_than_is_held_would_be_a_short_sale_unless_it_only_reduces() -> None:
    core = holding()
    assert "RISK-044" in refused(core.tell(proposed(sale("0.01000"))))
    (waits, *_) = core.tell(proposed(sale("0.01000", reduce_only=True)))
    assert isinstance(waits, e.ReductionWaits)
    assert waits.terms.quantity == Decimal("0.00999")


def test_a_sale_that_ends_unfilled_gives_its_coins_back_to_the_stop() -> None:
    core = holding()
    core.tell(proposed(sale("0.00400", "51000")))
    take_back_stop(core)
    resting = at_work(core, Purpose.REDUCE)
    core.tell(c.RequestCancel(order_id=resting.order_id, reason="any"))
    assert kinds(core.tell(cancelled(resting.order_id))) == ["OrderCancelled", "OrderCancelRequested", "TimerSet"]
    assert asked_for(take_back_stop(core)) == [("stop", Decimal("0.00999"))]


def test_a_sale_that_the_venue_refuses_is_not_sent_again_and_all_is_protected() -> None:
    core = holding()
    core.tell(proposed(sale("0.00999", reduce_only=True)))
    assert asked_for(take_back_stop(core)) == [("reduce", Decimal("0.00999"))]
    events = core.tell(rejected(at_work(core, Purpose.REDUCE).order_id))
    assert asked_for(events) == [("stop", Decimal("0.00999"))]


def test_a_sale_that_fills_leaves_the_stop_as_it_is() -> None:
    core = holding()
    core.tell(proposed(sale("0.00400")))
    take_back_stop(core)
    sold = at_work(core, Purpose.REDUCE)
    assert kinds(core.tell(filled(sold, trade_id="t2"))) == ["OrderFilled", "PositionReduced"]
    assert at_work(core, Purpose.STOP).quantity == Decimal("0.00599")


def test_leaving_takes_every_sale_back_and_then_sells_all() -> None:
    core = holding()
    core.tell(proposed(sale("0.00400", "51000")))
    take_back_stop(core)
    events = core.tell(raised(Intent.EXIT))
    assert kinds(events) == ["SignalTaken", "ExitDecided", "OrderCancelRequested", "OrderCancelRequested", "TimerSet"]
    assert asked_for(take_back_stop(core)) == []
    assert asked_for(core.tell(cancelled(at_work(core, Purpose.REDUCE).order_id))) == [("close", Decimal("0.00999"))]


def test_a_stop_that_fills_in_part_first_cuts_what_waits_for_it() -> None:
    core = holding()
    core.tell(proposed(sale("0.00900")))
    core.tell(filled(at_work(core, Purpose.STOP), "0.00600", "49500", "t2"))
    assert asked_for(take_back_stop(core)) == [("reduce", Decimal("0.00399"))]


def test_to_leave_twice_is_to_leave_once_and_nothing_is_left_to_reduce() -> None:
    core = holding()
    core.tell(raised(Intent.EXIT))
    assert kinds(core.tell(raised(Intent.EXIT))) == ["SignalTaken"]
    assert refused(core.tell(proposed(sale("0.00400")))) == ["RISK-037"]


def test_leaving_what_is_not_held_is_refused() -> None:
    assert refused(founded_on_spot().tell(raised(Intent.EXIT))) == ["RISK-037"]


def test_a_sale_with_a_trigger_of_its_own_keeps_it() -> None:
    core = holding()
    own = changed(sale("0.00400"), order_type=OrderType.STOP_MARKET, trigger_price=Decimal("49800"))
    core.tell(proposed(own))
    take_back_stop(core)
    order = at_work(core, Purpose.REDUCE)
    assert (order.order_type, order.trigger_price) == (OrderType.STOP_MARKET, Decimal("49800"))
    assert core.state.positions[KEY].quantity == Decimal("0.00999000")
    assert asked_for(core.tell(expired(order.order_id))) == []
