"""Any bytes into every parser of the streams, and into what keeps their state: a value or a reason, never a crash.

The corpus is what the venue sent to others: two recorded sessions, and frames written after its documents; the bytes
are cut, joined, and changed.
"""

import gzip
import json
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_bodies import book_body, quote_body, trades_body
from interlock.venues.binance.parse.market_events import market_message
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard, Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.parse.user_events import user_message
from interlock.venues.binance.streams.account import is_of_our_making
from interlock.venues.binance.streams.states.intake import Intake
from interlock.venues.binance.streams.states.user_intake import UserIntake
from tests.recordings import recording
from tests.unit.venues.binance.streams.user_frames import algo, futures_order, spot_order

Parser = Callable[[bytes], object]
PARSERS: dict[str, Parser] = {
    "spot frames": lambda text: market_message(Market.SPOT, text, 1),
    "futures frames": lambda text: market_message(Market.USDM, text, 1),
    "account frames": user_message,
    "depth": lambda text: book_body("BTCUSDT", text, 1, Origin.STREAM),
    "quote": lambda text: quote_body("BTCUSDT", text, 1, Origin.FALLBACK),
    "trades": lambda text: trades_body("BTCUSDT", text, 1, Origin.FALLBACK),
}
PIECES = (
    b'"',
    b",",
    b"[",
    b"]",
    b"{",
    b"}",
    b"-",
    b".",
    b"e9",
    b"null",
    b"true",
    b"\xff",
    b"\x00",
    b"9" * 30,
    b'"e":"',
)
MADE = tuple(
    json.dumps(each).encode()
    for each in (
        futures_order("TRADE", "FILLED", t=1, l="0.01", z="0.01", L="5"),
        spot_order("TRADE", "FILLED", t=1, l="1", z="1", L="5"),
        algo("TRIGGERED", ai="8"),
        {"id": 1, "status": 200, "result": {}},
        {"result": None, "id": 1},
        {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": 1, "u": 2, "pu": 0, "b": [["1", "2"]], "a": []},
        {"symbol": "BTCUSDT", "bidPrice": "1", "bidQty": "1", "askPrice": "2", "askQty": "1"},
        [{"id": 1, "price": "1", "qty": "1", "time": 1, "isBuyerMaker": True}],
    )
)


@cache
def _corpus() -> tuple[bytes, ...]:
    """Return frames and bodies of every shape that was recorded: the first few of each stream, and all fixtures."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(recording("wire-sessions").glob("binance-*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            row = json.loads(line)
            if row["t"] in ("recv", "http") and len(row["data"]) < 20_000:
                name = row["data"][:30] if row["t"] == "recv" else row["url"]
                found.setdefault(f"{path.name} {name}", []).append(row["data"].encode())
    wire = recording("binance-wire")
    fixtures = [path.read_bytes() for path in sorted((wire / "fixtures" / "stream").glob("*.json"))]
    quoted = json.loads((wire / "observed-events.json").read_bytes())["items"]
    events = [json.dumps({"e": "ORDER_TRADE_UPDATE", "T": 1, "E": 1, "o": item["order"]}).encode() for item in quoted]
    return (*(text for texts in found.values() for text in texts[:3]), *fixtures, *events)


def _changed(corpus: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return texts of a corpus with a few of their bytes cut out, put in, or taken from another text."""
    change = st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=6))

    def apply(text: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
        for share, cut, piece in changes:
            at = int(share * len(text))
            text = text[:at] + piece + text[at + cut :]
        return text

    return st.builds(apply, st.sampled_from(corpus), st.lists(change, min_size=1, max_size=4))


def _check(parser: Parser, text: bytes) -> None:
    value = parser(text)
    if isinstance(value, Unreadable):
        assert value.where
        assert value.what
        assert len(value.what) < 400
    elif isinstance(value, QuoteHeard):
        assert value.symbol
        assert min(value.bid_e8, value.ask_e8, value.bid_size_e8, value.ask_size_e8) > 0
    elif isinstance(value, DiffHeard | BookHeard):
        assert all(0 < price < 1 << 63 and 0 <= size < 1 << 63 for price, size in (*value.bids, *value.asks))
    elif isinstance(value, TradeHeard):
        assert min(value.price_e8, value.quantity_e8) > 0
        assert 0 <= value.trade_id < 1 << 63


@pytest.mark.parametrize("name", PARSERS)
@given(text=st.binary(max_size=300) | _changed(MADE))
@settings(max_examples=150)
def test_any_bytes_give_a_value_or_a_reason(name: str, text: bytes) -> None:
    _check(PARSERS[name], text)
    assert name in PARSERS


@pytest.mark.parametrize("name", PARSERS)
def test_recorded_bytes_changed_anywhere_give_a_value_or_a_reason(name: str) -> None:
    corpus = _corpus()
    assert len(corpus) > 80

    @given(text=_changed(corpus))
    @settings(max_examples=300)
    def check(text: bytes) -> None:
        _check(PARSERS[name], text)

    check()


@given(texts=st.lists(_changed(MADE) | st.sampled_from(MADE), max_size=12), market=st.sampled_from(Market))
@settings(max_examples=150)
def test_what_keeps_the_state_of_streams_takes_any_frames(texts: list[bytes], market: Market) -> None:
    told: list[object] = []
    market_intake = Intake(market, ["BTCUSDT"], told.append, lambda: None, 0)
    user_intake = UserIntake(market, is_of_our_making, lambda asset: None, told.append)
    for at_ns, text in enumerate(texts):
        market_intake.frame(text, at_ns)
        user_intake.frame(text, at_ns)
    assert len(told) <= 4 * len(texts)


def test_very_deep_nesting_is_a_reason_like_any_other() -> None:
    for parser in PARSERS.values():
        for piece in (b"[", b'{"data":', b'{"e":'):
            assert isinstance(parser(piece * 200_000), Unreadable)
