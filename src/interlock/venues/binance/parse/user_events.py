"""One frame of an account's stream into what it says: any bytes give a value or an Unreadable that names the field.

Futures send their events plain or combined; spot's come in the WebSocket API, between answers, as `{"event": ...}`.
An unknown kind, execution or state is unreadable: it may be a fill, so whoever hears of it has to ask.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from interlock.messages.words import Liquidity
from interlock.ports.exchange.words import OPEN, AlgoState, Execution, OrderState
from interlock.units.sides import Side
from interlock.venues.binance.parse.market_values import PassedOver
from interlock.venues.binance.parse.order_replies import ALGO_PREFIX
from interlock.venues.binance.parse.unreadable import Unreadable, amount, decoded, number, time_ns
from interlock.venues.binance.parse.user_accounts import futures_account_told, spot_account_told
from interlock.venues.binance.parse.user_values import (
    AccountTold,
    AlgoTold,
    ApiAnswered,
    KeyExpired,
    OrderTold,
    Terminated,
    TriggerRefused,
)

AccountEvent = OrderTold | AlgoTold | TriggerRefused | AccountTold
UserMessage = AccountEvent | KeyExpired | Terminated | ApiAnswered | PassedOver | Unreadable
_FRAME: Final = "an account's frame"
_ORDER: Final = "an order's update"
_ALGO: Final = "a conditional order's update"
_TRIGGER: Final = "a refused trigger"
_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
# A fill in short, before the update that has all of it; what we set ourselves; what only people have use for.
_NOT_USED: Final = frozenset(
    {
        "TRADE_LITE",
        "ACCOUNT_CONFIG_UPDATE",
        "MARGIN_CALL",
        "STRATEGY_UPDATE",
        "GRID_UPDATE",
        "balanceUpdate",
        "listStatus",
        "externalLockUpdate",
    }
)
_FILLS: Final = frozenset({Execution.TRADE, Execution.CALCULATED})
_Word = Literal["BUY", "SELL"]
_STATES_AFTER: Final = {
    Execution.NEW: OPEN,
    Execution.TRADE: frozenset({OrderState.PARTIALLY_FILLED, OrderState.FILLED}),
    Execution.CANCELED: frozenset({OrderState.CANCELED}),
    Execution.EXPIRED: frozenset({OrderState.EXPIRED, OrderState.EXPIRED_IN_MATCH}),
    Execution.REJECTED: frozenset({OrderState.REJECTED}),
}


class _Head(Struct):
    kind: str = field(name="e", default="")
    event: Raw = Raw()
    data: Raw = Raw()
    asked_id: int | str | None = field(name="id", default=None)
    status: int | None = None
    result: Raw = Raw()
    error: Raw = Raw()


class _Kind(Struct):
    kind: str = field(name="e")


class _Refused(Struct):
    code: int
    message: str = field(name="msg")


class _FuturesOrder(Struct):
    symbol: str = field(name="s")
    client_id: str = field(name="c")
    side: _Word = field(name="S")
    quantity: str = field(name="q")
    execution: Execution = field(name="x")
    state: OrderState = field(name="X")
    order_id: int = field(name="i")
    trade_quantity: str = field(name="l")
    filled: str = field(name="z")
    trade_price: str = field(name="L")
    trade_id: int = field(name="t")
    is_maker: bool = field(name="m")
    at_ms: int = field(name="T")
    position_side: Literal["BOTH"] = field(name="ps")  # hedge mode fails closed
    commission: str | None = field(name="n", default=None)
    commission_asset: str | None = field(name="N", default=None)
    expiry_text: str | int | None = field(name="er", default=None)


class _FuturesUpdate(Struct):
    order: _FuturesOrder = field(name="o")


class _SpotOrder(Struct):
    symbol: str = field(name="s")
    client_id: str = field(name="c")
    side: _Word = field(name="S")
    quantity: str = field(name="q")
    original_client_id: str = field(name="C")
    execution: Execution = field(name="x")
    state: OrderState = field(name="X")
    text: str = field(name="r")
    order_id: int = field(name="i")
    trade_quantity: str = field(name="l")
    filled: str = field(name="z")
    trade_price: str = field(name="L")
    commission: str = field(name="n")
    commission_asset: str | None = field(name="N")
    at_ms: int = field(name="T")
    trade_id: int = field(name="t")
    is_maker: bool = field(name="m")
    expiry_text: str | None = field(name="eR", default=None)


class _Algo(Struct):
    client_id: str = field(name="caid")
    algo_id: int = field(name="aid")
    symbol: str = field(name="s")
    side: _Word = field(name="S")
    position_side: Literal["BOTH"] = field(name="ps")
    quantity: str = field(name="q")
    state: AlgoState = field(name="X")
    became: str = field(name="ai")
    text: str = field(name="rm", default="")


class _AlgoUpdate(Struct):
    algo: _Algo = field(name="o")
    at_ms: int = field(name="T")


class _Trigger(Struct):
    symbol: str = field(name="s")
    order_id: int = field(name="i")
    text: str = field(name="r")


class _TriggerUpdate(Struct):
    trigger: _Trigger = field(name="or")
    at_ms: int = field(name="T")


class _Expired(Struct):
    key: str | UnsetType = field(name="listenKey", default=UNSET)


_heads = msgspec.json.Decoder(_Head)
_kinds = msgspec.json.Decoder(_Kind)
_refusals = msgspec.json.Decoder(_Refused)
_futures_orders = msgspec.json.Decoder(_FuturesUpdate)
_spot_orders = msgspec.json.Decoder(_SpotOrder)
_algos = msgspec.json.Decoder(_AlgoUpdate)
_triggers = msgspec.json.Decoder(_TriggerUpdate)
_expiries = msgspec.json.Decoder(_Expired)


def user_message(text: bytes) -> UserMessage:
    """Return what a frame of an account's stream says. Never raises."""
    try:
        head = decoded(_heads, _FRAME, text)
        if head.kind:
            return _event(head.kind, text)
        inner = bytes(head.event) or bytes(head.data)
        if inner:
            return _event(decoded(_kinds, _FRAME, inner).kind, inner)
        if head.status is not None:
            return _answer(head)
        raise Unreadable(_FRAME, "it has neither e, nor event, nor the status of an answer")
    except Unreadable as unreadable:
        return unreadable


