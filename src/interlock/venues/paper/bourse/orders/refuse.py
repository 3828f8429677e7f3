"""The exchange's refusals: which code and text, spot and futures apart."""

from typing import NoReturn

from interlock.ports.exchange.refusals import ExchangeError
from interlock.venues.paper.rejections import Rejection

FILTER_FAILURE = -1013
ORDER_REFUSED = -2010

SYMBOL_UNKNOWN = Rejection(-1121, "Invalid symbol.")
SPOT_DUPLICATE = Rejection(ORDER_REFUSED, "Duplicate order sent.")
SPOT_FUNDS_SHORT = Rejection(ORDER_REFUSED, "Account has insufficient balance for requested action.")
SPOT_WOULD_TAKE = Rejection(ORDER_REFUSED, "Order would immediately match and take.")
SPOT_TRIGGERS_AT_ONCE = Rejection(ORDER_REFUSED, "Stop price would trigger immediately.")
SPOT_CLOSED = Rejection(FILTER_FAILURE, "Market is closed.")
CANCEL_UNKNOWN = Rejection(-2011, "Unknown order sent.")
CLIENT_ID_INVALID = Rejection(
    -1100,
    "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.",
)
ORDER_TYPE_INVALID = Rejection(-1116, "Invalid orderType.")
FORCE_INVALID = Rejection(-1115, "Invalid timeInForce.")
ALGO_ENDPOINT = Rejection(
    -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
)
LEVERAGE_INVALID = "Leverage {} is not valid"
LEVERAGE_TOO_SMALL = Rejection(-2028, "Leverage is smaller than permitted: insufficient margin balance.")
POSITION_TOO_LARGE = Rejection(-2027, "Exceeded the maximum allowable position at current leverage.")
LEVERAGE_ISOLATED = Rejection(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
MARGIN_TYPE_SAME = Rejection(-4046, "No need to change margin type.")
MARGIN_TYPE_POSITION = Rejection(-4048, "Margin type cannot be changed if there exists position.")
MARGIN_TYPE_ORDERS = Rejection(-4047, "Margin type cannot be changed if there exists open orders.")
ORDERS_MAX = Rejection(-2025, "Reach max open order limit.")
ALGOS_MAX = Rejection(-4045, "Reach max stop order limit.")
PERCENT_AT_MARKET = Rejection(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")
CLOSE_EXISTS = Rejection(
    -4130, "An open stop or take profit order with GTE and closePosition in the direction is existing."
)
CLOSE_WITH_QUANTITY = Rejection(-4137, "Quantity must be zero with closePosition equals true.")
CALLBACK_INVALID = Rejection(-2007, "Invalid callBack rate.")
GTD_INVALID = Rejection(
    -5040,
    "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than "
    "253402300799000 (UTC 9999-12-31 23:59:59)",
)
ORDER_UNKNOWN = Rejection(-2013, "Order does not exist.")
AMEND_KIND = Rejection(-5025, "Only limit order is supported.")
AMEND_SAME = Rejection(-5027, "No need to modify the order.")
COUNTDOWN_INVALID = Rejection(-1130, "Data sent for parameter 'countdownTime' is not valid.")


def refuse(why: Rejection) -> NoReturn:
    """Raise a refusal."""
    raise ExchangeError(why.code, why.text)


def fail_filter(name: str) -> NoReturn:
    """Raise the refusal of spot's filter of that name."""
    raise ExchangeError(FILTER_FAILURE, f"Filter failure: {name}")


def too_precise(name: str) -> NoReturn:
    """Raise spot's refusal of a parameter with more than eight digits."""
    raise ExchangeError(-1111, f"Parameter '{name}' has too much precision.")
