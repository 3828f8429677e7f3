"""Unknown values and missing fields are told by name, and prove nothing."""

import json

import pytest

from interlock.venues.binance.parse import queries
from interlock.venues.binance.parse.order_replies import algo_cancelled, algo_placed, cancelled, placed
from interlock.venues.binance.parse.unreadable import Unreadable

ORDER: dict[str, object] = {
    "symbol": "BTCUSDT",
    "orderId": 1,
    "clientOrderId": "a",
    "status": "NEW",
    "origQty": "2",
    "executedQty": "1",
    "updateTime": 1_700_000_000_000,
}
ALGO: dict[str, object] = {
    "symbol": "BTCUSDT",
    "algoId": 1,
    "clientAlgoId": "a",
    "algoStatus": "NEW",
    "quantity": "2",
    "updateTime": 1_700_000_000_000,
}


def raw(body: object) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("field", ORDER)
def test_an_order_answer_that_lacks_a_field_names_it(field: str) -> None:
    found = placed("BTCUSDT", "a", 200, raw({name: value for name, value in ORDER.items() if name != field}))
    assert isinstance(found, Unreadable)
    assert field in found.what
    asked = queries.order(raw({name: value for name, value in ORDER.items() if name != field}))
    assert isinstance(asked, Unreadable)
    assert field in asked.what


@pytest.mark.parametrize("field", ALGO)
def test_an_algo_answer_that_lacks_a_field_names_it(field: str) -> None:
    body = raw({name: value for name, value in ALGO.items() if name != field})
    for found in (algo_placed("BTCUSDT", "a", 200, body), queries.algo(body)):
        assert isinstance(found, Unreadable)
        assert field in found.what


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "PENDING_TOMORROW"),
        ("origQty", "1e3"),
        ("origQty", "NaN"),
        ("origQty", "-1"),
        ("executedQty", ""),
        ("executedQty", "3"),
        ("executedQty", 1),
        ("updateTime", 1_568_995_698_674_402_579),
        ("updateTime", -1),
        ("updateTime", "1700000000000"),
    ],
)
def test_an_order_answer_with_a_value_of_no_meaning_names_its_field(field: str, value: object) -> None:
    for found in (placed("BTCUSDT", "a", 200, raw(ORDER | {field: value})), queries.order(raw(ORDER | {field: value}))):
        assert isinstance(found, Unreadable)
        assert field in found.what


def test_a_cancellation_is_done_only_when_the_answer_says_cancelled() -> None:
    for status in ("NEW", "FILLED", "EXPIRED"):
        assert isinstance(cancelled("BTCUSDT", "a", 200, raw(ORDER | {"status": status})), Unreadable)
    assert not isinstance(cancelled("BTCUSDT", "a", 200, raw(ORDER | {"status": "CANCELED"})), Unreadable)
    for code in ("201", 0):
        body = raw({"clientAlgoId": "a", "code": code})
        assert isinstance(algo_cancelled("a", 200, body, 5), Unreadable)


def test_a_position_of_hedge_mode_is_not_read_as_one_of_ours() -> None:
    position = {"symbol": "BTCUSDT", "positionAmt": "1", "entryPrice": "1", "positionSide": "LONG"}
    found = queries.futures_account(raw({"assets": [], "positions": [position]}))
    assert isinstance(found, Unreadable)
    assert "positionSide" in found.what


def test_a_trade_without_a_word_on_who_took_is_not_read() -> None:
    trade = {"symbol": "A", "id": 1, "orderId": 1, "price": "1", "qty": "1", "commission": "0", "commissionAsset": "B"}
    found = queries.trades(raw([trade | {"time": 1}]))
    assert isinstance(found, Unreadable)
    assert "isMaker" in found.what


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"null", b'{"a":1}' * 2])
def test_no_bytes_raise(body: bytes) -> None:
    for read in (queries.order, queries.algos, queries.trades, queries.depth, queries.server_time_ns):
        assert isinstance(read(body), Unreadable)
