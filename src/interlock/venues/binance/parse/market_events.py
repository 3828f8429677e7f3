"""One frame of a market stream into what it says: any bytes give a value or an Unreadable that names the field.

Frames come plain or combined (`{"stream", "data"}`); answers to what was asked on the same socket come between them.
A field that a kind of message needs has no default: where it is missing, the message is unreadable.
"""

from typing import Final

import msgspec
from msgspec import Raw, Struct, field

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.amounts_e8 import above_zero_e8, levels_e8, signed_e8
from interlock.venues.binance.parse.market_values import (
    Answered,
    DiffHeard,
    MarkPriceHeard,
    Origin,
    PassedOver,
    QuoteHeard,
    TradeHeard,
)
from interlock.venues.binance.parse.unreadable import Unreadable, decoded, time_ns

MarketMessage = QuoteHeard | TradeHeard | DiffHeard | MarkPriceHeard | Answered | PassedOver | Unreadable

SHUTDOWN_SOON: Final = "serverShutdown"
"""The kind of message by which spot says that it will close the socket before long."""
_FRAME: Final = "a market frame"
_QUOTE: Final = "a bookTicker message"
_TRADE: Final = "a trade message"
_DEPTH: Final = "a depthUpdate message"
_MARK: Final = "a markPriceUpdate message"
_NOT_USED: Final = frozenset(
    {
        "aggTrade",
        "kline",
        "24hrTicker",
        "24hrMiniTicker",
        "forceOrder",
        "avgPrice",
        "continuous_kline",
        "serverShutdown",
    }
)
_PRINT_KINDS: Final = {"": True, "MARKET": True, "INSURANCE_FUND": False, "ADL": False, "NA": False}
_ID_MAX: Final = 1 << 63
_ABSENT: Final = -1
_Levels = list[tuple[str, str]]


class _Data(Struct, gc=False):
    """All fields of all kinds that are used; one letter means different things in different kinds."""

    kind: str = field(name="e", default="")
    symbol: str = field(name="s", default="")
    told_ms: int = field(name="E", default=0)
    final_id: int = field(name="u", default=_ABSENT)
    first_id: int = field(name="U", default=_ABSENT)
    previous_id: int = field(name="pu", default=_ABSENT)
    bid: str | int | _Levels | None = field(name="b", default=None)
    ask: str | int | _Levels | None = field(name="a", default=None)
    bid_size: str | None = field(name="B", default=None)
    ask_size: str | None = field(name="A", default=None)
    trade_id: int = field(name="t", default=_ABSENT)
    price: str | None = field(name="p", default=None)
    quantity: str | None = field(name="q", default=None)
    is_buyer_maker: bool | None = field(name="m", default=None)
    print_kind: str = field(name="X", default="")
    index: str | None = field(name="i", default=None)
    funding: str | None = field(name="r", default=None)
    funding_ms: int = field(name="T", default=_ABSENT)


class _Frame(_Data, gc=False):
    data: _Data | None = None
    asked_id: int | str | None = field(name="id", default=None)
    result: Raw = Raw()
    error: Raw = Raw()
    code: int | None = None
    message: str = field(name="msg", default="")


class _Kind(Struct, frozen=True):
    kind: str = field(name="e", default="")


class _Wrapped(Struct):
    data: _Kind = _Kind()
    kind: str = field(name="e", default="")


class _Refusal(Struct):
    code: int
    message: str = field(name="msg")


_frames = msgspec.json.Decoder(_Frame)
_kinds = msgspec.json.Decoder(_Wrapped)
_refusals = msgspec.json.Decoder(_Refusal)


def market_message(market: Market, text: bytes, heard_at_ns: int) -> MarketMessage:
    """Return what a frame of a market's stream says, stamped with when it was heard. Never raises."""
    try:
        frame = _frames.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _of_another_kind(text, str(error))
    data = frame.data or frame
    try:
        kind = data.kind
        if kind == "depthUpdate":
            return _depth(market, data, heard_at_ns)
        if kind == "bookTicker" or (not kind and market is Market.SPOT and data.final_id != _ABSENT):
            return _quote(market, data, heard_at_ns)
        if kind == "trade":
            return _trade(market, data, heard_at_ns)
        if kind == "markPriceUpdate":
            return _mark(data, heard_at_ns)
        if kind in _NOT_USED:
            return PassedOver(kind)
        if not kind and frame.data is None:
            return _answer(frame)
        return Unreadable(_FRAME, f"e is {kind[:40]!r}, no kind that is known")
    except Unreadable as unreadable:
        return unreadable


def _of_another_kind(text: bytes, told: str) -> PassedOver | Unreadable:
    """Return what to make of a frame that has not the fields' types: a kind that is not used may have its own."""
    try:
        wrapped = decoded(_kinds, _FRAME, text)
    except Unreadable:
        return Unreadable(_FRAME, told[:200])
    kind = wrapped.kind or wrapped.data.kind
    return PassedOver(kind) if kind in _NOT_USED else Unreadable(_FRAME, told[:200])


