"""Spot orders: what they lock, what fills move, and what is refused."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from interlock.ports.exchange.events import OrderUpdated, SpotBalancesUpdated
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import OrderKey, Replacement
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Execution, Market, OrderForce, OrderKind, OrderState, SelfTrade, StopMode
from interlock.units.faults import Fault
from interlock.units.sides import Side
from tests.unit.venues.paper.bourse.house import START_NS, SYMBOL, House, amounts

SPOT, BUY, SELL = Market.SPOT, Side.BUY, Side.SELL


@pytest.fixture
def house() -> House:
    house = House()
    house.show(SPOT, [("100.0", "1"), ("99.9", "2")], [("100.1", "1"), ("100.2", "2")])
    house.drain()
    return house


def refusal(house: House, side: Side, quantity: str | None, price: str | None = None, **more: object) -> str:
    """Return the refusal of a spot order."""
    with pytest.raises(ExchangeError) as caught:
        house.place(SPOT, side, quantity, price, **more)
    return str(caught.value)


def test_a_fill_moves_assets_and_keeps_the_commission_of_what_is_received(house: House) -> None:
    order, trades = house.place(SPOT, BUY, "2")
    assert order.state is OrderState.FILLED
    assert [(trade.price, trade.commission, trade.commission_asset) for trade in trades] == [
        (Decimal("100.1"), Decimal("0.001"), "BTC"),
        (Decimal("100.2"), Decimal("0.001"), "BTC"),
    ]
    assert house.free("BTC") == amounts("11.998", 0)
    assert house.free("USDT") == amounts("999799.7", 0)
    _, (trade,) = house.place(SPOT, SELL, "1")
    assert (trade.commission, trade.commission_asset) == (Decimal("0.1"), "USDT")
    assert house.free("USDT") == amounts("999899.6", 0)


def test_an_open_order_locks_what_it_needs_and_gives_it_back(house: House) -> None:
    bought, _ = house.place(SPOT, BUY, "2", "99.5")
    sold, _ = house.place(SPOT, SELL, "3", "101.0")
    assert house.free("USDT") == amounts(999801, 199)
    assert house.free("BTC") == amounts(7, 3)
    house.kernel.cancel(house.at_ns, SPOT, "ann", house.key(bought.order_id))
    house.kernel.cancel(house.at_ns, SPOT, "ann", house.key(sold.order_id))
    assert house.free("USDT") == amounts(1_000_000, 0)
    assert house.free("BTC") == amounts(10, 0)


def test_a_better_price_than_the_limit_unlocks_the_difference(house: House) -> None:
    house.place(SPOT, BUY, "2", "110.0")
    assert house.free("USDT") == amounts("999799.7", 0)


def test_events_come_as_the_venue_sends_them(house: House) -> None:
    house.place(SPOT, BUY, "2", "110.0")
    events = [told.event for told in house.drain()]
    assert [event.execution for event in events if isinstance(event, OrderUpdated)] == [
        Execution.NEW,
        Execution.TRADE,
        Execution.TRADE,
    ]
    assert isinstance(events[-1], SpotBalancesUpdated)
    assert {row.asset for row in events[-1].balances} == {"USDT", "BTC"}
    assert len([event for event in events if isinstance(event, SpotBalancesUpdated)]) == 1


def test_orders_beyond_the_wallet_are_refused(house: House) -> None:
    assert refusal(house, BUY, "1", "1000001.0").startswith("-1013")
    short = "-2010 Account has insufficient balance for requested action."
    assert refusal(house, BUY, "9000", "112.0") == short
    assert refusal(house, SELL, "10.001", "112.0") == short
    house.place(SPOT, SELL, "10", "112.0")
    assert refusal(house, SELL, "1") == short


def test_a_market_order_by_value_buys_whole_lots_for_it(house: House) -> None:
    order, trades = house.place(SPOT, BUY, None, quote_quantity=Decimal(150))
    assert (order.quantity, order.state) == (Decimal("1.498"), OrderState.FILLED)
    assert sum(trade.quote for trade in trades) == Decimal("149.9996")


def test_filters_fail_by_their_names(house: House) -> None:
    assert refusal(house, BUY, "1", "100.05") == "-1013 Filter failure: PRICE_FILTER"
    assert refusal(house, BUY, "0.0001", "100.0") == "-1013 Filter failure: LOT_SIZE"
    assert refusal(house, BUY, "0.01", "100.0") == "-1013 Filter failure: NOTIONAL"
    assert refusal(house, SELL, "0.01") == "-1013 Filter failure: NOTIONAL"
    assert refusal(house, BUY, "161") == "-1013 Filter failure: MARKET_LOT_SIZE"
    assert refusal(house, BUY, "1.123456789", "100.0") == "-1111 Parameter 'quantity' has too much precision."
    assert refusal(house, BUY, "1", kind=OrderKind.STOP).startswith("-1116")
    assert refusal(house, BUY, "1", "100.0", force=OrderForce.GTX).startswith("-1115")
    assert refusal(house, BUY, None).startswith("-1102")


def test_filters_follow_the_listing_while_it_runs(house: House) -> None:
    body = b"""{"symbols":[{"symbol":"BTCUSDT","filters":[
        {"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1.1","bidMultiplierDown":"0.2",
         "askMultiplierUp":"5","askMultiplierDown":"0.9","avgPriceMins":5},
        {"filterType":"MAX_NUM_ORDERS","maxNumOrders":1},{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":1},
        {"filterType":"MAX_POSITION","maxPosition":"12"},
        {"filterType":"MIN_NOTIONAL","minNotional":"5","applyToMarket":false}]}]}"""
    house.place(SPOT, BUY, "1", "99.0")
    house.spot.filters = body
    house.kernel.relist(house.at_ns)
    assert refusal(house, BUY, "1", "111.0") == "-1013 Filter failure: PERCENT_PRICE_BY_SIDE"
    assert refusal(house, SELL, "1", "90.0") == "-1013 Filter failure: PERCENT_PRICE_BY_SIDE"
    assert refusal(house, SELL, "1", "101.0") == "-1013 Filter failure: MAX_NUM_ORDERS"
    assert refusal(house, BUY, "1.5") == "-1013 Filter failure: MAX_POSITION"
    assert refusal(house, SELL, "0.01", "101.0") == "-1013 Filter failure: MIN_NOTIONAL"
    assert house.place(SPOT, SELL, "0.01")[0].state is OrderState.FILLED
    house.kernel.cancel_open(house.at_ns, SPOT, "ann", SYMBOL)
    house.place(SPOT, SELL, "1", "90.5", kind=OrderKind.STOP_LOSS_LIMIT, force=OrderForce.GTC, trigger="95")
    assert refusal(house, SELL, "1", "101.0") == "-1013 Filter failure: MAX_NUM_ORDERS"


def test_a_client_id_is_unique_among_open_orders_only(house: House) -> None:
    house.place(SPOT, BUY, "1", "99.0", client="mine")
    assert refusal(house, BUY, "1", "99.0", client="mine") == "-2010 Duplicate order sent."
    house.kernel.cancel_open(house.at_ns, SPOT, "ann", SYMBOL)
    again, _ = house.place(SPOT, BUY, "1", "99.0", client="mine")
    assert house.kernel.open_orders(house.at_ns, SPOT, "ann", None) == [again]


def test_a_limit_maker_never_takes(house: House) -> None:
    text = "-2010 Order would immediately match and take."
    assert refusal(house, BUY, "1", "100.1", kind=OrderKind.LIMIT_MAKER) == text
    assert house.place(SPOT, BUY, "1", "100.0", kind=OrderKind.LIMIT_MAKER)[0].state is OrderState.NEW


@pytest.mark.parametrize(
    ("mode", "taker", "maker"),
    [
        (SelfTrade.NONE, OrderState.EXPIRED_IN_MATCH, OrderState.NEW),
        (SelfTrade.EXPIRE_TAKER, OrderState.EXPIRED_IN_MATCH, OrderState.NEW),
        (SelfTrade.EXPIRE_MAKER, OrderState.FILLED, OrderState.EXPIRED_IN_MATCH),
        (SelfTrade.EXPIRE_BOTH, OrderState.EXPIRED_IN_MATCH, OrderState.EXPIRED_IN_MATCH),
    ],
)
def test_an_account_does_not_trade_with_itself(
    house: House, mode: SelfTrade, taker: OrderState, maker: OrderState
) -> None:
    resting, _ = house.place(SPOT, SELL, "1", "100.1")
    order, _ = house.place(SPOT, BUY, "2", "100.2", self_trade=mode)
    assert order.state is taker
    states = {row.order_id: row.state for row in house.kernel.drain().rows if isinstance(row, OrderRow)}
    assert states[resting.order_id] is maker
    assert order.filled == (2 if taker is OrderState.FILLED else 1)


def test_another_account_finds_less_where_one_has_taken(house: House) -> None:
    house.place(SPOT, BUY, "1")
    _, (trade,) = house.place(SPOT, BUY, "1", account="bob")
    assert trade.price == Decimal("100.2")


def test_a_stop_waits_for_the_last_price_and_then_works(house: House) -> None:
    house.trade(SPOT, "100.0")
    text = "-2010 Stop price would trigger immediately."
    assert refusal(house, SELL, "1", kind=OrderKind.STOP_LOSS, trigger="100.0") == text
    assert refusal(house, BUY, "1", kind=OrderKind.TAKE_PROFIT, trigger="101.0") == text
    order, _ = house.place(SPOT, SELL, "1", kind=OrderKind.STOP_LOSS, trigger="99.0")
    assert order.working_at_ns == -1
    assert house.free("BTC") == amounts(9, 1)
    house.drain()
    house.trade(SPOT, "99.1")
    assert not house.drain()
    house.trade(SPOT, "99.0")
    reports = [told.event for told in house.drain() if isinstance(told.event, OrderUpdated)]
    assert [event.execution for event in reports] == [Execution.NEW, Execution.TRADE]
    assert reports[0].order.working_at_ns == house.at_ns
    assert house.free("BTC") == amounts(9, 0)


def test_a_triggered_order_at_market_waits_for_a_book(house: House) -> None:
    house.trade(SPOT, "100.0")
    order, _ = house.place(SPOT, BUY, "1", kind=OrderKind.STOP_LOSS, trigger="101.0")
    house.spot.books.clear()
    house.trade(SPOT, "101.0")
    assert house.kernel.order(house.at_ns, SPOT, "ann", house.key(order.order_id)) is not None
    house.restart()
    house.show(SPOT, [("100.0", "1")], [("101.5", "1")])
    assert house.kernel.order(house.at_ns, SPOT, "ann", house.key(order.order_id)) is None
    assert house.free("USDT") == amounts("999898.5", 0)


def test_a_triggered_buy_that_cannot_be_paid_expires() -> None:
    house = House(spot={"USDT": "102"})
    house.show(SPOT, [("100.0", "1")], [("100.1", "1")])
    house.trade(SPOT, "100.0")
    house.place(SPOT, BUY, "1", kind=OrderKind.STOP_LOSS, trigger="101.0")
    house.show(SPOT, [("103.0", "1")], [("104.0", "1")])
    house.trade(SPOT, "103.0")
    events = [told.event for told in house.drain() if isinstance(told.event, OrderUpdated)]
    assert events[-1].execution is Execution.EXPIRED
    assert house.free("USDT") == amounts(102, 0)


def test_cancel_replace_does_both_halves_or_says_which_failed(house: House) -> None:
    first, _ = house.place(SPOT, BUY, "1", "99.0")

    def ask(mode: StopMode, cancel: int, quantity: str, price: str = "98.0") -> Replacement:
        return Replacement(
            mode=mode, cancel=house.key(cancel), cancel_as="gone", order=house.asked(BUY, quantity, price)
        )

    kernel = house.kernel
    ended, placed = kernel.replace(house.at_ns, "ann", ask(StopMode.STOP_ON_FAILURE, first.order_id, "1"))
    assert not isinstance(ended, ExchangeError) and ended.state is OrderState.CANCELED
    assert placed is not None
    with pytest.raises(ExchangeError) as caught:
        kernel.replace(house.at_ns, "ann", ask(StopMode.STOP_ON_FAILURE, 999, "1"))
    assert caught.value.code == -2022
    assert len(kernel.open_orders(house.at_ns, SPOT, "ann", None)) == 1
    with pytest.raises(ExchangeError) as caught:
        kernel.replace(house.at_ns, "ann", ask(StopMode.ALLOW_FAILURE, 999, "1"))
    assert caught.value.code == -2021
    assert len(kernel.open_orders(house.at_ns, SPOT, "ann", None)) == 2
    with pytest.raises(ExchangeError) as caught:
        kernel.replace(house.at_ns, "ann", ask(StopMode.STOP_ON_FAILURE, placed[0].order_id, "9000", "120.0"))
    assert caught.value.code == -2021
    assert len(kernel.open_orders(house.at_ns, SPOT, "ann", None)) == 1


@pytest.mark.parametrize(
    ("quantity", "price", "failed"),
    [("1", "98.05", "PRICE_FILTER"), ("0.0001", "98.0", "LOT_SIZE"), ("0.001", "98.0", "NOTIONAL")],
)
def test_a_cancel_replace_whose_new_order_breaks_a_filter_cancels_nothing(
    house: House, quantity: str, price: str, failed: str
) -> None:
    first, _ = house.place(SPOT, BUY, "1", "99.0")
    house.drain()
    order = house.asked(BUY, quantity, price)
    ask = Replacement(mode=StopMode.STOP_ON_FAILURE, cancel=house.key(first.order_id), cancel_as="gone", order=order)
    with pytest.raises(ExchangeError, match=f"-1013 Filter failure: {failed}") as caught:
        house.kernel.replace(house.at_ns, "ann", ask)
    assert caught.value.status == 400
    assert [row.order_id for row in house.kernel.open_orders(house.at_ns, SPOT, "ann", None)] == [first.order_id]
    assert not house.drain()


def test_a_cancel_replace_may_spend_what_its_cancellation_frees_and_keep_the_client_id(house: House) -> None:
    first, _ = house.place(SPOT, SELL, "9", "101.0", client="mine")
    order = house.asked(SELL, "9.5", "101.0", client="mine")
    ask = Replacement(mode=StopMode.STOP_ON_FAILURE, cancel=house.key(first.order_id), cancel_as="gone", order=order)
    _, placed = house.kernel.replace(house.at_ns, "ann", ask)
    assert placed is not None and placed[0].client_order_id == "mine"


def test_each_cancellation_of_a_cancel_all_is_told_under_the_id_drawn_for_it(house: House) -> None:
    for price in ("99.0", "98.0"):
        house.place(SPOT, BUY, "1", price)
    house.drain()
    drawn = iter(("x1", "x2"))
    rows = house.kernel.cancel_open(house.at_ns, SPOT, "ann", SYMBOL, lambda: next(drawn))
    told = [each.event for each in house.drain() if isinstance(each.event, OrderUpdated)]
    assert [(event.order.order_id, event.cancel_client_id) for event in told] == [
        (rows[0].order_id, "x1"),
        (rows[1].order_id, "x2"),
    ]


def test_cancelling_all_where_nothing_is_open_is_refused(house: House) -> None:
    with pytest.raises(ExchangeError, match=r"-2011 Unknown order sent\."):
        house.kernel.cancel_open(house.at_ns, SPOT, "ann", SYMBOL)


def test_two_ids_that_are_not_of_one_order_find_none(house: House) -> None:
    first, _ = house.place(SPOT, BUY, "1", "99.0", client="one")
    house.place(SPOT, BUY, "1", "98.0", client="two")
    kernel, wrong = house.kernel, OrderKey(symbol=SYMBOL, order_id=first.order_id, client_order_id="two")
    assert kernel.order(house.at_ns, SPOT, "ann", wrong) is None
    with pytest.raises(ExchangeError, match="-2011"):
        kernel.cancel(house.at_ns, SPOT, "ann", wrong)
    right = OrderKey(symbol=SYMBOL, order_id=first.order_id, client_order_id="one")
    assert kernel.cancel(house.at_ns, SPOT, "ann", right).order_id == first.order_id


def test_unknown_things_are_refused_in_the_venues_words(house: House) -> None:
    kernel = house.kernel
    with pytest.raises(ExchangeError, match=r"-2011 Unknown order sent\."):
        kernel.cancel(house.at_ns, SPOT, "ann", house.key(99))
    with pytest.raises(ExchangeError, match="-2015"):
        kernel.place(house.at_ns, SPOT, "eve", house.asked(BUY, "1", "99.0"))
    kernel.open_account(START_NS, "fay", None, Decimal(1))
    with pytest.raises(ExchangeError, match="-2015"):
        kernel.spot_account(START_NS, "fay")


def test_a_tested_order_leaves_nothing_behind(house: House) -> None:
    before = house.kernel.rows()
    house.kernel.test(house.at_ns, SPOT, "ann", house.asked(BUY, "2"))
    assert house.kernel.rows() == before
    assert not house.drain()


def test_a_restart_with_a_listing_that_lacks_an_open_orders_symbol_says_so(house: House) -> None:
    house.place(SPOT, BUY, "1", "99.0")
    house.spot.listed = {}
    with pytest.raises(Fault, match="BTCUSDT is not listed"):
        house.restart()


def test_a_symbol_that_is_not_traded_is_refused_and_its_open_orders_can_be_cancelled(house: House) -> None:
    order, _ = house.place(SPOT, BUY, "1", "99.0")
    halted = replace(house.spot.listed[SYMBOL], is_tradable=False, why_not_tradable="it is halted")
    house.spot.listed = {SYMBOL: halted}
    house.kernel.relist(house.at_ns)
    assert refusal(house, BUY, "1", "99.0") == "-2010 BTCUSDT is not traded here: it is halted."
    assert house.kernel.cancel(house.at_ns, SPOT, "ann", house.key(order.order_id)).state is OrderState.CANCELED
    house.spot.listed = {}
    house.kernel.relist(house.at_ns)
    assert refusal(house, BUY, "1", "99.0") == "-1121 Invalid symbol."


def test_what_two_accounts_wait_for_is_filled_once(house: House) -> None:
    house.show(SPOT, [("100.0", "1")], [("100.2", "1")])
    house.place(SPOT, BUY, "3", "100.1")
    house.place(SPOT, BUY, "3", "100.1", account="bob")
    house.trade(SPOT, "100.1", "4", buyer_is_aggressor=False)
    assert (sum(house.free("BTC")), sum(house.free("BTC", "bob"))) == amounts("12.997", "10.999")
    house.show(SPOT, [("99.0", "1")], [("100.0", "0.5")])
    assert sum(house.free("BTC", "bob")) == Decimal("11.4985")
