"""The order line over real sockets: what is sent, and what the core is told of the answers."""

import hashlib
import hmac
from decimal import Decimal

import pytest

from interlock.messages.effects import QueryOrder
from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    RejectReported,
    SilenceReported,
)
from interlock.messages.words import OrderType, Purpose
from interlock.venues.binance.line import not_sent
from tests.unit.venues.binance.scripted_venue import (
    ACCOUNT,
    KEY,
    LOOPS,
    QUICK,
    RESET,
    SECRET,
    SILENT_ACT,
    SYMBOL,
    Act,
    Heard,
    approved,
    closing,
    code_of,
    order_body,
    refusal,
    run,
    trading,
)

# --- What leaves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loop", LOOPS)
def test_an_order_leaves_within_the_call_and_its_answer_is_told(loop: str) -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.lane.place(approved("il1-1-0"))
            assert not traded.is_ready()  # the write is done, nothing was awaited
            assert await traded.hear() == AcceptReported(
                order_id="il1-1-0", venue_order_id="41", venue_at_ns=1_700_000_000_000_000_000
            )
            (heard,) = traded.venue.heard
            assert (heard.method, heard.path, heard.headers["X-MBX-APIKEY"]) == ("POST", "/fapi/v1/order", KEY)
            assert heard.headers["Content-Length"] == "0"

    run(scenario(), loop)


def test_the_signature_is_over_the_bytes_that_are_sent() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.lane.place(approved("il1-1-0"))
            (heard,) = await traded.venue.wait_for(1)
            payload, _, signature = heard.raw_query.rpartition("&signature=")
            assert signature == hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()

    run(scenario())


def test_the_kept_open_connection_is_used_for_every_request() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            for number in range(5):
                traded.lane.place(approved(f"il1-{number}-0"))
                assert isinstance(await traded.hear(), AcceptReported)
            assert {heard.connection for heard in traded.venue.heard} == {1}
            assert traded.venue.connections == 1

    run(scenario())


def test_what_waits_for_a_connection_goes_when_it_is_free_with_a_fresh_time_reductions_first() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.venue.gate.clear()
            traded.lane.place(approved("il1-1-0"))
            await traded.venue.wait_for(1)
            traded.lane.place(approved("il1-2-0"))
            traded.lane.place(closing("il1-3-0"))
            traded.clock.shift_ns = 700_000_000_000
            traded.venue.gate.set()
            heard = await traded.venue.wait_for(3)
            assert [each.query["newClientOrderId"] for each in heard] == ["il1-1-0", "il1-3-0", "il1-2-0"]
            times = [int(each.query["timestamp"]) for each in heard]
            assert times[1] - times[0] >= 700_000

    run(scenario())


def test_the_time_is_the_venues() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.time.measured(1_000, 1_000, 5_000_000_000_000)
            before_ms = traded.clock.now_ns() // 1_000_000
            traded.lane.place(approved("il1-1-0"))
            (heard,) = await traded.venue.wait_for(1)
            assert 0 <= int(heard.query["timestamp"]) - before_ms - 5_000_000 < 5_000

    run(scenario())


# --- What answers prove --------------------------------------------------------------------------------------------

