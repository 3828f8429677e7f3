"""A directory becomes one set: what is read, what is ignored, in which order, and what is refused."""

import gzip
from pathlib import Path

import pytest

from interlock.market.recordings.sources import FeedUnusable, open_recordings
from tests.unit.market.recordings.samples import (
    HEARD,
    TARDIS_QUOTES,
    TARDIS_TRADES,
    quote,
    spot_quote,
    tardis_quote,
    tardis_trade,
    written,
)


def test_the_files_of_a_symbol_follow_each_other_in_time_whatever_their_names(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl.gz", quote(at=HEARD + 5))
    written(tmp_path / "b.jsonl", quote(at=HEARD))
    found = open_recordings(tmp_path, None)
    assert [recording.source.name for recording in found.recordings["BTCUSDT"]] == ["b.jsonl", "a.jsonl.gz"]


def test_symbols_stand_in_name_order(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", spot_quote(symbol="ETHUSDT"))
    written(tmp_path / "b.jsonl", spot_quote())
    assert list(open_recordings(tmp_path, None).recordings) == ["BTCUSDT", "ETHUSDT"]


def test_a_file_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    written(tmp_path / "wire.dat", gzip.compress(quote(), mtime=0))
    written(tmp_path / "rows.txt", TARDIS_TRADES, tardis_trade())
    found = open_recordings(tmp_path, None)
    assert {recording.source.format for recording in found.recordings["BTCUSDT"]} == {"binance-wire", "tardis-csv"}


def test_files_of_other_kinds_are_named_and_not_read(tmp_path: Path) -> None:
    written(tmp_path / "good.jsonl", quote())
    written(tmp_path / "README.md", b"# words\n")
    written(tmp_path / "other.jsonl", b'{"topic":"orderbook.500.XRPUSDT","data":{}}\n')
    written(tmp_path / "sample_trades.csv.gz", TARDIS_TRADES, tardis_trade().replace(b"binance-futures", b"bitmex"))
    written(tmp_path / "book.csv", b"exchange,symbol,timestamp,local_timestamp,asks[0].price\n")
    written(tmp_path / ".hidden.jsonl", quote())
    (tmp_path / "folder.jsonl").mkdir()
    found = open_recordings(tmp_path, None)
    assert found.ignored == ("README.md", "book.csv", "other.jsonl", "sample_trades.csv.gz")
    assert (found.fault_counts, found.notes) == ({}, ())


@pytest.mark.parametrize(
    ("name", "stored", "kind", "line"),
    [
        ("bad.jsonl.gz", b"", "empty", 0),
        ("bad.jsonl.gz", gzip.compress(b"", mtime=0), "empty", 0),
        ("bad.jsonl.gz", gzip.compress(quote() * 50, mtime=0)[:-4], "truncated", 50),
        ("bad.jsonl.gz", quote(at=HEARD + 1), "unreadable", 0),
        ("bad.jsonl.gz", gzip.compress(b"\x89PNG\r\n\x1a\n" * 9, mtime=0), "unreadable", 1),
        ("bad.jsonl", TARDIS_QUOTES[:20] + b"\n1,2,3\n", "unreadable", 1),
        ("bad.jsonl", quote(at=HEARD + 2) + quote()[:40], "half_line", 2),
        ("quotes.csv.gz", gzip.compress(b"a,b,c\n1,2,3\n", mtime=0), "wrong_columns", 1),
        ("quotes.csv.gz", b"", "empty", 0),
        ("quotes.csv", TARDIS_QUOTES + tardis_quote()[:-1], "half_line", 2),
        ("x_trades_2020.csv", quote().replace(b"recv_ns", b"heard"), "wrong_columns", 1),
    ],
)
def test_a_bad_file_is_a_counted_fault_and_the_others_are_still_read(
    tmp_path: Path, name: str, stored: bytes, kind: str, line: int
) -> None:
    written(tmp_path / "good.jsonl.gz", quote())
    (tmp_path / name).write_bytes(stored)
    found = open_recordings(tmp_path, None)
    assert found.fault_counts == {kind: 1}
    (fault,) = found.faults
    assert (fault.file, fault.line) == (name, line)
    assert "good.jsonl.gz" in [recording.source.name for recording in found.recordings["BTCUSDT"]]


def test_the_readable_part_of_a_cut_gzip_is_used(tmp_path: Path) -> None:
    text = b"".join(quote(bid=f"{number}.5", ask="99999") for number in range(1, 5_000))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(text, mtime=0)[:-2_000])
    found = open_recordings(tmp_path, None)
    assert found.fault_counts == {"truncated": 1}
    (recording,) = found.recordings["BTCUSDT"]
    count = len(recording.quotes.line)
    assert 1_000 < count < 5_000
    assert recording.quotes.bid_e8.tolist() == [number * 100_000_000 + 50_000_000 for number in range(1, count + 1)]


def test_a_file_that_is_there_twice_is_read_once(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl.gz", quote())
    written(tmp_path / "b.jsonl.gz", quote())
    found = open_recordings(tmp_path, None)
    assert len(found.recordings["BTCUSDT"]) == 1
    assert found.notes == ("b.jsonl.gz holds the same bytes as a.jsonl.gz; it was read once.",)


def test_one_symbol_from_two_markets_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "futures.jsonl", quote())
    written(tmp_path / "spot.jsonl", spot_quote())
    with pytest.raises(FeedUnusable, match=r"BTCUSDT from two markets, spot.jsonl \(spot\) and futures.jsonl \(usdm\)"):
        open_recordings(tmp_path, None)


def test_a_directory_that_is_none_or_not_there_or_empty_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(quote())
    (tmp_path / "empty").mkdir()
    for name, what in (("absent", "does not exist"), ("file", "is not a directory"), ("empty", "nothing that can be")):
        with pytest.raises(FeedUnusable, match=what) as caught:
            open_recordings(tmp_path / name, None)
        assert caught.value.hint.startswith("name a directory that")


def test_a_directory_of_bad_files_is_refused_with_its_first_fault(tmp_path: Path) -> None:
    written(tmp_path / "bad.jsonl.gz", quote(bid="NaN"))
    with pytest.raises(
        FeedUnusable, match=r"1 faults were found, the first in bad.jsonl.gz line 1: bid price is 'NaN'"
    ):
        open_recordings(tmp_path, None)
