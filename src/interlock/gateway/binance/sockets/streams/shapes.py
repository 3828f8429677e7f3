"""Trades, quotes, candles, tickers, marks and liquidations in the venue's shapes: keys, their order and their types.

`told_ms` is the event time, the exchange's own clock in UTC milliseconds. All return one JSON value as text.
"""

from decimal import Decimal

from interlock.gateway.binance.render.figures import brief, eight, fixed, ratio
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.gateway.binance.sockets.figures import own_digits
from interlock.ports.exchange.market_data import DayTicker, Kline, MarketTrade, MarkShown, QuoteShown
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Market
from interlock.units.money import HUNDRED
from interlock.units.time import NS_PER_MS

_PERCENT_DIGITS = 3


def _true(value: bool) -> str:
    return "true" if value else "false"


def trade(market: Market, told_ms: int, shown: MarketTrade) -> str:
    """Return a single trade."""
    at_ms = shown.at_ns // NS_PER_MS
    maker = _true(shown.buyer_is_maker)
    if market is Market.SPOT:
        return (
            f'{{"e":"trade","E":{told_ms},"s":"{shown.symbol}","t":{shown.trade_id},"p":"{eight(shown.price)}",'
            f'"q":"{eight(shown.quantity)}","T":{at_ms},"m":{maker},"M":true}}'
        )
    return (
        f'{{"e":"trade","E":{told_ms},"T":{at_ms},"s":"{shown.symbol}","t":{shown.trade_id},'
        f'"p":"{own_digits(shown.price)}","q":"{own_digits(shown.quantity)}","X":"MARKET","m":{maker}}}'
    )


def aggregate_trade(market: Market, told_ms: int, shown: MarketTrade) -> str:
    """Return a trade as the aggregate it is: of itself alone."""
    at_ms = shown.at_ns // NS_PER_MS
    number, maker = shown.trade_id, _true(shown.buyer_is_maker)
    if market is Market.SPOT:
        return (
            f'{{"e":"aggTrade","E":{told_ms},"s":"{shown.symbol}","a":{number},"p":"{eight(shown.price)}",'
            f'"q":"{eight(shown.quantity)}","f":{number},"l":{number},"T":{at_ms},"m":{maker},"M":true}}'
        )
    return (
        f'{{"e":"aggTrade","E":{told_ms},"a":{number},"s":"{shown.symbol}","p":"{own_digits(shown.price)}",'
        f'"q":"{own_digits(shown.quantity)}","f":{number},"l":{number},"T":{at_ms},"m":{maker},"st":1}}'
    )


def quote(market: Market, told_ms: int, shown: QuoteShown) -> str:
    """Return the best bid and ask. Spot's has no event type, as upstream."""
    if market is Market.SPOT:
        return (
            f'{{"u":{shown.update_id},"s":"{shown.symbol}","b":"{eight(shown.bid)}","B":"{eight(shown.bid_size)}",'
            f'"a":"{eight(shown.ask)}","A":"{eight(shown.ask_size)}"}}'
        )
    return (
        f'{{"e":"bookTicker","u":{shown.update_id},"E":{told_ms},"T":{shown.at_ns // NS_PER_MS},"s":"{shown.symbol}",'
        f'"b":"{own_digits(shown.bid)}","B":"{own_digits(shown.bid_size)}","a":"{own_digits(shown.ask)}",'
        f'"A":"{own_digits(shown.ask_size)}","st":1,"ps":"{shown.symbol}"}}'
    )


def kline(market: Market, told_ms: int, shown: Kline) -> str:
    """Return a candle, open or closed."""
    times = f'"t":{shown.open_ms},"T":{shown.close_ms}'
    head = f'{{"e":"kline","E":{told_ms},"s":"{shown.symbol}"'
    return f'{head},"k":{{{times},"s":"{shown.symbol}",{_candle(market, shown)}}}}}'


def continuous_kline(told_ms: int, shown: Kline) -> str:
    """Return a candle of a pair's perpetual contract, as futures' own stream for it."""
    times = f'"t":{shown.open_ms},"T":{shown.close_ms}'
    head = f'{{"e":"continuous_kline","E":{told_ms},"ps":"{shown.symbol}","ct":"PERPETUAL"'
    return f'{head},"k":{{{times},{_candle(Market.USDM, shown)}}}}}'


