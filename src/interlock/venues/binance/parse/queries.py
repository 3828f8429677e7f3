"""Answers to reads: orders, trades, accounts, depth and time. Any bytes give the value or an Unreadable."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from interlock.messages.words import Liquidity
from interlock.ports.exchange.words import AlgoState, OrderState
from interlock.venues.binance.parse.order_replies import ALGO_PREFIX
from interlock.venues.binance.parse.unreadable import Unreadable, amount, decoded, number, time_ns

Value = TypeVar("Value")
_ORDER: Final = "an order"
_ALGO: Final = "a conditional order"
_TRADE: Final = "a trade"
_ACCOUNT: Final = "the account"
_DEPTH: Final = "the depth"


class OrderFound(Struct, frozen=True, kw_only=True):
    """An order as the venue has it. `became` is the venue's id of the order that a conditional one became, or ""."""

    symbol: str
    order_id: str
    venue_order_id: str
    state: OrderState | AlgoState
    quantity: Decimal
    filled: Decimal
    became: str
    venue_at_ns: int


class TradeFound(Struct, frozen=True, kw_only=True):
    """One fill of an order, by the venue's ids. The commission is in `commission_asset`, below zero for a rebate."""

    symbol: str
    venue_order_id: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str
    liquidity: Liquidity
    venue_at_ns: int


class BalanceFound(Struct, frozen=True, kw_only=True):
    """What is held of an asset: all of it, and what of it is free to use."""

    asset: str
    total: Decimal
    free: Decimal


class PositionFound(Struct, frozen=True, kw_only=True):
    """A futures position that is not flat; below zero it is short."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal


class AccountFound(Struct, frozen=True, kw_only=True):
    """Balances that are not zero, and futures positions that are not flat."""

    balances: tuple[BalanceFound, ...]
    positions: tuple[PositionFound, ...]


class DepthFound(Struct, frozen=True, kw_only=True):
    """A snapshot of the book up to an update, best levels first: (price, size)."""

    update_id: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class _Order(Struct, rename="camel"):
    symbol: str
    order_id: int
    client_order_id: str
    status: OrderState
    orig_qty: str
    executed_qty: str
    update_time: int


class _Algo(Struct, rename="camel"):
    symbol: str
    algo_id: int
    client_algo_id: str
    algo_status: AlgoState
    quantity: str
    update_time: int
    actual_order_id: str | int = ""


class _Trade(Struct, rename="camel"):
    symbol: str
    id: int
    order_id: int
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: int
    maker: bool | UnsetType = UNSET
    is_maker: bool | UnsetType = UNSET


class _SpotBalance(Struct):
    asset: str
    free: str
    locked: str


class _SpotAccount(Struct):
    balances: list[_SpotBalance]


class _Asset(Struct, rename="camel"):
    asset: str
    wallet_balance: str
    available_balance: str


class _Position(Struct, rename="camel"):
    symbol: str
    position_amt: str
    entry_price: str
    position_side: Literal["BOTH"]  # hedge mode fails closed


class _FuturesAccount(Struct):
    assets: list[_Asset]
    positions: list[_Position]


class _Depth(Struct, rename="camel"):
    last_update_id: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class _Time(Struct, rename="camel"):
    server_time: int


_order = msgspec.json.Decoder(_Order)
_orders = msgspec.json.Decoder(list[_Order])
_algo = msgspec.json.Decoder(_Algo)
_algos = msgspec.json.Decoder(list[_Algo])
_trades = msgspec.json.Decoder(list[_Trade])
_spot_account = msgspec.json.Decoder(_SpotAccount)
_futures_account = msgspec.json.Decoder(_FuturesAccount)
_depth = msgspec.json.Decoder(_Depth)
_time = msgspec.json.Decoder(_Time)


def order(body: bytes) -> OrderFound | Unreadable:
    """Return one order."""
    return _closed(lambda: _order_found(decoded(_order, _ORDER, body)))


def orders(body: bytes) -> tuple[OrderFound, ...] | Unreadable:
    """Return a list of orders."""
    return _closed(lambda: tuple(_order_found(each) for each in decoded(_orders, _ORDER, body)))


def algo(body: bytes) -> OrderFound | Unreadable:
    """Return one futures conditional order."""
    return _closed(lambda: _algo_found(decoded(_algo, _ALGO, body)))


def algos(body: bytes) -> tuple[OrderFound, ...] | Unreadable:
    """Return a list of futures conditional orders."""
    return _closed(lambda: tuple(_algo_found(each) for each in decoded(_algos, _ALGO, body)))


def trades(body: bytes) -> tuple[TradeFound, ...] | Unreadable:
    """Return an account's trades, spot or futures."""
    return _closed(lambda: tuple(_trade_found(each) for each in decoded(_trades, _TRADE, body)))


