"""What the futures market alone shows: mark and index prices, funding, and open interest, of which there is none."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render.figures import eight, encode, fixed
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import optional_symbol, times
from interlock.gateway.binance.requests.values import limit
from interlock.ports.exchange.market_data import FundingPaid, MarkShown
from interlock.ports.exchange.words import Market
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_MS

_INTEREST_RATE = "0.00010000"
_FUNDINGS_MAX = 1_000


def premium_index(desk: Desk, asked: Asked) -> bytes:
    """Answer mark and index price and the funding to come, of one symbol or of all that have them."""
    symbols, data = desk.symbols(Market.USDM), desk.exchange.data(Market.USDM)
    symbol = optional_symbol(asked.given, symbols)
    if symbol is None:
        shown = (data.mark(name) for name in symbols.names())
        return encode([_mark(each) for each in shown if each is not None])
    mark = data.mark(symbol)
    if mark is None:
        raise refusals.unavailable()
    return encode(_mark(mark))


def _mark(row: MarkShown) -> dict[str, object]:
    return {
        "symbol": row.symbol,
        "markPrice": eight(row.mark),
        "indexPrice": eight(row.index),
        "estimatedSettlePrice": eight(row.settle),
        "lastFundingRate": eight(row.funding_rate),
        "interestRate": _INTEREST_RATE,
        "nextFundingTime": row.funding_at_ms,
        "time": row.at_ns // NS_PER_MS,
    }


def funding_rate(desk: Desk, asked: Asked) -> bytes:
    """Answer the fundings that were due, oldest first: those from a start on, else the most recent."""
    symbol = optional_symbol(asked.given, desk.symbols(Market.USDM))
    start_ms, end_ms = times(asked.given, None, is_spot=False)
    most = limit(asked.given, 100, _FUNDINGS_MAX)
    rows = [
        row
        for row in desk.exchange.data(Market.USDM).funding(symbol, _FUNDINGS_MAX)
        if (start_ms is None or row.at_ms >= start_ms) and (end_ms is None or row.at_ms <= end_ms)
    ]
    return encode([_funding(row) for row in (rows[:most] if start_ms is not None else rows[-most:])])


def _funding(row: FundingPaid) -> dict[str, object]:
    return {
        "symbol": row.symbol,
        "fundingTime": row.at_ms,
        "fundingRate": eight(row.rate),
        "markPrice": eight(row.mark),
    }


def nothing(desk: Desk, asked: Asked) -> bytes:
    """Answer an empty list: there is nothing of the kind here."""
    return b"[]"


def open_interest(desk: Desk, asked: Asked) -> bytes:
    """Answer an open interest of zero: accounts here hold contracts against the market shown, not each other."""
    symbols = desk.symbols(Market.USDM)
    symbol = words.instrument(asked.given, symbols).symbol
    shown = {
        "symbol": symbol,
        "openInterest": fixed(ZERO, symbols.digits(symbol).quantity),
        "time": desk.exchange.now_ms(),
    }
    return encode(shown)


_NONE, _USDM = Security.NONE, Market.USDM

ROUTES = (
    Route(
        "GET",
        "/fapi/v1/premiumIndex",
        _USDM,
        _NONE,
        lambda given: 1 if given.has("symbol") else 10,
        premium_index,
        "1, or 10 for all",
    ),
    Route("GET", "/fapi/v1/fundingRate", _USDM, _NONE, 1, funding_rate),
    Route("GET", "/fapi/v1/fundingInfo", _USDM, _NONE, 1, nothing),
    Route("GET", "/fapi/v1/openInterest", _USDM, _NONE, 1, open_interest),
    Route("GET", "/futures/data/openInterestHist", _USDM, _NONE, 1, nothing),
)
