"""Played again from raw ticks, a log comes out byte for byte; a log that tells it otherwise does not."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from interlock.apps import assembly, full_replay
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.market.recordings.columns import RecordingSet
from interlock.market.simulated import simulate
from interlock.messages import observations as o
from interlock.messages.commands import RaiseSignal, StartRun
from interlock.messages.record import Record, encode
from interlock.research.backtest.comparison import Divergence
from interlock.runtime.configuration.settings import Settings
from interlock.units.faults import Fault
from tests.builders import changed
from tests.fakes import MemoryJournal, plan_of, played

pytestmark = pytest.mark.slow

SEED = 3


@pytest.fixture(autouse=True)
def short_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated feed of these tests lasts two minutes, where a user's lasts an hour."""

    def open_feed(feed: str, seed: int, settings: Settings) -> RecordingSet:
        return simulate(seed if feed == assembly.SIMULATED else int(feed), 120)

    monkeypatch.setattr(assembly, "open_feed", open_feed)


def a_run(seed: int = SEED) -> MemoryJournal:
    """Return the log of the configured automations over two simulated minutes."""
    return played(plan_of(simulate(seed, 120), seed=seed))[1]


def on_disk(directory: Path, bodies: list[bytes], blobs: list[bytes]) -> JournalReader:
    journal = Journal.create(directory, "interlock.test/replay", 0)
    journal.append(bodies, blobs)
    journal.close()
    return JournalReader(directory)


def played_again(directory: Path, bodies: list[bytes], blobs: list[bytes]) -> tuple[int, Divergence | None]:
    reader = on_disk(directory, bodies, blobs)
    try:
        return full_replay.play_again(reader, "simulated")
    finally:
        reader.close()


def test_a_log_comes_out_again_whole(tmp_path: Path) -> None:
    log = a_run()
    assert any(isinstance(record.input, o.FillReported) for record in log.records)
    assert played_again(tmp_path, log.bodies, log.blobs) == (len(log.bodies), None)


def forged_view(record: Record) -> Record | None:
    """Return the record of a signal with another view, decided the same."""
    asked = record.input
    if not isinstance(asked, RaiseSignal) or asked.view is None:
        return None
    return changed(record, input=changed(asked, view=changed(asked.view, line=asked.view.line + 1)))


def forged_fill(record: Record) -> Record | None:
    """Return the record of a fill with another price."""
    asked = record.input
    return changed(record, input=changed(asked, price=asked.price + 1)) if isinstance(asked, o.FillReported) else None


def forged_mark(record: Record) -> Record | None:
    """Return the record of a mark with another age."""
    asked = record.input
    if not isinstance(asked, o.MarkHeard):
        return None
    return changed(record, input=changed(asked, view=changed(asked.view, age_ms=asked.view.age_ms + 1)))


def forged_time(record: Record) -> Record | None:
    """Return a venue's report, a nanosecond earlier."""
    return changed(record, at_ns=record.at_ns - 1) if isinstance(record.input, o.AcceptReported) else None


@pytest.mark.parametrize("forge", [forged_view, forged_fill, forged_mark, forged_time])
def test_a_forged_record_is_found_and_named(tmp_path: Path, forge: Callable[[Record], Record | None]) -> None:
    log = a_run()
    forged = [(record, forge(record)) for record in log.records]
    seq, other = next((record.seq, other) for record, other in forged if other is not None)
    bodies = [*log.bodies[:seq], encode(other), *log.bodies[seq + 1 :]]
    size, divergence = played_again(tmp_path, bodies, log.blobs)
    assert divergence is not None
    assert (divergence.seq, divergence.stored, divergence.played) == (seq, bodies[seq], log.bodies[seq])
    assert size == seq


def test_the_log_of_another_seed_under_this_runs_name_is_found(tmp_path: Path) -> None:
    """Another run with the identity of this one: the records are sound by themselves, and not of these ticks."""
    log, other = a_run(), played(plan_of(simulate(SEED, 120), seed=SEED + 1))[1]
    begin = other.records[0]
    assert isinstance(begin.input, StartRun)
    bodies = [log.bodies[0], *other.bodies[1:]]
    size, divergence = played_again(tmp_path, bodies, log.blobs)
    assert divergence is not None
    assert 9 < divergence.seq == size


@pytest.mark.parametrize("kept", [-1, -7])
def test_a_log_whose_end_is_missing_is_found(tmp_path: Path, kept: int) -> None:
    log = a_run()
    bodies = log.bodies[:kept]
    size, divergence = played_again(tmp_path, bodies, log.blobs)
    assert divergence == Divergence(seq=len(bodies), stored=None, played=log.bodies[kept])
    assert size == len(bodies)


def test_a_log_that_goes_on_after_its_run_is_found(tmp_path: Path) -> None:
    log = a_run()
    size, divergence = played_again(tmp_path, [*log.bodies, log.bodies[-1]], log.blobs)
    assert divergence == Divergence(seq=len(log.bodies), stored=log.bodies[-1], played=None)
    assert size == len(log.bodies)


def test_another_feed_is_refused_by_its_digests(tmp_path: Path) -> None:
    log = a_run()
    reader = on_disk(tmp_path, log.bodies, log.blobs)
    with pytest.raises(Fault, match="not what the run was made from") as fault:
        full_replay.play_again(reader, "99")
    reader.close()
    assert fault.value.hint


@pytest.mark.parametrize("part", ["build", "lock", "schema"])
def test_a_run_of_another_program_is_refused_by_name(tmp_path: Path, part: str) -> None:
    log = a_run()
    begin = log.records[0]
    assert isinstance(begin.input, StartRun)
    identity = msgspec.structs.replace(begin.input.run, **{part: "0" * 64})
    begun = changed(begin, input=StartRun(run=identity))
    reader = on_disk(tmp_path, [encode(begun), *log.bodies[1:]], log.blobs)
    with pytest.raises(Fault, match="another program"):
        full_replay.play_again(reader, "simulated")
    reader.close()


def test_a_log_without_its_settings_or_its_beginning_is_refused(tmp_path: Path) -> None:
    log = a_run()
    for name, bodies, blobs in (("no settings", log.bodies, []), ("no beginning", log.bodies[5:], log.blobs)):
        reader = on_disk(tmp_path / name, bodies, blobs)
        with pytest.raises(Fault) as fault:
            full_replay.play_again(reader, "simulated")
        reader.close()
        assert "Nothing was replayed" in fault.value.what


def test_the_plan_is_read_back_from_the_log(tmp_path: Path) -> None:
    log = a_run()
    reader = on_disk(tmp_path, log.bodies, log.blobs)
    plan = full_replay.plan_of(reader, "simulated")
    reader.close()
    made = plan_of(simulate(SEED, 120), seed=SEED)
    for field in dataclasses.fields(made):
        if field.name not in ("recordings", "automations", "instruments"):
            assert getattr(plan, field.name) == getattr(made, field.name), field.name
    assert dict(plan.instruments) == dict(made.instruments)
    assert [(a.owner, a.strategy_name, a.symbol) for a in plan.automations] == [
        (a.owner, a.strategy_name, a.symbol) for a in made.automations
    ]
