"""What the tape found wrong is told by the summary in words that are true of the feed."""

import json
from pathlib import Path

from tests.command_line import SHORT_TAPE, Summary, backtest, interlock

START_MS = 1_700_000_000_000
HEADER = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"


def summary_of(tmp_path: Path, file: str, text: str) -> Summary:
    feed = tmp_path / "feed"
    feed.mkdir()
    (feed / file).write_text(text)
    return backtest(tmp_path, tmp_path / "state", "--feed", feed, "--policy", SHORT_TAPE)


def quoted(at_ms: int, update_id: int, bid: float, ask: float, late_ms: int = 5) -> str:
    data = {"e": "bookTicker", "u": update_id, "s": "BTCUSDT", "b": f"{bid:.1f}", "B": "1", "a": f"{ask:.1f}", "A": "1"}
    stamped = {**data, "T": at_ms - late_ms, "E": at_ms - late_ms}
    return json.dumps({"recv_ns": at_ms * 1_000_000, "raw": {"stream": "s", "data": stamped}}) + "\n"


def test_a_tape_of_trades_says_that_nothing_can_be_traded_without_quotes(tmp_path: Path) -> None:
    rows = ((START_MS + n * 100) * 1_000 for n in range(1_200))
    lines = [f"binance-futures,BTCUSDT,{us},{us},{n},buy,60000.0,1.0\n" for n, us in enumerate(rows, 1)]
    done = summary_of(tmp_path, "trades.csv", HEADER + "".join(lines))
    assert done.note("BTCUSDT has no quotes: nothing can be traded on it, and no bar of it closes")
    assert not [note for note in done.notes if "quotes and trades" in note or note.startswith("no bar")]


def test_bad_ticks_and_leaps_are_told_by_file_and_line(tmp_path: Path) -> None:
    rows = [quoted(START_MS + n * 100, n + 1, *((100.0, 100.1) if n < 50 else (150.0, 150.1))) for n in range(200)]
    rows[9], rows[29] = quoted(START_MS + 900, 10, 101.0, 100.0), rows[28]
    done = summary_of(tmp_path, "btcusdt.jsonl", "".join(rows))
    assert done.bad_ticks == {"crossed": 1, "duplicate": 1, "outlier": 100}
    told = [note for note in done.notes if note.startswith("btcusdt.jsonl line")]
    assert told[:3] == ["btcusdt.jsonl line 10: crossed", "btcusdt.jsonl line 30: duplicate", *told[2:3]]
    assert told[2:20] == [f"btcusdt.jsonl line {n}: outlier" for n in range(51, 69)]
    assert told[20:] == [
        "btcusdt.jsonl line 51: a price more than 10% from the last good one begins here, lasted, and was believed"
    ]
    assert done.note("82 more bad ticks were heard and not used")
    assert done.note("BTCUSDT has quotes only")


def test_a_drift_of_the_clock_offset_is_a_record_of_the_log_once_with_value_and_limit(tmp_path: Path) -> None:
    rows = [quoted(START_MS + n * 100, n + 1, 100.0, 100.1, 5 if n < 100 else -146) for n in range(400)]
    done = summary_of(tmp_path, "btcusdt.jsonl", "".join(rows))
    assert done.note("BTCUSDT: the clock offset drifted by 151 ms; above 100 ms is too much")
    shown = interlock(tmp_path, "--state", tmp_path / "state", "log", "show", "--kind", "clock_drifted", "--json")
    (record,) = (json.loads(line) for line in shown.out.splitlines())
    told = {"symbol": "BTCUSDT", "drift_ms": 151, "drift_ms_max": 100}
    assert record["input"] == {"type": "clock_drift_heard.v1", **told, "offset_ms": -146} | told
    assert record["events"] == [{"type": "clock_drifted.v1", **told}]
    assert record["at_ns"] >= (START_MS + 10_000) * 1_000_000
