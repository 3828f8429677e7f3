"""An account's frames: fills to the last digit, and what is unknown is named rather than taken for something known."""

import json
from decimal import Decimal

import pytest

from interlock.messages.words import Liquidity
from interlock.ports.exchange.words import AlgoState, Execution, OrderState
from interlock.units.sides import Side
from interlock.venues.binance.parse.market_values import PassedOver
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.parse.user_events import user_message
from interlock.venues.binance.parse.user_values import (
    AccountTold,
    AlgoTold,
    ApiAnswered,
    BalanceTold,
    KeyExpired,
    OrderTold,
    PositionTold,
    Terminated,
    TriggerRefused,
)
from tests.recordings import recording
from tests.unit.venues.binance.streams.user_frames import algo, futures_order, spot_order

MS = 1_000_000


def _read(message: object) -> object:
    return user_message(json.dumps(message).encode())


def test_a_futures_fill_is_read_whole() -> None:
    told = futures_order(
        "TRADE", "PARTIALLY_FILLED", t=11, l="0.004", z="0.006", L="61800.20", n="-0.01", N="BNB", m=True
    )
    assert _read(told) == OrderTold(
        symbol="BTCUSDT",
        order_id="il1-2-0",
        venue_order_id="77",
        execution=Execution.TRADE,
        state=OrderState.PARTIALLY_FILLED,
        side=Side.BUY,
        quantity=Decimal("0.010"),
        filled=Decimal("0.006"),
        trade_id="11",
        trade_price=Decimal("61800.20"),
        trade_quantity=Decimal("0.004"),
        commission=Decimal("-0.01"),
        commission_asset="BNB",
        liquidity=Liquidity.MAKER,
        text="PARTIALLY_FILLED",
        venue_at_ns=1_700_000_000_000 * MS,
    )


def test_a_spot_cancellation_is_of_the_order_and_not_of_the_request() -> None:
    read = _read(spot_order("CANCELED", "CANCELED", c="request-1", C="il1-2-0", z="0.25"))
    assert isinstance(read, OrderTold)
    assert (read.order_id, read.filled) == ("il1-2-0", Decimal("0.25"))


def test_events_are_the_same_plain_combined_and_within_the_api() -> None:
    plain = spot_order("NEW", "NEW")
    assert _read({"stream": "x", "data": plain}) == _read({"subscriptionId": 0, "event": plain}) == _read(plain)
    assert isinstance(_read(plain), OrderTold)


def test_why_an_order_ended_is_said() -> None:
    read = _read(spot_order("EXPIRED", "EXPIRED", eR="INSUFFICIENT_LIQUIDITY"))
    assert isinstance(read, OrderTold)
    assert read.text == "INSUFFICIENT_LIQUIDITY"
    read = _read(futures_order("EXPIRED", "EXPIRED", er="2"))
    assert isinstance(read, OrderTold)
    assert read.text == "EXPIRED, reason 2"


def test_conditional_orders_and_what_they_became_are_read() -> None:
    read = _read(algo("TRIGGERED", ai="88"))
    assert isinstance(read, AlgoTold)
    assert (read.order_id, read.venue_order_id, read.state) == ("il1-2-1", "algo-5", AlgoState.TRIGGERED)
    assert read.became == "88"
    refused = {
        "e": "CONDITIONAL_ORDER_TRIGGER_REJECT",
        "E": 1,
        "T": 2,
        "or": {"s": "BTCUSDT", "i": 9, "r": "no margin"},
    }
    assert _read(refused) == TriggerRefused(symbol="BTCUSDT", venue_order_id="9", text="no margin", venue_at_ns=2 * MS)


def test_balances_and_positions_are_read() -> None:
    position = {"s": "BTCUSDT", "pa": "-0.5", "ep": "100.5", "ps": "BOTH"}
    update = {
        "e": "ACCOUNT_UPDATE",
        "T": 3,
        "a": {"m": "ORDER", "B": [{"a": "USDT", "wb": "5", "cw": "4"}], "P": [position]},
    }
    assert _read(update) == AccountTold(
        reason="ORDER",
        balances=(BalanceTold("USDT", Decimal(5), Decimal(4)),),
        positions=(PositionTold("BTCUSDT", Decimal("-0.5"), Decimal("100.5")),),
        venue_at_ns=3 * MS,
    )
    position["ps"] = "LONG"
    assert isinstance(_read(update), Unreadable)
    spot = {"e": "outboundAccountPosition", "E": 1, "u": 4, "B": [{"a": "BTC", "f": "1.5", "l": "0.5"}]}
    read = _read(spot)
    assert isinstance(read, AccountTold)
    assert read.balances == (BalanceTold("BTC", Decimal("2.0"), Decimal("1.5")),)


