"""What is listed on a market: the exchange information as its clients read it, made from instruments or kept as given.

Made bodies have the venue's fields and filters. What an instrument does not say is as the venue has had it for its
largest symbols, and only what this exchange can do is allowed (no order lists, no iceberg or trailing orders on spot).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.market.live.digits import Digits, digits_of
from interlock.ports.exchange.market_data import Listing
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, plain

Field = str | int | bool | list["Field"] | dict[str, "Field"]

_SPOT_STEP = Decimal("0.00000001")
# 2019-09-08, when the venue's perpetual futures began, and the day in 2100 that stands for no delivery.
_ONBOARD_MS = 1_567_900_800_000
_DELIVERY_MS = 4_133_404_800_000
_SELF_TRADES: list[Field] = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]
_FUTURES_KINDS: list[Field] = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]
_SPOT_KINDS: list[Field] = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
]
_RATE_LIMITS = {
    Market.SPOT: (
        ("REQUEST_WEIGHT", "MINUTE", 1, 6_000),
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, 61_000),
    ),
    Market.USDM: (
        ("REQUEST_WEIGHT", "MINUTE", 1, 2_400),
        ("ORDERS", "MINUTE", 1, 1_200),
        ("ORDERS", "SECOND", 10, 300),
    ),
}


def made_listing(market: Market, instruments: Mapping[str, Instrument], at_ms: int) -> Listing:
    """Return a listing of these instruments with a body made for them. Errors: Fault for one of another market."""
    for instrument in instruments.values():
        if instrument.market != market.value:
            raise Fault(
                f"{instrument.symbol} is traded on {instrument.market} and cannot be listed on {market.value}.",
                "Give the instruments of one market.",
            )
    make = _spot if market is Market.SPOT else _futures
    body: dict[str, Field] = {
        "timezone": "UTC",
        "serverTime": at_ms,
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}
            for kind, interval, count, limit in _RATE_LIMITS[market]
        ],
        "exchangeFilters": [],
    }
    if market is Market.USDM:
        margins = sorted({instrument.quote for instrument in instruments.values()})
        body["futuresType"] = "U_MARGINED"
        body["assets"] = [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"} for asset in margins]
    body["symbols"] = [make(instrument) for instrument in instruments.values()]
    return Listing(market=market, instruments=instruments, body=msgspec.json.encode(body))


def given_listing(market: Market, instruments: Mapping[str, Instrument], body: bytes) -> Listing:
    """Return a listing that serves a body as it is. `instruments` is what the caller read from it, of any market.

    Errors: Fault when none of them is of this market.
    """
    listed = {symbol: each for symbol, each in instruments.items() if each.market == market.value}
    if not listed:
        raise Fault(
            f"The exchange information lists no symbol of {market.value}.",
            "Give the whole body of this market's exchangeInfo, or none to use the built-in symbols.",
        )
    return Listing(market=market, instruments=listed, body=body)


class _Precisions(Struct):
    """The digits a futures symbol is shown with; spot bodies do not say."""

    symbol: str
    price: int | None = msgspec.field(name="pricePrecision", default=None)
    quantity: int | None = msgspec.field(name="quantityPrecision", default=None)


class _Body(Struct):
    symbols: list[_Precisions]


def shown_digits(listing: Listing, symbols: Iterable[str]) -> dict[str, Digits]:
    """Return the digits of symbols: those the body states, else those of tick and step.

    Errors: Fault when the body is no exchange information.
    """
    try:
        stated = {each.symbol: each for each in msgspec.json.decode(listing.body, type=_Body).symbols}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"The exchange information cannot be read: {error}."
        raise Fault(what, "Give the whole body of the venue's exchangeInfo, unchanged.") from error
    found = {}
    for symbol in symbols:
        said, own = stated.get(symbol), digits_of(listing.instruments[symbol])
        if said is None or said.price is None or said.quantity is None:
            found[symbol] = own
        else:
            found[symbol] = Digits(_within(said.price, own.price_digits), _within(said.quantity, own.quantity_digits))
    return found


def _within(stated: int, least: int) -> int:
    return min(8, max(least, stated))


def _futures(instrument: Instrument) -> dict[str, Field]:
    digits = digits_of(instrument)
    lot: dict[str, Field] = {"minQty": plain(instrument.quantity_min), "stepSize": plain(instrument.quantity_step)}
    filters: list[Field] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(instrument.price_min),
            "maxPrice": plain(instrument.price_max),
            "tickSize": plain(instrument.price_tick),
        },
        {"filterType": "LOT_SIZE", "maxQty": plain(instrument.quantity_max), **lot},
        {"filterType": "MARKET_LOT_SIZE", "maxQty": plain(instrument.market_quantity_max), **lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": plain(instrument.notional_min)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
    ]
    return {
        "symbol": instrument.symbol,
        "pair": instrument.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _DELIVERY_MS,
        "onboardDate": _ONBOARD_MS,
        "status": "TRADING" if instrument.is_tradable else "SETTLING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.quote,
        "pricePrecision": digits.price_digits,
        "quantityPrecision": digits.quantity_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": filters,
        "orderTypes": _FUTURES_KINDS,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": [],
    }


def _spot(instrument: Instrument) -> dict[str, Field]:
    return {
        "symbol": instrument.symbol,
        # Whether this program's own trader may use a symbol is not the exchange's affair: it trades what it lists.
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": _SPOT_KINDS,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _spot_filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _SELF_TRADES,
    }


def _spot_filters(instrument: Instrument) -> list[Field]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": _spot_text(instrument.price_min),
            "maxPrice": _spot_text(instrument.price_max),
            "tickSize": _spot_text(instrument.price_tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": _spot_text(instrument.quantity_min),
            "maxQty": _spot_text(instrument.quantity_max),
            "stepSize": _spot_text(instrument.quantity_step),
        },
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": _spot_text(ZERO),
            "maxQty": _spot_text(instrument.market_quantity_max),
            "stepSize": _spot_text(ZERO),
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2_000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2_000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "5",
            "askMultiplierDown": "0.2",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": _spot_text(instrument.notional_min),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


def _spot_text(value: Decimal) -> str:
    """Return a number as spot writes it: always 8 digits after the point."""
    return plain(value.quantize(_SPOT_STEP))
