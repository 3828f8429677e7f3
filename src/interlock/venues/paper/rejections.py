"""The venue's words for what it does not take: error codes and texts of Binance USD-M futures."""

from typing import NamedTuple


class Rejection(NamedTuple):
    """A code and its text, as the venue sends them."""

    code: int
    text: str


MISSING_PARAMETER = -1102
SUPERFLUOUS_PARAMETER = -1106
ORDER_REFUSED = -2010

ACCOUNT_UNKNOWN = Rejection(-2015, "Invalid API-key, IP, or permissions for action.")
SYMBOL_UNKNOWN = Rejection(-1121, "Invalid symbol.")
BAD_PRECISION = Rejection(-1111, "Precision is over the maximum defined for this asset.")
CANCEL_UNKNOWN = Rejection(-2011, "Unknown order sent.")
MARGIN_SHORT = Rejection(-2019, "Margin is insufficient.")
TRIGGERS_AT_ONCE = Rejection(-2021, "Order would immediately trigger.")
NOTHING_TO_REDUCE = Rejection(-2022, "ReduceOnly Order is rejected.")
QUANTITY_NOT_POSITIVE = Rejection(-4003, "Quantity less than or equal to zero.")
QUANTITY_BELOW_MIN = Rejection(-4004, "Quantity less than min quantity.")
QUANTITY_ABOVE_MAX = Rejection(-4005, "Quantity greater than max quantity.")
PRICE_NOT_POSITIVE = Rejection(-4001, "Price less than 0.")
PRICE_ABOVE_MAX = Rejection(-4002, "Price greater than max price.")
PRICE_BELOW_MIN = Rejection(-4013, "Price less than min price.")
PRICE_OFF_TICK = Rejection(-4014, "Price not increased by tick size.")
QUANTITY_OFF_STEP = Rejection(-4023, "Quantity not increased by step size.")
ID_DUPLICATED = Rejection(-4116, "ClientOrderId is duplicated.")
ID_INVALID = Rejection(-4015, "Client order id is not valid.")
WOULD_TAKE = Rejection(
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history",
)
# The real venue always has a book; these two are ours, under its code for a market order without counterparties.
NO_BOOK = Rejection(-2020, "Unable to fill: the depth feed has no valid book of this symbol.")
NO_QUOTE = Rejection(-2020, "Unable to fill: no quote of this symbol is known.")


def notional_below_min(least: str) -> Rejection:
    """Return the rejection of an order worth less than the venue takes."""
    return Rejection(-4164, f"Order's notional must be no smaller than {least} (unless you choose reduce only).")


def parameter_missing(name: str) -> Rejection:
    """Return the rejection of an order that lacks what its type needs."""
    return Rejection(MISSING_PARAMETER, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def parameter_superfluous(name: str) -> Rejection:
    """Return the rejection of an order that brings what its type does not take."""
    return Rejection(SUPERFLUOUS_PARAMETER, f"Parameter '{name}' sent when not required.")
