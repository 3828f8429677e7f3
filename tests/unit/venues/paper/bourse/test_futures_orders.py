"""Futures orders: margin, reduction, amendment, and how an account stands."""

from decimal import Decimal

import pytest

from interlock.ports.exchange.events import FuturesUpdated, LeverageChanged, OrderUpdated
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import Amendment
from interlock.ports.exchange.rows import IncomeRow, PositionRow
from interlock.ports.exchange.words import (
    BalanceReason,
    Execution,
    IncomeKind,
    MarginType,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
)
from interlock.units.sides import Side
from interlock.venues.paper.bourse.records import PlaceKept
from tests.unit.venues.paper.bourse.house import SYMBOL, House, amounts

USDM, BUY, SELL = Market.USDM, Side.BUY, Side.SELL


@pytest.fixture
def house() -> House:
    house = House(futures="1000")
    house.show(USDM, [("100.0", "100"), ("99.0", "500")], [("100.1", "100"), ("101.0", "500")])
    house.mark("100")
    house.drain()
    return house


def refusal(house: House, side: Side, quantity: str, price: str | None = None, **more: object) -> int:
    """Return the code of the refusal of a futures order."""
    with pytest.raises(ExchangeError) as caught:
        house.place(USDM, side, quantity, price, **more)
    return caught.value.code


def position(house: House) -> PositionRow:
    """Return ann's only position."""
    (row,) = house.kernel.futures_account(house.at_ns, "ann").positions
    return row


def test_a_round_trip_realises_and_pays_both_commissions(house: House) -> None:
    house.place(USDM, BUY, "10")
    _, (trade,) = house.place(USDM, SELL, "10")
    assert trade.realised == Decimal("-1.0")
    assert house.balance() == Decimal(1000) - 1 - Decimal("0.4004") - Decimal("0.4")
    house.drain()
    incomes = [row for row in house.rows if isinstance(row, IncomeRow) and row.account == "ann"]
    assert [row.kind for row in incomes] == [
        IncomeKind.TRANSFER,
        IncomeKind.COMMISSION,
        IncomeKind.REALIZED_PNL,
        IncomeKind.COMMISSION,
    ]


def test_one_turn_tells_of_the_account_once_and_last(house: House) -> None:
    house.place(USDM, BUY, "150")
    events = [told.event for told in house.drain()]
    assert [type(event) for event in events] == [OrderUpdated, OrderUpdated, OrderUpdated, FuturesUpdated]
    update = events[-1]
    assert isinstance(update, FuturesUpdated)
    assert update.reason is BalanceReason.ORDER
    assert update.positions[0].quantity == 150
    house.place(USDM, BUY, "1", "99.0")
    assert [type(told.event) for told in house.drain()] == [OrderUpdated]


def test_the_position_row_has_all_its_figures(house: House) -> None:
    house.place(USDM, BUY, "50")
    house.place(USDM, BUY, "10", "99.0")
    row = position(house)
    assert (row.entry_price, row.unrealised, row.notional) == amounts("100.1", -5, 5000)
    assert row.break_even_price == Decimal("100.14004")
    assert (row.position_initial_margin, row.initial_margin) == amounts(250, "299.5")
    assert row.open_order_initial_margin == Decimal("49.5")
    assert row.maintenance_margin == 20
    balance = house.balance()
    at = row.liquidation_price
    left = balance + 50 * at - Decimal(5005)
    assert abs(left - 50 * at * Decimal("0.004")) < Decimal("0.0001")


def test_orders_beyond_the_margin_or_the_bracket_are_refused(house: House) -> None:
    assert refusal(house, BUY, "210", "100.0") == -2019
    assert house.place(USDM, BUY, "190", "99.0")[0].state is OrderState.NEW
    assert refusal(house, BUY, "20", "99.0") == -2019
    assert house.place(USDM, SELL, "190", "101.5")[0].state is OrderState.NEW
    rich = House(futures="1000000000")
    rich.show(USDM, [("1000000", "1")], [("1000001", "1")])
    rich.mark("1000000")
    assert refusal(rich, BUY, "101", "1000000") == -2027


def test_filters_have_codes_of_their_own(house: House) -> None:
    assert refusal(house, BUY, "0", "100.0") == -4003
    assert refusal(house, BUY, "0.0001", "100.0") == -1111
    assert refusal(house, BUY, "2000", "100.0") == -4005
    assert refusal(house, BUY, "1", "100.05") == -4014
    assert refusal(house, BUY, "1", "100.001") == -1111
    assert refusal(house, BUY, "1", "0") == -4001
    assert refusal(house, BUY, "0.01", "100.0") == -4164
    assert refusal(house, BUY, "1", kind=OrderKind.STOP_MARKET, trigger="120") == -4120
    assert refusal(house, BUY, "1", "100.0", force=OrderForce.GTD, good_till_ms=1) == -5040
    house.usdm.filters = b"""{"symbols":[{"symbol":"BTCUSDT","filters":[
        {"filterType":"PERCENT_PRICE","multiplierUp":"1.1","multiplierDown":"0.9"},
        {"filterType":"MAX_NUM_ORDERS","limit":1}]}]}"""
    house.kernel.relist(house.at_ns)
    assert refusal(house, BUY, "1", "111.0") == -4016
    assert refusal(house, SELL, "1", "89.0") == -4024
    house.place(USDM, BUY, "1", "50.0")
    assert refusal(house, BUY, "1", "50.0") == -2025
    house.mark("80")
    assert refusal(house, BUY, "1") == -4131


def test_a_client_id_is_unique_among_open_orders(house: House) -> None:
    house.place(USDM, BUY, "1", "99.0", client="mine")
    assert refusal(house, BUY, "1", "99.0", client="mine") == -4116


