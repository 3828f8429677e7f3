"""A Tardis CSV becomes columns by its header: every row exact, or a fault with its line."""

from pathlib import Path

import pytest

from interlock.market.recordings.tables import ParsedFile
from interlock.market.recordings.tardis import read_tardis
from tests.unit.market.recordings.samples import TARDIS_QUOTES, TARDIS_TRADES, tardis_quote, tardis_trade, written


def read(folder: Path, *lines: bytes) -> ParsedFile:
    return read_tardis(written(folder / "quotes.csv.gz", *lines))


def places(parsed: ParsedFile) -> list[tuple[str, int]]:
    return [(fault.kind, fault.line) for fault in parsed.faults]


def test_quotes_are_exact_and_their_microseconds_become_nanoseconds(tmp_path: Path) -> None:
    (recording,) = read(tmp_path, TARDIS_QUOTES, tardis_quote()).recordings
    assert (recording.symbol, recording.source.market, recording.source.format) == ("BTCUSDT", "usdm", "tardis-csv")
    quotes = recording.quotes
    assert (quotes.line[0], quotes.update_id[0]) == (2, 0)
    assert (quotes.venue_at_ns[0], quotes.heard_at_ns[0]) == (1_582_329_601_096_000_000, 1_582_329_603_502_092_000)
    assert (quotes.bid_e8[0], quotes.ask_e8[0]) == (968_192_000_000, 968_200_000_000)
    assert (quotes.bid_size_e8[0], quotes.ask_size_e8[0]) == (67_000_000, 84_000_000)


def test_the_side_of_a_trade_is_its_aggressor(tmp_path: Path) -> None:
    (recording,) = read(tmp_path, TARDIS_TRADES, tardis_trade("buy"), tardis_trade("sell")).recordings
    assert recording.trades.buyer_is_aggressor.tolist() == [True, False]
    assert recording.trades.is_market.tolist() == [True, True]
    assert recording.trades.trade_id.tolist() == [42_377_944] * 2
    assert recording.trades.quantity_e8.tolist() == [13_200_000] * 2


def test_columns_are_found_by_name_wherever_they_stand(tmp_path: Path) -> None:
    moved = b"symbol,note,bid_amount,bid_price,ask_price,ask_amount,local_timestamp,timestamp,exchange\r\n"
    row = b"BTCUSDT,x,0.67,9681.92,9682,0.84,1582329603502092,1582329601096000,binance-futures\r\n"
    (moved_recording,) = read(tmp_path, b"\xef\xbb\xbf" + moved, row).recordings
    (recording,) = read(tmp_path, TARDIS_QUOTES, tardis_quote()).recordings
    assert all(
        getattr(moved_recording.quotes, name).tolist() == getattr(recording.quotes, name).tolist()
        for name in ("line", "heard_at_ns", "venue_at_ns", "bid_e8", "ask_e8", "bid_size_e8", "ask_size_e8")
    )


def test_wrong_columns_are_told_with_what_is_needed_and_what_was_found(tmp_path: Path) -> None:
    parsed = read(tmp_path, TARDIS_QUOTES.replace(b"bid_price", b"bid"), tardis_quote())
    assert (parsed.recordings, places(parsed)) == ((), [("wrong_columns", 1)])
    assert "columns bid_price are missing" in parsed.faults[0].detail
    assert "found exchange,symbol" in parsed.faults[0].detail


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (tardis_quote(bid="NaN"), "not_a_number"),
        (tardis_quote(bid=""), "unreadable"),
        (tardis_quote(ask="-9682"), "negative"),
        (tardis_quote(ask="0"), "zero"),
        (tardis_quote(exchange="bitmex"), "unreadable"),
        (tardis_quote().replace(b"BTCUSDT", b"btc usdt"), "unreadable"),
        (tardis_quote().replace(b"1582329601096000", b"soon"), "unreadable"),
        (tardis_quote().replace(b"1582329603502092", b"0"), "unreadable"),
        (tardis_quote().replace(b"0.84", b"0"), "zero"),
        (tardis_quote().replace(b",0.67", b""), "unreadable"),
        (b"\xff\x00\n", "unreadable"),
    ],
)
def test_a_bad_row_is_one_fault_at_its_line_and_no_tick(tmp_path: Path, bad: bytes, kind: str) -> None:
    parsed = read(tmp_path, TARDIS_QUOTES, tardis_quote(), bad, tardis_quote())
    assert places(parsed) == [(kind, 3)]
    assert parsed.recordings[0].quotes.line.tolist() == [2, 4]


def test_a_trade_of_no_side_is_no_tick(tmp_path: Path) -> None:
    parsed = read(tmp_path, TARDIS_TRADES, tardis_trade("unknown"))
    assert (parsed.recordings, places(parsed)) == ((), [("unreadable", 2)])


def test_a_last_row_without_an_end_is_never_used(tmp_path: Path) -> None:
    parsed = read(tmp_path, TARDIS_TRADES, tardis_trade(), tardis_trade(amount="0.13").strip())
    assert places(parsed) == [("half_line", 3)]
    assert parsed.recordings[0].trades.line.tolist() == [2]
