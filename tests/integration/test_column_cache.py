"""The column cache gives what parsing gives, finds every damage, and never fails a run."""

import fcntl
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from interlock.market.recordings import cache as cache_module
from interlock.market.recordings.columns import RecordingSet
from interlock.market.recordings.sources import open_recordings
from tests.recordings import assert_same_ticks, recording
from tests.unit.market.recordings.samples import depth, mark, quote, snapshot, trade, written


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    folder = tmp_path / "feed"
    folder.mkdir()
    levels = '[["100.1","5"],["99","0.000"]]'
    written(
        folder / "made.jsonl.gz", snapshot(), quote(), trade(), depth(levels, "[]"), mark(), quote(bid="NaN"), b"x\n"
    )
    return folder


def assert_same_sets(left: RecordingSet, right: RecordingSet) -> None:
    assert list(left.recordings) == list(right.recordings)
    for symbol, ones in left.recordings.items():
        for one, other in zip(ones, right.recordings[symbol], strict=True):
            assert_same_ticks(one, other)
    assert (left.fault_counts, left.faults, left.ignored) == (right.fault_counts, right.faults, right.ignored)


def entry_of(cache: Path) -> Path:
    (entry,) = [path for path in cache.iterdir() if not path.name.startswith(".")]
    return entry


def is_mapped(found: RecordingSet) -> bool:
    """Tell whether the columns came from the cache, whose arrays are views of mapped files."""
    return isinstance(found.recordings["BTCUSDT"][0].quotes.bid_e8.base, np.memmap)


@pytest.mark.parametrize(
    "name", ["l1l2-binance-usdm-20240808", "l1l2-binance-usdm-20230404", "l1-trades-tardis-binance-usdm-20200222"]
)
def test_a_recorded_set_from_the_cache_equals_the_parsed_one(tmp_path: Path, name: str) -> None:
    parsed = open_recordings(recording(name), None)
    made = open_recordings(recording(name), tmp_path)
    held = open_recordings(recording(name), tmp_path)
    assert (is_mapped(parsed), is_mapped(made), is_mapped(held)) == (False, False, True)
    assert_same_sets(parsed, made)
    assert_same_sets(parsed, held)
    assert (made.notes, held.notes) == ((), ())


def test_faults_come_back_from_the_cache_under_the_present_name(feed: Path, tmp_path: Path) -> None:
    made = open_recordings(feed, tmp_path / "cache")
    (feed / "made.jsonl.gz").rename(feed / "renamed.jsonl.gz")
    held = open_recordings(feed, tmp_path / "cache")
    assert is_mapped(held)
    assert held.fault_counts == made.fault_counts == {"unreadable": 1, "not_a_number": 1}
    assert {fault.file for fault in held.faults} == {"renamed.jsonl.gz"}
    assert held.recordings["BTCUSDT"][0].source.name == "renamed.jsonl.gz"


def test_every_file_of_an_entry_is_checked_and_a_damaged_one_is_made_again(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    parsed = open_recordings(feed, cache)
    names = sorted(path.name for path in entry_of(cache).iterdir())
    assert len(names) == 1 + 8 + 8 + 11 + 6 + 1
    for name in names:
        path = entry_of(cache) / name
        stored = bytearray(path.read_bytes())
        stored[-2] ^= 1
        path.write_bytes(stored)
        again = open_recordings(feed, cache)
        assert not is_mapped(again), name
        assert_same_sets(parsed, again)
        (note,) = again.notes
        assert "was damaged" in note
        assert name in note
        healed = open_recordings(feed, cache)
        assert is_mapped(healed)
        assert healed.notes == ()


@pytest.mark.parametrize("missing", ["manifest.json", "0-quotes-bid_e8.npy"])
def test_a_missing_file_of_an_entry_is_damage(feed: Path, tmp_path: Path, missing: str) -> None:
    cache = tmp_path / "cache"
    parsed = open_recordings(feed, cache)
    (entry_of(cache) / missing).unlink()
    again = open_recordings(feed, cache)
    assert_same_sets(parsed, again)
    assert [missing in note for note in again.notes] == [True]
    assert is_mapped(open_recordings(feed, cache))


def test_a_manifest_that_still_parses_but_says_something_else_is_damage(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_recordings(feed, cache)
    manifest = entry_of(cache) / "manifest.json"
    stored = manifest.read_bytes()
    manifest.write_bytes(stored.replace(b'"unreadable":1', b'"unreadable":0'))
    assert manifest.read_bytes() != stored
    again = open_recordings(feed, cache)
    assert again.fault_counts["unreadable"] == 1
    assert ["does not match its sha256" in note for note in again.notes] == [True]


def test_an_entry_put_under_another_digest_is_damage(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_recordings(feed, cache)
    old = entry_of(cache)
    written(feed / "made.jsonl.gz", quote(bid="50"))
    (other,) = open_recordings(feed, None).recordings["BTCUSDT"]
    old.rename(cache / other.source.digest)
    found = open_recordings(feed, cache)
    assert [("is of another source" in note) for note in found.notes] == [True]
    assert found.recordings["BTCUSDT"][0].quotes.bid_e8.tolist() == [5_000_000_000]


def test_a_changed_source_is_read_anew(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_recordings(feed, cache)
    written(feed / "made.jsonl.gz", quote(bid="50"))
    found = open_recordings(feed, cache)
    assert found.recordings["BTCUSDT"][0].quotes.bid_e8.tolist() == [5_000_000_000]
    assert found.notes == ()


def test_an_entry_of_another_format_version_is_replaced_without_a_word(
    feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    open_recordings(feed, cache)
    monkeypatch.setattr(cache_module, "FORMAT_VERSION", cache_module.FORMAT_VERSION + 1)
    newer = open_recordings(feed, cache)
    assert (is_mapped(newer), newer.notes) == (False, ())
    assert (
        json.loads((entry_of(cache) / "manifest.json").read_bytes())["body"]["version"] == cache_module.FORMAT_VERSION
    )
    assert is_mapped(open_recordings(feed, cache))


def test_a_cache_that_cannot_be_written_is_a_note_and_reading_goes_on(feed: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_bytes(b"a file, not a directory")
    found = open_recordings(feed, blocked)
    assert_same_sets(open_recordings(feed, None), found)
    assert any("cannot be written" in note for note in found.notes)


def test_a_read_only_cache_is_a_note_and_reading_goes_on(feed: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("needs no root: root may write where it is not allowed to")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o500)
    found = open_recordings(feed, cache)
    assert_same_sets(open_recordings(feed, None), found)
    assert [("cannot be written" in note) for note in found.notes] == [True]


def test_what_a_crash_left_half_made_is_cleared_and_never_read(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    parsed = open_recordings(feed, cache)
    left = cache / f".making-{entry_of(cache).name}"
    entry_of(cache).rename(left)
    (left / "manifest.json").unlink()
    found = open_recordings(feed, cache)
    assert_same_sets(parsed, found)
    assert found.notes == ()
    assert not left.exists()
    assert is_mapped(open_recordings(feed, cache))


def test_while_another_process_writes_the_cache_nothing_is_kept(feed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_recordings(feed, cache)
    shutil.rmtree(entry_of(cache))
    with (cache / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = open_recordings(feed, cache)
    assert [("Another process" in note) for note in found.notes] == [True]
    assert [path.name for path in cache.iterdir()] == [".lock"]
