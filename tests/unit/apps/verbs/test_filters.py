"""`interlock filters`: what is kept, how it was used, and forgetting it."""

import json
from pathlib import Path

import pytest

from interlock.apps.cli import main
from interlock.apps.verbs.filters import FiltersOfMarket, FiltersReport
from interlock.units.instruments import Instrument
from interlock.venues.binance.filter_cache import FilterCache
from tests.unit.venues.binance.test_filter_cache import START_NS, body

REFERENCE = Path(__file__).resolve().parents[4] / "docs" / "reference"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    cache = FilterCache(tmp_path / "filters", "usdm")
    cache.instruments(START_NS)
    cache.store(body(), START_NS)
    return tmp_path


def test_what_is_kept_is_shown_with_its_age(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--state", str(state), "filters"]) == 0
    text = capsys.readouterr().out
    assert "spot: no filters are kept" in text
    assert "usdm: fetched 2023-11-14 22:13:20.000Z" in text
    assert "BTCUSDT" in text
    assert "tick 0.1, lot 0.001" in text


def test_stats_count_and_leave_out_the_symbols(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--state", str(state), "filters", "--stats", "--json"]) == 0
    spot, usdm = json.loads(capsys.readouterr().out)["markets"]
    assert (usdm["hits"], usdm["misses"], usdm["refreshes"], usdm["instruments"]) == (0, 1, 1, None)
    assert usdm["age_s"] > 0
    assert (spot["fetched_at_ns"], spot["age_s"]) == (0, None)


def test_clearing_forgets_and_a_second_time_finds_nothing(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--state", str(state), "filters", "--clear"]) == 0
    assert "Cleared the filters of usdm" in capsys.readouterr().out
    assert main(["--state", str(state), "filters", "--clear", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"markets": [], "cleared": []}
    assert main(["--state", str(state), "filters"]) == 1


def test_every_field_is_in_the_reference() -> None:
    text = (REFERENCE / "json.md").read_text(encoding="utf-8").partition("\n## `filters`")[2].partition("\n## ")[0]
    for kind in (FiltersReport, FiltersOfMarket, Instrument):
        for field in kind.__struct_fields__:
            assert f"`{field}`" in text, field
