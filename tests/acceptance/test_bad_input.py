"""Bad input through the command line: counted, named by file and line, never traded on, never a traceback."""

import gzip
import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from interlock.journal.reader import JournalReader
from interlock.messages import observations as o
from interlock.messages.commands import RaiseSignal
from interlock.messages.record import Record, decode
from interlock.messages.words import Liquidity
from tests.command_line import SHORT_TAPE, Done, backtest, interlock

START_MS = 1_700_000_000_000
SETTINGS = """
[[automations]]
name = "reversion"
strategy = "mean_reversion"
symbol = "first"
settings = { window_bars = 5, deviations_min = 0.5 }
"""
Row = dict[str, str | int]


def quote(at_ms: int, update_id: int, bid: str, ask: str, size: str = "3.000") -> Row:
    """Return one quote as both formats write it; prices and sizes as text, so that anything can stand there."""
    return {"at_ms": at_ms, "u": update_id, "bid": bid, "ask": ask, "bid_size": size, "ask_size": "3.000"}


def calm_market() -> list[Row]:
    """Return two minutes of sound quotes, ten a second, that wander enough to be traded on."""
    chance, mid = random.Random(11), Decimal(60_000)
    rows = []
    for place in range(1_200):
        mid += Decimal(chance.randrange(-80, 81)) / 10
        rows.append(quote(START_MS + 100 * place, 10 * (place + 1), f"{mid:f}", f"{mid + Decimal('0.1'):f}"))
    return rows


Spoil = Callable[[Row], Row]

BAD: dict[str, tuple[str, Spoil]] = {
    "crossed": ("crossed", lambda row: row | {"bid": "60123.4", "ask": "60100.0"}),
    "locked": ("locked", lambda row: row | {"bid": "60123.4", "ask": "60123.4"}),
    "zero price": ("zero", lambda row: row | {"bid": "0.0"}),
    "zero size": ("zero", lambda row: row | {"bid": "60123.4", "ask": "60123.5", "bid_size": "0.000"}),
    "negative": ("negative", lambda row: row | {"bid": "-60123.4"}),
    "not a number": ("not_a_number", lambda row: row | {"ask": "NaN"}),
    "infinite": ("not_a_number", lambda row: row | {"ask": "Infinity"}),
    "90% away": ("outlier", lambda row: row | {"bid": "6012.3", "ask": "6012.4"}),
    "nine times as high": ("outlier", lambda row: row | {"bid": "540000.0", "ask": "540000.1"}),
}


def spoilt(rows: list[Row], spoil: Spoil, every: int) -> tuple[list[Row], list[int]]:
    """Put a bad quote of its own after each so-many-th good one; return the rows and the lines of the bad ones."""
    out: list[Row] = []
    lines = []
    for place, row in enumerate(rows):
        out.append(row)
        if place % every == every - 1:
            out.append(spoil(row | {"at_ms": int(row["at_ms"]) + 40, "u": int(row["u"]) + 1}))
            lines.append(len(out))
    return out, lines


def wire_line(row: Row) -> bytes:
    at_ms = int(row["at_ms"])
    data = {
        **{"e": "bookTicker", "u": row["u"], "s": "BTCUSDT", "b": row["bid"], "B": row["bid_size"], "a": row["ask"]},
        **{"A": row["ask_size"], "T": at_ms - 5, "E": at_ms - 5},
    }
    message = {"recv_ns": at_ms * 1_000_000, "raw": {"stream": "btcusdt@bookTicker", "data": data}}
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def tardis_line(row: Row) -> bytes:
    at_us = int(row["at_ms"]) * 1_000
    cells = (
        "binance-futures",
        "BTCUSDT",
        at_us - 5_000,
        at_us,
        row["ask_size"],
        row["ask"],
        row["bid"],
        row["bid_size"],
    )
    return ",".join(map(str, cells)).encode() + b"\n"


HEADER = b"exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
FORMATS: dict[str, tuple[str, bytes, Callable[[Row], bytes]]] = {
    "wire": ("btcusdt.jsonl", b"", wire_line),
    "tardis": ("quotes.csv", HEADER, tardis_line),
}


def feed_of(folder: Path, name: str, rows: list[Row]) -> Path:
    folder.mkdir()
    file, header, line = FORMATS[name]
    (folder / file).write_bytes(header + b"".join(map(line, rows)))
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS)
    return path


def records_of(state: Path) -> list[Record]:
    reader = JournalReader(state / "journal")
    records = [decode(body) for _, body in reader.bodies(0, reader.size())]
    reader.close()
    return records


