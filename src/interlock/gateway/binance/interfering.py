"""A disturbance as it shows on one answer: another body, damaged bytes, and how the server is to misdeliver it."""

from interlock.gateway.binance import refusals
from interlock.gateway.server.messages import Delivery, Response
from interlock.ports.exchange.interference import Disturbance

_DAMAGED_EVERY = 7
_DAMAGE = 0x55
_TYPE = "content-type"


def disturbed(answer: Response, disturbance: Disturbance) -> Response:
    """Return the answer as the disturbance leaves it."""
    status, body, headers, content_type = answer.status, answer.body, answer.headers, answer.content_type
    if disturbance.status is not None:
        status = disturbance.status
    if disturbance.body is not None:
        body = disturbance.body
    if disturbance.is_garbled:
        body = garbled(body)
    for name, value in disturbance.headers:
        if name.lower() == _TYPE:
            content_type = value
        else:
            headers = (*headers, (name, value))
    delivery = Delivery(
        delay_ms=disturbance.delay_ms,
        cut_bytes=disturbance.cut_bytes,
        is_dropped=disturbance.is_dropped,
        is_reset=disturbance.is_reset,
        bytes_per_s=disturbance.bytes_per_s,
    )
    return Response(status, body, headers, content_type, None if delivery == Delivery() else delivery)


def not_carried_out() -> Response:
    """Return what is answered in place of a request that is not carried out, where the disturbance names no body."""
    error = refusals.timed_out()
    return Response(error.status, refusals.body(error))


def garbled(body: bytes) -> bytes:
    """Return the bytes with every seventh of them damaged, the first always."""
    damaged = bytearray(body)
    for place in range(0, len(damaged), _DAMAGED_EVERY):
        damaged[place] ^= _DAMAGE
    return bytes(damaged)
