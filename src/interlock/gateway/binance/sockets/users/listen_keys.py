"""Listen keys: the names under which accounts hear their own events, good for an hour and renewed by asking."""

import secrets
import string
from collections.abc import Callable

from msgspec import Struct

from interlock.ports.exchange.words import Market

LIFE_MS = 3_600_000
_LENGTH = 64
_LETTERS = string.ascii_letters + string.digits


class ListenKey(Struct):
    """A key that is good until `end_ms`, by the exchange's clock."""

    key: str
    market: Market
    account: str
    end_ms: int


class Ended(Struct, frozen=True):
    """A listen key that is no more: run out (and its listeners are told), or closed by its account."""

    key: str
    market: Market
    account: str
    has_expired: bool


def random_key() -> str:
    """Return a new listen key, which nobody can guess."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


class ListenKeys:
    """The listen keys of an exchange, at most one for each account of a market."""

    def __init__(self, now_ms: Callable[[], int], make: Callable[[], str] = random_key, life_ms: int = LIFE_MS) -> None:
        self._now_ms = now_ms
        self._make = make
        self._life_ms = life_ms
        self._by_owner: dict[tuple[Market, str], ListenKey] = {}
        self._by_key: dict[str, ListenKey] = {}
        self._ended: list[Callable[[Ended], None]] = []

    def on_end(self, ended: Callable[[Ended], None]) -> None:
        """Call back whenever a key is no more."""
        self._ended.append(ended)

    def create(self, market: Market, account: str) -> str:
        """Return the account's key, a new one when it has none; either is good for an hour from now."""
        self.advance()
        found = self._by_owner.get((market, account))
        if found is None:
            found = ListenKey(self._make(), market, account, 0)
            self._by_owner[market, account] = self._by_key[found.key] = found
        found.end_ms = self._now_ms() + self._life_ms
        return found.key

    def keep_alive(self, market: Market, account: str, key: str | None = None) -> bool:
        """Make the account's key good for another hour; false when it has none such. No key named: its own."""
        found = self._owned(market, account, key)
        if found is None:
            return False
        found.end_ms = self._now_ms() + self._life_ms
        return True

    def close(self, market: Market, account: str, key: str | None = None) -> bool:
        """End the account's key, and cut off who listens without a word; false when it has none such."""
        found = self._owned(market, account, key)
        if found is None:
            return False
        self._end(found, has_expired=False)
        return True

    def account_of(self, market: Market, key: str) -> str | None:
        """Return whose key it is, None when it is nobody's (any more)."""
        found = self._by_key.get(key)
        if found is None or found.market is not market or found.end_ms <= self._now_ms():
            return None
        return found.account

    def expire(self, account: str | None = None, market: Market | None = None) -> int:
        """End the keys of an account (of all), of a market (of all), as if their hour had passed. Returns how many."""
        found = [
            each for each in self._by_key.values() if account in (None, each.account) and market in (None, each.market)
        ]
        for each in found:
            self._end(each, has_expired=True)
        return len(found)

    def advance(self) -> None:
        """End the keys whose hour has passed."""
        now_ms = self._now_ms()
        for each in [each for each in self._by_key.values() if each.end_ms <= now_ms]:
            self._end(each, has_expired=True)

    def _owned(self, market: Market, account: str, key: str | None) -> ListenKey | None:
        self.advance()
        own = self._by_owner.get((market, account))
        return own if own is not None and key in (None, own.key) else None

    def _end(self, found: ListenKey, has_expired: bool) -> None:
        del self._by_key[found.key], self._by_owner[found.market, found.account]
        for tell in self._ended:
            tell(Ended(found.key, found.market, found.account, has_expired))
