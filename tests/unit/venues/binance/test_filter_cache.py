import json
from pathlib import Path

import pytest

from interlock.units.faults import Fault
from interlock.units.time import NS_PER_S
from interlock.venues.binance.filter_cache import FilterCache

START_NS = 1_700_000_000 * NS_PER_S
HOUR_NS = 3_600 * NS_PER_S


def body(tick: str = "0.10") -> bytes:
    """Return exchangeInfo of one futures symbol."""
    symbol = {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "contractType": "PERPETUAL",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "1", "maxPrice": "100000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "100", "stepSize": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ],
    }
    return json.dumps({"symbols": [symbol]}).encode()


def test_what_was_stored_is_found_for_an_hour_also_by_another_process(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path, "usdm")
    assert cache.instruments(START_NS) is None
    stored = cache.store(body(), START_NS)
    for reader in (cache, FilterCache(tmp_path, "usdm")):
        assert reader.instruments(START_NS + HOUR_NS - 1) == stored
        assert reader.instruments(START_NS + HOUR_NS) is None
        assert reader.instruments(START_NS - 1) is None  # a clock that went back
        assert reader.kept() == stored


def test_markets_are_kept_apart(tmp_path: Path) -> None:
    FilterCache(tmp_path, "usdm").store(body(), START_NS)
    assert FilterCache(tmp_path, "spot").instruments(START_NS) is None


@pytest.mark.parametrize("code", [-1013, -1111, -4014, -4164])
def test_a_refusal_by_a_filter_wants_a_refresh_at_most_once_a_minute(tmp_path: Path, code: int) -> None:
    cache = FilterCache(tmp_path, "usdm")
    cache.store(body(), START_NS)
    minute_ns = 60 * NS_PER_S
    asked = [START_NS + 1, START_NS + minute_ns - 1, START_NS + minute_ns, START_NS + 2 * minute_ns - 1]
    assert [cache.wants_refresh(code, at_ns) for at_ns in asked] == [False, False, True, False]
    cache.store(body("0.20"), START_NS + 2 * minute_ns)
    assert not cache.wants_refresh(code, START_NS + 3 * minute_ns - 1)
    assert cache.wants_refresh(code, START_NS + 3 * minute_ns)


@pytest.mark.parametrize("code", [-2010, -2019, -1021, -1003])
def test_other_refusals_want_none(tmp_path: Path, code: int) -> None:
    assert not FilterCache(tmp_path, "usdm").wants_refresh(code, START_NS)


def test_a_body_that_is_none_is_not_kept_and_the_old_one_stays(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path, "usdm")
    stored = cache.store(body(), START_NS)
    with pytest.raises(Fault):
        cache.store(b'{"symbols": [{}]}', START_NS + 1)
    assert FilterCache(tmp_path, "usdm").instruments(START_NS + 2) == stored
    assert sorted(each.name for each in tmp_path.iterdir()) == ["usdm-exchange-info.json", "usdm-stats.json"]


@pytest.mark.parametrize("damaged", ["usdm-exchange-info.json", "usdm-stats.json"])
def test_a_damaged_file_is_a_miss(tmp_path: Path, damaged: str) -> None:
    FilterCache(tmp_path, "usdm").store(body(), START_NS)
    (tmp_path / damaged).write_bytes(b'{"symbols": [')
    assert FilterCache(tmp_path, "usdm").instruments(START_NS) is None


def test_hits_misses_and_refreshes_are_counted_across_processes_until_cleared(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path, "usdm")
    cache.instruments(START_NS)
    cache.store(body(), START_NS)
    for _ in range(3):
        cache.instruments(START_NS + NS_PER_S)
    cache.flush(START_NS + NS_PER_S)
    stats = FilterCache(tmp_path, "usdm").stats
    assert (stats.hits, stats.misses, stats.refreshes) == (3, 1, 1)
    assert stats.age_s(START_NS + 90 * NS_PER_S) == 90
    assert cache.clear()
    assert not cache.clear()
    assert (cache.instruments(START_NS), FilterCache(tmp_path, "usdm").stats.hits) == (None, 0)