UNKNOWN = {
    "reset": RESET,
    "closed": Act(status=None, then="close"),
    "silence": SILENT_ACT,
    "half an answer": Act(cut_bytes=60, then="close"),
    "500": Act(500, b""),
    "502 page": Act(502, b"<html>bad gateway</html>"),
    "503 unknown error": refusal(-1000, "Unknown error, please check your request or try again later.", 503),
    "503 without a word": Act(503, b""),
    "-1006": refusal(-1006, "An unexpected response was received from the message bus. Execution status unknown.", 500),
    "-1007": refusal(-1007, "Timeout waiting for response from backend server.", 503),
    "-1007 under 408": refusal(-1007, "Timeout waiting for response from backend server.", 408),
    "-1001": refusal(-1001, "Internal error; unable to process your request. Please try again."),
    "a refusal under 500": refusal(-2010, "Account has insufficient balance for requested action.", 500),
    "no such code": refusal(-777, "A code of tomorrow."),
    "403 page": Act(403, b"<HTML>Request blocked.</HTML>"),
    "duplicate": refusal(-4116, "ClientOrderId is duplicated."),
    "duplicate by its text": refusal(-2010, "Duplicate order sent."),
    "duplicate without a full stop": refusal(-2010, "Duplicate order sent"),
    "duplicate with blanks": refusal(-2010, "Duplicate order sent.  "),
    "503 in other words": Act(503, b'{"msg":"Service Unavailable. Unknown."}'),
    "unreadable success": Act(200, b'{"orderId":'),
    "unknown status": Act(200, b'{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"il1-1-0","status":"NEWER"}'),
    "another order": Act(200, order_body(Heard(1, "POST", "/", {"symbol": SYMBOL, "newClientOrderId": "x"}, "", {}))),
    "202": Act(202),
    "not HTTP": Act(200, b"", ("Content-Length: 3",)),
}


