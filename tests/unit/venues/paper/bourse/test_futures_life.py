"""What happens to a futures account of its own accord: triggers, countdowns, dates, funding, liquidation."""

from decimal import Decimal

import pytest

from interlock.ports.exchange.events import (
    AlgoUpdated,
    FuturesUpdated,
    MarginCalled,
    OrderUpdated,
    TriggerRejected,
)
from interlock.ports.exchange.market_data import FundingPaid
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey
from interlock.ports.exchange.rows import AlgoRow, IncomeRow
from interlock.ports.exchange.words import (
    AlgoState,
    BalanceReason,
    Execution,
    IncomeKind,
    MarginType,
    Market,
    OrderForce,
    OrderKind,
    WorkingPrice,
)
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from tests.unit.venues.paper.bourse.house import SYMBOL, House, amounts

USDM, BUY, SELL = Market.USDM, Side.BUY, Side.SELL
HOURS_8_MS = 28_800_000


@pytest.fixture
def house() -> House:
    house = House(futures="1000")
    house.show(USDM, [("100.0", "100"), ("99.0", "500")], [("100.1", "100"), ("101.0", "500")])
    house.mark("100")
    house.trade(USDM, "100.0")
    house.wait_ms(1)
    house.drain()
    return house


def algo(house: House, side: Side, quantity: str | None, kind: OrderKind, **more: object) -> AlgoRow:
    """Place a conditional order of ann."""
    price = more.pop("price", None)
    order = house.asked(side, quantity, str(price) if price is not None else None, kind=kind, **more)
    return house.kernel.place_algo(house.at_ns, "ann", order)


def states(house: House) -> list[AlgoState]:
    """Return what was told of conditional orders since the last look."""
    return [told.event.algo.state for told in house.drain() if isinstance(told.event, AlgoUpdated)]


def incomes(house: House, kind: IncomeKind) -> list[Decimal]:
    """Return ann's incomes of a kind."""
    house.drain()
    rows = [row for row in house.rows if isinstance(row, IncomeRow) and row.account == "ann"]
    return [row.amount for row in rows if row.kind is kind]


# --- Conditional orders --------------------------------------------------------------------------------------------


def test_a_stop_becomes_an_order_at_its_price_and_ends_with_it(house: House) -> None:
    house.place(USDM, BUY, "10")
    row = algo(house, SELL, "10", OrderKind.STOP_MARKET, trigger="99.5", reduce_only=True)
    assert states(house) == [AlgoState.NEW]
    house.trade(USDM, "99.6")
    assert not states(house)
    house.trade(USDM, "99.5")
    assert house.held() == 0
    events = [told.event for told in house.drain()]
    told = [event.algo.state for event in events if isinstance(event, AlgoUpdated)]
    assert told == [AlgoState.TRIGGERING, AlgoState.TRIGGERED, AlgoState.FINISHED]
    reports = [event for event in events if isinstance(event, OrderUpdated)]
    assert [event.execution for event in reports] == [Execution.NEW, Execution.TRADE]
    order = reports[0].order
    assert (order.kind, order.asked_kind, order.algo_id) == (OrderKind.MARKET, OrderKind.STOP_MARKET, row.algo_id)
    finished = [event.algo for event in events if isinstance(event, AlgoUpdated)][-1]
    assert (finished.order_id, finished.filled, finished.filled_quote) == (order.order_id, *amounts(10, 1000))
    assert house.kernel.algo(house.at_ns, "ann", AlgoKey(algo_id=row.algo_id)) is None


def test_a_stop_with_a_limit_rests_and_is_found_until_it_ends(house: House) -> None:
    row = algo(house, BUY, "1", OrderKind.STOP, price="100.5", trigger="101.0", force=OrderForce.GTC)
    house.show(USDM, [("101.0", "1")], [("101.5", "1")])
    house.trade(USDM, "101.0")
    (order,) = house.kernel.open_orders(house.at_ns, USDM, "ann", None)
    assert (order.kind, order.price) == (OrderKind.LIMIT, Decimal("100.5"))
    found = house.kernel.algo(house.at_ns, "ann", AlgoKey(client_algo_id=row.client_algo_id))
    assert found is not None and found.state is AlgoState.TRIGGERED and not found.filled
    assert not house.kernel.open_algos(house.at_ns, "ann", None)
    with pytest.raises(ExchangeError, match="-2011"):
        house.kernel.cancel_algo(house.at_ns, "ann", AlgoKey(algo_id=row.algo_id))
    house.show(USDM, [("100.3", "1")], [("100.4", "0.4")])
    house.drain()
    found = house.kernel.algo(house.at_ns, "ann", AlgoKey(algo_id=row.algo_id))
    assert found is not None and (found.filled, found.filled_quote) == amounts("0.4", "40.2")
    assert found in house.rows
    assert not states(house), "a fill of its order is told by the order's own events"
    house.restart()
    assert house.kernel.algo(house.at_ns, "ann", AlgoKey(algo_id=row.algo_id)) == found
    house.drain()
    house.kernel.cancel_open(house.at_ns, USDM, "ann", SYMBOL)
    assert states(house) == [AlgoState.FINISHED]


