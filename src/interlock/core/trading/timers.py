"""The names of a position's timers. The last two are of spot positions only."""

from interlock.core.state import PositionKey


def hold_timer(key: PositionKey) -> str:
    """How long it may be held."""
    return "hold|" + "|".join(key)


def retry_timer(key: PositionKey) -> str:
    """Another try to close it."""
    return "close|" + "|".join(key)


def cover_timer(key: PositionKey) -> str:
    """Its stop, although the end of its entry was not told."""
    return "cover|" + "|".join(key)


def exit_timer(key: PositionKey) -> str:
    """Another try to take back what locks it."""
    return "exit|" + "|".join(key)


def timers(key: PositionKey) -> tuple[str, str, str, str]:
    """Return all of them."""
    return hold_timer(key), retry_timer(key), cover_timer(key), exit_timer(key)
