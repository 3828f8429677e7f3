"""What an address and an account may ask of each market, as the exchange information promises it."""

from collections.abc import Callable

from msgspec import Struct

from interlock.gateway.binance.limits.bans import Bans
from interlock.gateway.binance.limits.counters import Counter, Limited
from interlock.ports.exchange.words import Market

_MINUTE_MS = 60_000
_STRIKES_MAX = 10
_NAMES = {1_000: "SECOND", 60_000: "MINUTE", 3_600_000: "HOUR", 86_400_000: "DAY"}


class OrderLimit(Struct, frozen=True):
    """At most so many new orders of an account in each so many seconds, minutes or days."""

    unit_ms: int
    number: int
    orders_max: int

    @property
    def unit(self) -> str:
        """The unit in the venue's word."""
        return _NAMES[self.unit_ms]


class MarketLimits(Struct, frozen=True):
    """Request weight of an address in a minute, and orders of an account: the shorter interval first."""

    weight_minute_max: int
    orders: tuple[OrderLimit, ...]


LIMITS = {
    Market.SPOT: MarketLimits(6_000, (OrderLimit(1_000, 10, 100), OrderLimit(86_400_000, 1, 200_000))),
    Market.USDM: MarketLimits(2_400, (OrderLimit(1_000, 10, 300), OrderLimit(60_000, 1, 1_200))),
}
"""What the venue promises today."""

Headers = tuple[tuple[str, str], ...]


class Allowance:
    """One market's counters."""

    def __init__(self, market: Market, limits: MarketLimits, now_ms: Callable[[], int]) -> None:
        self.limits = limits
        self._is_spot = market is Market.SPOT
        self.bans = Bans(now_ms)
        self._weight = Counter(_MINUTE_MS, limits.weight_minute_max, now_ms)
        self._strikes = Counter(_MINUTE_MS, _STRIKES_MAX, now_ms)
        self._orders = tuple(
            (each, Counter(each.unit_ms * each.number, each.orders_max, now_ms)) for each in limits.orders
        )

    def spend(self, host: str, weight: int) -> int:
        """Use weight, and return what the address has used this minute. Errors: Limited with 418 or 429, -1003."""
        self.bans.check(host)
        used = self._weight.add(host, weight)
        if used <= self._weight.limit:
            return used
        if self._strikes.add(host, 1) > _STRIKES_MAX:
            self.bans.earn(host)
            self.bans.check(host)
        limit = self._weight.limit
        text = (
            f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
            if self._is_spot
            else f"Too many requests; current limit is {limit} requests per minute. "
            "Please use the websocket for live updates to avoid polling the API."
        )
        raise Limited(-1003, text, 429, self._weight.left_s())

    def weight_headers(self, used: int) -> Headers:
        """Return the headers that say how much weight an address has used."""
        text = str(used)
        if self._is_spot:
            return (("X-MBX-USED-WEIGHT", text), ("X-MBX-USED-WEIGHT-1M", text))
        return (("X-MBX-USED-WEIGHT-1M", text),)

    def used(self, host: str) -> int:
        """Return the weight that an address has used this minute."""
        return self._weight.used(host)

    def take_orders(self, account: str, orders: int = 1, orders_long: int | None = None) -> Headers:
        """Count new orders, `orders_long` of them in the longer interval, and return the headers that say so.

        Errors: Limited with 429, -1015, and then none is counted.
        """
        counted = tuple(
            (limit, counter, orders if place == 0 or orders_long is None else orders_long)
            for place, (limit, counter) in enumerate(self._orders)
        )
        for limit, counter, number in counted:
            if counter.used(account) + number > counter.limit:
                raise Limited(
                    -1015,
                    f"Too many new orders; current limit is {limit.orders_max} orders per {limit.number} {limit.unit}.",
                    429,
                    counter.left_s(),
                )
        return tuple(
            (f"X-MBX-ORDER-COUNT-{limit.number}{limit.unit[0]}", str(counter.add(account, number)))
            for limit, counter, number in counted
        )

    def order_counts(self, account: str) -> list[tuple[OrderLimit, int]]:
        """Return each limit of orders with what the account has used of it."""
        return [(limit, counter.used(account)) for limit, counter in self._orders]


class Allowances:
    """All markets' counters. Who is banned from one market is let in to the other."""

    def __init__(self, now_ms: Callable[[], int], limits: dict[Market, MarketLimits] | None = None) -> None:
        self._by_market = {market: Allowance(market, (limits or LIMITS)[market], now_ms) for market in Market}

    def of(self, market: Market) -> Allowance:
        """Return the counters of a market."""
        return self._by_market[market]
