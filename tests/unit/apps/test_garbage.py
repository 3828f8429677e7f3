"""What is set aside is walked by no later pass, and what comes after it is still collected."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from interlock.apps.garbage import set_aside

pytestmark = pytest.mark.slow


class Loop:
    """Garbage that only a pass can find."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_there_is_walked_no_more() -> None:
    kept = Loop()
    assert any(each is kept for each in gc.get_objects())
    set_aside()
    assert not any(each is kept for each in gc.get_objects())


def test_what_comes_later_is_collected_and_what_was_garbage_before_is_not_kept() -> None:
    before = weakref.ref(Loop())
    set_aside()
    assert before() is None
    later = weakref.ref(Loop())
    gc.collect()
    assert later() is None
