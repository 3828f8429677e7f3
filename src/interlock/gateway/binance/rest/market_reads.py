"""What a market shows, both markets: ping, time, exchange information, books, trades and candles. No task is made."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import market_data as render
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import times
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.values import integer, limit, truth, word
from interlock.gateway.binance.symbols import Digits
from interlock.ports.exchange.market_data import KLINE_MS, DepthShown, Kline, MarketTrade
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS

_PING = b"{}"
_FUTURES_DEPTHS = frozenset({5, 10, 20, 50, 100, 500, 1_000})
_FUTURES_INTERVALS = {name: name for name in KLINE_MS if name != "1s"}
_SPOT_INTERVALS = {name: name for name in KLINE_MS}
_TRADES_MAX = 1_000
_RENDERED_MAX = 512


def ping(desk: Desk, asked: Asked) -> bytes:
    """Answer that somebody is there."""
    asked.given.finish()
    return _PING


def time(desk: Desk, asked: Asked) -> bytes:
    """Answer the exchange's clock."""
    asked.given.finish()
    return b'{"serverTime":%d}' % desk.exchange.now_ms()


def exchange_info(desk: Desk, asked: Asked) -> bytes:
    """Answer what is traded: all of it, or on spot the symbols asked for."""
    given, symbols = asked.given, desk.symbols(asked.market)
    listing, now_ms = symbols.listing(), desk.exchange.now_ms()
    bodies = desk.exchange_info[asked.market]
    if asked.market is Market.USDM or not given:
        return bodies.whole(listing, now_ms)
    one, several, permissions = given.get("symbol"), given.texts("symbols"), given.texts("permissions")
    status = given.get("symbolStatus")
    truth(given, "showPermissionSets", default=True)
    given.finish()
    if (one is not None) + (several is not None) + (permissions is not None) > 1:
        raise refusals.bad_combination()
    names = [one] if one is not None else several
    if names is not None:
        wanted = frozenset(symbols.need(name).symbol for name in names)
        return bodies.chosen(listing, now_ms, lambda name, state, sets: name in wanted)
    if permissions is None and status is None:
        return bodies.whole(listing, now_ms)
    rights = frozenset(permissions or ())
    return bodies.chosen(
        listing,
        now_ms,
        lambda name, state, sets: (
            (not rights or any(rights.intersection(each) for each in sets)) and status in (None, state)
        ),
    )


def depth(desk: Desk, asked: Asked) -> bytes:
    """Answer the book."""
    given, market = asked.given, asked.market
    symbol = words.instrument(given, desk.symbols(market)).symbol
    most = _depth_limit(given, market)
    given.finish()
    shown = desk.exchange.data(market).depth(symbol, most)
    if shown is None:
        raise refusals.unavailable()
    return _rendered(desk, shown, most, market)


def _depth_limit(given: Parameters, market: Market) -> int:
    if market is Market.SPOT:
        return limit(given, 100, 5_000)
    most = integer(given, "limit")
    if most is None:
        return 500
    if most not in _FUTURES_DEPTHS:
        raise ExchangeError(-4021, f"'{most}' is not valid depth limit.")
    return most


def _rendered(desk: Desk, shown: DepthShown, most: int, market: Market) -> bytes:
    """Return the book's bytes, made once for each state of it."""
    rendered, key = desk.depths, (market, shown.symbol, most)
    found = rendered.get(key)
    if found is not None and found[0] == (shown.update_id, shown.at_ns):
        return found[1]
    body = render.depth(shown, desk.symbols(market).digits(shown.symbol), market)
    if len(rendered) >= _RENDERED_MAX:
        rendered.clear()
    rendered[key] = ((shown.update_id, shown.at_ns), body)
    return body


def trades(desk: Desk, asked: Asked) -> bytes:
    """Answer the most recent trades; the historical form takes `fromId`."""
    symbol, digits = _symbol(desk, asked)
    most, from_id = limit(asked.given, 500, _TRADES_MAX), integer(asked.given, "fromId")
    asked.given.finish()
    rows = desk.exchange.data(asked.market).trades(symbol, most, from_id)
    return render.trades(rows, digits, asked.market)


def aggregates(desk: Desk, asked: Asked) -> bytes:
    """Answer the most recent trades as aggregates, from an id on or within times."""
    symbol, digits = _symbol(desk, asked)
    most, from_id = limit(asked.given, 500, _TRADES_MAX), integer(asked.given, "fromId")
    start_ms, end_ms = times(
        asked.given, 1 if asked.market is Market.USDM else None, is_spot=asked.market is Market.SPOT
    )
    asked.given.finish()
    if from_id is not None and (start_ms is not None or end_ms is not None):
        raise refusals.bad_combination()
    data = desk.exchange.data(asked.market)
    if start_ms is None and end_ms is None:
        return render.aggregates(data.trades(symbol, most, from_id), digits, asked.market)
    rows = [row for row in data.trades(symbol, _TRADES_MAX) if _is_within(row, start_ms, end_ms)]
    return render.aggregates(rows[:most] if start_ms is not None else rows[-most:], digits, asked.market)


def _is_within(row: MarketTrade, start_ms: int | None, end_ms: int | None) -> bool:
    at_ms = row.at_ns // NS_PER_MS
    return (start_ms is None or at_ms >= start_ms) and (end_ms is None or at_ms <= end_ms)