def _event(kind: str, text: bytes) -> UserMessage:
    match kind:
        case "ORDER_TRADE_UPDATE":
            return _futures_order(decoded(_futures_orders, _ORDER, text).order)
        case "executionReport":
            return _spot_order(decoded(_spot_orders, _ORDER, text))
        case "ALGO_UPDATE":
            return _algo(decoded(_algos, _ALGO, text))
        case "ACCOUNT_UPDATE":
            return futures_account_told(text)
        case "outboundAccountPosition":
            return spot_account_told(text)
        case "CONDITIONAL_ORDER_TRIGGER_REJECT":
            return _trigger(decoded(_triggers, _TRIGGER, text))
        case "listenKeyExpired":
            key = decoded(_expiries, _FRAME, text).key
            return KeyExpired("" if key is UNSET else key)
        case "eventStreamTerminated":
            return Terminated()
        case _:
            if kind in _NOT_USED:
                return PassedOver(kind)
            raise Unreadable(_FRAME, f"e is {kind[:40]!r}, no kind that is known")


def _futures_order(told: _FuturesOrder) -> OrderTold:
    if told.execution in _FILLS and told.commission is None and told.commission_asset is None:
        told.commission_asset = "USDT"  # the venue sends no commission where none was charged
    return _told(
        told,
        order_id=told.client_id,
        commission=told.commission or "0",
        commission_asset=told.commission_asset or "",
        text="" if told.expiry_text in (None, "0", 0) else f"{told.state.value}, reason {told.expiry_text}",
    )


