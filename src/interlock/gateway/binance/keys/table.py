"""API keys: whose account each opens, what proves its use, and whether it may trade."""

from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from interlock.gateway.binance import refusals

_LENGTH_MAX = 128


class ApiKey(Struct, frozen=True, kw_only=True):
    """One key. `secret` is the shared secret of HMAC signatures, or the public key of Ed25519 ones."""

    key: str
    account: str
    secret: bytes | Ed25519PublicKey
    may_trade: bool = True

    def __repr__(self) -> str:
        return f"ApiKey({self.key[:4]}..., account={self.account!r}, may_trade={self.may_trade})"


class KeyTable:
    """The keys that are known, by key."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys = {each.key: each for each in keys}

    def named(self, text: str | None) -> ApiKey:
        """Return the key of this name. Errors: -2014 absent or malformed, -2015 unknown."""
        found = self._keys.get(text) if text else None
        if found is None:
            is_whole = (
                bool(text) and text is not None and len(text) <= _LENGTH_MAX and text.isascii() and text.isalnum()
            )
            raise refusals.no_permission() if is_whole else refusals.bad_key_format()
        return found

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        """Return the account that a request names by its key, unproven; None for none."""
        found = self._keys.get(headers.get("x-mbx-apikey", ""))
        return found.account if found is not None else None