def test_what_only_reduces_is_trimmed_and_goes_with_the_position(house: House) -> None:
    assert refusal(house, SELL, "1", "101.0", reduce_only=True) == -2022
    house.place(USDM, BUY, "2")
    first, _ = house.place(USDM, SELL, "2", "100.5", reduce_only=True)
    house.place(USDM, SELL, "5", "100.6", reduce_only=True)
    order, (trade,) = house.place(USDM, SELL, "3", reduce_only=True)
    assert order.state is OrderState.EXPIRED
    assert (trade.quantity, house.held()) == amounts(2, 0)
    assert not house.kernel.open_orders(house.at_ns, USDM, "ann", None)
    ended = [told.event.order for told in house.drain() if isinstance(told.event, OrderUpdated)]
    assert [row.state for row in ended if row.order_id == first.order_id][-1] is OrderState.EXPIRED


def test_a_post_only_order_that_would_take_is_refused(house: House) -> None:
    assert refusal(house, BUY, "1", "100.1", force=OrderForce.GTX) == -5022


def test_an_amended_order_loses_its_place_unless_it_only_shrinks(house: House) -> None:
    mine, _ = house.place(USDM, BUY, "5", "100.0")
    house.place(USDM, BUY, "5", "100.0", account="bob")

    def amend(quantity: str, price: str) -> OrderState:
        wanted = Amendment(key=house.key(mine.order_id), side=BUY, quantity=Decimal(quantity), price=Decimal(price))
        return house.kernel.amend(house.at_ns, "ann", wanted).state

    def behind() -> int:
        places = [row for row in house.kernel.rows() if isinstance(row, PlaceKept)]
        return next(row.ahead_e8 for row in places if row.order_id == mine.order_id)

    house.trade(USDM, "100.0", "60", buyer_is_aggressor=False)
    assert behind() == 40 * 10**8
    assert amend("4", "100.0") is OrderState.NEW
    assert behind() == 40 * 10**8
    with pytest.raises(ExchangeError) as caught:
        amend("4", "100.0")
    assert caught.value.code == -5027
    amend("5", "100.0")
    assert behind() == 100 * 10**8
    house.trade(USDM, "99.9", "6", buyer_is_aggressor=False)
    assert (house.held("bob"), house.held("ann")) == amounts(5, 1)
    house.drain()
    assert amend("3", "100.1") is OrderState.FILLED
    reports = [told.event.execution for told in house.drain() if isinstance(told.event, OrderUpdated)]
    assert reports == [Execution.AMENDMENT, Execution.TRADE]


def test_an_amendment_that_is_refused_changes_nothing(house: House) -> None:
    mine, _ = house.place(USDM, BUY, "5", "100.0")
    before = house.kernel.rows()
    for quantity, price, code in (("5000", "99.0", -4005), ("500", "99.0", -2019), ("5", "99.05", -4014)):
        wanted = Amendment(key=house.key(mine.order_id), side=BUY, quantity=Decimal(quantity), price=Decimal(price))
        with pytest.raises(ExchangeError) as caught:
            house.kernel.amend(house.at_ns, "ann", wanted)
        assert caught.value.code == code
    assert house.kernel.rows() == before


def test_leverage_is_bounded_by_brackets_position_and_margin(house: House) -> None:
    kernel, at_ns = house.kernel, house.at_ns
    with pytest.raises(ExchangeError, match="-4028 Leverage 126 is not valid"):
        kernel.set_leverage(at_ns, "ann", SYMBOL, 126)
    assert kernel.set_leverage(at_ns, "ann", SYMBOL, 100).notional_max == 800_000
    house.place(USDM, BUY, "100")
    with pytest.raises(ExchangeError, match="-2028"):
        kernel.set_leverage(at_ns, "ann", SYMBOL, 9)
    assert kernel.set_leverage(at_ns, "ann", SYMBOL, 20).leverage == 20
    assert any(isinstance(told.event, LeverageChanged) for told in house.drain())


def test_an_isolated_position_has_its_margin_apart(house: House) -> None:
    kernel = house.kernel
    kernel.set_margin_type(house.at_ns, "ann", SYMBOL, MarginType.ISOLATED)
    with pytest.raises(ExchangeError, match="-4046"):
        kernel.set_margin_type(house.at_ns, "ann", SYMBOL, MarginType.ISOLATED)
    house.place(USDM, BUY, "100")
    row = position(house)
    assert (row.isolated_wallet, row.isolated_margin) == amounts("500.5", "490.5")
    (asset,) = kernel.futures_account(house.at_ns, "ann").assets
    assert asset.cross_wallet == asset.wallet - Decimal("500.5")
    with pytest.raises(ExchangeError, match="-4048"):
        kernel.set_margin_type(house.at_ns, "ann", SYMBOL, MarginType.CROSSED)
    with pytest.raises(ExchangeError, match="-4161"):
        kernel.set_leverage(house.at_ns, "ann", SYMBOL, 10)
    house.place(USDM, SELL, "50")
    assert position(house).isolated_wallet == Decimal("250.25")
    house.place(USDM, SELL, "50")
    assert position(house).isolated_wallet == 0
    house.place(USDM, BUY, "1", "99.0")
    with pytest.raises(ExchangeError, match="-4047"):
        kernel.set_margin_type(house.at_ns, "ann", SYMBOL, MarginType.CROSSED)


def test_a_flip_turns_the_position_around_at_the_new_price(house: House) -> None:
    house.place(USDM, BUY, "10")
    house.place(USDM, SELL, "15")
    row = position(house)
    assert (row.quantity, row.entry_price) == amounts(-5, 100)
    assert row.break_even_price == Decimal("99.96")