def _spot_order(told: _SpotOrder) -> OrderTold:
    """Return a spot order's update. A cancellation has an id of its own; the order's is then beside it."""
    words = [word for word in (told.text, told.expiry_text) if word not in (None, "", "NONE")]
    return _told(
        told,
        order_id=told.original_client_id or told.client_id,
        commission=told.commission,
        commission_asset=told.commission_asset or "",
        text=", ".join(str(word) for word in words),
    )


def _told(
    told: _FuturesOrder | _SpotOrder, *, order_id: str, commission: str, commission_asset: str, text: str
) -> OrderTold:
    if told.state not in _STATES_AFTER.get(told.execution, (told.state,)):
        raise Unreadable(_ORDER, f"X is {told.state.value} after x {told.execution.value}")
    quantity, filled = amount(_ORDER, "q", told.quantity), amount(_ORDER, "z", told.filled)
    if quantity and filled > quantity:  # an order that closes a position has no quantity of its own
        raise Unreadable(_ORDER, f"z is {told.filled[:40]}, over q, which is {told.quantity[:40]}")
    trade_price = amount(_ORDER, "L", told.trade_price)
    trade_quantity = amount(_ORDER, "l", told.trade_quantity)
    if told.execution is Execution.TRADE:
        _check_trade(told.trade_id, trade_price, trade_quantity, filled)
    charged = number(_ORDER, "n", commission)
    if told.execution in _FILLS and charged and not commission_asset:
        raise Unreadable(_ORDER, f"n is {commission[:40]}, and N does not say of what")
    return OrderTold(
        symbol=told.symbol,
        order_id=order_id,
        venue_order_id=str(told.order_id),
        execution=told.execution,
        state=told.state,
        side=_SIDES[told.side],
        quantity=quantity,
        filled=filled,
        trade_id=str(told.trade_id),
        trade_price=trade_price,
        trade_quantity=trade_quantity,
        commission=charged,
        commission_asset=commission_asset,
        liquidity=Liquidity.MAKER if told.is_maker else Liquidity.TAKER,
        text=text[:200] or told.state.value,
        venue_at_ns=time_ns(_ORDER, "T", told.at_ms),
    )


def _check_trade(trade_id: int, price: Decimal, quantity: Decimal, filled: Decimal) -> None:
    """A trade has an id, a price and a quantity, and is part of what is filled. Errors: Unreadable."""
    if trade_id < 0:
        raise Unreadable(_ORDER, f"t is {trade_id}, no trade's id")
    if not price:
        raise Unreadable(_ORDER, "L is 0: a trade has a price")
    if not 0 < quantity <= filled:
        raise Unreadable(_ORDER, f"l is {quantity}: a trade's quantity is above 0 and at most z, {filled}")


def _algo(told: _AlgoUpdate) -> AlgoTold:
    algo = told.algo
    return AlgoTold(
        symbol=algo.symbol,
        order_id=algo.client_id,
        venue_order_id=f"{ALGO_PREFIX}{algo.algo_id}",
        state=algo.state,
        side=_SIDES[algo.side],
        quantity=amount(_ALGO, "q", algo.quantity),
        became="" if algo.became == "0" else algo.became,
        text=algo.text[:200] or algo.state.value,
        venue_at_ns=time_ns(_ALGO, "T", told.at_ms),
    )


def _trigger(told: _TriggerUpdate) -> TriggerRefused:
    return TriggerRefused(
        symbol=told.trigger.symbol,
        venue_order_id=str(told.trigger.order_id),
        text=told.trigger.text[:200],
        venue_at_ns=time_ns(_TRIGGER, "T", told.at_ms),
    )


def _answer(head: _Head) -> ApiAnswered:
    if bytes(head.error):
        refusal = decoded(_refusals, _FRAME, bytes(head.error))
        return ApiAnswered(head.asked_id, refusal.code or -1, refusal.message[:200], b"")
    if head.status != 200:
        raise Unreadable(_FRAME, f"status is {head.status}, without an error")
    return ApiAnswered(head.asked_id, 0, "", bytes(head.result))