def spot_account(body: bytes) -> AccountFound | Unreadable:
    """Return a spot account."""

    def found() -> AccountFound:
        balances = []
        for each in decoded(_spot_account, _ACCOUNT, body).balances:
            free = amount(_ACCOUNT, f"free of {each.asset[:20]}", each.free)
            total = free + amount(_ACCOUNT, f"locked of {each.asset[:20]}", each.locked)
            if total:
                balances.append(BalanceFound(asset=each.asset, total=total, free=free))
        return AccountFound(balances=tuple(balances), positions=())

    return _closed(found)


def futures_account(body: bytes) -> AccountFound | Unreadable:
    """Return a futures account in one-way mode; a position of hedge mode is unreadable."""

    def found() -> AccountFound:
        account = decoded(_futures_account, _ACCOUNT, body)
        balances = tuple(
            BalanceFound(
                asset=each.asset,
                total=number(_ACCOUNT, f"walletBalance of {each.asset[:20]}", each.wallet_balance),
                free=number(_ACCOUNT, f"availableBalance of {each.asset[:20]}", each.available_balance),
            )
            for each in account.assets
        )
        positions = tuple(
            PositionFound(
                symbol=each.symbol,
                quantity=number(_ACCOUNT, f"positionAmt of {each.symbol[:20]}", each.position_amt),
                entry_price=amount(_ACCOUNT, f"entryPrice of {each.symbol[:20]}", each.entry_price),
            )
            for each in account.positions
        )
        return AccountFound(
            balances=tuple(each for each in balances if each.total or each.free),
            positions=tuple(each for each in positions if each.quantity),
        )

    return _closed(found)


def depth(body: bytes) -> DepthFound | Unreadable:
    """Return a snapshot of a book."""

    def levels(side: str, given: list[tuple[str, str]]) -> tuple[tuple[Decimal, Decimal], ...]:
        return tuple((amount(_DEPTH, f"{side} price", price), amount(_DEPTH, side, size)) for price, size in given)

    def found() -> DepthFound:
        book = decoded(_depth, _DEPTH, body)
        if book.last_update_id < 0:
            raise Unreadable(_DEPTH, f"lastUpdateId is {book.last_update_id}, below 0")
        return DepthFound(update_id=book.last_update_id, bids=levels("bid", book.bids), asks=levels("ask", book.asks))

    return _closed(found)


def server_time_ns(body: bytes) -> int | Unreadable:
    """Return the venue's time, in nanoseconds at the resolution of a millisecond."""
    where = "the venue's time"
    return _closed(lambda: time_ns(where, "serverTime", decoded(_time, where, body).server_time))


def _closed(read: Callable[[], Value]) -> Value | Unreadable:
    try:
        return read()
    except Unreadable as unreadable:
        return unreadable


def _order_found(told: _Order) -> OrderFound:
    quantity, filled = amount(_ORDER, "origQty", told.orig_qty), amount(_ORDER, "executedQty", told.executed_qty)
    if filled > quantity:
        raise Unreadable(_ORDER, f"executedQty {told.executed_qty} is over origQty {told.orig_qty}")
    return OrderFound(
        symbol=told.symbol,
        order_id=told.client_order_id,
        venue_order_id=str(told.order_id),
        state=told.status,
        quantity=quantity,
        filled=filled,
        became="",
        venue_at_ns=time_ns(_ORDER, "updateTime", told.update_time),
    )


def _algo_found(told: _Algo) -> OrderFound:
    became = str(told.actual_order_id)
    return OrderFound(
        symbol=told.symbol,
        order_id=told.client_algo_id,
        venue_order_id=f"{ALGO_PREFIX}{told.algo_id}",
        state=told.algo_status,
        quantity=amount(_ALGO, "quantity", told.quantity),
        filled=Decimal(0),
        became="" if became == "0" else became,
        venue_at_ns=time_ns(_ALGO, "updateTime", told.update_time),
    )


def _trade_found(told: _Trade) -> TradeFound:
    is_maker = told.maker if told.maker is not UNSET else told.is_maker
    if is_maker is UNSET:
        raise Unreadable(_TRADE, "it has neither maker nor isMaker")
    return TradeFound(
        symbol=told.symbol,
        venue_order_id=str(told.order_id),
        trade_id=str(told.id),
        price=amount(_TRADE, "price", told.price),
        quantity=amount(_TRADE, "qty", told.qty),
        commission=number(_TRADE, "commission", told.commission),
        commission_asset=told.commission_asset,
        liquidity=Liquidity.MAKER if is_maker else Liquidity.TAKER,
        venue_at_ns=time_ns(_TRADE, "time", told.time),
    )
