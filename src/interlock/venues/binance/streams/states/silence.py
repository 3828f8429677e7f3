"""Whether a symbol is silent or its market is quiet: by its own usual pause, by the others, and by asking the venue.

A symbol that pauses for much longer than it usually does is under suspicion. If others go on, it alone is looked at; if
most are silent, the liveliest is looked at for all. The venue's book by a plain read then decides: when it has moved on
and the stream does not follow within a grace, the stream is dead, however well its socket answers pings.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from interlock.units.time import NS_PER_MS, NS_PER_S

_PACE_SHIFT: Final = 4  # each pause weighs a sixteenth in the usual one


class SilenceBounds(Struct, frozen=True):
    """How long a pause may be: `pauses` usual ones, within the bounds; `first` as long as none is known."""

    pauses: int = 20
    least_ns: int = 2 * NS_PER_S
    most_ns: int = 60 * NS_PER_S
    first_ns: int = 10 * NS_PER_S
    grace_ns: int = 1_500 * NS_PER_MS


class Look(Struct, frozen=True):
    """Ask the venue for the symbol's book. `is_whole`: most symbols are silent, and this one stands for them."""

    symbol: str
    silent_ns: int
    usual_ns: int
    is_whole: bool


class Silent(Struct, frozen=True):
    """The venue's book moved on and the stream did not, or nothing at all can be heard: give the socket up."""

    symbol: str
    silent_ns: int
    usual_ns: int


class Quiet(Struct, frozen=True):
    """The venue's book did not move either."""

    symbol: str
    silent_ns: int


Verdict = Look | Silent | Quiet


class _Track(Struct):
    heard_at_ns: int
    update_id: int = -1
    usual_ns: int = 0
    looking: Look | None = None
    seen_id: int = -1
    judged_from_ns: int = 0  # when the look's grace is over; 0 while its answer is awaited
    quiet_factor: int = 1


class SilenceWatch:
    """Hears what comes of one kind, and is asked now and then what is suspicious."""

    def __init__(self, symbols: Iterable[str], at_ns: int, bounds: SilenceBounds | None = None) -> None:
        self._tracks = {symbol: _Track(at_ns) for symbol in symbols}
        self._bounds = bounds or SilenceBounds()

    def heard(self, symbol: str, update_id: int, at_ns: int) -> None:
        """Note a message of a symbol, and the book's update id in it."""
        track = self._tracks[symbol]
        pause_ns = at_ns - track.heard_at_ns
        track.usual_ns += (pause_ns - track.usual_ns) >> _PACE_SHIFT if track.usual_ns else pause_ns
        track.heard_at_ns = at_ns
        track.quiet_factor = 1
        track.looking = None
        track.update_id = max(track.update_id, update_id)

    def heard_id(self, symbol: str) -> int:
        """Return the last update id that was heard of a symbol, -1 for none."""
        return self._tracks[symbol].update_id

    def restart(self, at_ns: int) -> None:
        """A new socket: every symbol gets its time anew. The usual pauses stay known."""
        for track in self._tracks.values():
            track.heard_at_ns = at_ns
            track.update_id = track.seen_id = -1
            track.looking = None

    def looked(self, symbol: str, update_id: int, at_ns: int) -> None:
        """Note what the venue's book stands at, as a read told at `at_ns`."""
        track = self._tracks[symbol]
        if track.looking is not None:
            if track.update_id < 0:
                track.update_id = update_id  # nothing was heard yet: from here on it can be seen to move
            track.seen_id = update_id
            track.judged_from_ns = at_ns + self._bounds.grace_ns

    def look_failed(self, symbol: str, at_ns: int) -> None:
        """The venue could not be asked. When all is silent that is answer enough; else it is asked again."""
        track = self._tracks[symbol]
        if track.looking is not None and track.looking.is_whole:
            track.seen_id = track.update_id + 1
            track.judged_from_ns = at_ns
        else:
            track.looking = None

    def look_put_off(self, symbol: str) -> None:
        """The venue was not asked, by our own doing: that is evidence of nothing, and it is asked again."""
        self._tracks[symbol].looking = None

    def check(self, at_ns: int) -> list[Verdict]:
        """Return what is to be done or told by now."""
        verdicts: list[Verdict] = []
        suspects = [symbol for symbol, track in self._tracks.items() if self._is_suspect(track, at_ns)]
        for symbol in suspects:
            track = self._tracks[symbol]
            if track.looking is not None and 0 < track.judged_from_ns <= at_ns:
                verdicts.append(self._judge(symbol, track, at_ns))
        fresh = [symbol for symbol in suspects if self._tracks[symbol].looking is None]
        if len(suspects) > 1 and 2 * len(suspects) > len(self._tracks):
            if len(fresh) < len(suspects) or verdicts:
                return verdicts  # one is being looked at for all
            fresh = [min(fresh, key=lambda symbol: self._tracks[symbol].usual_ns or self._bounds.most_ns)]
            is_whole = True
        else:
            is_whole = len(self._tracks) == 1
        for symbol in fresh:
            track = self._tracks[symbol]
            if any(verdict.symbol == symbol for verdict in verdicts):
                continue
            track.looking = Look(symbol, at_ns - track.heard_at_ns, track.usual_ns, is_whole)
            track.seen_id, track.judged_from_ns = -1, 0
            verdicts.append(track.looking)
        return verdicts

    def _is_suspect(self, track: _Track, at_ns: int) -> bool:
        bounds = self._bounds
        usual_ns = track.usual_ns * bounds.pauses if track.usual_ns else bounds.first_ns
        return at_ns - track.heard_at_ns > min(max(usual_ns, bounds.least_ns), bounds.most_ns) * track.quiet_factor

    def _judge(self, symbol: str, track: _Track, at_ns: int) -> Verdict:
        """Judge a look whose grace is over. A quiet market is looked at again after twice the time."""
        track.looking = None
        silent_ns = at_ns - track.heard_at_ns
        if track.update_id < track.seen_id:
            return Silent(symbol, silent_ns, track.usual_ns)
        allowed_ns = max(silent_ns, 1)
        while track.quiet_factor < 1 << 10 and self._is_suspect(track, track.heard_at_ns + allowed_ns):
            track.quiet_factor *= 2
        return Quiet(symbol, silent_ns)
