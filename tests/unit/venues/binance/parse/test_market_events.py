"""Market frames and bodies: exact to the last digit, and whatever is wrong is named with its field and value."""

import json
import tracemalloc

import pytest

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.amounts_e8 import above_zero_e8, amount_e8, levels_e8, signed_e8
from interlock.venues.binance.parse.market_bodies import book_body, quote_body, trades_body
from interlock.venues.binance.parse.market_events import market_message
from interlock.venues.binance.parse.market_values import (
    Answered,
    BookHeard,
    DiffHeard,
    MarkPriceHeard,
    Origin,
    PassedOver,
    QuoteHeard,
    TradeHeard,
)
from interlock.venues.binance.parse.unreadable import Unreadable
from tests.recordings import recording

SPOT, USDM = Market.SPOT, Market.USDM
MS = 1_000_000
HEARD = 1_700_000_000_123_456_789
QUOTE = {
    "e": "bookTicker",
    "u": 9,
    "E": 1001,
    "T": 1000,
    "s": "ETHUSDT",
    "b": "25.35",
    "B": "31.21",
    "a": "26",
    "A": "4",
}
DEPTH = {
    "e": "depthUpdate",
    "E": 1001,
    "T": 1000,
    "s": "ETHUSDT",
    "U": 5,
    "u": 7,
    "pu": 4,
    "b": [["24.5", "0"]],
    "a": [],
}
TRADE = {
    "e": "trade",
    "E": 1001,
    "T": 1000,
    "s": "ETHUSDT",
    "t": 3,
    "p": "25",
    "q": "0.00000001",
    "X": "MARKET",
    "m": True,
}
MARK = {"e": "markPriceUpdate", "E": 1001, "s": "ETHUSDT", "p": "25", "i": "25.1", "P": "1", "r": "-0.0001", "T": 2000}


def _read(market: Market, message: dict[str, object], **changed: object) -> object:
    return market_message(market, json.dumps(message | changed).encode(), HEARD)


def _without(message: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in message.items() if key != name}


def test_each_kind_is_read_with_the_venues_time_and_ours() -> None:
    at_ns = 1001 * MS
    levels = [(2_450_000_000, 0)]
    assert _read(USDM, QUOTE) == QuoteHeard(
        "ETHUSDT", 9, 2_535_000_000, 3_121_000_000, 2_600_000_000, 400_000_000, at_ns, HEARD, Origin.STREAM
    )
    assert _read(USDM, DEPTH) == DiffHeard("ETHUSDT", 5, 7, 4, levels, [], at_ns, HEARD)
    assert _read(SPOT, _without(DEPTH, "pu")) == DiffHeard("ETHUSDT", 5, 7, -1, levels, [], at_ns, HEARD)
    assert _read(USDM, TRADE) == TradeHeard("ETHUSDT", 3, 2_500_000_000, 1, False, True, at_ns, HEARD, Origin.STREAM)
    assert _read(USDM, MARK) == MarkPriceHeard(
        "ETHUSDT", 2_500_000_000, 2_510_000_000, -10_000, 2000 * MS, at_ns, HEARD
    )


def test_spots_quotes_have_neither_name_nor_time() -> None:
    bare = {key: value for key, value in QUOTE.items() if key not in "eET"}
    read = _read(SPOT, bare)
    assert isinstance(read, QuoteHeard)
    assert read.venue_at_ns == 0
    assert isinstance(_read(USDM, bare), Unreadable)


def test_a_combined_frame_says_the_same_as_a_plain_one() -> None:
    assert _read(USDM, {"stream": "ethusdt@bookTicker", "data": QUOTE}) == _read(USDM, QUOTE)


def test_a_print_that_nobody_traded_at_the_book_is_marked() -> None:
    read = _read(USDM, TRADE, X="INSURANCE_FUND")
    assert isinstance(read, TradeHeard)
    assert not read.is_market


@pytest.mark.parametrize("message", [QUOTE, DEPTH, TRADE, MARK])
def test_no_field_that_is_used_has_a_default(message: dict[str, object]) -> None:
    used = {"bookTicker": "uEsbBaA", "depthUpdate": ("E", "s", "U", "u", "pu", "b", "a"), "trade": "Estpqm"}
    for name in used.get(str(message["e"]), "EspirT"):
        read = _read(USDM, _without(message, name))
        assert isinstance(read, Unreadable), name
        assert f"{name} is" in read.what


@pytest.mark.parametrize(
    ("message", "changed", "told"),
    [
        (QUOTE, {"b": "0"}, "b is '0'"),
        (QUOTE, {"b": "1e3"}, "b is '1e3'"),
        (QUOTE, {"A": "-1"}, "A is '-1'"),
        (QUOTE, {"A": "1.123456789"}, "A is '1.123456789'"),
        (QUOTE, {"A": "99999999999999"}, "A is '99999999999999'"),
        (QUOTE, {"u": -2}, "u is -2"),
        (QUOTE, {"u": 1 << 63}, "u is 9223372036854775808"),
        (QUOTE, {"E": -5}, "E is -5"),
        (QUOTE, {"E": 10**18}, "E is 1000000000000000000"),
        (QUOTE, {"b": 5}, "b is 5"),
        (DEPTH, {"U": 8}, "U is 8 and u is 7"),
        (DEPTH, {"b": [["0", "1"]]}, "level 0 of b is '0'"),
        (DEPTH, {"a": [["5", "1"], ["6", "x"]]}, "level 1 of a is '6' for 'x'"),
        (DEPTH, {"a": "5"}, "a is '5'"),
        (TRADE, {"X": "NEW_KIND"}, "X is 'NEW_KIND'"),
        (TRADE, {"m": "yes"}, "$.m"),
        (MARK, {"r": "--1"}, "r is '-1'"),
        (QUOTE, {"e": "newKind"}, "e is 'newKind'"),
    ],
)
def test_what_is_wrong_is_named_with_its_value(
    message: dict[str, object], changed: dict[str, object], told: str
) -> None:
    read = _read(USDM, message, **changed)
    assert isinstance(read, Unreadable)
    assert told in read.what


