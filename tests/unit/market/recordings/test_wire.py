"""A wire recording becomes columns: every message whole and exact, or a fault with its line."""

from pathlib import Path

import pytest

from interlock.market.recordings.columns import Recording
from interlock.market.recordings.tables import ParsedFile
from interlock.market.recordings.wire import read_wire
from tests.unit.market.recordings.samples import (
    HEARD,
    VENUE_MS,
    depth,
    line,
    mark,
    quote,
    snapshot,
    spot_quote,
    trade,
    written,
)


def read(folder: Path, *lines: bytes) -> ParsedFile:
    return read_wire(written(folder / "made.jsonl.gz", *lines))


def only(parsed: ParsedFile) -> Recording:
    assert parsed.fault_counts == {}, parsed.faults
    (recording,) = parsed.recordings
    return recording


def places(parsed: ParsedFile) -> list[tuple[str, int]]:
    return [(fault.kind, fault.line) for fault in parsed.faults]


def test_a_quote_keeps_its_line_both_clocks_and_exact_amounts(tmp_path: Path) -> None:
    quotes = only(read(tmp_path, quote(bid="61800.20", ask="61800.30"), quote(bid_size="0.001"))).quotes
    assert quotes.line.tolist() == [1, 2]
    assert quotes.heard_at_ns.tolist() == [HEARD, HEARD]
    assert quotes.venue_at_ns.tolist() == [VENUE_MS * 1_000_000] * 2
    assert quotes.update_id.tolist() == [7, 7]
    assert quotes.bid_e8.tolist() == [6_180_020_000_000, 10_010_000_000]
    assert quotes.ask_e8.tolist() == [6_180_030_000_000, 10_020_000_000]
    assert quotes.bid_size_e8.tolist() == [150_000_000, 100_000]
    assert quotes.ask_size_e8.tolist() == [200_000_000, 200_000_000]


def test_a_trade_tells_its_aggressor_and_whether_it_is_a_market_print(tmp_path: Path) -> None:
    trades = only(read(tmp_path, trade(maker="true"), trade(maker="false", print_type="INSURANCE_FUND"))).trades
    assert trades.buyer_is_aggressor.tolist() == [False, True]
    assert trades.is_market.tolist() == [True, False]
    assert trades.price_e8.tolist() == [10_015_000_000] * 2
    assert trades.quantity_e8.tolist() == [400_000] * 2
    assert trades.trade_id.tolist() == [42, 42]


def test_depth_rows_own_their_levels_and_a_snapshot_stands_in_line_order(tmp_path: Path) -> None:
    table = only(
        read(
            tmp_path,
            depth('[["100.1","5"],["99","0.000"]]', "[]"),
            snapshot(),
            depth("[]", '[["100.3","0"]]', 13, 14, 12),
        )
    ).depth
    assert table.line.tolist() == [1, 2, 3]
    assert table.is_snapshot.tolist() == [False, True, False]
    assert table.first_id.tolist() == [11, 11, 13]
    assert table.final_id.tolist() == [12, 11, 14]
    assert table.previous_id.tolist() == [10, -1, 12]
    assert table.level_from.tolist() == [0, 2, 5]
    assert table.bids_to.tolist() == [2, 3, 5]
    assert table.asks_to.tolist() == [2, 5, 6]
    assert table.level_price_e8.tolist() == [x * 10_000_000 for x in (1001, 990, 1001, 1002, 1003, 1003)]
    assert table.level_size_e8.tolist() == [x * 100_000_000 for x in (5, 0, 5, 6, 7, 0)]


def test_marks_keep_negative_funding(tmp_path: Path) -> None:
    marks = only(read(tmp_path, mark(), mark("0.0001"))).marks
    assert marks.mark_e8.tolist() == [2_814_727_373_413] * 2
    assert marks.index_e8.tolist() == [2_815_975_642_857] * 2
    assert marks.funding_e8.tolist() == [-2754, 10_000]


def test_the_market_is_told_by_most_messages_not_by_one(tmp_path: Path) -> None:
    assert read(tmp_path, quote(), quote(), spot_quote()).recordings[0].source.market == "usdm"
    assert read(tmp_path, spot_quote(), spot_quote(), quote()).recordings[0].source.market == "spot"


def test_a_spot_quote_has_no_venue_time_and_a_spot_diff_no_predecessor(tmp_path: Path) -> None:
    recording = only(read(tmp_path, spot_quote(), depth('[["1","2"]]', "[]", previous=None)))
    assert recording.source.market == "spot"
    assert recording.quotes.venue_at_ns.tolist() == [0]
    assert recording.depth.previous_id.tolist() == [-1]


def test_symbols_stand_apart_in_name_order(tmp_path: Path) -> None:
    parsed = read(tmp_path, spot_quote(symbol="ETHUSDT"), spot_quote(), spot_quote(symbol="ETHUSDT"))
    assert [(recording.symbol, recording.quotes.line.tolist()) for recording in parsed.recordings] == [
        ("BTCUSDT", [2]),
        ("ETHUSDT", [1, 3]),
    ]


