"""Binance's own words for what is wrong with a request, and how they look on the wire."""

import msgspec

from interlock.ports.exchange.refusals import ExchangeError

DECIMAL_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
INTEGER_RANGE = "^[0-9]{1,20}$"
SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$"
CLIENT_ID_RANGE = "^[a-zA-Z0-9-_]{1,36}$"
FUTURES_CLIENT_ID_RANGE = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"

_encode = msgspec.json.Encoder().encode


def body(error: ExchangeError) -> bytes:
    """Return a refusal as JSON: its code and text, and what it carries beside them."""
    shown: dict[str, object] = {"code": error.code, "msg": error.text}
    if error.data is not None:
        shown["data"] = error.data
    return _encode(shown)


# --- Parameters ----------------------------------------------------------------------------------------------------


def illegal(name: str, legal: str) -> ExchangeError:
    """A parameter holds characters outside its legal range."""
    return ExchangeError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def duplicated() -> ExchangeError:
    """A parameter was sent twice."""
    return ExchangeError(-1101, "Duplicate values for a parameter detected.")


def too_many(read: int, sent: int) -> ExchangeError:
    """A public endpoint got parameters it does not know."""
    return ExchangeError(-1101, f"Too many parameters; expected '{read}' and received '{sent}'.")


def missing(name: str) -> ExchangeError:
    """A mandatory parameter was not sent."""
    return ExchangeError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def missing_both(one: str, other: str) -> ExchangeError:
    """Neither of two parameters was sent where one must be."""
    return ExchangeError(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def unread(read: int, sent: int) -> ExchangeError:
    """A signed endpoint got parameters it does not know."""
    return ExchangeError(-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.")


def empty(name: str) -> ExchangeError:
    """A parameter was sent without a value."""
    return ExchangeError(-1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> ExchangeError:
    """A parameter has no place in this kind of request."""
    return ExchangeError(-1106, f"Parameter '{name}' sent when not required.")


def too_precise(name: str, is_spot: bool) -> ExchangeError:
    """A number has more digits than the asset knows."""
    if is_spot:
        return ExchangeError(-1111, f"Parameter '{name}' has too much precision.")
    return ExchangeError(-1111, "Precision is over the maximum defined for this asset.")


def bad_force() -> ExchangeError:
    """The time in force is none of the market's."""
    return ExchangeError(-1115, "Invalid timeInForce.")


def bad_kind() -> ExchangeError:
    """The order type is none of the market's."""
    return ExchangeError(-1116, "Invalid orderType.")


def bad_side() -> ExchangeError:
    """The side is neither BUY nor SELL."""
    return ExchangeError(-1117, "Invalid side.")


def bad_interval() -> ExchangeError:
    """The candle interval is not served."""
    return ExchangeError(-1120, "Invalid interval.")


def bad_symbol() -> ExchangeError:
    """The symbol is not listed."""
    return ExchangeError(-1121, "Invalid symbol.")


def bad_listen_key() -> ExchangeError:
    """The listen key is unknown or has expired."""
    return ExchangeError(-1125, "This listenKey does not exist.")


def too_long(hours: int) -> ExchangeError:
    """The times asked for are too far apart."""
    return ExchangeError(-1127, f"More than {hours} hours between startTime and endTime.")


def bad_combination() -> ExchangeError:
    """Parameters that are each right do not go together."""
    return ExchangeError(-1128, "Combination of optional parameters invalid.")


def not_valid(name: str) -> ExchangeError:
    """A value is outside what the parameter may hold."""
    return ExchangeError(-1130, f"Data sent for parameter '{name}' is not valid.")


# --- Who asks ------------------------------------------------------------------------------------------------------


def bad_key_format() -> ExchangeError:
    """The API key is absent or cannot be one."""
    return ExchangeError(-2014, "API-key format invalid.", status=401)


def no_permission() -> ExchangeError:
    """The API key is unknown, or may not do this."""
    return ExchangeError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def bad_signature() -> ExchangeError:
    """The signature does not fit the bytes received."""
    return ExchangeError(-1022, "Signature for this request is not valid.")


def too_late() -> ExchangeError:
    """The request is older than its window."""
    return ExchangeError(-1021, "Timestamp for this request is outside of the recvWindow.")


def too_early() -> ExchangeError:
    """The request comes from the future."""
    return ExchangeError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def window_too_wide() -> ExchangeError:
    """The window is wider than the venue allows."""
    return ExchangeError(-1131, "recvWindow must be less than 60000.")


# --- The rest ------------------------------------------------------------------------------------------------------


def switch_to_algo() -> ExchangeError:
    """A conditional futures order was sent where only plain ones are taken."""
    return ExchangeError(
        -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
    )


def unavailable() -> ExchangeError:
    """There is nothing true to answer right now."""
    return ExchangeError(-1001, "Internal error; unable to process your request. Please try again.", status=503)


def timed_out() -> ExchangeError:
    """Nobody can tell what became of the request."""
    return ExchangeError(
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        status=503,
    )


def unauthorised() -> ExchangeError:
    """The endpoint exists upstream and is not served here."""
    return ExchangeError(-1002, "You are not authorized to execute this request.", status=403)
