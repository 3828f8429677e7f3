"""Bodies of public reads: depth, best quotes and recent trades. Any bytes give the value or an Unreadable."""

from typing import Final

import msgspec
from msgspec import Struct, field

from interlock.venues.binance.parse.amounts_e8 import above_zero_e8, levels_e8
from interlock.venues.binance.parse.market_values import BookHeard, Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.parse.unreadable import Unreadable, decoded, time_ns

_DEPTH: Final = "the depth"
_QUOTE: Final = "the best quote"
_TRADES: Final = "the recent trades"
_ID_MAX: Final = 1 << 63


class _Depth(Struct):
    last_update_id: int = field(name="lastUpdateId")
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    told_ms: int = field(name="E", default=0)


class _Quote(Struct, rename="camel"):
    symbol: str
    bid_price: str
    bid_qty: str
    ask_price: str
    ask_qty: str
    last_update_id: int = 0
    time: int = 0


class _Trade(Struct, rename="camel"):
    id: int
    price: str
    qty: str
    time: int
    is_buyer_maker: bool


_depths = msgspec.json.Decoder(_Depth)
_quotes = msgspec.json.Decoder(_Quote)
_trades = msgspec.json.Decoder(list[_Trade])


def book_body(symbol: str, body: bytes, heard_at_ns: int, origin: Origin) -> BookHeard | Unreadable:
    """Return a snapshot of the symbol's book. It names no symbol: the asker says which it asked for."""
    try:
        told = decoded(_depths, _DEPTH, body)
        if not 0 <= told.last_update_id < _ID_MAX:
            raise Unreadable(_DEPTH, f"lastUpdateId is {told.last_update_id}, no id")
        return BookHeard(
            symbol,
            told.last_update_id,
            levels_e8(_DEPTH, "bids", told.bids),
            levels_e8(_DEPTH, "asks", told.asks),
            time_ns(_DEPTH, "E", told.told_ms),
            heard_at_ns,
            origin,
        )
    except Unreadable as unreadable:
        return unreadable


def quote_body(symbol: str, body: bytes, heard_at_ns: int, origin: Origin) -> QuoteHeard | Unreadable:
    """Return the best quote; its update id is 0 where the venue gives none (spot)."""
    try:
        told = decoded(_quotes, _QUOTE, body)
        if told.symbol != symbol:
            raise Unreadable(_QUOTE, f"symbol is {told.symbol[:40]!r}, {symbol} was asked for")
        return QuoteHeard(
            symbol,
            told.last_update_id,
            above_zero_e8(_QUOTE, "bidPrice", told.bid_price),
            above_zero_e8(_QUOTE, "bidQty", told.bid_qty),
            above_zero_e8(_QUOTE, "askPrice", told.ask_price),
            above_zero_e8(_QUOTE, "askQty", told.ask_qty),
            time_ns(_QUOTE, "time", told.time),
            heard_at_ns,
            origin,
        )
    except Unreadable as unreadable:
        return unreadable


def trades_body(symbol: str, body: bytes, heard_at_ns: int, origin: Origin) -> tuple[TradeHeard, ...] | Unreadable:
    """Return the recent trades, oldest first. A read tells no kind of print: all count as the market's."""
    try:
        told = decoded(_trades, _TRADES, body)
        for each in told:
            if not 0 <= each.id < _ID_MAX:
                raise Unreadable(_TRADES, f"id is {each.id}, no id")
        return tuple(
            TradeHeard(
                symbol,
                each.id,
                above_zero_e8(_TRADES, "price", each.price),
                above_zero_e8(_TRADES, "qty", each.qty),
                not each.is_buyer_maker,
                True,
                time_ns(_TRADES, "time", each.time),
                heard_at_ns,
                origin,
            )
            for each in sorted(told, key=lambda each: each.id)
        )
    except Unreadable as unreadable:
        return unreadable
