"""Rows and events of an account, as an exchange tells them."""

from decimal import Decimal

from interlock.ports.exchange.events import (
    AlgoUpdated,
    FuturesBalance,
    FuturesUpdated,
    LeverageChanged,
    MarginCalled,
    OrderUpdated,
    SpotBalancesUpdated,
    Told,
    TriggerRejected,
)
from interlock.ports.exchange.rows import AlgoRow, BalanceRow, OrderRow, PositionRow, TradeRow
from interlock.ports.exchange.words import (
    AlgoState,
    BalanceReason,
    Execution,
    MarginType,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
    SelfTrade,
)
from interlock.units.money import ZERO
from interlock.units.sides import Side
from tests.unit.gateway.binance.sockets.fakes import NOW_MS, NS, SYMBOL, dec

ACCOUNT = "alice"
AT_NS = NOW_MS * NS
AMOUNTS = (
    "isolated_wallet",
    "isolated_margin",
    "initial_margin",
    "maintenance_margin",
    "position_initial_margin",
    "open_order_initial_margin",
    "notional",
    "notional_max",
    "bid_notional",
    "ask_notional",
    "liquidation_price",
)


def order(market: Market, state: OrderState = OrderState.NEW, **changes: object) -> OrderRow:
    values: dict[str, object] = {
        "market": market,
        "account": ACCOUNT,
        "symbol": SYMBOL,
        "order_id": 77,
        "client_order_id": "mine-1",
        "side": Side.BUY,
        "kind": OrderKind.LIMIT,
        "asked_kind": OrderKind.LIMIT,
        "time_in_force": OrderForce.GTC,
        "state": state,
        "quantity": dec("1.000"),
        "price": dec("60000.00"),
        "created_at_ns": AT_NS - 5 * NS,
        "updated_at_ns": AT_NS,
        "working_at_ns": AT_NS - 4 * NS,
        "self_trade": SelfTrade.EXPIRE_MAKER,
    }
    return OrderRow(**(values | changes))  # type: ignore[arg-type]  # the values are of the fields' types


def fill(market: Market) -> TradeRow:
    return TradeRow(
        market=market,
        account=ACCOUNT,
        symbol=SYMBOL,
        trade_id=5,
        order_id=77,
        side=Side.BUY,
        price=dec("60000.00"),
        quantity=dec("0.500"),
        quote=dec("30000.00"),
        commission=dec("0.00050000"),
        commission_asset="BTC" if market is Market.SPOT else "USDT",
        realised=ZERO if market is Market.SPOT else dec("12.34"),
        is_maker=True,
        at_ns=AT_NS,
    )


def updated(
    market: Market,
    execution: Execution,
    state: OrderState = OrderState.NEW,
    trade: TradeRow | None = None,
    cancel: str = "",
    **changes: object,
) -> Told:
    event = OrderUpdated(
        order=order(market, state, **changes),
        execution=execution,
        trade=trade,
        sequence=900,
        at_ns=AT_NS,
        cancel_client_id=cancel,
    )
    return Told(market, ACCOUNT, event)


def filled(market: Market) -> Told:
    return updated(
        market,
        Execution.TRADE,
        OrderState.PARTIALLY_FILLED,
        fill(market),
        filled=dec("0.500"),
        filled_quote=dec("30000.00"),
    )


def balances() -> Told:
    rows = (BalanceRow(asset="USDT", free=dec("10000"), locked=dec("2500")),)
    return Told(Market.SPOT, ACCOUNT, SpotBalancesUpdated(account=ACCOUNT, balances=rows, at_ns=AT_NS))


def position(quantity: Decimal = Decimal("-1.000"), margin_type: MarginType = MarginType.CROSSED) -> PositionRow:
    return PositionRow(
        symbol=SYMBOL,
        quantity=quantity,
        entry_price=dec("60000.00"),
        break_even_price=dec("60012.00"),
        mark_price=dec("61000.00"),
        unrealised=dec("-1000"),
        leverage=20,
        margin_type=margin_type,
        adl_quantile=0,
        updated_at_ns=AT_NS,
        **dict.fromkeys(AMOUNTS, ZERO),
    )


def account_updated() -> Told:
    event = FuturesUpdated(
        account=ACCOUNT,
        reason=BalanceReason.ORDER,
        balances=(FuturesBalance(asset="USDT", wallet=dec("1000"), cross_wallet=dec("900"), change=ZERO),),
        positions=(position(),),
        accumulated={SYMBOL: dec("-45.04")},
        at_ns=AT_NS,
    )
    return Told(Market.USDM, ACCOUNT, event)


def algo(state: AlgoState, text: str = "", order_id: int = 0, filled: str = "0", quote: str = "0") -> Told:
    row = AlgoRow(
        account=ACCOUNT,
        symbol=SYMBOL,
        algo_id=31,
        client_algo_id="stop-1",
        side=Side.SELL,
        kind=OrderKind.STOP_MARKET,
        time_in_force=OrderForce.GTC,
        state=state,
        quantity=dec("1.000"),
        trigger_price=dec("59000.00"),
        text=text,
        order_id=order_id,
        triggered_at_ns=AT_NS if order_id else 0,
        filled=dec(filled),
        filled_quote=dec(quote),
    )
    return Told(Market.USDM, ACCOUNT, AlgoUpdated(algo=row, at_ns=AT_NS))


def leverage() -> Told:
    event = LeverageChanged(account=ACCOUNT, symbol=SYMBOL, leverage=25, margin_type=MarginType.CROSSED, at_ns=AT_NS)
    return Told(Market.USDM, ACCOUNT, event)


def margin_called() -> Told:
    event = MarginCalled(account=ACCOUNT, cross_wallet=dec("3.16"), positions=(position(),), at_ns=AT_NS)
    return Told(Market.USDM, ACCOUNT, event)


def trigger_rejected() -> Told:
    event = TriggerRejected(account=ACCOUNT, symbol=SYMBOL, order_id=77, text="Due to the order.", at_ns=AT_NS)
    return Told(Market.USDM, ACCOUNT, event)
