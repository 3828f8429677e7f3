"""Signatures over the bytes as received: cut out by bytes before anything is decoded."""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature

from interlock.gateway.binance import refusals
from interlock.gateway.binance.keys.table import ApiKey

_NAME = b"signature="


def cut(query: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Return the signed bytes of a request, query and body run together, and the signature as sent.

    The signature may stand anywhere in either. Errors: -1102 when there is none, -1101 when there are two.
    """
    query, in_query = _cut_one(query)
    body, in_body = _cut_one(body)
    if in_query is not None and in_body is not None:
        raise refusals.duplicated()
    found = in_query if in_query is not None else in_body
    if not found:
        raise refusals.missing("signature")
    return query + body, found


def _cut_one(raw: bytes) -> tuple[bytes, bytes | None]:
    if raw.startswith(_NAME):
        start, value_at = 0, len(_NAME)
    else:
        start = raw.find(b"&" + _NAME)
        if start < 0:
            return raw, None
        value_at = start + 1 + len(_NAME)
    end = raw.find(b"&", value_at)
    if end < 0:
        return raw[:start], raw[value_at:]
    # From the start of the line the `&` that follows goes too; from the middle the one before it did.
    return raw[:start] + raw[end + (start == 0) :], raw[value_at:end]


def check(key: ApiKey, payload: bytes, signature: bytes) -> None:
    """Check a signature as sent (hex for HMAC, base64 for Ed25519, percent-encoded or not). Errors: -1022."""
    plain = unquote_to_bytes(signature) if b"%" in signature else signature
    if isinstance(key.secret, bytes):
        wanted = hmac.digest(key.secret, payload, hashlib.sha256).hex().encode()
        if not hmac.compare_digest(wanted, plain.lower()):
            raise refusals.bad_signature()
        return
    try:
        key.secret.verify(base64.b64decode(plain, validate=True), payload)
    except (InvalidSignature, binascii.Error) as error:
        raise refusals.bad_signature() from error
