"""Promise 1: no entry leaves before its record is on disk.

Whole runs over short simulated feeds, at an exchange that looks into the journal's files whenever something is handed
to it, and with journals that fail at every append there is.
"""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.verify import verify
from interlock.messages import events as e
from interlock.messages.orders import ApprovedOrder
from interlock.messages.record import Record, decode
from interlock.ports.journal import Head
from interlock.research.backtest.run import Plan, play
from interlock.units.faults import Fault
from interlock.venues.paper.terms import VenueTerms
from tests.fakes import FailingJournal, MemoryJournal, WatchedExchange, busy_plan, played, watched_exchange

SLOW = VenueTerms(latency_entry_ms_median=Decimal(3_000), latency_entry_sigma=Decimal(0))
AT_ONCE = VenueTerms(latency_entry_ms_median=Decimal(0), latency_response_ms_median=Decimal(0))
TERMS = [VenueTerms(), SLOW, AT_ONCE]


def silent(start_ns: int, at_ns: int, end_ns: int) -> None:
    """Show no progress."""


def asked_for(record: Record, request: ApprovedOrder | str) -> bool:
    """Tell whether this record is the one that allows the request."""
    if isinstance(request, str):
        return any(isinstance(each, e.OrderCancelRequested) and each.order_id == request for each in record.events)
    return any(isinstance(each, e.OrderApproved) and each.order == request for each in record.events)


class OnDisk:
    """Looks into the journal's folder with a reader of its own, as another process would."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen = 0
        self._records: list[Record] = []
        self.requests = 0

    def watch(self, exchange: WatchedExchange) -> None:
        exchange.on_request = self.expect

    def expect(self, request: ApprovedOrder | str, at_ns: int) -> None:
        """Assert that the record behind a request is on disk at the moment it is handed over."""
        reader = JournalReader(self._directory)
        size = reader.size()
        self._records += [decode(body) for _, body in reader.bodies(self._seen, size)]
        reader.close()
        self._seen = size
        found = [record for record in self._records if asked_for(record, request)]
        assert found, f"{request} was handed over with {size} records on disk, none of which allows it"
        assert found[-1].at_ns <= at_ns
        self.requests += 1


@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 10_000), every=st.integers(1, 40), terms=st.sampled_from(TERMS))
def test_no_entry_leaves_before_its_record_is_on_disk(seed: int, every: int, terms: VenueTerms) -> None:
    plan = with_terms(busy_plan(seed, 60, every), terms)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "journal"
        disk = OnDisk(directory)
        journal = Journal.create(directory, "interlock.test/promise-1", 0)
        with watched_exchange(disk.watch) as made:
            outcome = play(plan, journal, silent)
        journal.close()
        assert disk.requests >= len(made[0].placed) > 0
        report = verify(directory)
        assert report.ok and report.size == outcome.head.size, report


def with_terms(plan: Plan, terms: VenueTerms) -> Plan:
    return dataclasses.replace(plan, terms=terms)


@pytest.mark.parametrize("terms", TERMS)
def test_nothing_handed_over_arrives_before_its_commit(terms: VenueTerms) -> None:
    """On virtual time too: what is sent at its decision's time cannot arrive before the time of its commit."""
    journal = TimedJournal()
    arrivals: list[int] = []

    def watch(exchange: WatchedExchange) -> None:
        clock = exchange._clock
        journal.now_ns = clock.now_ns

        def expect(request: ApprovedOrder | str, at_ns: int) -> None:
            record = next(record for record in map(decode, reversed(journal.bodies)) if asked_for(record, request))
            committed_ns = journal.committed_ns[record.seq]
            assert at_ns == record.at_ns, "a request leaves at the time of its decision"
            assert at_ns + exchange.arrival_floor_ns >= committed_ns
            arrivals.append(at_ns)

        exchange.on_request = expect

    with watched_exchange(watch):
        played(with_terms(busy_plan(5, 60, 3), terms), journal)
    assert len(arrivals) > 50


class TimedJournal(MemoryJournal):
    """Remembers at which time of the run each record was committed."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns: Callable[[], int] = int
        self.committed_ns: dict[int, int] = {}

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        for place in range(len(bodies)):
            self.committed_ns[self.head.size + place] = self.now_ns()
        return super().append(bodies, blobs, openings)


@cache
def whole_run() -> MemoryJournal:
    """Return the log of a short run in which nothing fails."""
    _, journal = played(short_plan())
    return journal


def short_plan() -> Plan:
    return busy_plan(9, 20, 5)


def test_a_journal_that_fails_at_any_append_ends_the_run_and_lets_nothing_of_that_turn_out() -> None:
    whole = whole_run()
    assert len(whole.commits) > 15
    for fails_at in range(len(whole.commits)):
        journal = FailingJournal(fails_at)
        with watched_exchange() as made, pytest.raises(Fault, match="full"):
            played(short_plan(), journal)
        assert journal.commits == whole.commits[:fails_at], "what was acknowledged before is whole, and no more"
        placed = {order.order_id for exchange in made for order, _ in exchange.placed}
        approved = [each for record in journal.records for each in record.events if isinstance(each, e.OrderApproved)]
        assert placed <= {each.order.order_id for each in approved}, f"append {fails_at} failed, and an order left"


def test_a_journal_that_fails_on_a_disk_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """The same with real files: the run ends, and a reader finds exactly the acknowledged records."""
    for fails_at in (1, 7, 14):
        directory = tmp_path / str(fails_at)
        journal = Journal.create(directory, "interlock.test/promise-1", 0)
        with pytest.raises(Fault, match="full"):
            play(short_plan(), FullAfter(journal, fails_at), silent)
        journal.close()
        report = verify(directory)
        assert report.ok, report
        reader = JournalReader(directory)
        stored = [body for _, body in reader.bodies(0, reader.size())]
        reader.close()
        assert stored == [body for commit in whole_run().commits[:fails_at] for body in commit]


class FullAfter:
    """A real journal whose n-th append fails before it writes. Implements `JournalWriter`."""

    def __init__(self, journal: Journal, fails_at: int) -> None:
        self._journal = journal
        self._left = fails_at

    @property
    def head(self) -> Head:
        return self._journal.head

    def free_bytes(self) -> int:
        return self._journal.free_bytes()

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        if not self._left:
            raise Fault("The disk is full.", "Free some space.")
        self._left -= 1
        return self._journal.append(bodies, blobs, openings)
