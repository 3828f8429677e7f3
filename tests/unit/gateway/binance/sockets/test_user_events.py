"""An account's events look as documented, say what happened, and reach whoever may hear them, in order."""

import json
from typing import Any

import pytest

from interlock.gateway.binance.sockets.pushing import Pusher
from interlock.gateway.binance.sockets.users.feed import PlainHearer, UserFeed, WrappedHearer
from interlock.gateway.binance.sockets.users.futures_events import futures_events
from interlock.gateway.binance.sockets.users.spot_events import spot_events
from interlock.ports.exchange.events import OrderUpdated, Told
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import AlgoState, Execution, Market, OrderKind, OrderState
from tests.recordings import recording
from tests.unit.gateway.binance.sockets import rows
from tests.unit.gateway.binance.sockets.fakes import NOW_MS, FakeLater, RecordingChannel, Scripted

SPOT, USDM = Market.SPOT, Market.USDM


def _fixture(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        (recording("binance-wire") / "fixtures" / "stream" / name).read_text(encoding="utf-8")
    )
    return body.get("event", body.get("data", body))  # type: ignore[no-any-return]  # JSON as read


def _spot(told: Told) -> dict[str, Any]:
    (shape,) = spot_events(told.event, NOW_MS + 1)
    return shape


def _futures(told: Told) -> dict[str, Any]:
    return futures_events(told.event, NOW_MS + 1)[-1]


def test_an_execution_report_has_the_documented_keys_in_their_order() -> None:
    shape = _spot(rows.updated(SPOT, Execution.NEW))
    assert list(shape) == list(_fixture("spot-execution_report_wrapped.json"))


def test_a_new_spot_order_is_reported_with_all_it_was_asked() -> None:
    shape = _spot(rows.updated(SPOT, Execution.NEW))
    assert (shape["c"], shape["C"], shape["x"], shape["X"], shape["r"]) == ("mine-1", "", "NEW", "NEW", "NONE")
    assert (shape["q"], shape["p"], shape["z"], shape["Z"]) == (
        "1.00000000",
        "60000.00000000",
        "0.00000000",
        "0.00000000",
    )
    assert (shape["n"], shape["N"], shape["t"], shape["w"], shape["I"]) == ("0", None, -1, True, 900)
    assert (shape["E"], shape["T"], shape["O"], shape["W"]) == (NOW_MS + 1, NOW_MS, NOW_MS - 5, NOW_MS - 4)


def test_a_spot_fill_is_reported_with_its_trade_and_commission() -> None:
    shape = _spot(rows.filled(SPOT))
    assert (shape["x"], shape["X"], shape["t"], shape["m"]) == ("TRADE", "PARTIALLY_FILLED", 5, True)
    assert (shape["l"], shape["L"], shape["Y"]) == ("0.50000000", "60000.00000000", "30000.00000000")
    assert (shape["z"], shape["Z"], shape["n"], shape["N"]) == ("0.50000000", "30000.00000000", "0.00050000", "BTC")


def test_a_spot_cancellation_comes_under_its_own_id_and_names_the_orders() -> None:
    shape = _spot(rows.updated(SPOT, Execution.CANCELED, OrderState.CANCELED, cancel="cancel-9"))
    assert (shape["c"], shape["C"], shape["w"]) == ("cancel-9", "mine-1", False)


def test_an_order_that_never_worked_has_no_working_time() -> None:
    shape = _spot(rows.updated(SPOT, Execution.REJECTED, OrderState.REJECTED, working_at_ns=-1, text="NO_FUNDS"))
    assert "W" not in shape
    assert (shape["w"], shape["r"]) == (False, "NO_FUNDS")


def test_spot_balances_are_told_free_and_locked() -> None:
    shape = _spot(rows.balances())
    assert list(shape) == list(_fixture("spot-account_position.json"))
    assert shape["B"] == [{"a": "USDT", "f": "10000.00000000", "l": "2500.00000000"}]