def prices_of(records: list[Record]) -> set[Decimal]:
    """Return every price of the market that a decision was based on or a fill taken at.

    What rests is filled at its own price, which the market need not have shown.
    """
    prices: set[Decimal] = set()
    for record in records:
        asked = record.input
        if isinstance(asked, o.FillReported) and asked.liquidity is Liquidity.TAKER:
            prices.add(asked.price)
        elif isinstance(asked, RaiseSignal | o.MarkHeard | o.TimerFired) and asked.view is not None:
            prices |= {asked.view.bid, asked.view.ask}
    return prices


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_bad_ticks_are_counted_exactly_and_never_traded_on(name: str, tmp_path: Path, settings: Path) -> None:
    """All kinds in one feed: each counted under its name, and no decision or fill at any price of a bad one."""
    rows = calm_market()
    good = {Decimal(str(row[side])) for row in rows for side in ("bid", "ask")}
    expected: dict[str, int] = {}
    for place, (kind, spoil) in enumerate(BAD.values()):
        part = rows[place * 100 : place * 100 + 100]
        bad, lines = spoilt(part, spoil, 9)
        rows = [row for row in rows if row not in part]
        rows = [*rows, *bad]
        expected[kind] = expected.get(kind, 0) + len(lines)
    rows.sort(key=lambda row: int(row["at_ms"]))
    summary = backtest(
        tmp_path,
        tmp_path / "state",
        "--feed",
        feed_of(tmp_path / "feed", name, rows),
        "--policy",
        SHORT_TAPE,
        "--settings",
        settings,
    )
    assert summary.bad_ticks == expected
    assert summary.fills > 4, "a feed that is never traded on proves nothing"
    assert prices_of(records_of(tmp_path / "state")) <= good


@pytest.mark.slow
def test_out_of_order_and_duplicated_ticks_are_counted_exactly_and_never_traded_on(
    tmp_path: Path, settings: Path
) -> None:
    rows = calm_market()
    for place in range(50, 1_000, 50):
        rows.insert(place * 101 // 100 + place // 50, dict(rows[place * 101 // 100]))
    late = [dict(rows[place]) | {"u": int(rows[place]["u"]) - 3, "bid": "59123.4"} for place in range(75, 1_100, 100)]
    for place, row in enumerate(late):
        at = next(n for n, each in enumerate(rows) if each["at_ms"] == row["at_ms"])
        rows.insert(at + 1 + place % 1, row)
    summary = backtest(
        tmp_path,
        tmp_path / "state",
        "--feed",
        feed_of(tmp_path / "feed", "wire", rows),
        "--policy",
        SHORT_TAPE,
        "--settings",
        settings,
    )
    assert summary.bad_ticks == {"duplicate": 19, "out_of_order": len(late)}
    assert summary.fills > 4
    assert Decimal("59123.4") not in prices_of(records_of(tmp_path / "state"))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BAD))
def test_a_feed_of_nothing_but_bad_ticks_is_never_traded_on(name: str, tmp_path: Path, settings: Path) -> None:
    """Whatever the strategies make of it: with nothing sound to go by, no order leaves."""
    kind, spoil = BAD[name]
    rows = [spoil(row) for row in calm_market()]
    if kind == "outlier":
        rows = [*calm_market()[:5], *(row | {"at_ms": int(row["at_ms"]) + 200_000} for row in rows[5:20])]
    feed = feed_of(tmp_path / "feed", "wire", rows)
    done = interlock(
        tmp_path,
        "--state",
        tmp_path / "state",
        "backtest",
        "--feed",
        feed,
        "--settings",
        settings,
        "--policy",
        SHORT_TAPE,
        "--json",
    )
    assert done.code in (0, 3)
    if done.code == 0:
        assert (done.json()["orders"], done.json()["fills"]) == (0, 0)
    else:
        assert "btcusdt.jsonl line 1" in done.out


# --- Files that are not what they should be --------------------------------------------------------------------------


def whole(folder: Path) -> bytes:
    return (feed_of(folder, "wire", calm_market()) / "btcusdt.jsonl").read_bytes()


def run_on(tmp_path: Path, name: str, content: bytes, beside: bool = True) -> Done:
    """Run over a folder that holds this file, and beside it a sound one unless told otherwise."""
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / name).write_bytes(content)
    if beside:
        (folder / "quotes.csv").write_bytes(HEADER + b"".join(map(tardis_line, calm_market()[:300])))
    return interlock(tmp_path, "--state", tmp_path / "state", "backtest", "--feed", folder, "--json")


def notes_of(done: Done) -> str:
    notes = done.json()["notes"]
    assert isinstance(notes, list)
    return "\n".join(notes)