def klines(desk: Desk, asked: Asked) -> bytes:
    """Answer candles."""
    symbol, digits = _symbol(desk, asked)
    return render.klines(_klines(desk, asked, symbol), digits)


def price_klines(desk: Desk, asked: Asked) -> bytes:
    """Answer candles of the mark or index price; here the contract's own trades stand in for both."""
    given, symbols = asked.given, desk.symbols(asked.market)
    symbol = symbols.need(given.need("pair" if given.has("pair") else "symbol")).symbol
    return render.price_klines(_klines(desk, asked, symbol), symbols.digits(symbol))


def continuous_klines(desk: Desk, asked: Asked) -> bytes:
    """Answer candles of a pair's perpetual contract."""
    given, symbols = asked.given, desk.symbols(asked.market)
    symbol = symbols.need(given.need("pair")).symbol
    if given.need("contractType") != "PERPETUAL":
        raise refusals.not_valid("contractType")
    return render.klines(_klines(desk, asked, symbol), symbols.digits(symbol))


def _klines(desk: Desk, asked: Asked, symbol: str) -> list[Kline]:
    given, is_spot = asked.given, asked.market is Market.SPOT
    intervals = _SPOT_INTERVALS if is_spot else _FUTURES_INTERVALS
    interval = word(given.need("interval"), intervals, refusals.bad_interval)
    most = limit(given, 500, 1_000 if is_spot else 1_500)
    start_ms, end_ms = times(given, None, is_spot=is_spot)
    if is_spot:
        zone = given.get("timeZone")
        if zone not in (None, "0", "00:00", "+00:00", "-00:00"):
            raise refusals.not_valid("timeZone")
    given.finish()
    return desk.exchange.data(asked.market).klines(symbol, interval, most, start_ms, end_ms)


def _symbol(desk: Desk, asked: Asked) -> tuple[str, Digits]:
    symbols = desk.symbols(asked.market)
    symbol = words.instrument(asked.given, symbols).symbol
    return symbol, symbols.digits(symbol)


# --- Weights and routes --------------------------------------------------------------------------------------------


def _asked_limit(given: Parameters, default: int) -> int:
    """Return the limit for the weight alone; what is wrong with it is refused where it is read."""
    text = given.peek("limit")
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else default


def _spot_depth_weight(given: Parameters) -> int:
    most = _asked_limit(given, 100)
    return 5 if most <= 100 else 25 if most <= 500 else 50 if most <= 1_000 else 250


def _futures_depth_weight(given: Parameters) -> int:
    most = _asked_limit(given, 500)
    return 2 if most <= 50 else 5 if most <= 100 else 10 if most <= 500 else 20


def _futures_klines_weight(given: Parameters) -> int:
    most = _asked_limit(given, 500)
    return 1 if most < 100 else 2 if most < 500 else 5 if most <= 1_000 else 10


_KLINES = (_futures_klines_weight, "1, 2, 5, 10 by limit")
_NONE, _KEY = Security.NONE, Security.KEY
_SPOT, _USDM = Market.SPOT, Market.USDM

ROUTES = (
    Route("GET", "/api/v3/ping", _SPOT, _NONE, 1, ping),
    Route("GET", "/api/v3/time", _SPOT, _NONE, 1, time),
    Route("GET", "/api/v3/exchangeInfo", _SPOT, _NONE, 20, exchange_info),
    Route("GET", "/api/v1/ping", _SPOT, _NONE, 1, ping),
    Route("GET", "/api/v1/time", _SPOT, _NONE, 1, time),
    Route("GET", "/api/v1/exchangeInfo", _SPOT, _NONE, 20, exchange_info),
    Route("GET", "/api/v3/depth", _SPOT, _NONE, _spot_depth_weight, depth, "5, 25, 50, 250 by limit"),
    Route("GET", "/api/v3/trades", _SPOT, _NONE, 25, trades),
    Route("GET", "/api/v3/historicalTrades", _SPOT, _NONE, 25, trades),
    Route("GET", "/api/v3/aggTrades", _SPOT, _NONE, 4, aggregates),
    Route("GET", "/api/v3/klines", _SPOT, _NONE, 2, klines),
    Route("GET", "/api/v3/uiKlines", _SPOT, _NONE, 2, klines),
    Route("GET", "/fapi/v1/ping", _USDM, _NONE, 1, ping),
    Route("GET", "/fapi/v1/time", _USDM, _NONE, 1, time),
    Route("GET", "/fapi/v1/exchangeInfo", _USDM, _NONE, 1, exchange_info),
    Route("GET", "/fapi/v1/depth", _USDM, _NONE, _futures_depth_weight, depth, "2, 5, 10, 20 by limit"),
    Route("GET", "/fapi/v1/trades", _USDM, _NONE, 5, trades),
    Route("GET", "/fapi/v1/historicalTrades", _USDM, _KEY, 20, trades),
    Route("GET", "/fapi/v1/aggTrades", _USDM, _NONE, 20, aggregates),
    Route("GET", "/fapi/v1/klines", _USDM, _NONE, _KLINES[0], klines, _KLINES[1]),
    Route("GET", "/fapi/v1/continuousKlines", _USDM, _NONE, _KLINES[0], continuous_klines, _KLINES[1]),
    Route("GET", "/fapi/v1/markPriceKlines", _USDM, _NONE, _KLINES[0], price_klines, _KLINES[1]),
    Route("GET", "/fapi/v1/indexPriceKlines", _USDM, _NONE, _KLINES[0], price_klines, _KLINES[1]),
)