def test_a_snapshot_in_a_file_of_two_symbols_belongs_to_none(tmp_path: Path) -> None:
    parsed = read(tmp_path, spot_quote(), snapshot(), spot_quote(symbol="ETHUSDT"))
    assert places(parsed) == [("unreadable", 2)]
    assert all(len(recording.depth.line) == 0 for recording in parsed.recordings)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (quote(bid="NaN"), "not_a_number"),
        (quote(ask="Infinity"), "not_a_number"),
        (quote(ask="-100.2"), "negative"),
        (quote(bid="0.00"), "zero"),
        (quote(bid_size="0.000"), "zero"),
        (quote(ask_size="-1"), "negative"),
        (quote(bid="1.000000001"), "unreadable"),
        (quote().replace(b'"b":"100.10",', b""), "unreadable"),
        (quote().replace(b'"u":7', b'"u":-7'), "unreadable"),
        (quote().replace(b'"E":1700000001000', b'"E":17000000010000000000000'), "unreadable"),
        (quote().replace(b'"s":"BTCUSDT"', b'"s":"btc\\u001b[31m"'), "unreadable"),
        (quote().replace(b"recv_ns", b"receive"), "unreadable"),
        (quote(at=0), "unreadable"),
        (trade(price="0"), "zero"),
        (trade(quantity="x"), "not_a_number"),
        (trade(maker="null"), "unreadable"),
        (trade().replace(b'"t":42,', b""), "unreadable"),
        (depth('[["100.1","-1"]]', "[]"), "negative"),
        (depth('[["0","1"]]', "[]"), "zero"),
        (depth("[]", '[["NaN","1"]]'), "not_a_number"),
        (depth("[]", '[["1","1","1"]]'), "unreadable"),
        (depth("[]", '[[["1","1"]]]'), "unreadable"),
        (depth("[]", "12"), "unreadable"),
        (depth("[]", "null"), "unreadable"),
        (depth("[]", '[["1","1"]]', previous=None), "unreadable"),
        (snapshot(bids="{}"), "unreadable"),
        (line("{}"), "unreadable"),
        (line('{"stream":"x","data":{}}'), "unreadable"),
        (b"not json\n", "unreadable"),
        (b"\xff\xfe\n", "unreadable"),
        (b"[" * 20_000 + b"\n", "unreadable"),
        (line('{"result":null,"id":1}'), "unreadable"),
    ],
)
def test_a_bad_message_is_one_fault_at_its_line_and_no_tick(tmp_path: Path, bad: bytes, kind: str) -> None:
    good = (quote(), trade(), depth('[["1","2"],["3","4"]]', '[["5","0"]]'))
    parsed = read(tmp_path, *good, bad, *good)
    assert places(parsed) == [(kind, 4)]
    (recording,) = parsed.recordings
    assert recording.quotes.line.tolist() == [1, 5]
    assert recording.trades.line.tolist() == [2, 6]
    assert recording.depth.line.tolist() == [3, 7]
    assert recording.depth.level_from.tolist() == [0, 3]
    assert recording.depth.asks_to.tolist() == [3, 6]
    assert recording.depth.level_size_e8.tolist() == [200_000_000, 400_000_000, 0] * 2


def test_blank_lines_and_windows_line_ends_do_not_shift_the_line_numbers(tmp_path: Path) -> None:
    quotes = only(read(tmp_path, b"\n", quote(), b"  \n", quote().replace(b"\n", b"\r\n"))).quotes
    assert quotes.line.tolist() == [2, 4]


def test_two_values_on_one_line_are_not_taken_for_two_lines(tmp_path: Path) -> None:
    parsed = read(tmp_path, quote().replace(b"\n", b" ") + quote(), b"\n", quote())
    assert places(parsed) == [("unreadable", 1)]
    assert parsed.recordings[0].quotes.line.tolist() == [3]


def test_kinds_that_are_not_used_are_counted_in_a_remark(tmp_path: Path) -> None:
    other = line('{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","s":"BTCUSDT"}}')
    parsed = read(tmp_path, quote(), other, other)
    assert parsed.fault_counts == {}
    assert parsed.remarks == ("2 messages of kinds that are not used were passed over (aggTrade)",)


def test_a_whole_last_line_without_an_end_is_used_and_half_a_line_is_named(tmp_path: Path) -> None:
    assert only(read(tmp_path, quote(), quote().strip())).quotes.line.tolist() == [1, 2]
    parsed = read(tmp_path, quote(), quote()[:-20])
    assert places(parsed) == [("half_line", 2)]
    assert parsed.recordings[0].quotes.line.tolist() == [1]


def test_counts_are_exact_and_samples_are_bounded(tmp_path: Path) -> None:
    parsed = read(tmp_path, *([quote(bid="NaN" * 100)] * 250), quote())
    assert parsed.fault_counts == {"not_a_number": 250}
    assert [fault.line for fault in parsed.faults] == list(range(1, 101))
    assert all(len(fault.detail) <= 120 and fault.detail.isprintable() for fault in parsed.faults)


def test_faults_of_different_kinds_are_told_in_line_order(tmp_path: Path) -> None:
    parsed = read(tmp_path, quote(bid="x"), trade(price="0"), b"junk\n", quote(bid="-1"))
    assert places(parsed) == [("not_a_number", 1), ("zero", 2), ("unreadable", 3), ("negative", 4)]


def test_columns_cannot_be_changed_by_a_reader(tmp_path: Path) -> None:
    recording = only(read(tmp_path, quote()))
    with pytest.raises(ValueError, match="read-only"):
        recording.quotes.bid_e8[0] = 1
