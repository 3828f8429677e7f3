"""An account's events in the shapes of USD-M futures. Positions are one-way: their side is always BOTH."""

from typing import assert_never

from interlock.gateway.binance.render.figures import brief, eight, ratio
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.ports.exchange.events import (
    AccountEvent,
    AlgoUpdated,
    FuturesUpdated,
    LeverageChanged,
    MarginCalled,
    OrderUpdated,
    SpotBalancesUpdated,
    TriggerRejected,
)
from interlock.ports.exchange.rows import PositionRow
from interlock.ports.exchange.words import AlgoState, Execution, MarginType, OrderKind
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_MS

Shape = dict[str, object]

_EXECUTION = {Execution.TRADE_PREVENTION: Execution.EXPIRED}
"""Futures' word for an order that would have met an own one."""
_MARGIN = {MarginType.CROSSED: "cross", MarginType.ISOLATED: "isolated"}
_BECAME = {
    OrderKind.STOP: "LIMIT",
    OrderKind.TAKE_PROFIT: "LIMIT",
}
_BECAME_SOMETHING = frozenset({AlgoState.TRIGGERED, AlgoState.FINISHED})


def futures_events(event: AccountEvent, told_ms: int) -> list[Shape]:
    """Return what the futures stream says of an event: for a fill a short word first, then the order's update."""
    match event:
        case OrderUpdated():
            update = order_update(event, told_ms)
            return [trade_lite(event, told_ms), update] if event.execution is Execution.TRADE else [update]
        case FuturesUpdated():
            return [account_update(event, told_ms)]
        case AlgoUpdated():
            return [algo_update(event, told_ms)]
        case LeverageChanged():
            return [leverage_update(event, told_ms)]
        case MarginCalled():
            return [margin_call(event, told_ms)]
        case TriggerRejected():
            return [trigger_rejected(event, told_ms)]
        case SpotBalancesUpdated():
            return []
        case _:
            assert_never(event)


def order_update(event: OrderUpdated, told_ms: int) -> Shape:
    """Return an order's update."""
    order, trade = event.order, event.trade
    at_ms = event.at_ns // NS_PER_MS
    return {
        "e": "ORDER_TRADE_UPDATE",
        "T": at_ms,
        "E": told_ms,
        "o": {
            "s": order.symbol,
            "c": order.client_order_id,
            "S": SIDE_WORDS[order.side],
            "o": order.kind.value,
            "f": order.time_in_force.value,
            "q": brief(order.quantity),
            "p": brief(order.price),
            "ap": brief(ratio(order.filled_quote, order.filled)),
            "sp": brief(order.trigger_price),
            "x": _EXECUTION.get(event.execution, event.execution).value,
            "X": order.state.value,
            "i": order.order_id,
            "l": brief(trade.quantity if trade else ZERO),
            "z": brief(order.filled),
            "L": brief(trade.price if trade else ZERO),
            "N": trade.commission_asset if trade else "USDT",
            "n": eight(trade.commission) if trade else "0",
            "T": at_ms,
            "t": trade.trade_id if trade else 0,
            "b": "0",
            "a": "0",
            "m": trade.is_maker if trade else False,
            "R": order.reduce_only,
            "wt": order.working_price.value,
            "ot": order.asked_kind.value,
            "ps": "BOTH",
            "cp": order.close_position,
            "AP": "0",
            "cr": "0",
            "pP": order.price_protect,
            "si": 0,
            "ss": 0,
            "rp": brief(trade.realised if trade else ZERO),
            "V": order.self_trade.value,
            "pm": "NONE",
            "gtd": order.good_till_ms,
            "er": "0",
        },
    }


def trade_lite(event: OrderUpdated, told_ms: int) -> Shape:
    """Return a fill in short."""
    order, trade = event.order, event.trade
    assert trade is not None, "a fill without its trade"
    return {
        "e": "TRADE_LITE",
        "E": told_ms,
        "T": event.at_ns // NS_PER_MS,
        "s": order.symbol,
        "q": brief(order.quantity),
        "p": brief(order.price),
        "m": trade.is_maker,
        "c": order.client_order_id,
        "S": SIDE_WORDS[order.side],
        "L": brief(trade.price),
        "l": brief(trade.quantity),
        "t": trade.trade_id,
        "i": order.order_id,
    }


