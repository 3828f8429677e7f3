"""An account's events in spot's shapes."""

from interlock.gateway.binance.render.figures import eight
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.ports.exchange.events import AccountEvent, OrderUpdated, SpotBalancesUpdated
from interlock.ports.exchange.words import OPEN, Execution, OrderState
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_MS

Shape = dict[str, object]


def spot_events(event: AccountEvent, told_ms: int) -> list[Shape]:
    """Return what spot's stream says of an event; what belongs to futures says nothing here."""
    if isinstance(event, OrderUpdated):
        return [execution_report(event, told_ms)]
    if isinstance(event, SpotBalancesUpdated):
        return [account_position(event, told_ms)]
    return []


def execution_report(event: OrderUpdated, told_ms: int) -> Shape:
    """Return an order's update. A cancellation comes under its own client id, the order's is then in `C`."""
    order, trade = event.order, event.trade
    is_cancelled = event.execution is Execution.CANCELED and bool(event.cancel_client_id)
    is_working = order.working_at_ns >= 0
    shape: Shape = {
        "e": "executionReport",
        "E": told_ms,
        "s": order.symbol,
        "c": event.cancel_client_id if is_cancelled else order.client_order_id,
        "S": SIDE_WORDS[order.side],
        "o": order.kind.value,
        "f": order.time_in_force.value,
        "q": eight(order.quantity),
        "p": eight(order.price),
        "P": eight(order.trigger_price),
        "F": eight(ZERO),
        "g": -1,
        "C": order.client_order_id if is_cancelled else "",
        "x": event.execution.value,
        "X": order.state.value,
        "r": (order.text or "UNKNOWN") if order.state is OrderState.REJECTED else "NONE",
        "i": order.order_id,
        "l": eight(trade.quantity if trade else ZERO),
        "z": eight(order.filled),
        "L": eight(trade.price if trade else ZERO),
        "n": eight(trade.commission) if trade else "0",
        "N": trade.commission_asset if trade else None,
        "T": event.at_ns // NS_PER_MS,
        "t": trade.trade_id if trade else -1,
        "I": event.sequence,
        "w": is_working and order.state in OPEN,
        "m": trade.is_maker if trade else False,
        "M": trade is not None,
        "O": order.created_at_ns // NS_PER_MS,
        "Z": eight(order.filled_quote),
        "Y": eight(trade.quote if trade else ZERO),
        "Q": eight(order.quote_quantity),
    }
    if is_working:
        shape["W"] = order.working_at_ns // NS_PER_MS
    shape["V"] = order.self_trade.value
    return shape


def account_position(event: SpotBalancesUpdated, told_ms: int) -> Shape:
    """Return the balances that changed."""
    return {
        "e": "outboundAccountPosition",
        "E": told_ms,
        "u": event.at_ns // NS_PER_MS,
        "B": [{"a": row.asset, "f": eight(row.free), "l": eight(row.locked)} for row in event.balances],
    }
