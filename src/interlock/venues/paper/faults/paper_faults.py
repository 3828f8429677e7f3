"""The faults in force at the paper exchange, and what they do to each call and each message."""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.words import Market
from interlock.venues.paper.faults.answers import disturbance_of
from interlock.venues.paper.faults.chance import SeededFaults
from interlock.venues.paper.faults.injections import Injection, check_injection
from interlock.venues.paper.faults.kinds import KINDS, Kind, Target


class Levers(Struct, frozen=True, kw_only=True):
    """What faults of the exchange itself are carried out with; whoever wires the exchange gives them.

    `later` calls back after so many ms. `relist` is given market (None for all), symbol (empty for all) and the factor.
    `disconnect` resets the WebSockets of a market (None for all) that hear a stream whose name fits the pattern, and
    without a pattern every one.
    """

    later: Callable[[int, Callable[[], None]], object]
    shift_clock: Callable[[int], None]
    expire_listen_keys: Callable[[Market | None, str | None], None]
    relist: Callable[[Market | None, str, int], None]
    disconnect: Callable[[Market | None, str | None], None]


class FaultInForce(Struct, frozen=True, kw_only=True):
    """A fault that was injected, how often it has struck, and how often and until when (UTC ms) it still may."""

    fault_id: int
    injection: Injection
    is_seeded: bool
    struck: int
    left: int | None
    ends_ms: int | None


