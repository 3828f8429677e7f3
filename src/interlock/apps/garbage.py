"""How seldom garbage is collected while a run plays."""

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
