"""Listen keys: what opens an account's event stream. Futures have one for each account and need no name for it."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render.figures import encode
from interlock.ports.exchange.words import Market


def create(desk: Desk, asked: Asked) -> bytes:
    """Answer the account's key."""
    asked.given.finish()
    return encode({"listenKey": desk.listen_keys.create(asked.market, asked.account)})


def keep_alive(desk: Desk, asked: Asked) -> bytes:
    """Extend a key."""
    key = _key(asked)
    if not desk.listen_keys.keep_alive(asked.market, asked.account, key):
        raise refusals.bad_listen_key()
    if asked.market is Market.SPOT:
        return b"{}"
    return encode({"listenKey": desk.listen_keys.create(asked.market, asked.account)})


def close(desk: Desk, asked: Asked) -> bytes:
    """End a key."""
    if not desk.listen_keys.close(asked.market, asked.account, _key(asked)):
        raise refusals.bad_listen_key()
    return b"{}"


def _key(asked: Asked) -> str | None:
    """Return the key that is named; None for the account's own, on futures."""
    key = asked.given.need("listenKey") if asked.market is Market.SPOT else asked.given.get("listenKey")
    asked.given.finish()
    return key


_SPOT_PATHS = ("/api/v3/userDataStream", "/api/v1/userDataStream")
_FUTURES_PATH = "/fapi/v1/listenKey"

ROUTES = (
    *(
        Route(method, path, Market.SPOT, Security.KEY, 2, handler)
        for path in _SPOT_PATHS
        for method, handler in (("POST", create), ("PUT", keep_alive), ("DELETE", close))
    ),
    Route("POST", _FUTURES_PATH, Market.USDM, Security.KEY, 1, create),
    Route("PUT", _FUTURES_PATH, Market.USDM, Security.KEY, 1, keep_alive),
    Route("DELETE", _FUTURES_PATH, Market.USDM, Security.KEY, 1, close),
)