def test_answers_come_between_the_market_data() -> None:
    assert _read(SPOT, {"result": None, "id": 4}) == Answered(4, 0, "")
    assert _read(SPOT, {"error": {"code": 2, "msg": "Invalid request"}, "id": 5}) == Answered(5, 2, "Invalid request")
    assert _read(SPOT, {"code": -1121, "msg": "Invalid symbol.", "id": "a"}) == Answered("a", -1121, "Invalid symbol.")
    assert isinstance(_read(SPOT, {"id": 4}), Unreadable)


def test_kinds_that_are_not_used_are_passed_over_whatever_their_fields() -> None:
    kline = {"e": "kline", "E": 5, "s": "ETHUSDT", "k": {"t": 1}, "t": "x"}
    assert _read(USDM, kline) == PassedOver("kline")
    assert _read(USDM, {"stream": "s", "data": kline}) == PassedOver("kline")


@pytest.mark.parametrize("text", ["", ".5", "5.", "+5", " 5", "5 ", "5_0", "\u0665", "\u00b2", "NaN", "1" * 41, "0x1"])
def test_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(Unreadable):
        amount_e8("here", "x", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("0.00000001", 1), ("61800.20", 6_180_020_000_000), ("92233720368.54775807", (1 << 63) - 1)],
)
def test_amounts_are_exact_to_the_last_digit(text: str, value: int) -> None:
    assert amount_e8("here", "x", text) == amount_e8("here", "x", f"{text}{'' if '.' in text else '.'}0") == value
    assert signed_e8("here", "x", f"-{text}") == -value


def test_bodies_of_reads_are_the_same_values() -> None:
    book = book_body("A", b'{"lastUpdateId":7,"E":5,"T":4,"bids":[["1.5","2"]],"asks":[]}', HEARD, Origin.FALLBACK)
    assert book == BookHeard("A", 7, [(150_000_000, 200_000_000)], [], 5 * MS, HEARD, Origin.FALLBACK)
    shown = b'{"symbol":"A","bidPrice":"1","bidQty":"2","askPrice":"3","askQty":"4"%s}'
    quote = quote_body("A", shown % b',"time":9,"lastUpdateId":6', HEARD, Origin.FALLBACK)
    assert isinstance(quote, QuoteHeard)
    assert (quote.update_id, quote.venue_at_ns) == (6, 9 * MS)
    other = quote_body("B", shown % b"", HEARD, Origin.FALLBACK)
    assert isinstance(other, Unreadable)
    assert other.what == "symbol is 'A', B was asked for"
    trade = b'{"id":%d,"price":"1","qty":"2","quoteQty":"2","time":3,"isBuyerMaker":true}'
    trades = trades_body("A", b"[" + trade % 2 + b"," + trade % 1 + b"]", HEARD, Origin.FALLBACK)
    assert not isinstance(trades, Unreadable)
    assert [each.trade_id for each in trades] == [1, 2]


def test_the_frames_that_others_wrote_after_the_venues_documents_are_read() -> None:
    folder = recording("binance-wire") / "fixtures" / "stream"
    kinds = {
        name: type(market_message(market, (folder / f"{name}.json").read_bytes(), HEARD))
        for market, names in (
            (USDM, "ws_futures_book_ticker ws_futures_depth_update ws_futures_depth_diff_update futures-trade_stream"),
            (
                USDM,
                "futures-mark_price_stream futures-kline_stream_open futures-agg_trade_stream ws_futures_ticker_24hr",
            ),
            (SPOT, "ws_spot_trade ws_spot_agg_trade ws_spot_ticker_book ws_spot_ticker_24hr"),
        )
        for name in names.split()
    }
    assert list(kinds.values()) == [
        *(QuoteHeard, DiffHeard, DiffHeard, TradeHeard),
        *(MarkPriceHeard, PassedOver, PassedOver, PassedOver),
        *(TradeHeard, PassedOver, QuoteHeard, PassedOver),
    ]


def test_a_long_text_is_no_amount_and_is_not_kept() -> None:
    tracemalloc.start()
    try:
        for number in range(20):
            text = f"{number}{'1' * 1_000_000}"
            for read in (amount_e8, above_zero_e8, signed_e8):
                with pytest.raises(Unreadable):
                    read("here", "p", text)
            with pytest.raises(Unreadable):
                levels_e8("here", "b", [("1", text)])
            with pytest.raises(Unreadable):
                levels_e8("here", "b", [(text, "1")])
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < 5_000_000