def test_two_ids_that_are_not_of_one_conditional_order_find_none(house: House) -> None:
    row = algo(house, SELL, "1", OrderKind.STOP_MARKET, trigger="90")
    key = AlgoKey(algo_id=row.algo_id, client_algo_id="other")
    assert house.kernel.algo(house.at_ns, "ann", key) is None
    with pytest.raises(ExchangeError, match="-2011"):
        house.kernel.cancel_algo(house.at_ns, "ann", key)


def test_a_trigger_that_is_reached_already_is_refused(house: House) -> None:
    with pytest.raises(ExchangeError, match="-2021"):
        algo(house, SELL, "1", OrderKind.STOP_MARKET, trigger="100.0")
    with pytest.raises(ExchangeError, match="-2021"):
        algo(house, BUY, "1", OrderKind.TAKE_PROFIT_MARKET, trigger="100.5", working_price=WorkingPrice.MARK_PRICE)


def test_a_mark_price_pulls_only_those_that_asked_for_it(house: House) -> None:
    house.place(USDM, BUY, "10")
    algo(house, SELL, "5", OrderKind.STOP_MARKET, trigger="99.5", working_price=WorkingPrice.MARK_PRICE)
    algo(house, SELL, "5", OrderKind.STOP_MARKET, trigger="99.5")
    assert house.kernel.due_ns() is not None
    house.mark("99.0")
    house.wait_ms(1_000)
    assert house.held() == 5


def test_closing_a_position_takes_all_of_it_and_nothing_where_there_is_none(house: House) -> None:
    house.place(USDM, BUY, "10")
    algo(house, SELL, None, OrderKind.STOP_MARKET, trigger="99.5", close_position=True)
    with pytest.raises(ExchangeError, match="-4130"):
        algo(house, SELL, None, OrderKind.STOP_MARKET, trigger="99.0", close_position=True)
    house.place(USDM, BUY, "5")
    house.trade(USDM, "99.5")
    assert house.held() == 0
    algo(house, SELL, None, OrderKind.STOP_MARKET, trigger="99.0", close_position=True)
    house.drain()
    house.trade(USDM, "99.0")
    events = [told.event for told in house.drain()]
    assert any(isinstance(event, TriggerRejected) for event in events)
    assert [event.algo.state for event in events if isinstance(event, AlgoUpdated)][-1] is AlgoState.REJECTED


def test_a_trailing_stop_follows_the_price_and_a_restart_loses_nothing_of_it(house: House) -> None:
    house.place(USDM, BUY, "10")
    algo(
        house,
        SELL,
        "10",
        OrderKind.TRAILING_STOP_MARKET,
        callback_rate=Decimal(1),
        activation_price=Decimal(101),
        reduce_only=True,
    )
    house.trade(USDM, "99.0")
    house.trade(USDM, "105.0")
    house.trade(USDM, "104.0")
    assert house.held() == 10
    house.restart()
    house.trade(USDM, "103.9")
    assert house.held() == 0


def test_cancelling_all_leaves_the_other_kind(house: House) -> None:
    house.place(USDM, BUY, "1", "99.0")
    algo(house, SELL, "1", OrderKind.STOP_MARKET, trigger="90")
    assert len(house.kernel.cancel_open(house.at_ns, USDM, "ann", SYMBOL)) == 1
    assert len(house.kernel.open_algos(house.at_ns, "ann", SYMBOL)) == 1
    assert len(house.kernel.cancel_open_algos(house.at_ns, "ann", SYMBOL)) == 1
    assert states(house) == [AlgoState.NEW, AlgoState.CANCELED]


# --- Time ----------------------------------------------------------------------------------------------------------


def test_a_countdown_cancels_plain_orders_of_its_symbol_only(house: House) -> None:
    house.place(USDM, BUY, "1", "99.0")
    house.place(USDM, BUY, "1", "99.0", account="bob")
    algo(house, SELL, "1", OrderKind.STOP_MARKET, trigger="90")
    running = house.kernel.set_countdown(house.at_ns, "ann", SYMBOL, 500)
    assert house.kernel.due_ns() == running.at_ns == house.at_ns + 500 * NS_PER_MS
    house.wait_ms(499)
    house.restart()
    assert len(house.kernel.open_orders(house.at_ns, USDM, "ann", None)) == 1
    house.wait_ms(1)
    assert not house.kernel.open_orders(house.at_ns, USDM, "ann", None)
    assert len(house.kernel.open_orders(house.at_ns, USDM, "bob", None)) == 1
    assert len(house.kernel.open_algos(house.at_ns, "ann", None)) == 1


