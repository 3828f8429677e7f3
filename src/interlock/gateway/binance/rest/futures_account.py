"""The futures account: wallet, positions, income, and its settings."""

from decimal import Decimal

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import futures_account as render
from interlock.gateway.binance.render import futures_positions
from interlock.gateway.binance.render.figures import encode, fixed
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import optional_symbol, times
from interlock.gateway.binance.requests.values import integer, limit, need_integer, truth, word
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import History
from interlock.ports.exchange.rows import FuturesAccount, PositionRow
from interlock.ports.exchange.words import MarginType, Market
from interlock.units.money import ZERO

_USDM = Market.USDM
_MARGIN_TYPES = {each.value: each for each in MarginType}
_SUCCESS = b'{"code":200,"msg":"success"}'


async def account_v2(desk: Desk, asked: Asked) -> bytes:
    """Answer wallet and positions, every symbol listed."""
    row = await desk.exchange.futures_account(asked.account)
    positions = await _all_positions(desk, asked.account, row, None)
    return encode(render.account_v2(row, positions, desk.symbols(_USDM)))


async def account_v3(desk: Desk, asked: Asked) -> bytes:
    """Answer wallet and positions, those that are held or have orders."""
    row = await desk.exchange.futures_account(asked.account)
    return encode(render.account_v3(row, desk.symbols(_USDM)))


async def balance(desk: Desk, asked: Asked) -> bytes:
    """Answer the wallet."""
    row = await desk.exchange.futures_account(asked.account)
    return encode(render.balances(row, asked.account))


async def risk_v2(desk: Desk, asked: Asked) -> bytes:
    """Answer the position of a symbol, or of every symbol listed."""
    symbols = desk.symbols(_USDM)
    symbol = optional_symbol(asked.given, symbols)
    row = await desk.exchange.futures_account(asked.account)
    positions = await _all_positions(desk, asked.account, row, symbol)
    return encode([futures_positions.risk_v2(each, symbols) for each in positions])


async def risk_v3(desk: Desk, asked: Asked) -> bytes:
    """Answer the positions that are held or have orders, of a symbol or of all."""
    symbols = desk.symbols(_USDM)
    symbol = optional_symbol(asked.given, symbols)
    row = await desk.exchange.futures_account(asked.account)
    return encode(
        [
            futures_positions.risk_v3(each, symbols)
            for each in row.positions
            if symbol in (None, each.symbol) and render.is_held(each)
        ]
    )


async def _all_positions(desk: Desk, account: str, row: FuturesAccount, symbol: str | None) -> list[PositionRow]:
    held = {each.symbol: each for each in row.positions}
    data = desk.exchange.data(_USDM)
    found: list[PositionRow] = []
    for settings in await desk.exchange.settings(account, symbol):
        position = held.get(settings.symbol)
        if position is None:
            mark = data.mark(settings.symbol)
            position = futures_positions.empty_position(settings, ZERO if mark is None else mark.mark)
        found.append(position)
    return found


async def income(desk: Desk, asked: Asked) -> bytes:
    """Answer changes of the balance."""
    given = asked.given
    symbol = optional_symbol(given, desk.symbols(_USDM))
    start_ms, end_ms = times(given, None, is_spot=False)
    most, page = limit(given, 100, 1_000), integer(given, "page") or 1
    history = History(symbol=symbol, start_ms=start_ms, end_ms=end_ms, limit=most * page)
    rows = await desk.exchange.income(asked.account, history, given.get("incomeType"))
    return encode([futures_positions.income(row) for row in rows[most * (page - 1) : most * page]])


async def commission_rate(desk: Desk, asked: Asked) -> bytes:
    """Answer the commission rates of a symbol."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    row = await desk.exchange.futures_account(asked.account)
    return encode(futures_positions.commission_rate(symbol, row.maker_bps, row.taker_bps))


# --- Settings ------------------------------------------------------------------------------------------------------


async def symbol_configuration(desk: Desk, asked: Asked) -> bytes:
    """Answer leverage and margin type, of a symbol or of all."""
    symbol = optional_symbol(asked.given, desk.symbols(_USDM))
    rows = await desk.exchange.settings(asked.account, symbol)
    return encode([futures_positions.configuration(row) for row in rows])


def account_configuration(desk: Desk, asked: Asked) -> bytes:
    """Answer what holds for every futures account here: one-way mode, one margin asset."""
    shown = {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": False,
        "canWithdraw": False,
        "dualSidePosition": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    return encode(shown)


async def set_leverage(desk: Desk, asked: Asked) -> bytes:
    """Set a symbol's leverage."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    leverage = need_integer(asked.given, "leverage")
    row = await desk.exchange.set_leverage(asked.account, symbol, leverage)
    shown = {"symbol": row.symbol, "leverage": row.leverage, "maxNotionalValue": fixed(row.notional_max, 0)}
    return encode(shown)


