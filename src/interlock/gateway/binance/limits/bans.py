"""Addresses that are shut out: who goes on asking over the limit, for longer each time, or by hand."""

from collections.abc import Callable

from interlock.gateway.binance.limits.counters import Limited

BAN_FIRST_S = 120
BAN_S_MAX = 3 * 86_400
_HOSTS_MAX = 10_000


class Bans:
    """Who is banned until when. Each ban earned is twice as long as the one before, from two minutes to three days."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._until_ms: dict[str, int] = {}
        self._earned: dict[str, int] = {}

    def ban(self, host: str, seconds: int) -> None:
        """Shut an address out from now on for so long; zero lets it in again."""
        if seconds <= 0:
            self._until_ms.pop(host, None)
            return
        self._until_ms[host] = self._now_ms() + seconds * 1_000

    def earn(self, host: str) -> None:
        """Shut out who went on asking over the limit, for twice as long as the last time."""
        if len(self._earned) > _HOSTS_MAX:
            self._earned.clear()
        times = self._earned.get(host, 0)
        self._earned[host] = times + 1
        self.ban(host, min(BAN_FIRST_S << min(times, 20), BAN_S_MAX))

    def check(self, host: str) -> None:
        """Let an address pass that is not banned. Errors: Limited with 418, -1003 and until when."""
        if not self._until_ms:
            return
        until_ms = self._until_ms.get(host)
        if until_ms is None:
            return
        left_ms = until_ms - self._now_ms()
        if left_ms <= 0:
            del self._until_ms[host]
            return
        raise Limited(
            -1003,
            f"Way too much request weight used; IP banned until {until_ms}. "
            "Please use the websocket for live updates to avoid bans.",
            418,
            -(-left_ms // 1_000),
        )