def bad_of(done: Done) -> dict[str, int]:
    counts = done.json()["bad_ticks"]
    assert isinstance(counts, dict)
    return counts


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
TEXT = b"".join(map(wire_line, calm_market()))
GZIP = gzip.compress(TEXT, mtime=0)
HARMED: dict[str, tuple[str, bytes, dict[str, int], str]] = {
    "truncated gzip": ("a.jsonl.gz", GZIP[: len(GZIP) // 2], {"truncated": 1}, "a.jsonl.gz line "),
    "damaged gzip": ("a.jsonl.gz", GZIP[:4_000] + b"\xff" * 400 + GZIP[4_400:], {"unreadable": 1}, "a.jsonl.gz line "),
    "half a line": ("a.jsonl", TEXT[:-40], {"half_line": 1}, "a.jsonl line 1200: half_line"),
    "an empty file": ("a.jsonl", b"", {"empty": 1}, "a.jsonl: empty"),
    "a line of something else": ("a.jsonl", TEXT + b"hello\n", {"unreadable": 1}, "a.jsonl line 1201: unreadable"),
    "wrong columns": ("trades.csv", b"a,b,c\n1,2,3\n", {"wrong_columns": 1}, "trades.csv line 1: wrong_columns"),
    "too few values": ("q-quotes.csv", HEADER + b"binance-futures,BTCUSDT\n", {"unreadable": 1}, "q-quotes.csv line 2"),
    "a picture": ("a.jsonl", PNG, {"unreadable": 1}, "a.jsonl line 1: unreadable"),
    "a picture named gzip": ("a.jsonl.gz", PNG, {"unreadable": 2}, "a.jsonl.gz line 1: unreadable"),
    "a table named jsonl": ("a.jsonl", b"price,size\n1,2\n", {"unreadable": 1}, "a.jsonl line 1: unreadable"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HARMED))
def test_a_harmed_file_is_counted_and_named_by_file_and_line_and_the_others_are_run(name: str, tmp_path: Path) -> None:
    file, content, expected, said = HARMED[name]
    done = run_on(tmp_path, file, content)
    assert done.code == 0, done
    counts = {kind: count for kind, count in bad_of(done).items() if kind in expected}
    assert counts == expected
    assert said in notes_of(done)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(set(HARMED) - {"truncated gzip", "damaged gzip", "half a line", "a line of something else"})
)
def test_a_folder_with_nothing_else_is_refused_and_the_file_is_named(name: str, tmp_path: Path) -> None:
    file, content, _, _ = HARMED[name]
    done = run_on(tmp_path, file, content, beside=False)
    assert done.code == 3
    error = done.json()["error"]
    assert isinstance(error, dict)
    assert f"{file} line " in error["what"]
    assert error["hint"]
    assert not (tmp_path / "state").exists(), "nothing was run, so nothing was made"


@pytest.mark.parametrize(
    ("feed", "said"),
    [("missing", "does not exist"), ("nothing", "nothing that can be read"), ("a.txt", "is not a directory")],
)
def test_a_feed_that_is_not_there_is_one_sentence_and_one_hint(feed: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "readme.txt").write_text("nothing to see")
    (tmp_path / "a.txt").write_text("no folder")
    done = interlock(tmp_path, "--state", tmp_path / "state", "backtest", "--feed", tmp_path / feed)
    assert done.code == 3
    what, hint = done.err.rstrip("\n").split("\n")
    assert said in what
    assert hint.startswith("hint: ")
    assert done.out == ""


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--policy", "[limits]\norder_usd_max = 3\n", ":2: limits.order_usd_max is not known"),
        ("--policy", "[limits]\nleverage_max = 9\n", ":2: limits.leverage_max is 9"),
        ("--policy", "[sizing]\nrisk_bps = 9000\n", ":2: sizing.risk_bps is 9000"),
        ("--policy", "[limits\n", ":1"),
        ("--settings", "[paper]\nleverage = 1000\n", ":2: paper.leverage is 1000"),
        ("--settings", "[jurnal]\n", "jurnal is not known"),
    ],
)
def test_an_error_in_a_configuration_names_file_line_key_and_what_is_allowed(
    option: str, text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.toml"
    path.write_text(text)
    done = interlock(tmp_path, "--state", tmp_path / "state", "backtest", option, path)
    assert done.code == 3
    assert "some.toml" in done.err
    assert said in done.err
    assert "hint: " in done.err
    assert not (tmp_path / "state").exists()


def test_a_strategy_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    done = interlock(tmp_path, "--state", tmp_path / "state", "backtest", "--strategy", "martingale")
    assert done.code == 3
    assert "'martingale'" in done.err
    assert "breakout" in done.err
