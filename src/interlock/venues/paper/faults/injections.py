"""One fault asked for: its kind, what it strikes, how often and how long."""

from fnmatch import fnmatchcase

from msgspec import Struct

from interlock.ports.exchange.interference import Call
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.venues.paper.faults.kinds import KINDS, Kind, Target, When


class InjectionRefused(Fault):
    """A fault was asked for in a way that its kind does not know."""


class Injection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault asked for. None leaves the kind's default (`KINDS`).

    `calls` is a pattern over the names of calls ("POST /fapi/v1/order", "order.place") or, for a kind that strikes
    streams, over stream names ("btcusdt@*", "user"); `*` and `?` stand for any characters and any one. `market` and
    `account` narrow it further. `count` is how often it strikes, 0 for as often as it can; `duration_ms` ends it.
    """

    kind: Kind
    calls: str = "*"
    market: Market | None = None
    account: str | None = None
    when: When | None = None
    count: int | None = None
    duration_ms: int | None = None
    delay_ms: int | None = None
    cut_bytes: int | None = None
    bytes_per_s: int | None = None
    offset_ms: int | None = None
    symbol: str | None = None
    step_factor: int | None = None

    def strikes_call(self, call: Call) -> bool:
        """Tell whether this call is one of those meant."""
        return (
            (self.market is None or self.market is call.market)
            and (self.account is None or self.account == call.account)
            and fnmatchcase(call.name, self.calls)
        )

    def strikes_stream(self, market: Market, stream: str) -> bool:
        """Tell whether this stream is one of those meant."""
        return (self.market is None or self.market is market) and fnmatchcase(stream, self.calls)

    def is_narrowed(self) -> bool:
        """Tell whether it is meant for some calls or one account only."""
        return self.calls != "*" or self.account is not None

    def comes(self) -> When:
        """Return when it strikes."""
        return self.when or KINDS[self.kind].whens[0]

    def number(self, parameter: str) -> int:
        """Return a whole-number parameter, its kind's default where it was not set."""
        value = getattr(self, parameter)
        chosen = KINDS[self.kind].parameters[parameter] if value is None else value
        assert isinstance(chosen, int), f"{parameter} is not a number"
        return chosen

    def strikes_left(self) -> int | None:
        """Return how often it strikes in all, None without bound."""
        if self.count is None:
            return KINDS[self.kind].count
        return self.count or None

    def lasts_ms(self) -> int | None:
        """Return how long it lasts, None without bound."""
        return KINDS[self.kind].duration_ms if self.duration_ms is None else self.duration_ms


_PARAMETERS = ("delay_ms", "cut_bytes", "bytes_per_s", "offset_ms", "symbol", "step_factor")
_MIN = {"count": 0, "duration_ms": 1, "delay_ms": 0, "cut_bytes": 0, "bytes_per_s": 1, "step_factor": 2}


def check_injection(injection: Injection) -> None:
    """Refuse what the kind does not know. Errors: InjectionRefused."""
    kind, terms = injection.kind, KINDS[injection.kind]
    for name in _PARAMETERS:
        if getattr(injection, name) is not None and name not in terms.parameters:
            known = ", ".join(terms.parameters) or "no parameter"
            raise InjectionRefused(f"{kind.value} has no {name}: nothing was injected.", f"It knows {known}.")
    for name, least in _MIN.items():
        value = getattr(injection, name)
        if value is not None and value < least:
            raise InjectionRefused(f"{name} {value} is below {least}: nothing was injected.", f"Give {least} or more.")
    if injection.when is not None and injection.when not in terms.whens:
        allowed = " or ".join(when.value for when in terms.whens)
        raise InjectionRefused(
            f"{kind.value} does not come {injection.when.value} the effect: nothing was injected.",
            f"It comes {allowed} the effect." if allowed else "Leave out when: it befalls no request.",
        )
    if terms.target is Target.STREAM and injection.account is not None:
        raise InjectionRefused(
            f"{kind.value} strikes streams, which are not told apart by account: nothing was injected.",
            'Choose by market and by the name of the stream; account events are "user".',
        )
    if kind in _WHOLE and (injection.calls != "*" or injection.account is not None or injection.market is not None):
        raise InjectionRefused(
            f"{kind.value} befalls the whole exchange: nothing was injected.", "Leave out calls, market and account."
        )
    is_chosen = injection.calls != "*" and terms.target is not Target.STREAM
    if kind in AT_ONCE and (is_chosen or injection.count not in (None, 1) or injection.duration_ms):
        named = "count and duration" if terms.target is Target.STREAM else "calls, count and duration"
        raise InjectionRefused(f"{kind.value} happens once and at once: nothing was injected.", f"Leave out {named}.")
    if terms.target is not Target.STREAM and _names_a_stream(injection.calls):
        raise InjectionRefused(
            f"{kind.value} strikes calls, and {injection.calls} is the name of a stream: nothing was injected.",
            "Name calls (`POST /api/v3/order`, `order.place`); `disconnect` resets the connections of a stream.",
        )


def _names_a_stream(pattern: str) -> bool:
    """Tell whether a pattern can mean streams only; names of calls have none of these forms."""
    return "@" in pattern or pattern.startswith("!") or pattern == "user"


_WHOLE = frozenset({Kind.CLOCK_OFFSET})
AT_ONCE = frozenset({Kind.LISTEN_KEY_EXPIRY, Kind.FILTERS_CHANGED, Kind.DISCONNECT})
"""Kinds that are carried out and over, never in force."""
