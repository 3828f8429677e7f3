"""Binance's exchangeInfo, spot and futures, into instruments: any bytes give these, or a Fault that names the place."""

import re
from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, trimmed

_HINT = "give the whole body of the venue's exchangeInfo, unchanged, or name none to use the built-in symbols"
_NUMBER = re.compile(r"[0-9]{1,17}(?:\.[0-9]{1,8}0*)?")


class _Filter(Struct):
    """One filter of a symbol: the fields of the few kinds that are read. The rest of the body is left alone."""

    filter_type: str = msgspec.field(name="filterType")
    price_min: str | None = msgspec.field(name="minPrice", default=None)
    price_max: str | None = msgspec.field(name="maxPrice", default=None)
    price_tick: str | None = msgspec.field(name="tickSize", default=None)
    quantity_min: str | None = msgspec.field(name="minQty", default=None)
    quantity_max: str | None = msgspec.field(name="maxQty", default=None)
    quantity_step: str | None = msgspec.field(name="stepSize", default=None)
    spot_notional: str | None = msgspec.field(name="minNotional", default=None)
    futures_notional: str | None = msgspec.field(name="notional", default=None)


class _Symbol(Struct):
    symbol: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    filters: list[_Filter]
    status: str = ""
    contract_status: str = msgspec.field(name="contractStatus", default="")
    contract_type: str | None = msgspec.field(name="contractType", default=None)
    contract_size: int | None = msgspec.field(name="contractSize", default=None)
    margin: str | None = msgspec.field(name="marginAsset", default=None)


class _Body(Struct):
    symbols: list[_Symbol]


_decoder = msgspec.json.Decoder(_Body)


def instruments_of(body: bytes) -> dict[str, Instrument]:
    """Return every symbol of an exchangeInfo body, by name, in the body's order; each says whether it may be traded.

    Tradable is what an account of its market can trade: spot, and perpetual USDT futures, in status TRADING. Numbers
    lose their trailing zeros. Errors: Fault names the symbol and field that cannot be read.
    """
    try:
        decoded = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(f"the exchange information cannot be read: {error}", _HINT) from error
    found: dict[str, Instrument] = {}
    for symbol in decoded.symbols:
        if symbol.symbol in found:
            raise Fault(f"the exchange information lists {symbol.symbol} twice", _HINT)
        found[symbol.symbol] = _instrument(symbol)
    return found


def _instrument(symbol: _Symbol) -> Instrument:
    by_type = {each.filter_type: each for each in symbol.filters}
    price = _need(symbol, by_type, "PRICE_FILTER")
    lot = _need(symbol, by_type, "LOT_SIZE")
    at_market = by_type.get("MARKET_LOT_SIZE")
    quantity_max = _number(symbol, "LOT_SIZE.maxQty", lot.quantity_max)
    market, why_not = _place(symbol)
    return Instrument(
        symbol=symbol.symbol,
        market=market,
        base=symbol.base,
        quote=symbol.quote,
        price_tick=_positive(symbol, "PRICE_FILTER.tickSize", price.price_tick),
        price_min=_number(symbol, "PRICE_FILTER.minPrice", price.price_min),
        price_max=_number(symbol, "PRICE_FILTER.maxPrice", price.price_max),
        quantity_step=_positive(symbol, "LOT_SIZE.stepSize", lot.quantity_step),
        quantity_min=_number(symbol, "LOT_SIZE.minQty", lot.quantity_min),
        quantity_max=quantity_max,
        market_quantity_max=(
            min(quantity_max, _number(symbol, "MARKET_LOT_SIZE.maxQty", at_market.quantity_max))
            if at_market is not None
            else quantity_max
        ),
        notional_min=_notional_min(symbol, by_type, market),
        is_tradable=not why_not,
        why_not_tradable=why_not,
    )


def _place(symbol: _Symbol) -> tuple[str, str]:
    """Return the symbol's market, and why it is not traded here ("" when it is)."""
    if symbol.contract_size is not None:
        return "coinm", "contracts settled in coin are not supported"
    if symbol.contract_type is None:
        return (
            "spot",
            "" if symbol.status == "TRADING" else f"the venue says its status is {symbol.status or 'unknown'}",
        )
    if symbol.contract_type != "PERPETUAL":
        return "usdm", f"only perpetual contracts are supported, this one is '{symbol.contract_type}'"
    if symbol.margin != "USDT":
        return "usdm", f"the account holds USDT, this contract is settled in {symbol.margin}"
    if symbol.status != "TRADING":
        return "usdm", f"the venue says its status is {symbol.status or 'unknown'}"
    return "usdm", ""


def _need(symbol: _Symbol, by_type: dict[str, _Filter], name: str) -> _Filter:
    found = by_type.get(name)
    if found is None:
        raise Fault(f"the exchange information has no filter {name} for {symbol.symbol}", _HINT)
    return found


def _notional_min(symbol: _Symbol, by_type: dict[str, _Filter], market: str) -> Decimal:
    """Return the least value of an order: MIN_NOTIONAL, by its newer name NOTIONAL; contracts in coin have none."""
    for name in ("MIN_NOTIONAL", "NOTIONAL"):
        found = by_type.get(name)
        if found is not None:
            text = found.spot_notional if found.spot_notional is not None else found.futures_notional
            return _number(symbol, f"{name}.minNotional", text)
    if market == "coinm":
        return ZERO
    raise Fault(f"the exchange information has no filter MIN_NOTIONAL or NOTIONAL for {symbol.symbol}", _HINT)


def _positive(symbol: _Symbol, field: str, text: str | None) -> Decimal:
    value = _number(symbol, field, text)
    if not value:
        raise Fault(f"the exchange information gives {symbol.symbol} the {field} 0; it must be above 0", _HINT)
    return value


def _number(symbol: _Symbol, field: str, text: str | None) -> Decimal:
    """Return a number from zero up with at most 8 digits after the point, without trailing zeros."""
    if text is None:
        raise Fault(f"the exchange information has no {field} for {symbol.symbol}", _HINT)
    if len(text) > 64 or not _NUMBER.fullmatch(text):
        raise Fault(
            f"the exchange information gives {symbol.symbol} the {field} '{text[:64]}'; "
            "a plain number from 0 up with at most 8 digits after the point is allowed",
            _HINT,
        )
    return Decimal(trimmed(Decimal(text)))
