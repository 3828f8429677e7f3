"""A futures listen key: good for an hour, renewed every half, made anew when it is lost."""

from enum import Enum
from typing import Final

from interlock.units.time import NS_PER_S

RENEW_NS: Final = 1_800 * NS_PER_S
LIFE_NS: Final = 3_600 * NS_PER_S
RETRY_NS: Final = 60 * NS_PER_S


class Act(Enum):
    """What is to be done about the key."""

    CREATE = "create"
    RENEW = "renew"
    WAIT = "wait"


class KeyKeeping:
    """The key that our events come by, and what it needs next. Times are ours."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.good_from_ns = 0
        self._renew_at_ns = 0

    def next_act(self, at_ns: int) -> tuple[Act, int]:
        """Return what to do now, and in how many nanoseconds to ask again at the latest."""
        if self.key is None or at_ns >= self.good_from_ns + LIFE_NS:
            return Act.CREATE, 0
        if at_ns >= self._renew_at_ns:
            return Act.RENEW, 0
        return Act.WAIT, self._renew_at_ns - at_ns

    def created(self, key: str, at_ns: int) -> bool:
        """Note the key that the venue gave; returns whether it is another one than before."""
        is_other = key != self.key
        self.key = key
        self.good_from_ns = at_ns
        self._renew_at_ns = at_ns + RENEW_NS
        return is_other

    def renewed(self, key: str, at_ns: int) -> bool:
        """Note that the key is good for another hour; returns whether the venue gave another one instead ("": same)."""
        return self.created(key or self.key or "", at_ns)

    def renewal_failed(self, at_ns: int) -> None:
        """The venue could not be asked: try again soon, until the key's hour has passed."""
        self._renew_at_ns = at_ns + RETRY_NS

    def expired(self, key: str) -> bool:
        """Note that a key is no more; returns whether it was ours. No key named means ours."""
        if self.key is None or key not in ("", self.key):
            return False
        self.key = None
        return True