def test_a_futures_order_update_has_the_documented_keys_in_their_order() -> None:
    wanted = _fixture("futures-order_update_trade.json")
    shape = _futures(rows.filled(USDM))
    assert list(shape) == list(wanted)
    assert list(shape["o"])[: len(wanted["o"])] == list(wanted["o"])
    assert [type(value) for value in shape["o"].values()][: len(wanted["o"])] == [type(v) for v in wanted["o"].values()]


def test_a_futures_order_update_has_all_that_was_observed() -> None:
    items = json.loads((recording("binance-wire") / "observed-events.json").read_text(encoding="utf-8"))["items"]
    shape = _futures(rows.updated(USDM, Execution.NEW))["o"]
    for item in items:
        assert set(item["order"]) <= set(shape)
        assert {key: type(value) for key, value in item["order"].items()} == {
            key: type(shape[key]) for key in item["order"]
        }


def test_a_futures_fill_tells_quantity_price_and_profit_after_a_short_word() -> None:
    lite, update = futures_events(rows.filled(USDM).event, NOW_MS)
    assert list(lite) == list(_fixture("ws_futures_trade_lite.json"))
    assert (lite["e"], lite["l"], lite["L"], lite["t"], lite["i"]) == ("TRADE_LITE", "0.5", "60000", 5, 77)
    told: dict[str, Any] = update["o"]  # type: ignore[assignment]  # JSON to be
    assert (told["x"], told["X"], told["l"], told["z"], told["ap"]) == (
        "TRADE",
        "PARTIALLY_FILLED",
        "0.5",
        "0.5",
        "60000",
    )
    assert (told["n"], told["N"], told["rp"], told["ps"], told["V"]) == (
        "0.00050000",
        "USDT",
        "12.34",
        "BOTH",
        "EXPIRE_MAKER",
    )


def test_a_cancelled_futures_order_keeps_its_own_id() -> None:
    shape = _futures(rows.updated(USDM, Execution.CANCELED, OrderState.CANCELED, cancel="cancel-9"))
    assert (shape["o"]["c"], shape["o"]["x"]) == ("mine-1", "CANCELED")


def test_futures_say_expired_where_spot_says_prevented() -> None:
    told = rows.updated(USDM, Execution.TRADE_PREVENTION, OrderState.EXPIRED_IN_MATCH)
    assert (_futures(told)["o"]["x"], _futures(told)["o"]["X"]) == ("EXPIRED", "EXPIRED_IN_MATCH")
    assert _spot(rows.updated(SPOT, Execution.TRADE_PREVENTION, OrderState.EXPIRED_IN_MATCH))["x"] == "TRADE_PREVENTION"


def test_an_account_update_tells_wallet_and_position() -> None:
    wanted, shape = _fixture("futures-account_update.json"), _futures(rows.account_updated())
    assert list(shape) == list(wanted)
    assert [list(shape["a"][key][0]) for key in ("B", "P")] == [list(wanted["a"][key][0]) for key in ("B", "P")]
    assert shape["a"]["B"] == [{"a": "USDT", "wb": "1000.00000000", "cw": "900.00000000", "bc": "0"}]
    (told,) = shape["a"]["P"]
    assert (told["pa"], told["ep"], told["cr"], told["mt"], told["up"]) == (
        "-1",
        "60000",
        "-45.04",
        "cross",
        "-1000.00000000",
    )


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (rows.algo(AlgoState.NEW, text="Reduce Only reject"), "futures-algo_update_new.json"),
        (rows.algo(AlgoState.TRIGGERING), "ws_futures_algo_update_triggering.json"),
        (rows.algo(AlgoState.TRIGGERED, order_id=88), "ws_futures_algo_update_triggered.json"),
    ],
)
def test_a_conditional_orders_update_has_the_documented_keys_in_their_order(told: Told, name: str) -> None:
    wanted, shape = _fixture(name), _futures(told)
    assert list(shape) == list(wanted)
    assert list(shape["o"]) == list(wanted["o"])
    assert (shape["o"]["X"], shape["o"]["tp"], shape["o"]["caid"]) == (wanted["o"]["X"], "59000", "stop-1")