def _candle(market: Market, shown: Kline) -> str:
    """Return what all candles have after their times."""
    text = eight if market is Market.SPOT else own_digits
    return (
        f'"i":"{shown.interval}","f":{shown.first_trade_id},"L":{shown.last_trade_id},'
        f'"o":"{text(shown.open)}","c":"{text(shown.close)}","h":"{text(shown.high)}","l":"{text(shown.low)}",'
        f'"v":"{text(shown.volume)}","n":{shown.trades},"x":{_true(shown.is_closed)},"q":"{text(shown.quote)}",'
        f'"V":"{text(shown.taker_volume)}","Q":"{text(shown.taker_quote)}","B":"0"'
    )


def mini_ticker(market: Market, told_ms: int, shown: DayTicker) -> str:
    """Return the last 24 hours in short."""
    text = eight if market is Market.SPOT else own_digits
    return (
        f'{{"e":"24hrMiniTicker","E":{told_ms},"s":"{shown.symbol}","c":"{text(shown.last)}","o":"{text(shown.open)}",'
        f'"h":"{text(shown.high)}","l":"{text(shown.low)}","v":"{text(shown.volume)}","q":"{text(shown.quote)}"}}'
    )


def ticker(market: Market, told_ms: int, shown: DayTicker) -> str:
    """Return the last 24 hours; spot's holds the best bid and ask as well."""
    text = eight if market is Market.SPOT else own_digits
    change = shown.last - shown.open
    percent = fixed(ratio(change * HUNDRED, shown.open), _PERCENT_DIGITS)
    average = eight(ratio(shown.quote, shown.volume))
    head = f'{{"e":"24hrTicker","E":{told_ms},"s":"{shown.symbol}","p":"{text(change)}","P":"{percent}","w":"{average}"'
    last = f'"c":"{text(shown.last)}","Q":"{text(shown.last_quantity)}"'
    rest = (
        f'"o":"{text(shown.open)}","h":"{text(shown.high)}","l":"{text(shown.low)}","v":"{text(shown.volume)}",'
        f'"q":"{text(shown.quote)}","O":{shown.open_ms},"C":{shown.close_ms},"F":{shown.first_trade_id},'
        f'"L":{shown.last_trade_id},"n":{shown.trades}'
    )
    if market is Market.USDM:
        return f'{head},{last},{rest},"st":1}}'
    best = shown.quoted
    book = f'"b":"{text(best.bid)}","B":"{text(best.bid_size)}","a":"{text(best.ask)}","A":"{text(best.ask_size)}"'
    return f'{head},"x":"{text(shown.previous_close)}",{last},{book},{rest}}}'


def mark(told_ms: int, shown: MarkShown) -> str:
    """Return a futures symbol's mark and index price and its funding."""
    return (
        f'{{"e":"markPriceUpdate","E":{told_ms},"s":"{shown.symbol}","p":"{eight(shown.mark)}",'
        f'"i":"{eight(shown.index)}","P":"{eight(shown.settle)}","r":"{eight(shown.funding_rate)}",'
        f'"T":{shown.funding_at_ms},"st":1}}'
    )


def average_price(told_ms: int, symbol: str, candles: list[Kline], traded_ms: int) -> str:
    """Return spot's average price of the last five minutes, from one-minute candles (at least one)."""
    volume = sum((candle.volume for candle in candles), Decimal())
    quoted = sum((candle.quote for candle in candles), Decimal())
    average = ratio(quoted, volume) if volume else candles[-1].close
    return f'{{"e":"avgPrice","E":{told_ms},"s":"{symbol}","i":"5m","w":"{eight(average)}","T":{traded_ms}}}'


def liquidation(told_ms: int, order: OrderRow) -> str:
    """Return a liquidation order as the market is told of it."""
    average = ratio(order.filled_quote, order.filled) if order.filled else order.price
    filled = brief(order.filled)
    return (
        f'{{"e":"forceOrder","E":{told_ms},"o":{{"s":"{order.symbol}","S":"{SIDE_WORDS[order.side]}","o":"LIMIT",'
        f'"f":"IOC","q":"{brief(order.quantity)}","p":"{brief(order.price)}","ap":"{brief(average)}",'
        f'"X":"{order.state.value}","l":"{filled}","z":"{filled}","T":{order.updated_at_ns // NS_PER_MS}}}}}'
    )
