"""How seldom garbage is collected while a run plays, and how little of a server's memory each pass walks."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_COLLECT_AFTER = 50_000


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect garbage seldom: the records of a run are no cycles, and each pass would walk all of them."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def set_aside() -> None:
    """Take all that is there by now out of every later pass: what a server has built at its start lives as long as it.

    Passes are as frequent as ever, since connections come and go in cycles for weeks.
    """
    gc.collect()
    gc.freeze()
