"""`interlock backtest` over the recorded sets: what trades, what does not and says why, and what a gap does."""

import gzip
import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from interlock.journal.reader import JournalReader
from interlock.messages import events as e
from interlock.messages.commands import RaiseSignal
from interlock.messages.record import Record, decode
from tests.command_line import SHORT_TAPE, Summary, backtest
from tests.recordings import recording

USDM_2024 = "l1l2-binance-usdm-20240808"
USDM_2023 = "l1l2-binance-usdm-20230404"
SPOT_2024 = "l1l2-binance-spot-20240808"
TARDIS_2020 = "l1-trades-tardis-binance-usdm-20200222"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache the runs of this file share."""
    return tmp_path_factory.mktemp("home")


class Run(NamedTuple):
    summary: Summary
    records: list[Record]


def run(home: Path, state: Path, feed: Path, *words: str | Path) -> Run:
    summary = backtest(home, state, "--feed", feed, *words)
    reader = JournalReader(state / "journal")
    records = [decode(body) for _, body in reader.bodies(0, reader.size())]
    reader.close()
    assert len(records) == summary.log["size"]
    return Run(summary, records)


def short(home: Path, state: Path, feed: Path, *words: str | Path) -> Run:
    return run(home, state, feed, "--policy", SHORT_TAPE, *words)


@pytest.mark.slow
@pytest.mark.parametrize("name", [USDM_2024, USDM_2023, TARDIS_2020])
def test_under_the_policy_for_short_tapes_futures_open_and_close_positions(
    name: str, home: Path, tmp_path: Path
) -> None:
    done = short(home, tmp_path / "state", recording(name))
    events = [each for record in done.records for each in record.events]
    opened = [each for each in events if isinstance(each, e.PositionOpened)]
    closed = [each for each in events if isinstance(each, e.PositionClosed)]
    assert opened
    assert closed
    assert sum(done.summary.exits.values()) == len(closed)
    assert done.summary.fills > 0
    assert done.summary.gaps == 0
    exits = [each.order for each in events if isinstance(each, e.OrderApproved) and each.order.reduce_only]
    assert {order.purpose.value for order in exits} >= {"stop", "target"}
    assert "7 limits are looser" in done.summary.note("looser")


@pytest.mark.slow
def test_spot_trades_long_only_pays_its_fees_in_coins_and_leaves_by_stop_and_target(home: Path, tmp_path: Path) -> None:
    done = short(home, tmp_path / "state", recording(SPOT_2024))
    assert (done.summary.ticks, done.summary.gaps) == (99_574, 0)
    events = [each for record in done.records for each in record.events]
    orders = [each.order for each in events if isinstance(each, e.OrderApproved)]
    assert {(order.side.value, order.reduce_only) for order in orders} == {("buy", False), ("sell", True)}
    assert done.summary.exits["stop"] > 0 < done.summary.exits["target"]
    assert done.summary.refusals["RISK-044"] > 0
    fills = [each for each in events if isinstance(each, e.OrderFilled)]
    assert {bool(each.fee_base) for each in fills} == {True, False}
    assert all(each.fee == each.price * each.fee_base for each in fills if each.fee_base)
    assert any(isinstance(each, e.DustKept) for each in events)
    costs = [each.costs for each in events if isinstance(each, e.OrderApproved) and each.costs is not None]
    assert {each.fee_bps for each in costs} == {20}
    states = {
        record.input.view.book.value
        for record in done.records
        if isinstance(record.input, RaiseSignal) and record.input.view
    }
    assert states == {"synced"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [USDM_2024, USDM_2023, SPOT_2024, TARDIS_2020])
def test_under_the_default_policy_a_calm_tape_trades_little_and_the_run_says_why(
    name: str, home: Path, tmp_path: Path
) -> None:
    summary = backtest(home, tmp_path / "state", "--feed", recording(name))
    assert summary.ticks > 10_000
    if summary.signals == 0:
        assert summary.note("bar")
    elif summary.orders == 0:
        assert summary.refusals
    assert summary.fills <= 4


@pytest.mark.slow
def test_the_clock_offset_is_estimated_before_latency_is_judged(home: Path, tmp_path: Path) -> None:
    done = short(home, tmp_path / "state", recording(USDM_2024))
    assert "-1272." in done.summary.note("BTCUSDT: the recorder's clock")
    assert "RISK-008" not in done.summary.refusals
    views = [record.input.view for record in done.records if isinstance(record.input, RaiseSignal)]
    latencies = [view.latency_ms for view in views if view is not None and view.latency_ms is not None]
    assert len(latencies) > 40
    assert min(latencies) >= 0
    assert max(latencies) < 500, "a raw difference would be 1.27 s below zero"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file"), [(SPOT_2024, "btcusdt-20240809.jsonl.gz"), (USDM_2023, "btcusdt-20230405.jsonl.gz")]
)
def test_a_set_without_a_snapshot_has_no_book_and_trades_nothing(
    name: str, file: str, home: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "feed"
    feed.mkdir()
    shutil.copy(recording(name) / file, feed / file)
    done = short(home, tmp_path / "state", feed)
    assert (done.summary.orders, done.summary.fills) == (0, 0)
    assert done.summary.signals > 0
    assert "no snapshot" in done.summary.note("without a valid order book")
    refusals = [each for record in done.records for each in record.events if isinstance(each, e.OrderRefused)]
    assert refusals
    if name == USDM_2023:
        assert {rule for each in refusals for rule in each.refusals} >= {"RISK-011"}


# --- A gap, made by taking one depth line out ----------------------------------------------------------------------

LINES = 24_000
Line = dict[str, dict[str, object]]


def lines_of(name: str, file: str) -> list[bytes]:
    with gzip.open(recording(name) / file) as stored:
        return [line for line, _ in zip(stored, range(LINES), strict=False)]


def is_depth(line: bytes) -> bool:
    return b'"depthUpdate"' in line


def write(feed: Path, lines: list[bytes]) -> Path:
    feed.mkdir()
    with gzip.open(feed / "btcusdt.jsonl.gz", "wb", compresslevel=1) as file:
        file.writelines(lines)
    return feed


def healing_snapshot(lines: list[bytes], at: int) -> bytes:
    """Return a snapshot such as the venue would give at a line: the best levels, under the id of the last diff."""
    last = json.loads(next(line for line in reversed(lines[:at]) if is_depth(line)))
    tick = json.loads(next(line for line in reversed(lines[:at]) if b'"bookTicker"' in line))["raw"]["data"]
    bid, ask = Decimal(tick["b"]), Decimal(tick["a"])
    raw = {
        "lastUpdateId": last["raw"]["data"]["u"],
        "E": last["raw"]["data"]["E"],
        "T": last["raw"]["data"]["E"],
        "bids": [[f"{bid - n / Decimal(10):f}", "5.000"] for n in range(50)],
        "asks": [[f"{ask + n / Decimal(10):f}", "5.000"] for n in range(50)],
    }
    heard_ns = json.loads(lines[at])["recv_ns"] - 1
    return json.dumps({"recv_ns": heard_ns, "raw": raw}, separators=(",", ":")).encode() + b"\n"


@pytest.mark.slow
def test_a_gap_is_counted_put_on_the_log_and_stops_entries_until_a_snapshot_heals_it(
    home: Path, tmp_path: Path
) -> None:
    lines = lines_of(USDM_2024, "btcusdt.jsonl.gz")
    lost = next(n for n in range(5_000, LINES) if is_depth(lines[n]))
    healed = next(n for n in range(16_000, LINES) if is_depth(lines[n]))
    settings = tmp_path / "settings.toml"
    settings.write_text(
        '[[automations]]\nname = "reversion"\nstrategy = "mean_reversion"\nsymbol = "first"\n'
        "settings = { window_bars = 5, deviations_min = 0.5 }\n"
    )
    gapped = [*lines[:lost], *lines[lost + 1 :]]
    broken = short(home, tmp_path / "broken", write(tmp_path / "gap", gapped), "--settings", settings)
    assert broken.summary.gaps == 1
    assert "without a valid order book" in broken.summary.note("order book")
    whole = short(home, tmp_path / "whole", write(tmp_path / "whole feed", lines), "--settings", settings)
    assert (whole.summary.gaps, [n for n in whole.summary.notes if "order book" in n]) == (0, [])

    healing = [*lines[:lost], *lines[lost + 1 : healed], healing_snapshot(lines, healed), *lines[healed:]]
    mended = short(home, tmp_path / "healed", write(tmp_path / "healed feed", healing), "--settings", settings)
    assert mended.summary.gaps == 1
    assert [note for note in mended.summary.notes if "order book" in note] == []

    assert_entries_stop(whole.records, lambda gap_ns, sync_ns: False)
    seen = assert_entries_stop(mended.records, lambda gap_ns, sync_ns: gap_ns < sync_ns)
    assert seen == {"before", "refused", "after"}, "the test must see entries before, within and after the gap"
    assert assert_entries_stop(broken.records, lambda gap_ns, sync_ns: sync_ns == 0) == {"before", "refused"}


def assert_entries_stop(records: list[Record], expected: Callable[[int, int], bool]) -> set[str]:
    """Assert that no entry is approved between a gap and the sync after it, and return what was seen."""
    gap_ns = sync_ns = 0
    seen: set[str] = set()
    for record in records:
        for event in record.events:
            match event:
                case e.FeedGapFound():
                    gap_ns, sync_ns = record.at_ns, 0
                case e.FeedSynced() if gap_ns:
                    sync_ns = record.at_ns
                case e.OrderApproved() if not event.order.reduce_only:
                    assert not gap_ns or sync_ns, f"record {record.seq} enters without a book"
                    seen.add("after" if gap_ns else "before")
                case e.OrderRefused() if gap_ns and not sync_ns and event.side is not None:
                    assert "RISK-011" in event.refusals
                    seen.add("refused")
                case _:
                    continue
    assert not gap_ns or expected(gap_ns, sync_ns)
    return seen
