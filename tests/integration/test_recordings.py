"""The recorded data sets are read whole: every row that their description counts, exact and without a fault."""

import gzip
import json
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlock.market.recordings.columns import Depth, Recording
from interlock.market.recordings.sources import open_recordings
from interlock.units.money import from_e8
from tests.recordings import recording

USDM_2024 = "l1l2-binance-usdm-20240808"
SPOT_2024 = "l1l2-binance-spot-20240808"
USDM_2023 = "l1l2-binance-usdm-20230404"
TARDIS = "l1-trades-tardis-binance-usdm-20200222"

# By file: quotes, trades, diffs and snapshots, marks.
ROWS = {
    USDM_2024: {"btcusdt.jsonl.gz": (66_089, 21_313, 6_552, 0), "ethusdt.jsonl.gz": (53_992, 14_076, 6_587, 0)},
    SPOT_2024: {
        "btcusdt-20240808.jsonl.gz": (28_040, 9_757, 3_452, 0),
        "btcusdt-20240809.jsonl.gz": (45_134, 10_147, 3_044, 0),
    },
    USDM_2023: {
        "btcusdt-20230404.jsonl.gz": (6_765, 2_197, 4_323, 99),
        "btcusdt-20230405.jsonl.gz": (37_440, 10_738, 11_788, 415),
    },
    TARDIS: {"trades.csv.gz": (0, 9_999, 0, 0), "quotes.csv.gz": (9_999, 0, 0, 0)},
}


def rows_of(one: Recording) -> tuple[int, int, int, int]:
    return len(one.quotes.line), len(one.trades.line), len(one.depth.line), len(one.marks.line)


@pytest.mark.parametrize("name", list(ROWS))
def test_every_row_of_a_set_is_read_without_a_fault(name: str) -> None:
    found = open_recordings(recording(name), None)
    read = {one.source.name: rows_of(one) for ones in found.recordings.values() for one in ones}
    assert read == ROWS[name]
    assert (found.fault_counts, found.faults, found.notes) == ({}, (), ())
    assert {one.source.market for ones in found.recordings.values() for one in ones} == {
        "spot" if name == SPOT_2024 else "usdm"
    }


@pytest.mark.parametrize("name", [SPOT_2024, USDM_2023])
def test_the_second_file_of_a_set_carries_the_diffs_on(name: str) -> None:
    first, second = open_recordings(recording(name), None).recordings["BTCUSDT"]
    last, following = int(first.depth.final_id[-1]), second.depth
    assert int(following.first_id[0]) == last + 1 if name == SPOT_2024 else int(following.previous_id[0]) == last
    assert first.depth.is_snapshot.sum() == 1
    assert not following.is_snapshot.any()


def test_kinds_without_a_reader_are_named() -> None:
    ignored = open_recordings(recording(TARDIS), None).ignored
    assert ignored[0] == "README.md"
    assert [name.startswith("sample-") for name in ignored[1:]] == [True] * 5


def test_the_insurance_fund_print_is_the_only_one_that_is_no_market_trade() -> None:
    _, second = open_recordings(recording(USDM_2023), None).recordings["BTCUSDT"]
    (place,) = np.flatnonzero(~second.trades.is_market)
    assert from_e8(int(second.trades.price_e8[place])) == Decimal("28722.50")


@pytest.mark.parametrize("name", [USDM_2024, SPOT_2024, USDM_2023])
def test_every_column_is_what_a_plain_reading_of_the_line_gives(name: str) -> None:
    for one in (ones[0] for ones in open_recordings(recording(name), None).recordings.values()):
        rows = _rows_compared_with_plain_reading(recording(name) / one.source.name, one, lines=6_000)
        assert min(rows["quotes"], rows["trades"], rows["depth"]) > 0


def _rows_compared_with_plain_reading(path: Path, one: Recording, lines: int) -> dict[str, int]:
    at = {"quotes": 0, "trades": 0, "depth": 0, "marks": 0}
    with gzip.open(path) as file:
        for number, line in enumerate(islice(file, lines), 1):
            message = json.loads(line)
            data = message["raw"].get("data", message["raw"])
            kind, expected = _expected(data)
            table, row = getattr(one, kind), at[kind]
            at[kind] += 1
            common = {"line": number, "heard_at_ns": message["recv_ns"], "venue_at_ns": data.get("E", 0) * 1_000_000}
            for column, value in {**common, **expected}.items():
                assert getattr(table, column)[row] == value, (number, column)
            if kind == "depth":
                assert _levels(one.depth, row) == [
                    [_e8(text) for text in level] for level in [*_side(data, "b"), *_side(data, "a")]
                ], number
    return at


def _expected(data: dict[str, Any]) -> tuple[str, dict[str, int]]:
    amounts: dict[str, str]
    match data.get("e", "snapshot" if "lastUpdateId" in data else "bookTicker"):
        case "bookTicker":
            amounts = {"bid_e8": "b", "ask_e8": "a", "bid_size_e8": "B", "ask_size_e8": "A"}
            return "quotes", {"update_id": data["u"]} | {column: _e8(data[key]) for column, key in amounts.items()}
        case "trade":
            amounts = {"price_e8": "p", "quantity_e8": "q"}
            ids = {"trade_id": data["t"], "buyer_is_aggressor": not data["m"]}
            return "trades", ids | {column: _e8(data[key]) for column, key in amounts.items()}
        case "markPriceUpdate":
            return "marks", {"mark_e8": _e8(data["p"]), "index_e8": _e8(data["i"]), "funding_e8": _e8(data["r"])}
        case "depthUpdate":
            ids = {"first_id": data["U"], "final_id": data["u"], "previous_id": data.get("pu", -1)}
            return "depth", {**ids, "is_snapshot": False}
        case _:
            last = data["lastUpdateId"]
            return "depth", {"first_id": last, "final_id": last, "previous_id": -1, "is_snapshot": True}


def _side(data: dict[str, Any], key: str) -> list[list[str]]:
    side = data.get(key, data.get({"b": "bids", "a": "asks"}[key]))
    assert isinstance(side, list)
    return side


def _levels(depth: Depth, row: int) -> list[list[int]]:
    rows = slice(int(depth.level_from[row]), int(depth.asks_to[row]))
    return [
        list(pair) for pair in zip(depth.level_price_e8[rows].tolist(), depth.level_size_e8[rows].tolist(), strict=True)
    ]


def _e8(text: str) -> int:
    return int(Decimal(text).scaleb(8))