async def set_margin_type(desk: Desk, asked: Asked) -> bytes:
    """Set a symbol's margin type."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    margin_type = word(asked.given.need("marginType"), _MARGIN_TYPES, lambda: refusals.not_valid("marginType"))
    await desk.exchange.set_margin_type(asked.account, symbol, margin_type)
    return _SUCCESS


async def set_countdown(desk: Desk, asked: Asked) -> bytes:
    """Start, restart or stop the countdown to the cancellation of all open orders of a symbol."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    row = await desk.exchange.set_countdown(asked.account, symbol, need_integer(asked.given, "countdownTime"))
    return encode({"symbol": row.symbol, "countdownTime": str(row.countdown_ms)})


def brackets(desk: Desk, asked: Asked) -> bytes:
    """Answer the leverage brackets, of a symbol or of all."""
    symbol = optional_symbol(asked.given, desk.symbols(_USDM))
    return encode(futures_positions.brackets(desk.exchange.brackets(symbol)))


def position_mode(desk: Desk, asked: Asked) -> bytes:
    """Answer that positions are one-way."""
    return b'{"dualSidePosition":false}'


def set_position_mode(desk: Desk, asked: Asked) -> bytes:
    """Refuse: one-way mode is set already, and hedge mode is not done here."""
    if truth(asked.given, "dualSidePosition"):
        raise refusals.not_valid("dualSidePosition")
    raise ExchangeError(-4059, "No need to change position side.")


def margin_mode(desk: Desk, asked: Asked) -> bytes:
    """Answer that there is one margin asset."""
    return b'{"multiAssetsMargin":false}'


def set_margin_mode(desk: Desk, asked: Asked) -> bytes:
    """Refuse: one margin asset is set already, and several are not done here."""
    if truth(asked.given, "multiAssetsMargin"):
        raise refusals.not_valid("multiAssetsMargin")
    raise ExchangeError(-4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.")


def fee_burn(desk: Desk, asked: Asked) -> bytes:
    """Answer that fees are paid in the margin asset."""
    return b'{"feeBurn":false}'


async def adl_quantiles(desk: Desk, asked: Asked) -> bytes:
    """Answer how near positions are to being reduced automatically."""
    symbol = optional_symbol(asked.given, desk.symbols(_USDM))
    row = await desk.exchange.futures_account(asked.account)
    shown = [
        {"symbol": each.symbol, "adlQuantile": {"BOTH": each.adl_quantile}}
        for each in row.positions
        if each.quantity != Decimal(0) and symbol in (None, each.symbol)
    ]
    return encode(shown)


_SIGNED, _TRADE = Security.SIGNED, Security.TRADE

ROUTES = (
    Route("GET", "/fapi/v2/account", _USDM, _SIGNED, 5, account_v2),
    Route("GET", "/fapi/v3/account", _USDM, _SIGNED, 5, account_v3),
    Route("GET", "/fapi/v2/balance", _USDM, _SIGNED, 5, balance),
    Route("GET", "/fapi/v3/balance", _USDM, _SIGNED, 5, balance),
    Route("GET", "/fapi/v2/positionRisk", _USDM, _SIGNED, 5, risk_v2),
    Route("GET", "/fapi/v3/positionRisk", _USDM, _SIGNED, 5, risk_v3),
    Route("GET", "/fapi/v1/income", _USDM, _SIGNED, 30, income),
    Route("GET", "/fapi/v1/commissionRate", _USDM, _SIGNED, 20, commission_rate),
    Route("GET", "/fapi/v1/symbolConfig", _USDM, _SIGNED, 5, symbol_configuration),
    Route("GET", "/fapi/v1/accountConfig", _USDM, _SIGNED, 5, account_configuration),
    Route("POST", "/fapi/v1/leverage", _USDM, _TRADE, 1, set_leverage),
    Route("POST", "/fapi/v1/marginType", _USDM, _TRADE, 1, set_margin_type),
    Route("POST", "/fapi/v1/countdownCancelAll", _USDM, _TRADE, 10, set_countdown),
    Route("GET", "/fapi/v1/leverageBracket", _USDM, _SIGNED, 1, brackets),
    Route("GET", "/fapi/v1/positionSide/dual", _USDM, _SIGNED, 30, position_mode),
    Route("POST", "/fapi/v1/positionSide/dual", _USDM, _TRADE, 1, set_position_mode),
    Route("GET", "/fapi/v1/multiAssetsMargin", _USDM, _SIGNED, 30, margin_mode),
    Route("POST", "/fapi/v1/multiAssetsMargin", _USDM, _TRADE, 1, set_margin_mode),
    Route("GET", "/fapi/v1/feeBurn", _USDM, _SIGNED, 30, fee_burn),
    Route("GET", "/fapi/v1/adlQuantile", _USDM, _SIGNED, 5, adl_quantiles),
)