def test_the_streams_own_ends_and_answers_are_read() -> None:
    assert _read({"e": "listenKeyExpired", "E": 1, "listenKey": "k"}) == KeyExpired("k")
    assert _read({"e": "listenKeyExpired", "E": 1}) == KeyExpired("")
    assert _read({"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}}) == Terminated()
    assert _read({"id": 3, "status": 200, "result": {"a": 1}}) == ApiAnswered(3, 0, "", b'{"a": 1}')
    refused = {"id": 3, "status": 400, "error": {"code": -1022, "msg": "no"}}
    assert _read(refused) == ApiAnswered(3, -1022, "no", b"")
    assert _read({"e": "TRADE_LITE", "E": 1}) == PassedOver("TRADE_LITE")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (futures_order("NEW", "NEW_STATE"), "'NEW_STATE' - at `$.o.X`"),
        (futures_order("NEW_ACT", "NEW"), "'NEW_ACT' - at `$.o.x`"),
        (futures_order("NEW", "NEW", ps="LONG"), "'LONG' - at `$.o.ps`"),
        (futures_order("NEW", "NEW", S="HOLD"), "'HOLD' - at `$.o.S`"),
        (futures_order("NEW", "REJECTED"), "X is REJECTED after x NEW"),
        (futures_order("NEW", "EXPIRED"), "X is EXPIRED after x NEW"),
        (spot_order("NEW", "FILLED"), "X is FILLED after x NEW"),
        (futures_order("TRADE", "FILLED", l="0.01", z="0.01", L="1", N=None), "n is 0.5, and N"),
        (futures_order("CALCULATED", "FILLED", l="0.01", z="0.01", L="1", N=""), "n is 0.5, and N"),
        (spot_order("TRADE", "FILLED", t=1, l="1", z="1", L="1", n="0.1"), "n is 0.1, and N"),
        (futures_order("CANCELED", "NEW"), "X is NEW after x CANCELED"),
        (futures_order("TRADE", "FILLED", t=-1, l="0.01", z="0.01", L="1"), "t is -1"),
        (futures_order("TRADE", "FILLED", l="0.01", z="0.01", L="0"), "L is 0"),
        (futures_order("TRADE", "FILLED", l="0", z="0.01", L="1"), "l is 0"),
        (futures_order("TRADE", "FILLED", l="0.01", z="0.5", L="1"), "z is 0.5, over q"),
        (spot_order("TRADE", "FILLED", t=1, l="1", z="1", L="1", n="1e-3"), "n is '1e-3'"),
        (algo("SLEEPING"), "'SLEEPING' - at `$.o.X`"),
        ({"e": "newEvent"}, "e is 'newEvent'"),
        ({"id": 3, "status": 500}, "status is 500"),
        ({"hello": 1}, "neither e"),
        ([], "got `array`"),
    ],
)
def test_what_is_unknown_or_impossible_is_named(message: object, told: str) -> None:
    read = _read(message)
    assert isinstance(read, Unreadable)
    assert told in read.what


@pytest.mark.parametrize("message", [futures_order("TRADE", "FILLED", l="0.01", z="0.01", L="1")["o"]])
def test_no_field_of_a_futures_fill_has_a_default(message: dict[str, object]) -> None:
    for name in ["s", "c", "S", "q", "x", "X", "i", "l", "z", "L", "t", "m", "T", "ps"]:
        short = {key: value for key, value in message.items() if key != name}
        read = _read({"e": "ORDER_TRADE_UPDATE", "T": 1, "E": 1, "o": short})
        assert isinstance(read, Unreadable), name
        assert f"`{name}`" in read.what


def test_the_order_that_a_user_quoted_and_the_frames_that_others_wrote_are_read() -> None:
    wire = recording("binance-wire")
    quoted = json.loads((wire / "observed-events.json").read_text())["items"][0]["order"]
    read = _read({"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": quoted})
    assert isinstance(read, OrderTold)
    assert (read.order_id, read.venue_order_id, read.quantity) == ("10001", "246411432", Decimal(20))
    kinds: dict[type, int] = {}
    unreadable = []
    for path in sorted((wire / "fixtures" / "stream").glob("*.json")):
        if any(word in path.name for word in ("order", "execution", "algo", "account", "balance", "lite")):
            value = user_message(path.read_bytes())
            kinds[type(value)] = kinds.get(type(value), 0) + 1
            if isinstance(value, Unreadable):
                unreadable.append((path.stem, value.what))
    assert kinds == {OrderTold: 15, AlgoTold: 3, AccountTold: 2, PassedOver: 4, Unreadable: 8}
    # Hedge mode and a state that is not in use any more fail closed.
    assert {what for _, what in unreadable} <= {
        "Invalid enum value 'LONG' - at `$.o.ps`",
        "Invalid enum value 'SHORT' - at `$.o.ps`",
        "Invalid enum value 'LONG' - at `$.a.P[1].ps`",
        "Invalid enum value 'PENDING_CANCEL' - at `$.X`",
    }