def test_a_triggered_order_names_what_it_became() -> None:
    shape = _futures(rows.algo(AlgoState.TRIGGERED, order_id=88))["o"]
    assert (shape["ai"], shape["act"], shape["tt"]) == ("88", "MARKET", NOW_MS)


def test_a_conditional_order_tells_what_its_order_was_filled_with() -> None:
    algo = rows.algo(AlgoState.FINISHED, order_id=88, filled="2", quote="119000")
    shape = _futures(algo)["o"]
    assert (shape["aq"], shape["ap"]) == ("2", "59500")


def test_leverage_margin_call_and_trigger_rejection_are_told() -> None:
    assert _futures(rows.leverage())["ac"] == {"s": "BTCUSDT", "l": 25}
    called = _futures(rows.margin_called())
    assert (called["cw"], called["p"][0]["mt"], called["p"][0]["mp"]) == ("3.16", "CROSSED", "61000")
    rejected = _futures(rows.trigger_rejected())
    assert rejected["or"] == {"s": "BTCUSDT", "i": 77, "r": "Due to the order."}


def test_what_belongs_to_the_other_market_says_nothing() -> None:
    assert futures_events(rows.balances().event, NOW_MS) == []
    assert spot_events(rows.account_updated().event, NOW_MS) == []


# --- Who hears them ------------------------------------------------------------------------------------------------


def _feed(market: Market, interference: Scripted | None = None) -> tuple[UserFeed, FakeLater, list[OrderRow]]:
    later, liquidated = FakeLater(), list[OrderRow]()
    feed = UserFeed(market, Pusher(market, interference, later), lambda: NOW_MS, liquidated.append)
    return feed, later, liquidated


def test_events_go_to_their_account_in_order_and_in_each_hearers_wrapping() -> None:
    feed, _, _ = _feed(SPOT)
    plain, wrapped, stranger = RecordingChannel(), RecordingChannel(), RecordingChannel()
    feed.attach(rows.ACCOUNT, PlainHearer(plain))
    feed.attach(rows.ACCOUNT, WrappedHearer(wrapped, b'{"subscriptionId":3,"event":'))
    feed.attach("bob", PlainHearer(stranger))
    feed.told([rows.updated(SPOT, Execution.NEW), rows.filled(SPOT), rows.balances(), rows.account_updated()])
    told = plain.said()
    assert [each["e"] for each in told] == ["executionReport", "executionReport", "outboundAccountPosition"]
    assert wrapped.said() == [{"subscriptionId": 3, "event": each} for each in told]
    assert stranger.said() == []


def test_who_left_hears_no_more_events() -> None:
    feed, _, _ = _feed(SPOT)
    channel = RecordingChannel()
    hearer = PlainHearer(channel)
    feed.attach(rows.ACCOUNT, hearer)
    feed.detach(rows.ACCOUNT, hearer)
    feed.told([rows.filled(SPOT)])
    assert channel.said() == []


def test_account_events_are_lost_and_doubled_as_the_interference_says() -> None:
    scripted = Scripted()
    feed, later, _ = _feed(SPOT, scripted)
    channel = RecordingChannel()
    feed.attach(rows.ACCOUNT, PlainHearer(channel))
    scripted.pushes = lambda message: [] if b"outbound" in message else [(0, message), (40, message)]
    feed.told([rows.filled(SPOT), rows.balances()])
    assert len(channel.said()) == 1
    later.run()
    assert [each["e"] for each in channel.said()] == ["executionReport"]
    assert scripted.streams == ["user", "user"]


def test_a_liquidation_is_told_to_the_market_even_when_the_account_does_not_listen() -> None:
    feed, _, liquidated = _feed(USDM)
    feed.told([rows.filled(USDM)])
    assert liquidated == []
    told = rows.updated(USDM, Execution.CALCULATED, OrderState.FILLED, kind=OrderKind.LIQUIDATION)
    feed.told([told])
    assert isinstance(told.event, OrderUpdated)
    assert liquidated == [told.event.order]