def test_a_countdown_of_zero_stops_it(house: House) -> None:
    house.place(USDM, BUY, "1", "99.0")
    house.kernel.set_countdown(house.at_ns, "ann", SYMBOL, 500)
    house.kernel.set_countdown(house.at_ns, "ann", SYMBOL, 0)
    house.wait_ms(1_000)
    assert len(house.kernel.open_orders(house.at_ns, USDM, "ann", None)) == 1


def test_an_order_ends_at_its_date(house: House) -> None:
    until_ms = house.at_ns // NS_PER_MS + 700_000
    house.place(USDM, BUY, "1", "99.0", force=OrderForce.GTD, good_till_ms=until_ms)
    house.restart()
    assert house.kernel.due_ns() == until_ms * NS_PER_MS
    house.wait_ms(700_000)
    assert not house.kernel.open_orders(house.at_ns, USDM, "ann", None)


def test_funding_moves_between_long_and_short_every_eight_hours(house: House) -> None:
    house.place(USDM, BUY, "10")
    house.place(USDM, SELL, "10", account="bob")
    house.drain()
    house.wait_ms(HOURS_8_MS)
    assert incomes(house, IncomeKind.FUNDING_FEE) == [Decimal("-0.1")]
    updates = [told.event for told in house.told if isinstance(told.event, FuturesUpdated) and told.account == "ann"]
    update = next(event for event in updates if event.reason is BalanceReason.FUNDING_FEE)
    assert update.balances[0].change == Decimal("-0.1")
    before = house.balance("bob")
    house.restart()
    house.wait_ms(1)
    assert house.balance("bob") == before
    at_ms = (house.at_ns // NS_PER_MS // HOURS_8_MS + 1) * HOURS_8_MS
    house.usdm.paid = [FundingPaid(symbol=SYMBOL, rate=Decimal("0.001"), mark=Decimal(200), at_ms=at_ms)]
    house.wait_ms(HOURS_8_MS)
    assert house.balance("bob") - before == 2


# --- Liquidation ---------------------------------------------------------------------------------------------------


def test_margin_is_called_once_and_then_the_position_is_liquidated(house: House) -> None:
    house.place(USDM, BUY, "170")
    house.place(USDM, BUY, "1", "90.0")
    house.drain()
    price = house.kernel.futures_account(house.at_ns, "ann").positions[0].liquidation_price
    house.mark(str(price + Decimal("0.05")))
    house.wait_ms(1_000)
    house.wait_ms(1_000)
    assert sum(isinstance(told.event, MarginCalled) for told in house.drain()) == 1
    house.mark(str(price - Decimal("0.05")))
    house.wait_ms(1_000)
    assert house.held() == 0
    assert not house.kernel.open_orders(house.at_ns, USDM, "ann", None)
    events = [told.event for told in house.drain()]
    reports = [event for event in events if isinstance(event, OrderUpdated)]
    liquidation = [event for event in reports if event.order.kind is OrderKind.LIQUIDATION]
    assert [event.execution for event in liquidation] == [Execution.NEW, Execution.CALCULATED, Execution.CALCULATED]
    assert liquidation[0].order.client_order_id.startswith("autoclose-")
    assert house.balance() >= 0
    assert incomes(house, IncomeKind.INSURANCE_CLEAR)[-1] < 0


def test_the_insurance_takes_over_what_the_depth_does_not_and_pays_what_is_missing(house: House) -> None:
    house.place(USDM, BUY, "190")
    house.show(USDM, [("60.0", "10")], [("60.1", "10")])
    house.mark("60")
    house.wait_ms(1_000)
    assert (house.held(), house.balance()) == amounts(0, 0)
    assert incomes(house, IncomeKind.INSURANCE_CLEAR)[-1] > 0


def test_an_account_that_closes_at_more_loss_than_it_has_is_made_good_at_once(house: House) -> None:
    house.place(USDM, BUY, "190")
    house.show(USDM, [("60.0", "1000")], [("60.1", "10")])
    house.drain()
    house.place(USDM, SELL, "190", reduce_only=True)
    assert (house.held(), house.balance()) == amounts(0, 0)
    updates = [told.event for told in house.drain() if isinstance(told.event, FuturesUpdated)]
    assert [update.reason for update in updates] == [BalanceReason.ORDER, BalanceReason.INSURANCE_CLEAR]
    lost, insured = (update.balances[0] for update in updates)
    assert lost.wallet < 0
    assert (insured.wallet, insured.change) == (Decimal(0), -lost.wallet)
    assert incomes(house, IncomeKind.INSURANCE_CLEAR) == [-lost.wallet]


def test_an_isolated_position_loses_its_own_margin_only(house: House) -> None:
    house.kernel.set_margin_type(house.at_ns, "ann", SYMBOL, MarginType.ISOLATED)
    house.place(USDM, BUY, "100")
    apart = house.kernel.futures_account(house.at_ns, "ann").positions[0].isolated_wallet
    cross = house.balance() - apart
    house.show(USDM, [("80.0", "1000")], [("80.1", "10")])
    house.mark("80")
    house.wait_ms(1_000)
    assert house.held() == 0
    assert house.balance() == cross
