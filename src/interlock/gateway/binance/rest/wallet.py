"""The few endpoints of other rooms upstream that must not fail when a client starts. The rest of them is denied."""

from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render.figures import eight, encode
from interlock.gateway.binance.render.spot_account import rate
from interlock.gateway.binance.requests.keys import optional_symbol
from interlock.ports.exchange.words import Market
from interlock.units.money import ZERO

DENIED = ("/sapi/", "/dapi/", "/eapi/", "/papi/", "/wapi/")
"""Where every other path is denied, not unknown: nothing that moves money is behind it here."""

_SPOT = Market.SPOT


def status(desk: Desk, asked: Asked) -> bytes:
    """Answer that the system is up."""
    return b'{"status":0,"msg":"normal"}'


def account_status(desk: Desk, asked: Asked) -> bytes:
    """Answer that the account is in order."""
    return b'{"data":"Normal"}'


def nothing(desk: Desk, asked: Asked) -> bytes:
    """Answer an empty list: there is nothing of the kind here."""
    return b"[]"


async def coins(desk: Desk, asked: Asked) -> bytes:
    """Answer every asset that is traded, with what the account has of it. None can be sent in or out."""
    account = await desk.exchange.spot_account(asked.account)
    held = {each.asset: each for each in account.balances}
    names = {name for each in desk.symbols(_SPOT).listing().instruments.values() for name in (each.base, each.quote)}
    shown = []
    for name in sorted(names | set(held)):
        balance = held.get(name)
        shown.append(
            {
                "coin": name,
                "depositAllEnable": False,
                "free": eight(balance.free if balance else ZERO),
                "freeze": eight(ZERO),
                "ipoable": eight(ZERO),
                "ipoing": eight(ZERO),
                "isLegalMoney": False,
                "locked": eight(balance.locked if balance else ZERO),
                "name": name,
                "networkList": [],
                "storage": eight(ZERO),
                "trading": True,
                "withdrawAllEnable": False,
                "withdrawing": eight(ZERO),
            }
        )
    return encode(shown)


async def fees(desk: Desk, asked: Asked) -> bytes:
    """Answer the commission rates of a symbol, or of all."""
    symbols = desk.symbols(_SPOT)
    symbol = optional_symbol(asked.given, symbols)
    account = await desk.exchange.spot_account(asked.account)
    maker, taker = rate(account.maker_bps), rate(account.taker_bps)
    names = symbols.names() if symbol is None else [symbol]
    return encode([{"symbol": each, "makerCommission": maker, "takerCommission": taker} for each in names])


def coin_margined(desk: Desk, asked: Asked) -> bytes:
    """Answer that no contracts settled in coin are listed."""
    return b'{"timezone":"UTC","serverTime":%d,"rateLimits":[],"exchangeFilters":[],"symbols":[]}' % (
        desk.exchange.now_ms()
    )


def ping(desk: Desk, asked: Asked) -> bytes:
    """Answer that somebody is there."""
    return b"{}"


def time(desk: Desk, asked: Asked) -> bytes:
    """Answer the exchange's clock."""
    return b'{"serverTime":%d}' % desk.exchange.now_ms()


_NONE, _KEY, _SIGNED = Security.NONE, Security.KEY, Security.SIGNED

ROUTES = (
    Route("GET", "/sapi/v1/system/status", _SPOT, _NONE, 1, status),
    Route("GET", "/sapi/v1/account/status", _SPOT, _SIGNED, 1, account_status),
    Route("GET", "/sapi/v1/capital/config/getall", _SPOT, _SIGNED, 10, coins),
    Route("GET", "/sapi/v1/asset/tradeFee", _SPOT, _SIGNED, 1, fees),
    Route("GET", "/sapi/v1/margin/allPairs", _SPOT, _KEY, 1, nothing),
    Route("GET", "/sapi/v1/margin/isolated/allPairs", _SPOT, _KEY, 10, nothing),
    Route("GET", "/sapi/v1/spot/delist-schedule", _SPOT, _KEY, 100, nothing),
    Route("GET", "/dapi/v1/ping", Market.USDM, _NONE, 1, ping),
    Route("GET", "/dapi/v1/time", Market.USDM, _NONE, 1, time),
    Route("GET", "/dapi/v1/exchangeInfo", Market.USDM, _NONE, 1, coin_margined),
)
