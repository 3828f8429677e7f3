"""Plays a feed onto the present. It never sleeps and reads no clock: whoever drives it asks when, and says the time.

A feed that cannot keep up, or a process that was held, does not make it hurry through what it missed: it carries on
from where it was, and the time lost is counted.
"""

from collections import deque

from interlock.market.live.ticks import Feed, Tick
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_MS

LAG_MS_MAX = 5_000
SPEED_MAX = 10_000
# Fewer ticks than this ahead, and more are made ready while nothing is due.
_AHEAD_TICKS = 256


class FeedPlayer:
    """A feed on the present clock, at its own speed or N-fold."""

    def __init__(self, feed: Feed, start_ns: int, speed: int = 1, lag_ms_max: int = LAG_MS_MAX) -> None:
        """Play the feed so that its first tick is due at `start_ns`. Errors: Fault for a speed that is not allowed."""
        if not 1 <= speed <= SPEED_MAX:
            raise Fault(
                f"The feed cannot be played {speed}-fold; allowed is 1 to {SPEED_MAX}.",
                "Give a whole number; 1 plays it as it was heard.",
            )
        self.feed = feed
        self.lag_ns = 0  # time lost so far: what was due later than lag_ms_max ago was put off to the present
        self._speed = speed
        self.lag_ms_max = lag_ms_max  # may be set anew at any time: to a lot, to make up a history first
        self._base_ns = start_ns
        self.played_ns = feed.start_ns  # the feed's time of the last tick that was played
        self._ahead: deque[Tick] = deque()
        self._is_exhausted = False
        self.prepare()

    @property
    def has_ended(self) -> bool:
        """Tell whether the feed is over: nothing will come any more."""
        return self._is_exhausted and not self._ahead

    def due_ns(self) -> int | None:
        """Return when the next tick is due, None when the feed is over."""
        return self._present_ns(self._ahead[0].at_ns) if self._ahead else None

    def advance(self, now_ns: int, ticks_max: int = 512) -> list[Tick]:
        """Return the ticks that are due, in order, with the present's times; at most `ticks_max`.

        The rest stays due: `due_ns` says so.
        """
        due_ns = self.due_ns()
        if due_ns is None or due_ns > now_ns:
            return []
        if now_ns - due_ns > self.lag_ms_max * NS_PER_MS:
            self.lag_ns += now_ns - due_ns
            self._base_ns += now_ns - due_ns
        until_ns = self.feed.start_ns + (now_ns - self._base_ns + 1) * self._speed
        ahead, played = self._ahead, list[Tick]()
        while len(played) < ticks_max:
            if not ahead:
                self.prepare()
                if not ahead:
                    break
            if ahead[0].at_ns >= until_ns:
                break
            tick = ahead.popleft()
            self.played_ns = tick.at_ns
            at_ns = self._present_ns(tick.at_ns)
            tick.venue_at_ns = min(self._present_ns(tick.venue_at_ns), at_ns) if tick.venue_at_ns else at_ns
            tick.at_ns = at_ns
            played.append(tick)
        return played

    def prepare(self) -> None:
        """Make ticks ready, when there are few; best called when nothing is due."""
        if len(self._ahead) < _AHEAD_TICKS and not self._is_exhausted:
            ticks = self.feed.next_ticks()
            self._is_exhausted = not ticks
            self._ahead.extend(ticks)

    def _present_ns(self, feed_ns: int) -> int:
        return self._base_ns + (feed_ns - self.feed.start_ns) // self._speed
