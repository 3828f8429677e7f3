"""Turns: one commit for all that happened in one, nothing let out before it, nothing at all after a failure."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import apsw
import pytest

from interlock.ports.exchange.events import AlgoUpdated, Told
from interlock.ports.exchange.refusals import NoAnswer
from interlock.ports.exchange.words import Market
from interlock.venues.paper.bourse.records import Drained, Row
from interlock.venues.paper.bourse.store.book import read_book
from interlock.venues.paper.bourse.store.book_store import BookStore
from interlock.venues.paper.bourse.store.faults import SyncFailed
from interlock.venues.paper.bourse.turns import Turns
from tests.unit.venues.paper.store.failing import failing
from tests.unit.venues.paper.store.rows import algo, at, order


class Changes:
    """Whatever a test changes: rows to be written, and events of the orders' ids."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.told: list[Told] = []
        self.drains = 0
        self.is_broken = False

    @property
    def is_dirty(self) -> bool:
        return bool(self.rows or self.told)

    @property
    def is_telling(self) -> bool:
        return bool(self.told)

    def drain(self) -> Drained:
        self.drains += 1
        assert not self.is_broken, "a mistake in the kernel"
        drained = Drained(self.rows, self.told)
        self.rows, self.told = [], []
        return drained

    def order(self, order_id: int, tells: bool = True) -> None:
        self.rows.append(order(order_id))
        if tells:
            self.told.append(Told(Market.USDM, "alice", AlgoUpdated(algo=algo(order_id), at_ns=at(order_id))))


class Bench:
    """A kernel that changes as told, a real book, and all that was let out, with what was on disk by then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changes = Changes()
        self.store = BookStore.open(folder)
        self.failures: list[Exception] = []
        self.out: list[tuple[str, int, list[int]]] = []
        self.turns = Turns(self.changes, self.store, self.failures.append)
        self.turns.listen(self.listened)

    def on_disk(self) -> list[int]:
        return [row.order_id for row in read_book(self.folder).orders]

    def listened(self, told: Sequence[Told]) -> None:
        for each in told:
            assert isinstance(each.event, AlgoUpdated)
            self.out.append(("told", each.event.algo.algo_id, self.on_disk()))

    async def place(self, order_id: int) -> None:
        self.changes.order(order_id)
        await self.turns.committed()
        self.out.append(("answered", order_id, self.on_disk()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


def test_all_that_happens_in_a_turn_is_one_commit_and_is_answered_and_told_after_it(bench: Bench) -> None:
    async def story() -> None:
        await asyncio.gather(*(bench.place(each) for each in (1, 2, 3)))
        await asyncio.sleep(0)

    run(story)
    all_three = [1, 2, 3]
    assert bench.changes.drains == 1
    assert bench.out == [
        *(("answered", each, all_three) for each in all_three),
        *(("told", each, all_three) for each in all_three),
    ]


def test_events_are_told_in_order_over_turns_each_once(bench: Bench) -> None:
    async def story() -> None:
        for each in range(1, 30):
            if each % 3:
                await bench.place(each)
            else:
                bench.changes.order(each)
                bench.turns.changed()
        await bench.turns.committed()
        await asyncio.sleep(0)

    run(story)
    assert [each for kind, each, _ in bench.out if kind == "told"] == list(range(1, 30))
    assert all(each in on_disk for _, each, on_disk in bench.out)


def test_what_tells_nobody_is_committed_soon_and_with_the_first_thing_that_tells(bench: Bench) -> None:
    async def story() -> None:
        bench.changes.order(1, tells=False)
        bench.turns.changed()
        await asyncio.sleep(0)
        assert bench.on_disk() == []
        bench.changes.order(2)
        bench.turns.changed()
        await asyncio.sleep(0)
        assert bench.on_disk() == [1, 2]
        bench.changes.order(3, tells=False)
        bench.turns.changed()
        async with asyncio.timeout(10):
            while bench.changes.is_dirty:
                await asyncio.sleep(0)
        assert bench.on_disk() == [1, 2, 3]

    run(story)
    assert bench.changes.drains == 2


def test_whoever_gives_up_waiting_takes_nobody_and_nothing_along(bench: Bench) -> None:
    async def story() -> None:
        leaving, staying = asyncio.ensure_future(bench.place(1)), asyncio.ensure_future(bench.place(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying
        assert leaving.cancelled()

    run(story)
    assert bench.out[0] == ("answered", 2, [1, 2])


def test_after_a_failed_commit_nothing_is_answered_told_or_written_any_more(bench: Bench) -> None:
    async def story() -> None:
        await bench.place(1)
        failing(bench.store, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_FSYNC)
        answers = await asyncio.gather(bench.place(2), bench.place(3), return_exceptions=True)
        assert [type(answer) for answer in answers] == [NoAnswer, NoAnswer]
        with pytest.raises(NoAnswer):
            bench.turns.require_going()
        bench.changes.order(4)
        bench.turns.changed()
        bench.turns.commit()
        await asyncio.sleep(0)

    run(story)
    assert [type(failure) for failure in bench.failures] == [SyncFailed]
    assert bench.out == [("answered", 1, [1]), ("told", 1, [1])]
    bench.turns.close()
    assert bench.on_disk() == [1]


def test_an_error_that_is_no_fault_of_the_disk_also_ends_it_and_is_not_hidden(bench: Bench) -> None:
    async def story() -> None:
        bench.changes.order(1)
        bench.changes.is_broken = True
        with pytest.raises(AssertionError):
            bench.turns.commit()
        with pytest.raises(NoAnswer):
            bench.turns.require_going()

    run(story)
    assert len(bench.failures) == 1


def test_the_end_commits_and_tells_what_is_left(bench: Bench) -> None:
    async def story() -> None:
        bench.changes.order(1)
        bench.turns.changed()
        bench.turns.close()
        bench.turns.changed()

    run(story)
    assert bench.out == [("told", 1, [1])]
    assert bench.failures == []
    BookStore.open(bench.folder).close()