def _depth(market: Market, data: _Data, heard_at_ns: int) -> DiffHeard:
    first, final, previous = data.first_id, data.final_id, data.previous_id
    if not 0 <= first <= final < _ID_MAX:
        raise Unreadable(_DEPTH, f"U is {first} and u is {final}: two ids in order are needed")
    if market is Market.USDM and not 0 <= previous < _ID_MAX:
        raise Unreadable(_DEPTH, f"pu is {previous}: the id before is needed")
    bids, asks = data.bid, data.ask
    if not isinstance(bids, list):
        raise Unreadable(_DEPTH, f"b is {_shown(bids)}, no list of levels")
    if not isinstance(asks, list):
        raise Unreadable(_DEPTH, f"a is {_shown(asks)}, no list of levels")
    return DiffHeard(
        _symbol(_DEPTH, data),
        first,
        final,
        previous,
        levels_e8(_DEPTH, "b", bids),
        levels_e8(_DEPTH, "a", asks),
        time_ns(_DEPTH, "E", _need(_DEPTH, "E", data.told_ms or None)),
        heard_at_ns,
    )


def _quote(market: Market, data: _Data, heard_at_ns: int) -> QuoteHeard:
    told_ms = data.told_ms if market is Market.SPOT else _need(_QUOTE, "E", data.told_ms or None)
    return QuoteHeard(
        _symbol(_QUOTE, data),
        _id(_QUOTE, "u", data.final_id),
        above_zero_e8(_QUOTE, "b", _text(_QUOTE, "b", data.bid)),
        above_zero_e8(_QUOTE, "B", _text(_QUOTE, "B", data.bid_size)),
        above_zero_e8(_QUOTE, "a", _text(_QUOTE, "a", data.ask)),
        above_zero_e8(_QUOTE, "A", _text(_QUOTE, "A", data.ask_size)),
        time_ns(_QUOTE, "E", told_ms),
        heard_at_ns,
        Origin.STREAM,
    )


def _trade(market: Market, data: _Data, heard_at_ns: int) -> TradeHeard:
    if data.is_buyer_maker is None:
        raise Unreadable(_TRADE, "m is missing")
    is_market = _PRINT_KINDS.get(data.print_kind) if market is Market.USDM else True
    if is_market is None:
        raise Unreadable(_TRADE, f"X is {data.print_kind[:40]!r}, no kind of print that is known")
    return TradeHeard(
        _symbol(_TRADE, data),
        _id(_TRADE, "t", data.trade_id),
        above_zero_e8(_TRADE, "p", _text(_TRADE, "p", data.price)),
        above_zero_e8(_TRADE, "q", _text(_TRADE, "q", data.quantity)),
        not data.is_buyer_maker,
        is_market,
        time_ns(_TRADE, "E", _need(_TRADE, "E", data.told_ms or None)),
        heard_at_ns,
        Origin.STREAM,
    )


def _mark(data: _Data, heard_at_ns: int) -> MarkPriceHeard:
    if data.funding_ms == _ABSENT:
        raise Unreadable(_MARK, "T is missing")
    return MarkPriceHeard(
        _symbol(_MARK, data),
        above_zero_e8(_MARK, "p", _text(_MARK, "p", data.price)),
        above_zero_e8(_MARK, "i", _text(_MARK, "i", data.index)),
        signed_e8(_MARK, "r", _text(_MARK, "r", data.funding)),
        time_ns(_MARK, "T", data.funding_ms),
        time_ns(_MARK, "E", _need(_MARK, "E", data.told_ms or None)),
        heard_at_ns,
    )


def _answer(frame: _Frame) -> Answered:
    """Return the answer to a request made on the same socket: done, or refused with the venue's code and words."""
    if frame.code is not None:
        return Answered(frame.asked_id, frame.code, frame.message[:200])
    if bytes(frame.error):
        refusal = decoded(_refusals, _FRAME, bytes(frame.error))
        return Answered(frame.asked_id, refusal.code, refusal.message[:200])
    if bytes(frame.result) and frame.asked_id is not None:
        return Answered(frame.asked_id, 0, "")
    raise Unreadable(_FRAME, "it has neither e nor an answer's id")


def _symbol(where: str, data: _Data) -> str:
    if not data.symbol:
        raise Unreadable(where, "s is missing")
    return data.symbol


def _id(where: str, name: str, value: int) -> int:
    if not 0 <= value < _ID_MAX:
        raise Unreadable(where, f"{name} is {value}, no id")
    return value


def _need(where: str, name: str, value: int | None) -> int:
    if value is None:
        raise Unreadable(where, f"{name} is missing")
    return value


def _text(where: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable(where, f"{name} is {_shown(value)}, no number in quotes")
    return value


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:40]
