"""Every endpoint that is served, by path and method."""

from interlock.gateway.binance.desk import Route
from interlock.gateway.binance.rest import (
    futures_account,
    futures_algos,
    futures_orders,
    futures_reads,
    market_reads,
    spot_account,
    spot_orders,
    streams,
    tickers,
    wallet,
)

ROUTES: tuple[Route, ...] = (
    *market_reads.ROUTES,
    *tickers.ROUTES,
    *spot_orders.ROUTES,
    *spot_account.ROUTES,
    *futures_reads.ROUTES,
    *futures_orders.ROUTES,
    *futures_algos.ROUTES,
    *futures_account.ROUTES,
    *streams.ROUTES,
    *wallet.ROUTES,
)

BY_PATH: dict[str, dict[str, Route]] = {}
for _route in ROUTES:
    _methods = BY_PATH.setdefault(_route.path, {})
    assert _route.method not in _methods, f"{_route.method} {_route.path} is served twice"
    _methods[_route.method] = _route
