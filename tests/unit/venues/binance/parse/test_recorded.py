"""Bodies that the venue really sent, and what they prove."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from interlock.ports.exchange.words import AlgoState, OrderState
from interlock.venues.binance.parse import queries
from interlock.venues.binance.parse.errors import VenueError, refusal, venue_error
from interlock.venues.binance.parse.order_replies import Cancelled, Placed, algo_placed, cancelled, placed
from interlock.venues.binance.parse.unreadable import Unreadable
from tests.recordings import recording


def wire() -> Path:
    return recording("binance-wire")


def recorded(name: str, number: int = 0) -> tuple[int, bytes]:
    pair = json.loads((wire() / "rest-recorded" / f"{name}.json").read_text())[number]
    return pair["response"]["status"], pair["response"]["body"].encode()


def fixture(name: str) -> bytes:
    return (wire() / "fixtures" / "rest" / f"{name}.json").read_bytes()


def test_a_futures_order_of_2020_was_taken() -> None:
    answer = recorded("futures-order_limit_buy_good_til_cancel_default_duration_success")
    found = placed("BTCUSDT", "e7BFySSxfObXahpsHJirjC", *answer)
    assert found == Placed(
        venue_order_id="2634722102",
        state=OrderState.NEW,
        quantity=Decimal("0.001"),
        filled=Decimal(0),
        text="NEW",
        venue_at_ns=1_586_855_766_315_000_000,
    )


def test_spot_orders_were_taken_and_refused() -> None:
    taken = placed("DOGEBTC", "cyNmMk8rcgunB0REmUlbyv", *recorded("spot-order_limit_buy_very_low_price"))
    assert isinstance(taken, Placed)
    refused = placed("DOGEBTC", "any", *recorded("spot-order_limit_buy_very_low_price", 1))
    assert isinstance(refused, VenueError)
    assert refused.code == -1100
    short = placed("LTCBTC", "any", *recorded("spot-order_limit_buy_error_insufficient_balance"))
    assert isinstance(short, VenueError)
    assert short.code == -2010


def test_a_refusal_of_2019_under_a_code_that_means_anything_proves_nothing() -> None:
    found = placed("BTCUSDT", "any", *recorded("futures-order_limit_buy_error_insufficient_balance"))
    assert isinstance(found, Unreadable)
    assert "-1000" in found.what


def test_a_spot_answer_with_its_fills_says_how_much_was_filled() -> None:
    found = placed("BTCUSDT", "6gCrw2kRUAF9CvJDGP16IP", 200, fixture("spot-new_order_full_response"))
    assert isinstance(found, Placed)
    assert (found.state, found.filled) == (OrderState.FILLED, Decimal(10))


def test_an_answer_about_another_order_proves_nothing() -> None:
    answer = recorded("futures-order_limit_buy_good_til_cancel_default_duration_success")
    for symbol, order_id in (("ETHUSDT", "e7BFySSxfObXahpsHJirjC"), ("BTCUSDT", "another")):
        found = placed(symbol, order_id, *answer)
        assert isinstance(found, Unreadable)
        assert "e7BFySSxfObXahpsHJirjC" in found.what


def test_cancellations_were_done_and_refused() -> None:
    found = cancelled("LTCBTC", "myOrder1", 200, fixture("spot-cancel_order_response"))
    assert found == Cancelled(quantity=Decimal(1), filled=Decimal(0), venue_at_ns=1_684_804_350_068_000_000)
    old = cancelled("BTCUSDT", "any", *recorded("futures-cancel_non_existing_order"))
    assert old == VenueError(-2011, "UNKNOWN_ORDER")


def test_a_cancellation_of_2019_without_a_time_names_what_is_missing() -> None:
    answer = recorded("spot-cancel_order_by_symbol_string_orderid_and_timestamp_success")
    found = cancelled("XRPUSDT", "rCS6y6PqePZx5Ir6tPwDk8", *answer)
    assert isinstance(found, Unreadable)
    assert "transactTime" in found.what


def test_errors_that_people_met_are_read_with_their_codes() -> None:
    items: list[dict[str, Any]] = json.loads((wire() / "observed-errors.json").read_text())["items"]
    codes = 0
    for item in items:
        body = item["body"]
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        found = venue_error(raw)
        if isinstance(body, dict):
            assert found == VenueError(body["code"], body["msg"])
            proves = refusal(item["http_status"] or 400, raw)
            assert isinstance(proves, Unreadable) is (body["code"] == -1007), body
            codes += 1
        else:
            assert isinstance(found, Unreadable)
            assert isinstance(refusal(item["http_status"], raw), Unreadable)
    assert codes > 10


def test_orders_trades_accounts_and_depth_are_read() -> None:
    order = queries.order(fixture("futures-order_response"))
    assert isinstance(order, queries.OrderFound)
    assert (order.order_id, order.venue_order_id, order.state) == ("testOrder123", "12345678", OrderState.NEW)
    assert isinstance(queries.orders(fixture("spot-all_orders_response")), tuple)
    for name in ("futures-get_open_orders_without_symbol_success", "spot-get_open_orders_without_symbol_success"):
        open_orders = queries.orders(recorded(name)[1])
        assert isinstance(open_orders, tuple), open_orders
        assert open_orders
    for name in ("http_futures_account_trades", "spot-account_trades_response"):
        trades = queries.trades(fixture(name))
        assert isinstance(trades, tuple), trades
    futures = queries.futures_account(fixture("futures-account_info_v2"))
    assert isinstance(futures, queries.AccountFound)
    assert [(each.asset, each.total) for each in futures.balances] == [("USDT", Decimal("23.72469206"))]
    spot = queries.spot_account(fixture("http_spot_wallet_account"))
    assert isinstance(spot, queries.AccountFound)
    assert {each.asset for each in spot.balances} == {"BTC", "LTC"}
    depth = queries.depth(recorded("spot-get_depth_ok")[1])
    assert isinstance(depth, queries.DepthFound)
    assert depth.bids[0] == (Decimal("56902.15"), Decimal("0.003715"))
    at_ns = queries.server_time_ns(recorded("spot-get_server_time_ok")[1])
    assert isinstance(at_ns, int)
    assert at_ns // 10**18 == 1


def test_a_conditional_order_is_read() -> None:
    (body,) = json.loads(fixture("futures-open_algo_orders"))
    found = algo_placed("BTCUSDT", "test-algo-order-1", 200, json.dumps(body).encode())
    assert isinstance(found, Placed)
    assert (found.venue_order_id, found.state) == ("algo-123456789", AlgoState.NEW)
    (listed,) = queries.algos(fixture("futures-open_algo_orders"))  # type: ignore[misc]  # a list, or the test fails
    assert (listed.order_id, listed.became) == ("test-algo-order-1", "")
