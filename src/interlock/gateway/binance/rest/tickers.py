"""The tickers of both markets: one symbol, several, or all."""

from collections.abc import Callable

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import market_data as render
from interlock.gateway.binance.render.figures import encode
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.market_data import DayTicker, QuoteShown
from interlock.ports.exchange.words import Market

_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WINDOWS = {f"{n}m" for n in range(1, 60)} | {f"{n}h" for n in range(1, 24)} | {f"{n}d" for n in range(1, 8)}
_CANDLES_MAX = 1_000
_SYMBOLS_MAX = 100


def day(desk: Desk, asked: Asked) -> bytes:
    """Answer the last 24 hours."""
    is_mini = asked.market is Market.SPOT and _is_mini(asked.given)
    market, symbols = asked.market, desk.symbols(asked.market)

    def shown(symbol: str) -> render.Shown:
        return render.day(_day(desk, market, symbol), symbols.digits(symbol), market, is_mini=is_mini)

    return _answer(desk, asked, shown)


def price(desk: Desk, asked: Asked) -> bytes:
    """Answer the last price."""
    market, symbols = asked.market, desk.symbols(asked.market)
    return _answer(
        desk, asked, lambda symbol: render.price_ticker(_day(desk, market, symbol), symbols.digits(symbol), market)
    )


def book(desk: Desk, asked: Asked) -> bytes:
    """Answer the best bid and ask."""
    market, symbols = asked.market, desk.symbols(asked.market)
    return _answer(
        desk, asked, lambda symbol: render.book_ticker(_quote(desk, market, symbol), symbols.digits(symbol), market)
    )


def average(desk: Desk, asked: Asked) -> bytes:
    """Answer the average price of the last five minutes."""
    symbol = words.instrument(asked.given, desk.symbols(Market.SPOT)).symbol
    asked.given.finish()
    data, now_ms = desk.exchange.data(Market.SPOT), desk.exchange.now_ms()
    rows = data.klines(symbol, "1m", 5, now_ms - 5 * 60_000, None)
    return encode(render.average(rows, _day(desk, Market.SPOT, symbol).last, now_ms))


def window(desk: Desk, asked: Asked) -> bytes:
    """Answer a rolling window of up to a thousand candles: minutes, else hours for windows of days."""
    given, symbols = asked.given, desk.symbols(Market.SPOT)
    size = given.get("windowSize") or "1d"
    if size not in _WINDOWS:
        raise refusals.not_valid("windowSize")
    if not given.has("symbol") and not given.has("symbols"):
        raise refusals.missing_both("symbol", "symbols")
    if _is_mini(given):
        raise refusals.not_valid("type")
    span_ms = int(size[:-1]) * _UNITS_MS[size[-1]]
    interval = "1m" if span_ms <= _CANDLES_MAX * _UNITS_MS["m"] else "5m" if size == "1d" else "1h"
    data, now_ms = desk.exchange.data(Market.SPOT), desk.exchange.now_ms()

    def shown(symbol: str) -> render.Shown:
        rows = data.klines(symbol, interval, _CANDLES_MAX, now_ms - span_ms, None)
        return render.window(rows, symbol, symbols.digits(symbol), now_ms, span_ms)

    return _answer(desk, asked, shown)


def _answer(desk: Desk, asked: Asked, shown: Callable[[str], render.Shown]) -> bytes:
    """Answer for the one symbol asked for, or with a list for several or all."""
    given, symbols = asked.given, desk.symbols(asked.market)
    one = given.get("symbol")
    several = given.texts("symbols") if asked.market is Market.SPOT else None
    given.finish()
    if one is not None:
        if several is not None:
            raise refusals.bad_combination()
        return encode(shown(symbols.need(one).symbol))
    if several is not None:
        return encode([shown(symbols.need(symbol).symbol) for symbol in several])
    return encode([shown(symbol) for symbol in symbols.names()])


def _day(desk: Desk, market: Market, symbol: str) -> DayTicker:
    found = desk.exchange.data(market).day(symbol)
    return render.untraded(symbol, desk.exchange.now_ms()) if found is None else found


def _quote(desk: Desk, market: Market, symbol: str) -> QuoteShown:
    found = desk.exchange.data(market).quote(symbol)
    return render.unquoted(symbol, desk.exchange.now_ms()) if found is None else found


def _is_mini(given: Parameters) -> bool:
    text = given.get("type")
    if text not in (None, "FULL", "MINI"):
        raise refusals.not_valid("type")
    return text == "MINI"


# --- Weights and routes --------------------------------------------------------------------------------------------


def _asked_symbols(given: Parameters) -> int:
    """Return how many symbols are asked for; 0 for all."""
    if given.has("symbol"):
        return 1
    text = given.peek("symbols")
    return text.count(",") + 1 if text else 0


def _spot_day_weight(given: Parameters) -> int:
    symbols = _asked_symbols(given)
    return 80 if symbols == 0 or symbols > _SYMBOLS_MAX else 2 if symbols <= 20 else 40


def _window_weight(given: Parameters) -> int:
    return min(200, 4 * max(1, _asked_symbols(given)))


def _one_or_all(one: int, several: int) -> Callable[[Parameters], int]:
    return lambda given: one if given.has("symbol") else several


_NONE, _SPOT, _USDM = Security.NONE, Market.SPOT, Market.USDM

ROUTES = (
    Route("GET", "/api/v3/ticker/24hr", _SPOT, _NONE, _spot_day_weight, day, "2, 40, 80 by symbols"),
    Route("GET", "/api/v3/ticker/price", _SPOT, _NONE, _one_or_all(2, 4), price, "2, or 4 for several"),
    Route("GET", "/api/v3/ticker/bookTicker", _SPOT, _NONE, _one_or_all(2, 4), book, "2, or 4 for several"),
    Route("GET", "/api/v3/ticker", _SPOT, _NONE, _window_weight, window, "4 a symbol, at most 200"),
    Route("GET", "/api/v3/avgPrice", _SPOT, _NONE, 2, average),
    Route("GET", "/fapi/v1/ticker/24hr", _USDM, _NONE, _one_or_all(1, 40), day, "1, or 40 for all"),
    Route("GET", "/fapi/v1/ticker/price", _USDM, _NONE, _one_or_all(1, 2), price, "1, or 2 for all"),
    Route("GET", "/fapi/v2/ticker/price", _USDM, _NONE, _one_or_all(1, 2), price, "1, or 2 for all"),
    Route("GET", "/fapi/v1/ticker/bookTicker", _USDM, _NONE, _one_or_all(2, 5), book, "2, or 5 for all"),
)