def account_update(event: FuturesUpdated, told_ms: int) -> Shape:
    """Return the balances and positions that changed, and why."""
    return {
        "e": "ACCOUNT_UPDATE",
        "T": event.at_ns // NS_PER_MS,
        "E": told_ms,
        "a": {
            "m": event.reason.value,
            "B": [
                {
                    "a": row.asset,
                    "wb": eight(row.wallet),
                    "cw": eight(row.cross_wallet),
                    "bc": brief(row.change),
                }
                for row in event.balances
            ],
            "P": [
                {
                    "s": row.symbol,
                    "pa": brief(row.quantity),
                    "ep": brief(row.entry_price),
                    "bep": brief(row.break_even_price),
                    "cr": brief(event.accumulated.get(row.symbol, ZERO)),
                    "up": eight(row.unrealised),
                    "mt": _MARGIN[row.margin_type],
                    "iw": eight(row.isolated_wallet),
                    "ps": "BOTH",
                }
                for row in event.positions
            ],
        },
    }


def algo_update(event: AlgoUpdated, told_ms: int) -> Shape:
    """Return a conditional order's update; what it became is told once it has triggered."""
    algo = event.algo
    shape: Shape = {
        "caid": algo.client_algo_id,
        "aid": algo.algo_id,
        "at": "CONDITIONAL",
        "o": algo.kind.value,
        "s": algo.symbol,
        "S": SIDE_WORDS[algo.side],
        "ps": "BOTH",
        "f": algo.time_in_force.value,
        "q": brief(algo.quantity),
        "X": algo.state.value,
        "ai": str(algo.order_id) if algo.order_id else "",
    }
    if algo.state is not AlgoState.TRIGGERING:
        is_order = algo.state in _BECAME_SOMETHING
        average = ratio(algo.filled_quote, algo.filled)
        shape |= {
            "ap": brief(average),
            "aq": brief(algo.filled),
            "act": _BECAME.get(algo.kind, "MARKET") if is_order else "0",
        }
    shape |= {
        "tp": brief(algo.trigger_price),
        "p": brief(algo.price),
        "V": algo.self_trade.value,
        "wt": algo.working_price.value,
        "pm": "NONE",
        "cp": algo.close_position,
        "pP": algo.price_protect,
        "R": algo.reduce_only,
        "tt": algo.triggered_at_ns // NS_PER_MS,
        "gtd": algo.good_till_ms,
    }
    if algo.text:
        shape["rm"] = algo.text
    return {"e": "ALGO_UPDATE", "T": event.at_ns // NS_PER_MS, "E": told_ms, "o": shape}


def leverage_update(event: LeverageChanged, told_ms: int) -> Shape:
    """Return a symbol's leverage as it was set."""
    return {
        "e": "ACCOUNT_CONFIG_UPDATE",
        "E": told_ms,
        "T": event.at_ns // NS_PER_MS,
        "ac": {"s": event.symbol, "l": event.leverage},
    }


def margin_call(event: MarginCalled, told_ms: int) -> Shape:
    """Return the positions that are near their liquidation."""
    return {
        "e": "MARGIN_CALL",
        "E": told_ms,
        "cw": brief(event.cross_wallet),
        "p": [_called(row) for row in event.positions],
    }


def _called(row: PositionRow) -> Shape:
    return {
        "s": row.symbol,
        "ps": "BOTH",
        "pa": brief(row.quantity),
        "mt": row.margin_type.value,
        "iw": brief(row.isolated_wallet),
        "mp": brief(row.mark_price),
        "up": brief(row.unrealised),
        "mm": brief(row.maintenance_margin),
    }


def trigger_rejected(event: TriggerRejected, told_ms: int) -> Shape:
    """Return why a conditional order became no order."""
    return {
        "e": "CONDITIONAL_ORDER_TRIGGER_REJECT",
        "E": told_ms,
        "T": event.at_ns // NS_PER_MS,
        "or": {"s": event.symbol, "i": event.order_id, "r": event.text},
    }
