"""What a market shows as the venue answers it: books, trades, candles and tickers."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from interlock.gateway.binance.render.figures import eight, encode, fixed, ratio
from interlock.gateway.binance.symbols import Digits
from interlock.ports.exchange.market_data import DayTicker, DepthShown, Kline, Level, MarketTrade, QuoteShown
from interlock.ports.exchange.words import Market
from interlock.units.money import HUNDRED, ZERO
from interlock.units.time import NS_PER_MS

Shown = dict[str, object]


def depth(shown: DepthShown, digits: Digits, market: Market) -> bytes:
    """Return a book. Futures say when it was so, twice."""
    at_ms = shown.at_ns // NS_PER_MS
    times = "" if market is Market.SPOT else f'"E":{at_ms},"T":{at_ms},'
    text = (
        f'{{"lastUpdateId":{shown.update_id},{times}'
        f'"bids":[{_levels(shown.bids, digits)}],"asks":[{_levels(shown.asks, digits)}]}}'
    )
    return text.encode()


def _levels(levels: Sequence[Level], digits: Digits) -> str:
    price_format, quantity_format = f".{digits.price}f", f".{digits.quantity}f"
    return ",".join(
        [f'["{format(price, price_format)}","{format(quantity, quantity_format)}"]' for price, quantity in levels]
    )


def trades(rows: Iterable[MarketTrade], digits: Digits, market: Market) -> bytes:
    """Return trades, oldest first."""
    best: Shown = {"isBestMatch": True} if market is Market.SPOT else {"isRPITrade": False}
    return encode(
        [
            {
                "id": row.trade_id,
                "price": fixed(row.price, digits.price),
                "qty": fixed(row.quantity, digits.quantity),
                "quoteQty": fixed(row.price * row.quantity, digits.quote),
                "time": row.at_ns // NS_PER_MS,
                "isBuyerMaker": row.buyer_is_maker,
                **best,
            }
            for row in rows
        ]
    )


def aggregates(rows: Iterable[MarketTrade], digits: Digits, market: Market) -> bytes:
    """Return trades as aggregates, each of one trade."""
    best: Shown = {"M": True} if market is Market.SPOT else {}
    return encode(
        [
            {
                "a": row.trade_id,
                "p": fixed(row.price, digits.price),
                "q": fixed(row.quantity, digits.quantity),
                "f": row.trade_id,
                "l": row.trade_id,
                "T": row.at_ns // NS_PER_MS,
                "m": row.buyer_is_maker,
                **best,
            }
            for row in rows
        ]
    )


def klines(rows: Iterable[Kline], digits: Digits) -> bytes:
    """Return candles made of trades."""
    price, quantity, quote = digits.price, digits.quantity, digits.quote
    return encode(
        [
            (
                row.open_ms,
                fixed(row.open, price),
                fixed(row.high, price),
                fixed(row.low, price),
                fixed(row.close, price),
                fixed(row.volume, quantity),
                row.close_ms,
                fixed(row.quote, quote),
                row.trades,
                fixed(row.taker_volume, quantity),
                fixed(row.taker_quote, quote),
                "0",
            )
            for row in rows
        ]
    )


def price_klines(rows: Iterable[Kline], digits: Digits) -> bytes:
    """Return candles of a price that is not traded at: no volumes."""
    price = digits.price
    return encode(
        [
            (
                row.open_ms,
                fixed(row.open, price),
                fixed(row.high, price),
                fixed(row.low, price),
                fixed(row.close, price),
                "0",
                row.close_ms,
                "0",
                row.trades,
                "0",
                "0",
                "0",
            )
            for row in rows
        ]
    )


# --- Tickers -------------------------------------------------------------------------------------------------------


def untraded(symbol: str, now_ms: int) -> DayTicker:
    """Return the day of a symbol that nothing has been seen of: all zero, as the venue has it."""
    return DayTicker(
        symbol=symbol,
        open=ZERO,
        high=ZERO,
        low=ZERO,
        last=ZERO,
        last_quantity=ZERO,
        previous_close=ZERO,
        volume=ZERO,
        quote=ZERO,
        trades=0,
        first_trade_id=-1,
        last_trade_id=-1,
        quoted=unquoted(symbol, now_ms),
        open_ms=now_ms - 86_400_000,
        close_ms=now_ms,
    )


def unquoted(symbol: str, now_ms: int) -> QuoteShown:
    """Return the quote of a symbol that nobody quotes."""
    return QuoteShown(
        symbol=symbol, update_id=0, bid=ZERO, bid_size=ZERO, ask=ZERO, ask_size=ZERO, at_ns=now_ms * NS_PER_MS
    )


def day(row: DayTicker, digits: Digits, market: Market, *, is_mini: bool = False) -> Shown:
    """Return the last 24 hours of a symbol; the mini form leaves out changes and quotes."""
    price, quantity = digits.price, digits.quantity
    change = row.last - row.open
    moved: Shown = {
        "priceChange": fixed(change, price),
        "priceChangePercent": fixed(ratio(change * HUNDRED, row.open), 3),
        "weightedAvgPrice": fixed(ratio(row.quote, row.volume), price),
    }
    last: Shown = {"lastPrice": fixed(row.last, price), "lastQty": fixed(row.last_quantity, quantity)}
    quoted: Shown = {}
    if market is Market.SPOT:
        moved["prevClosePrice"] = fixed(row.previous_close, price)
        quoted = {
            "bidPrice": fixed(row.quoted.bid, price),
            "bidQty": fixed(row.quoted.bid_size, quantity),
            "askPrice": fixed(row.quoted.ask, price),
            "askQty": fixed(row.quoted.ask_size, quantity),
        }
    span: Shown = {
        "openPrice": fixed(row.open, price),
        "highPrice": fixed(row.high, price),
        "lowPrice": fixed(row.low, price),
    }
    sums: Shown = {
        "volume": fixed(row.volume, quantity),
        "quoteVolume": fixed(row.quote, digits.quote),
        "openTime": row.open_ms,
        "closeTime": row.close_ms,
        "firstId": row.first_trade_id,
        "lastId": row.last_trade_id,
        "count": row.trades,
    }
    if is_mini:
        return {"symbol": row.symbol, **span, "lastPrice": last["lastPrice"], **sums}
    return {"symbol": row.symbol, **moved, **last, **quoted, **span, **sums}


def window(rows: Sequence[Kline], symbol: str, digits: Digits, now_ms: int, span_ms: int) -> Shown:
    """Return a rolling window of a symbol, made of its candles of one minute."""
    price = digits.price
    volume = sum((row.volume for row in rows), ZERO)
    quote = sum((row.quote for row in rows), ZERO)
    opened, closed = (rows[0].open, rows[-1].close) if rows else (ZERO, ZERO)
    return {
        "symbol": symbol,
        "priceChange": fixed(closed - opened, price),
        "priceChangePercent": fixed(ratio((closed - opened) * HUNDRED, opened), 3),
        "weightedAvgPrice": fixed(ratio(quote, volume), price),
        "openPrice": fixed(opened, price),
        "highPrice": fixed(max((row.high for row in rows), default=ZERO), price),
        "lowPrice": fixed(min((row.low for row in rows), default=ZERO), price),
        "lastPrice": fixed(closed, price),
        "volume": fixed(volume, digits.quantity),
        "quoteVolume": fixed(quote, digits.quote),
        "openTime": now_ms - span_ms,
        "closeTime": now_ms,
        "firstId": rows[0].first_trade_id if rows else -1,
        "lastId": rows[-1].last_trade_id if rows else -1,
        "count": sum(row.trades for row in rows),
    }


def book_ticker(row: QuoteShown, digits: Digits, market: Market) -> Shown:
    """Return the best bid and ask; futures say when, and by which update."""
    shown: Shown = {
        "symbol": row.symbol,
        "bidPrice": fixed(row.bid, digits.price),
        "bidQty": fixed(row.bid_size, digits.quantity),
        "askPrice": fixed(row.ask, digits.price),
        "askQty": fixed(row.ask_size, digits.quantity),
    }
    if market is Market.USDM:
        shown["time"] = row.at_ns // NS_PER_MS
        shown["lastUpdateId"] = row.update_id
    return shown


def price_ticker(row: DayTicker, digits: Digits, market: Market) -> Shown:
    """Return the last price."""
    shown: Shown = {"symbol": row.symbol, "price": fixed(row.last, digits.price)}
    if market is Market.USDM:
        shown["time"] = row.close_ms
    return shown


def average(rows: Sequence[Kline], last: Decimal, now_ms: int) -> Shown:
    """Return the average price of the last five minutes, the last one where nothing traded in them."""
    volume = sum((row.volume for row in rows), ZERO)
    quote = sum((row.quote for row in rows), ZERO)
    price = ratio(quote, volume) if volume else last
    return {"mins": 5, "price": eight(price), "closeTime": rows[-1].close_ms if rows else now_ms}