@pytest.mark.parametrize("act", UNKNOWN.values(), ids=UNKNOWN)
def test_what_does_not_say_what_became_of_an_order_is_silence_and_it_is_never_sent_again(act: Act) -> None:
    async def scenario() -> None:
        async with trading([act], terms=QUICK) as traded:
            traded.lane.place(approved("il1-1-0"))
            told = await traded.hear()
            assert isinstance(told, SilenceReported), told
            assert told.order_id == "il1-1-0"
            await traded.until(traded.is_ready)  # connected again, if it had to be
            traded.lane.place(closing("il1-2-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.query["newClientOrderId"] for each in traded.venue.heard] == ["il1-1-0", "il1-2-0"]
            assert traded.told.empty()

    run(scenario())


@pytest.mark.parametrize(
    "act",
    [
        refusal(-2010, "Account has insufficient balance for requested action."),
        refusal(-2019, "Margin is insufficient."),
        refusal(-1111, "Precision is over the maximum defined for this asset."),
        refusal(-5022, "Post only."),
        refusal(-1008, "Server is currently overloaded with other requests.", 503),
        refusal(-1003, "Too many requests.", 429, "Retry-After: 0"),
        refusal(-1016, "Service Unavailable.", 503),
        Act(503, b'{"msg":"Service Unavailable."}'),
        Act(503, b"Service Unavailable."),
        refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401),
    ],
    ids=lambda act: act.body.decode()[:16],
)
def test_a_definite_refusal_is_a_rejection_in_the_venues_words(act: Act) -> None:
    async def scenario() -> None:
        async with trading([act]) as traded:
            traded.lane.place(approved("il1-1-0"))
            told = await traded.hear()
            assert isinstance(told, RejectReported)
            assert told.text in (act.body or b"").decode()

    run(scenario())


def test_refusals_by_time_and_by_filters_are_passed_on() -> None:
    async def scenario() -> None:
        script = [
            refusal(-1021, "Timestamp is outside of the recvWindow."),
            refusal(-5028, "Timestamp for this request is outside of the ME recvWindow"),
            refusal(-1111, "Precision."),
        ]
        async with trading(script) as traded:
            for order_id in ("il1-1-0", "il1-2-0", "il1-3-0"):
                traded.lane.place(approved(order_id))
                assert isinstance(await traded.hear(), RejectReported)
            assert (traded.clock_refusals, traded.filter_refusals) == (2, [-1111])

    run(scenario())


def test_an_order_that_ended_untouched_is_told_and_one_that_traded_is_to_be_asked_for() -> None:
    query = {"symbol": SYMBOL, "newClientOrderId": "il1-1-0", "quantity": "0.002"}
    heard = Heard(1, "POST", "/fapi/v1/order", query, "", {})

    async def scenario() -> None:
        bodies = [order_body(heard, "EXPIRED"), order_body(heard, "EXPIRED", "0.001"), order_body(heard, "FILLED")]
        async with trading([Act(body=body) for body in bodies]) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert isinstance(await traded.hear(), ExpireReported)
            assert traded.asked == []
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            await traded.until(lambda: traded.asked == [QueryOrder(ACCOUNT, SYMBOL, "il1-1-0")])
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert traded.told.empty()

    run(scenario())


# --- Cancellations -------------------------------------------------------------------------------------------------


def test_a_futures_stop_is_an_algo_order_and_its_cancellation_goes_there() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            stop = approved(
                "il1-1-0",
                purpose=Purpose.STOP,
                order_type=OrderType.STOP_MARKET,
                trigger_price=Decimal(40_000),
                reduce_only=True,
            )
            traded.lane.place(stop)
            told = await traded.hear()
            assert isinstance(told, AcceptReported)
            assert told.venue_order_id == "algo-7"
            traded.lane.cancel(SYMBOL, "il1-1-0")
            told = await traded.hear()
            assert isinstance(told, CancelReported)
            assert told.quantity_left == Decimal("0.002")
            assert [(each.method, each.path) for each in traded.venue.heard] == [
                ("POST", "/fapi/v1/algoOrder"),
                ("DELETE", "/fapi/v1/algoOrder"),
            ]

    run(scenario())


def test_a_cancellation_of_an_order_from_before_a_start_is_tried_in_both_places() -> None:
    async def scenario() -> None:
        unknown = refusal(-2011, "Unknown order sent.")
        async with trading([unknown, Act(), unknown, unknown]) as traded:
            traded.lane.cancel(SYMBOL, "il1-1-0")
            assert isinstance(await traded.hear(), CancelReported)
            traded.lane.cancel(SYMBOL, "il1-2-0")
            assert code_of(await traded.hear()) == -2011
            assert [each.path[9:] for each in traded.venue.heard] == ["order", "algoOrder"] * 2

    run(scenario())


def test_a_cancellation_without_an_answer_concludes_nothing_about_the_order() -> None:
    async def scenario() -> None:
        async with trading([RESET]) as traded:
            traded.lane.cancel(SYMBOL, "il1-1-0")
            told = await traded.hear()
            assert isinstance(told, CancelRejectReported)
            assert told.code == not_sent.CANCEL_UNANSWERED.code
            assert len(traded.venue.heard) == 1

    run(scenario())


def test_a_cancellation_that_came_after_a_part_was_filled_asks_for_the_order() -> None:
    heard = Heard(1, "DELETE", "/fapi/v1/order", {"symbol": SYMBOL, "origClientOrderId": "il1-1-0"}, "", {})

    async def scenario() -> None:
        async with trading([Act(body=order_body(heard, "CANCELED", "0.001"))]) as traded:
            traded.lane.cancel(SYMBOL, "il1-1-0")
            await traded.until(lambda: traded.asked == [QueryOrder(ACCOUNT, SYMBOL, "il1-1-0")])
            assert traded.told.empty()

    run(scenario())


def test_an_order_that_is_taken_back_while_it_waits_is_never_sent() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.venue.gate.clear()
            traded.lane.place(approved("il1-1-0"))
            await traded.venue.wait_for(1)
            traded.lane.place(approved("il1-2-0"))
            traded.lane.cancel(SYMBOL, "il1-2-0")
            assert code_of(await traded.hear()) == not_sent.TAKEN_BACK.code
            traded.venue.gate.set()
            assert isinstance(await traded.hear(), AcceptReported)
            await traded.until(traded.is_ready)
            traded.lane.place(approved("il1-3-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.query["newClientOrderId"] for each in traded.venue.heard] == ["il1-1-0", "il1-3-0"]

    run(scenario())
