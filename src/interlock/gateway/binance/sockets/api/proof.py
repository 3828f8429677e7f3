"""Who asks over the WebSocket API: a key with each request, or once for the whole connection."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Security
from interlock.gateway.binance.keys import signatures, timing
from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.sockets.api.envelope import signed_payload
from interlock.ports.exchange.refusals import ExchangeError

PROOFS = ("apiKey", "signature", "returnRateLimits")
"""Parameters that are no endpoint's."""


class Logon:
    """The key of a connection: the one it logged on with, or the one its opening request named."""

    def __init__(self, table: KeyTable, header_key: str | None, now_ms: Callable[[], int]) -> None:
        self._table = table
        self._header_key = header_key
        self._now_ms = now_ms
        self.key: ApiKey | None = None
        self.since_ms: int | None = None

    def start(self, values: dict[str, str], given: Parameters) -> ApiKey:
        """Log on. Errors: -2028 unless the key is an Ed25519 one, and those of any signed request."""
        key = self._table.named(self._named(values))
        if not isinstance(key.secret, Ed25519PublicKey):
            raise ExchangeError(-2028, "HMAC-SHA-256 API key is not supported.")
        self._check(key, values, given)
        self.key, self.since_ms = key, self._now_ms()
        return key

    def end(self) -> None:
        """Log off."""
        self.key = self.since_ms = None

    def account(self, values: dict[str, str]) -> str | None:
        """Return the account that a request names, unproven; None for none."""
        name = values.get("apiKey")
        if name is None and self.key is not None:
            return self.key.account
        return self._table.account_of({"x-mbx-apikey": name or self._header_key or ""})

    def subscriber(self) -> str | None:
        """Return whose events the connection may hear: by its logon, else by the key it was opened with."""
        return self.account({})

    def proven(self, security: Security, values: dict[str, str], given: Parameters) -> str:
        """Return whose request it is, empty for a public one. Errors: -1102, -1021, -1022, -2014 and -2015."""
        if security is Security.NONE:
            return ""
        if security is Security.KEY:
            given.mark_read("timestamp", "recvWindow")  # some sign what needs no signature
            return self.named(values).account
        if "apiKey" in values or self.key is None:
            key = self._table.named(self._named(values))
            self._check(key, values, given)
        else:
            key = self.key
            timing.check(given, self._now_ms())
        given.is_signed = True
        if security is Security.TRADE and not key.may_trade:
            raise refusals.no_permission()
        return key.account

    def named(self, values: dict[str, str]) -> ApiKey:
        """Return the key that a request names, or its connection did. Errors: -1102, -2014 and -2015."""
        if "apiKey" not in values:
            if self.key is not None:
                return self.key
            if self._header_key is not None:
                return self._table.named(self._header_key)
        return self._table.named(self._named(values))

    def signed(self, values: dict[str, str], given: Parameters) -> ApiKey:
        """Return the key that a request is signed with. Errors: those of any signed request."""
        key = self._table.named(self._named(values))
        self._check(key, values, given)
        return key

    def _named(self, values: dict[str, str]) -> str:
        name = values.get("apiKey")
        if not name:
            raise refusals.missing("apiKey")
        return name

    def _check(self, key: ApiKey, values: dict[str, str], given: Parameters) -> None:
        signature = values.get("signature")
        if not signature:
            raise refusals.missing("signature")
        timing.check(given, self._now_ms())
        signatures.check(key, signed_payload(values), signature.encode())
