"""What the listing says of a symbol beyond its instrument: the filters as served; defaults where they are silent."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.ports.exchange.market_data import Listing
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.venues.paper.book_of_record import Scale
from interlock.venues.paper.bourse.charges import ExchangeTerms


class SymbolRules(Struct, frozen=True, kw_only=True):
    """The filters of one symbol. A bound of zero is switched off.

    The multipliers bound a limit price against the reference price, by side; `notional_filter` is the filter's name.
    """

    instrument: Instrument
    price_digits: int
    quantity_digits: int
    market_quantity_min: Decimal = ZERO
    market_quantity_step: Decimal = ZERO
    buy_up: Decimal = ZERO
    buy_down: Decimal = ZERO
    sell_up: Decimal = ZERO
    sell_down: Decimal = ZERO
    percent_filter: str = "PERCENT_PRICE"
    notional_filter: str = "NOTIONAL"
    notional_max: Decimal = ZERO
    is_notional_min_at_market: bool = True
    is_notional_max_at_market: bool = False
    position_max: Decimal = ZERO
    orders_max: int
    algos_max: int

    def scale(self) -> Scale:
        """Return the digits amounts are shown with."""
        return Scale(self.instrument.price_tick, self.instrument.quantity_step)


class _Filter(Struct, rename="camel"):
    filter_type: str
    min_qty: Decimal = ZERO
    step_size: Decimal = ZERO
    multiplier_up: Decimal = ZERO
    multiplier_down: Decimal = ZERO
    bid_multiplier_up: Decimal = ZERO
    bid_multiplier_down: Decimal = ZERO
    ask_multiplier_up: Decimal = ZERO
    ask_multiplier_down: Decimal = ZERO
    apply_to_market: bool = True
    apply_min_to_market: bool = True
    apply_max_to_market: bool = False
    max_notional: Decimal = ZERO
    max_num_orders: int = 0
    max_num_algo_orders: int = 0
    max_position: Decimal = ZERO
    limit: int = 0


class _Symbol(Struct):
    symbol: str
    filters: list[_Filter] = []


class _Body(Struct):
    symbols: list[_Symbol] = []


_BODY = msgspec.json.Decoder(_Body, strict=False)


def rules_of(listing: Listing, terms: ExchangeTerms, algos_max: int) -> dict[str, SymbolRules]:
    """Return the rules of every instrument listed. Errors: msgspec.ValidationError on a body that is no listing."""
    served = {each.symbol: each.filters for each in _BODY.decode(listing.body).symbols} if listing.body else {}
    return {
        symbol: _rules(instrument, served.get(symbol, ()), terms.orders_max, algos_max)
        for symbol, instrument in listing.instruments.items()
    }


def _rules(
    instrument: Instrument, filters: "list[_Filter] | tuple[()]", orders_max: int, algos_max: int
) -> SymbolRules:
    found: dict[str, object] = {"orders_max": orders_max, "algos_max": algos_max}
    for each in filters:
        found.update(_found(each))
    return SymbolRules(
        instrument=instrument,
        price_digits=digits_shown(instrument.price_tick),
        quantity_digits=digits_shown(instrument.quantity_step),
        **found,  # type: ignore[arg-type]  # each name comes with its type, in _found
    )


def _found(filter_: _Filter) -> Mapping[str, object]:
    match filter_.filter_type:
        case "MARKET_LOT_SIZE":
            return {"market_quantity_min": filter_.min_qty, "market_quantity_step": filter_.step_size}
        case "PERCENT_PRICE":
            up, down = filter_.multiplier_up, filter_.multiplier_down
            return {"buy_up": up, "buy_down": down, "sell_up": up, "sell_down": down}
        case "PERCENT_PRICE_BY_SIDE":
            return {
                "buy_up": filter_.bid_multiplier_up,
                "buy_down": filter_.bid_multiplier_down,
                "sell_up": filter_.ask_multiplier_up,
                "sell_down": filter_.ask_multiplier_down,
                "percent_filter": filter_.filter_type,
            }
        case "MIN_NOTIONAL":
            return {"notional_filter": filter_.filter_type, "is_notional_min_at_market": filter_.apply_to_market}
        case "NOTIONAL":
            return {
                "notional_max": filter_.max_notional,
                "is_notional_min_at_market": filter_.apply_min_to_market,
                "is_notional_max_at_market": filter_.apply_max_to_market,
            }
        case "MAX_NUM_ORDERS":
            return {"orders_max": filter_.max_num_orders or filter_.limit}
        case "MAX_NUM_ALGO_ORDERS":
            return {"algos_max": filter_.max_num_algo_orders or filter_.limit}
        case "MAX_POSITION":
            return {"position_max": filter_.max_position}
        case _:
            return {}


def digits_shown(step: Decimal) -> int:
    """Return how many digits after the point a step is written with."""
    exponent = step.as_tuple().exponent
    assert isinstance(exponent, int), f"{step} is not finite"
    return max(0, -exponent)


def digits_used(value: Decimal) -> int:
    """Return how many digits after the point a value needs."""
    return digits_shown(value.normalize())
