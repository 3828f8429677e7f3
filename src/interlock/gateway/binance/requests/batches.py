"""Several orders in one request: each element becomes parameters of its own."""

import msgspec

from interlock.gateway.binance import refusals
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import OrderKey

ORDERS_MAX = 5
CANCELS_MAX = 10
_TOO_MANY = -4082

_decode_orders = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_ids = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


def elements(given: Parameters) -> list[Parameters]:
    """Return the parameters of each order in `batchOrders`. Errors: -1102, -1130 not a list, -4082 too many."""
    text = given.need("batchOrders")
    try:
        orders = _decode_orders(text)
        found = [
            Parameters({name: _text(raw) for name, raw in each.items() if bytes(raw) != b"null"}) for each in orders
        ]
    except msgspec.DecodeError as error:
        raise refusals.not_valid("batchOrders") from error
    if not found:
        raise refusals.missing("batchOrders")
    if len(found) > ORDERS_MAX:
        raise ExchangeError(_TOO_MANY, "Invalid number of batch place orders.")
    return found


def keys(given: Parameters, symbol: str) -> list[OrderKey]:
    """Return the orders named by `orderIdList` or `origClientOrderIdList`. Errors: -1102, -1130, -4082."""
    # ccxt writes both names in small letters, and upstream takes them so.
    by_id = given.get("orderIdList") or given.get("orderidlist")
    by_client = given.get("origClientOrderIdList") or given.get("origclientorderidlist")
    if by_id is None and by_client is None:
        raise refusals.missing_both("orderIdList", "origClientOrderIdList")
    name = "orderIdList" if by_id is not None else "origClientOrderIdList"
    try:
        texts = [_text(raw) for raw in _decode_ids(by_id or by_client or "")]
    except msgspec.DecodeError as error:
        raise refusals.not_valid(name) from error
    if not texts:
        raise refusals.missing(name)
    if len(texts) > CANCELS_MAX:
        raise ExchangeError(_TOO_MANY, "Invalid number of batch place orders.")
    if by_id is None:
        return [OrderKey(symbol=symbol, client_order_id=text) for text in texts]
    if not all(text.isascii() and text.isdigit() and len(text) <= 20 for text in texts):
        raise refusals.not_valid(name)
    return [OrderKey(symbol=symbol, order_id=int(text)) for text in texts]


def _text(raw: msgspec.Raw) -> str:
    """Return a JSON value as the text that a form would hold."""
    written = bytes(raw)
    return _decode_text(written) if written.startswith(b'"') else written.decode()
