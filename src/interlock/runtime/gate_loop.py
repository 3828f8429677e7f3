"""The gate's loop: decide and fold each input, commit in one synced append, and only then let effects out.

The loop is the same in every run. Who calls it decides how many inputs make a turn; nothing observable leaves a turn
before its commit.
"""

from msgspec import Struct

from interlock.core.machine import decide, fold, react
from interlock.core.state import State
from interlock.messages.commands import Disarm, ProposeOrder, RaiseSignal
from interlock.messages.effects import Effect
from interlock.messages.events import Event, OrderRefused, SignalTaken
from interlock.messages.observations import RefusalsCounted
from interlock.messages.record import BODY_BYTES_MAX, Authority, Input, Record, encode
from interlock.ports.journal import Head, JournalWriter
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_S

GATE = "gate"
"""The actor of what the loop itself asks."""
MIB = 1_048_576
LOW_WATER_BYTES = 256 * MIB
TURN_RECORDS_MAX = 512
"""A turn is committed at the latest when it holds so many records."""
REPEAT_WINDOW_NS = NS_PER_S
"""Identical refusals within this time after the first are counted, not recorded one by one."""

_MAY_BE_REFUSED = (RaiseSignal, ProposeOrder)


class DecidedEffect(Struct, frozen=True):
    """An effect with the core's time of the decision that asked for it."""

    at_ns: int
    effect: Effect


class _Repeats(Struct):
    """A refusal on record, and how often it came again since."""

    refusal: OrderRefused
    seq: int
    at_ns: int
    count: int = 0


class GateLoop:
    """The one owner of the state and the one writer of the journal."""

    def __init__(
        self, journal: JournalWriter, state: State, authority: Authority, low_water_bytes: int = LOW_WATER_BYTES
    ) -> None:
        """Take the state and the journal. Below `low_water_bytes` of free disk the run is disarmed."""
        self.state = state
        self._low_water_bytes = low_water_bytes
        self._journal = journal
        self._authority = authority
        self._bodies: list[bytes] = []
        self._blobs: list[bytes] = []
        self._effects: list[DecidedEffect] = []
        self._repeats: dict[tuple[str, str], _Repeats] = {}

    @property
    def head(self) -> Head:
        """Size and root of what is committed."""
        return self._journal.head

    @property
    def uncommitted(self) -> int:
        """How many records wait for the commit."""
        return len(self._bodies)

    @property
    def effects_waiting(self) -> int:
        """How many effects wait for the commit."""
        return len(self._effects)

    def attach(self, blob: bytes) -> None:
        """Keep bytes that a record of this turn refers to by digest; they are written with it."""
        self._blobs.append(blob)

    def offer(self, at_ns: int, actor: str, asked: Input) -> tuple[Event, ...]:
        """Decide one input and fold what follows; return the events. Nothing has left yet: `commit` lets it.

        `at_ns` is raised where needed, so that the core's time always increases.
        """
        if self._repeats:
            self._flush_repeats(at_ns)
        state = self.state
        moment = at_ns if at_ns > state.at_ns else state.at_ns + 1
        events = decide(state, moment, asked)
        if not events:
            return events
        refusal = _refusal_alone(events) if isinstance(asked, _MAY_BE_REFUSED) else None
        if refusal is not None:
            key = (refusal.owner, refusal.symbol)
            known = self._repeats.get(key)
            if known is not None and (known.refusal.side, known.refusal.refusals) == (refusal.side, refusal.refusals):
                known.count += 1
                return events
            if known is not None and known.count:
                # What was counted stands before this on the log, so this is decided again on what it changes.
                self._tell_repeats(moment, key)
                return self.offer(moment, actor, asked)
            self._repeats[key] = _Repeats(refusal, state.seq, moment)
        self._record(moment, actor, asked, events)
        return events

    def _record(self, at_ns: int, actor: str, asked: Input, events: tuple[Event, ...]) -> None:
        state = self.state
        record = Record(
            seq=state.seq,
            at_ns=at_ns,
            lease_epoch=state.lease_epoch,
            mode=state.mode,
            latch=state.latch,
            actor=actor,
            authority=self._authority,
            input=asked,
            events=events,
        )
        body = encode(record)
        if len(body) > BODY_BYTES_MAX:
            raise Fault(
                f"Record {record.seq} would be {len(body)} bytes; a record holds at most {BODY_BYTES_MAX}. "
                "It was not written and nothing of it was sent.",
                "List fewer instruments or symbols in one message.",
            )
        fold(state, record.seq, at_ns, events)
        self._bodies.append(body)
        for event in events:
            for effect in react(state, event):
                self._effects.append(DecidedEffect(at_ns, effect))

    def _flush_repeats(self, at_ns: int) -> None:
        for key in [k for k, known in self._repeats.items() if at_ns - known.at_ns >= REPEAT_WINDOW_NS]:
            self._tell_repeats(at_ns, key)

    def _tell_repeats(self, at_ns: int, key: tuple[str, str]) -> None:
        known = self._repeats.pop(key)
        if known.count:
            counted = RefusalsCounted(seq=known.seq, owner=known.refusal.owner, count=known.count)
            moment = max(at_ns, self.state.at_ns + 1)
            self._record(moment, GATE, counted, decide(self.state, moment, counted))

    def finish_repeats(self, at_ns: int) -> None:
        """Put every open count of repeated refusals on record, before the run ends."""
        for key in list(self._repeats):
            self._tell_repeats(at_ns, key)

    def commit(self) -> list[DecidedEffect]:
        """Write the turn's records in one synced append; return the effects that may now be carried out, in order.

        Errors: a Fault of the journal. The state is then ahead of the log, and the process must end.
        """
        if self._bodies:
            self._watch_disk()
            self._journal.append(self._bodies, self._blobs)
            self._bodies, self._blobs = [], []
        effects, self._effects = self._effects, []
        return effects

    def _watch_disk(self) -> None:
        """Disarm while there is still room to write it: what runs out of disk must not open anything more."""
        if not self.state.is_armed:
            return
        free_bytes = self._journal.free_bytes()
        if free_bytes < self._low_water_bytes:
            least_mib = self._low_water_bytes // MIB
            reason = f"the disk has {free_bytes // MIB} MiB free; below {least_mib} MiB nothing is entered"
            asked = Disarm(reason=reason)
            moment = self.state.at_ns + 1
            self._record(moment, GATE, asked, decide(self.state, moment, asked))


def _refusal_alone(events: tuple[Event, ...]) -> OrderRefused | None:
    """Return the refusal, where nothing was decided but that (and that a signal counts)."""
    *before, last = events
    return last if isinstance(last, OrderRefused) and all(isinstance(each, SignalTaken) for each in before) else None
