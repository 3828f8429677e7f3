"""The venue's rate limits as its headers tell of them: orders and cancellations first, reads from what is left. Pure.

One budget for all that goes to one market: the venue counts weight by address, not by key.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS, NS_PER_S

_MINUTE_NS: Final = 60 * NS_PER_S
_TEN_S_NS: Final = 10 * NS_PER_S
_BAN_S_MAX: Final = 3 * 24 * 3_600  # the longest the venue gives
_BAN_S_UNSAID: Final = 120  # the shortest ban, where the header does not say
_HOLD_S_MIN: Final = 1  # where the header says less, asking again at once would only lead to a ban
_TOO_MANY, _BANNED = 429, 418
_WEIGHT: Final = "x-mbx-used-weight-1m"
_COUNTS: Final = {"x-mbx-order-count-10s": _TEN_S_NS, "x-mbx-order-count-1m": _MINUTE_NS}
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_UNTIL: Final = re.compile(rb"banned until ([0-9]{13})\b")


class RateLimits(Struct, frozen=True, kw_only=True):
    """What the venue allows, by its exchangeInfo. Reads stop at a share of the weight, entries at one of the orders."""

    weight_minute_max: int
    orders_10s_max: int
    orders_minute_max: int
    reads_percent_max: int = 70
    entries_percent_max: int = 90


RATE_LIMITS: Final = {
    Market.SPOT: RateLimits(weight_minute_max=6_000, orders_10s_max=100, orders_minute_max=600),
    Market.USDM: RateLimits(weight_minute_max=2_400, orders_10s_max=300, orders_minute_max=1_200),
}


class _Window:
    """A count that begins anew with every window of the clock, as the venue's do."""

    __slots__ = ("_at", "_used", "length_ns")

    def __init__(self, length_ns: int) -> None:
        self.length_ns = length_ns
        self._at = -1
        self._used = 0

    def used(self, at_ns: int) -> int:
        return self._used if at_ns // self.length_ns == self._at else 0

    def add(self, at_ns: int, count: int) -> None:
        self._used = self.used(at_ns) + count
        self._at = at_ns // self.length_ns

    def hear(self, at_ns: int, used: int) -> None:
        """Take the venue's own count; ours stands where it is higher, since some of it is still on its way."""
        self._used = max(self.used(at_ns), used)
        self._at = at_ns // self.length_ns

    def left_ns(self, at_ns: int) -> int:
        return self.length_ns - at_ns % self.length_ns


class Budget:
    """What may be sent now. Times are the venue's, in nanoseconds; every `..._wait_ns` is 0 when it may be sent."""

    def __init__(self, limits: RateLimits) -> None:
        self.limits = limits
        self.held_until_ns = 0
        self._weight = _Window(_MINUTE_NS)
        self._orders = {length_ns: _Window(length_ns) for length_ns in (_TEN_S_NS, _MINUTE_NS)}

    def read_wait_ns(self, at_ns: int, weight: int) -> int:
        """Return how long a read of this weight has to wait: reads leave a part of the budget to what trades."""
        if at_ns < self.held_until_ns:
            return self.held_until_ns - at_ns
        most = self.limits.weight_minute_max * self.limits.reads_percent_max // 100
        used = self._weight.used(at_ns)
        return self._weight.left_ns(at_ns) if used and used + weight > most else 0

    def exit_wait_ns(self, at_ns: int) -> int:
        """Return how long what reduces or cancels has to wait: only for the venue's own word."""
        return max(self.held_until_ns - at_ns, 0)

    def entry_wait_ns(self, at_ns: int) -> int:
        """Return how long an entry has to wait: the last orders of each window are left to what reduces."""
        if at_ns < self.held_until_ns:
            return self.held_until_ns - at_ns
        share = self.limits.entries_percent_max
        for window, most in zip(
            self._orders.values(), (self.limits.orders_10s_max, self.limits.orders_minute_max), strict=True
        ):
            if window.used(at_ns) >= most * share // 100:
                return window.left_ns(at_ns)
        return 0

    def count_read(self, at_ns: int, weight: int) -> None:
        """Count a read as it is sent."""
        self._weight.add(at_ns, weight)

    def count_order(self, at_ns: int) -> None:
        """Count an order as it is sent; cancellations are not counted by the venue."""
        for window in self._orders.values():
            window.add(at_ns, 1)

    def hear(self, at_ns: int, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Take the word of an answer. After 429 and 418 nothing may be sent before the header's time is over.

        A header that cannot be read is left out; a hold whose length is not said lasts to the end of the minute, a ban
        at least two minutes, and none less than a second.
        """
        used = _largest(headers.get(_WEIGHT))
        if used is not None:
            self._weight.hear(at_ns, used)
        for name, length_ns in _COUNTS.items():
            count = _largest(headers.get(name))
            if count is not None:
                self._orders[length_ns].hear(at_ns, count)
        if status not in (_TOO_MANY, _BANNED):
            return
        said = _largest(headers.get("retry-after"))
        until = _UNTIL.search(body)
        least_ns = (_BAN_S_UNSAID if status == _BANNED and said is None else _HOLD_S_MIN) * NS_PER_S
        if said is not None:
            hold_ns = said * NS_PER_S
        elif until is not None:
            hold_ns = int(until[1]) * NS_PER_MS - at_ns
        else:
            hold_ns = self._weight.left_ns(at_ns)
        self.held_until_ns = max(self.held_until_ns, at_ns + min(max(hold_ns, least_ns), _BAN_S_MAX * NS_PER_S))


def _largest(values: str | None) -> int | None:
    """Return the largest of a header's counts; one that came more than once has several, with commas between."""
    counts = [int(value) for value in map(str.strip, (values or "").split(",")) if _COUNT.fullmatch(value)]
    return max(counts, default=None)
