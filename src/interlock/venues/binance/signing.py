"""Signatures over the exact bytes that are sent: HMAC-SHA256 with a secret, or Ed25519 with a private key."""

import hmac
from base64 import b64encode
from typing import Protocol
from urllib.parse import quote_from_bytes

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from interlock.units.faults import Fault


class Signer(Protocol):
    """Who signs: the public API key, and the signature of a payload as it stands in a query."""

    @property
    def api_key(self) -> bytes: ...

    def sign(self, payload: bytes) -> bytes:
        """Return the signature, ready for the query."""
        ...


class HmacSigner:
    """Signs with a shared secret; the signature is lower-case hex."""

    __slots__ = ("_secret", "api_key")

    def __init__(self, api_key: str, secret: str) -> None:
        self.api_key = checked_key(api_key)
        self._secret = secret.encode()

    def sign(self, payload: bytes) -> bytes:
        """Return 64 hex digits."""
        return hmac.digest(self._secret, payload, "sha256").hex().encode()


class Ed25519Signer:
    """Signs with a private key; the signature is base64, percent-encoded."""

    __slots__ = ("_private", "api_key")

    def __init__(self, api_key: str, private_pem: bytes) -> None:
        """Errors: a Fault when the key is no Ed25519 private key without a password. The key itself is never told."""
        self.api_key = checked_key(api_key)
        try:
            private = load_pem_private_key(private_pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _no_key() from error
        if not isinstance(private, Ed25519PrivateKey):
            raise _no_key()
        self._private = private

    def sign(self, payload: bytes) -> bytes:
        """Return the signature as it stands in a query."""
        return quote_from_bytes(b64encode(self._private.sign(payload)), safe="").encode()


def checked_key(api_key: str) -> bytes:
    """Return an API key as a header takes it. Errors: a Fault unless it is printable ASCII without blanks."""
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise Fault(
            f"The API key has {len(api_key)} characters that cannot all stand in a header; nothing was sent.",
            "Copy the key again: letters and digits only, without blanks or line ends.",
        )
    return api_key.encode("ascii")


def _no_key() -> Fault:
    return Fault(
        "The private key is not an Ed25519 key in PEM without a password; nothing was sent.",
        "Make one with `openssl genpkey -algorithm ed25519`, and register its public half at the venue.",
    )