class PaperFaults:
    """Implements `Interference`. The oldest fault in force that strikes a call or a message is the one that does."""

    def __init__(self, now_ms: Callable[[], int], levers: Levers, seeded: SeededFaults | None = None) -> None:
        """`now_ms` is the exchange's clock as it goes without a fault, UTC milliseconds."""
        self._now_ms = now_ms
        self._levers = levers
        self._seeded = seeded
        self._in_force: dict[int, FaultInForce] = {}
        self._injected = 0
        self._calls = 0
        self._pushes = 0

    def inject(self, injection: Injection) -> FaultInForce:
        """Put a fault in force, or carry it out at once where it is of that kind. Errors: InjectionRefused."""
        check_injection(injection)
        return self._start(injection, is_seeded=False)

    def list(self) -> tuple[FaultInForce, ...]:
        """Return the faults in force, oldest first."""
        self._end_the_late()
        return tuple(self._in_force.values())

    def clear(self, fault_id: int | None = None) -> int:
        """End one fault, or all; return how many were in force. A seed goes on drawing; `still` ends that."""
        self._end_the_late()
        ended = [each for each in self._in_force if fault_id in (None, each)]
        for each in ended:
            self._end(each)
        return len(ended)

    def still(self) -> None:
        """Draw no more faults from the seed."""
        self._seeded = None

    # --- Interference ----------------------------------------------------------------------------------------------

    def on_call(self, call: Call) -> Disturbance | None:
        """Return what happens to this request, None for nothing."""
        drawn = None
        if self._seeded is not None:
            self._calls += 1
            drawn = self._begun(self._seeded.of_call(self._calls))
        if self._in_force:
            self._end_the_late()
        for fault in self._in_force.values():
            injection = fault.injection
            target = KINDS[injection.kind].target
            if (target is Target.ANSWER or injection.kind in _REFUSING) and injection.strikes_call(call):
                self._count(fault)
                return disturbance_of(injection, call, self._now_ms(), fault.ends_ms)
        return None if drawn is None else disturbance_of(drawn, call, self._now_ms(), None)

    def on_open(self, market: Market) -> Disturbance | None:
        """Return how a new WebSocket is refused, None to let it in: maintenance and bans keep all of them out."""
        if self._in_force:
            self._end_the_late()
        for fault in self._in_force.values():
            injection = fault.injection
            if _shuts_out(injection) and injection.market in (None, market):
                call = Call(market, _OPENING, None, is_socket=True)
                return disturbance_of(injection, call, self._now_ms(), fault.ends_ms)
        return None

    def on_push(self, market: Market, stream: str, message: bytes) -> Sequence[tuple[int, bytes]]:
        """Return what becomes of a message pushed on a stream: (delay in ms, bytes) each; empty when it is lost."""
        drawn = None
        if self._seeded is not None:
            self._pushes += 1
            drawn = self._begun(self._seeded.of_push(self._pushes))
            if drawn is not None and drawn.kind is Kind.DISCONNECT:
                # Not now: those who are just being told must not be gone in the middle of it.
                self._levers.later(0, partial(self._levers.disconnect, market, stream))
                return ()
        if self._in_force:
            self._end_the_late()
        for fault in self._in_force.values():
            injection = fault.injection
            if injection.kind is Kind.MAINTENANCE and injection.market in (None, market):
                return ()
            if KINDS[injection.kind].target is Target.STREAM and injection.strikes_stream(market, stream):
                self._count(fault)
                return _fates(injection, message)
        return ((0, message),) if drawn is None else _fates(drawn, message)

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _start(self, injection: Injection, is_seeded: bool) -> FaultInForce:
        self._injected += 1
        lasts_ms = injection.lasts_ms()
        fault = FaultInForce(
            fault_id=self._injected,
            injection=injection,
            is_seeded=is_seeded,
            struck=0,
            left=injection.strikes_left(),
            ends_ms=None if lasts_ms is None else self._now_ms() + lasts_ms,
        )
        if injection.kind is Kind.LISTEN_KEY_EXPIRY:
            self._levers.expire_listen_keys(injection.market, injection.account)
            return fault
        if injection.kind is Kind.FILTERS_CHANGED:
            self._levers.relist(injection.market, injection.symbol or "", injection.number("step_factor"))
            return fault
        if injection.kind is Kind.DISCONNECT:
            self._levers.disconnect(injection.market, injection.calls)
            return fault
        self._in_force[fault.fault_id] = fault
        if _shuts_out(injection):
            self._levers.disconnect(injection.market, None)
        if injection.kind is Kind.CLOCK_OFFSET:
            self._shift_clock()
            if lasts_ms is not None:
                # A shift must end on time also when nobody calls.
                self._levers.later(lasts_ms, partial(self._end, fault.fault_id))
        return fault

    def _begun(self, drawn: Injection | None) -> Injection | None:
        """Put what a seed drew in force where it lasts; return what strikes this one call or message only."""
        if drawn is None:
            return None
        if KINDS[drawn.kind].target is not Target.EXCHANGE and drawn.lasts_ms() is None:
            return drawn
        self._start(drawn, is_seeded=True)
        return None

    def _count(self, fault: FaultInForce) -> None:
        left = None if fault.left is None else fault.left - 1
        if left == 0:
            del self._in_force[fault.fault_id]
            return
        self._in_force[fault.fault_id] = FaultInForce(
            fault_id=fault.fault_id,
            injection=fault.injection,
            is_seeded=fault.is_seeded,
            struck=fault.struck + 1,
            left=left,
            ends_ms=fault.ends_ms,
        )

    def _end_the_late(self) -> None:
        now_ms = self._now_ms()
        for fault in list(self._in_force.values()):
            if fault.ends_ms is not None and fault.ends_ms <= now_ms:
                self._end(fault.fault_id)

    def _end(self, fault_id: int) -> None:
        ended = self._in_force.pop(fault_id, None)
        if ended is not None and ended.injection.kind is Kind.CLOCK_OFFSET:
            self._shift_clock()

    def _shift_clock(self) -> None:
        """Let the clock go as all shifts in force together say."""
        shifts = (each.injection for each in self._in_force.values() if each.injection.kind is Kind.CLOCK_OFFSET)
        self._levers.shift_clock(sum(shift.number("offset_ms") for shift in shifts))


_REFUSING = frozenset({Kind.MAINTENANCE, Kind.BAN})
_OPENING = "GET /ws"


def _shuts_out(injection: Injection) -> bool:
    return injection.kind in _REFUSING and not injection.is_narrowed()


def _fates(injection: Injection, message: bytes) -> Sequence[tuple[int, bytes]]:
    match injection.kind:
        case Kind.DUPLICATE:
            return ((0, message), (0, message))
        case Kind.REORDER:
            return ((injection.number("delay_ms"), message),)
        case _:
            return ()
