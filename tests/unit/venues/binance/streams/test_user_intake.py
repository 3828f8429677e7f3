"""Our own orders' events become reports for the core; others' are told as foreign; nothing is told twice, or lost."""

import json
from decimal import Decimal

import pytest

from interlock.messages.observations import (
    AcceptReported,
    CancelReported,
    ExpireReported,
    FillReported,
    RejectReported,
)
from interlock.messages.words import Liquidity
from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.user_values import ApiAnswered, KeyExpired
from interlock.venues.binance.streams.account import is_of_our_making
from interlock.venues.binance.streams.facts import FrameUnreadable
from interlock.venues.binance.streams.states.user_intake import (
    AlgoTriggered,
    EventRepeated,
    FeeUnknown,
    ForeignHeard,
    UserIntake,
)
from tests.unit.venues.binance.streams.user_frames import AT_MS, algo, futures_order, spot_order

AT_NS = AT_MS * 1_000_000


class _Account:
    def __init__(self, rates: dict[str, Decimal] | None = None, market: Market = Market.USDM) -> None:
        self.told: list[object] = []
        self.intake = UserIntake(market, is_of_our_making, (rates or {}).get, self.told.append)

    def hear(self, *messages: object) -> list[object]:
        self.told.clear()
        for message in messages:
            assert self.intake.frame(json.dumps(message).encode(), 9) is None
        return list(self.told)


def test_an_orders_life_is_reported_with_exact_amounts() -> None:
    account = _Account()
    fill = {"t": 11, "l": "0.004", "z": "0.004", "L": "61800.20", "n": "0.12", "m": True}
    assert account.hear(
        futures_order("NEW", "NEW"),
        futures_order("TRADE", "PARTIALLY_FILLED", **fill),
        futures_order("CANCELED", "CANCELED", z="0.004"),
    ) == [
        AcceptReported(order_id="il1-2-0", venue_order_id="77", venue_at_ns=AT_NS),
        FillReported(
            order_id="il1-2-0",
            trade_id="11",
            price=Decimal("61800.20"),
            quantity=Decimal("0.004"),
            fee=Decimal("0.12"),
            liquidity=Liquidity.MAKER,
            venue_at_ns=AT_NS,
        ),
        CancelReported(order_id="il1-2-0", quantity_left=Decimal("0.006"), venue_at_ns=AT_NS),
    ]


def test_orders_that_the_venue_ends_are_reported_with_its_reason() -> None:
    account = _Account()
    assert account.hear(
        spot_order("REJECTED", "REJECTED", r="INSUFFICIENT_BALANCES"),
        spot_order("EXPIRED", "EXPIRED", c="il1-4-0", z="0.25", eR="INSUFFICIENT_LIQUIDITY"),
        spot_order("TRADE_PREVENTION", "EXPIRED_IN_MATCH", c="il1-5-0"),
    ) == [
        RejectReported(order_id="il1-3-0", code=0, text="INSUFFICIENT_BALANCES", venue_at_ns=AT_NS),
        ExpireReported(
            order_id="il1-4-0", quantity_left=Decimal("0.75"), text="INSUFFICIENT_LIQUIDITY", venue_at_ns=AT_NS
        ),
        ExpireReported(order_id="il1-5-0", quantity_left=Decimal(1), text="EXPIRED_IN_MATCH", venue_at_ns=AT_NS),
    ]


@pytest.mark.parametrize("order_id", ["x-abc", "il1-2", "il1-2-0x", "web_1", "IL1-2-0", ""])
def test_an_order_that_is_not_ours_is_told_as_foreign(order_id: str) -> None:
    (told,) = _Account().hear(futures_order("NEW", "NEW", c=order_id))
    assert isinstance(told, ForeignHeard)


def test_an_order_that_goes_on_after_a_trade_was_prevented_has_not_ended() -> None:
    (told,) = _Account().hear(spot_order("TRADE_PREVENTION", "PARTIALLY_FILLED", z="0.5"))
    assert isinstance(told, ForeignHeard)


def test_what_others_do_to_our_orders_is_told_as_foreign() -> None:
    (told,) = _Account().hear(futures_order("AMENDMENT", "NEW"))
    assert isinstance(told, ForeignHeard)


@pytest.mark.parametrize(
    ("asset", "rates", "fee", "fee_base"),
    [
        ("USDT", {}, "0.00200001", "0"),
        ("ETH", {}, "5.0000250075000375", "0.00200001"),  # kept of what was bought, its value exact
        ("BNB", {"BNB": Decimal(300)}, "0.600003", "0"),
    ],
)
def test_fees_are_told_in_usdt(asset: str, rates: dict[str, Decimal], fee: str, fee_base: str) -> None:
    price = "2500.0000037500000" if asset == "ETH" else "2500"
    fill = spot_order("TRADE", "FILLED", S="BUY", t=5, l="1", z="1", L=price, n="0.00200001", N=asset)
    (told,) = _Account(rates, Market.SPOT).hear(fill)
    assert isinstance(told, FillReported)
    assert (told.fee, told.fee_base) == (Decimal(fee), Decimal(fee_base))


@pytest.mark.parametrize("market", [Market.SPOT, Market.USDM])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_fee_is_kept_of_the_base_only_where_it_was_bought_on_spot(market: Market, side: str) -> None:
    words = {"s": "BNBUSDT", "S": side, "t": 5, "l": "1", "z": "1", "L": "300", "n": "0.002", "N": "BNB"}
    order = spot_order if market is Market.SPOT else futures_order
    (told,) = _Account(market=market).hear(order("TRADE", "FILLED", q="1", **{"c": "il1-3-0"} | words))
    assert isinstance(told, FillReported)
    is_kept = (market, side) == (Market.SPOT, "BUY")
    assert (told.fee, told.fee_base) == (Decimal("0.6"), Decimal("0.002") if is_kept else 0)


def test_a_fill_is_never_lost_for_a_fee_that_is_not_known() -> None:
    fill = spot_order("TRADE", "FILLED", t=5, l="1", z="1", L="2500", n="0.002", N="BNB")
    unknown, told = _Account().hear(fill)
    assert unknown == FeeUnknown("il1-3-0", "5", Decimal("0.002"), "BNB")
    assert isinstance(told, FillReported)
    assert told.fee == 0


def test_a_stops_life_is_reported_under_its_own_id() -> None:
    account = _Account()
    fill = futures_order("TRADE", "FILLED", c="venue-made", i=88, t=12, l="0.010", z="0.010", L="60000")
    accepted, triggered, filled = account.hear(
        algo("NEW"), algo("TRIGGERING"), algo("TRIGGERED", ai="88"), algo("FINISHED", ai="88"), fill
    )
    assert accepted == AcceptReported(order_id="il1-2-1", venue_order_id="algo-5", venue_at_ns=AT_NS)
    assert triggered == AlgoTriggered("il1-2-1", "88", AT_NS)
    assert isinstance(filled, FillReported)
    assert (filled.order_id, filled.trade_id) == ("il1-2-1", "12")


def test_a_stops_fill_that_comes_before_its_trigger_is_told_as_ours_once_that_is_known() -> None:
    account = _Account()
    fill = futures_order("TRADE", "FILLED", c="venue-made", i=88, t=12, l="0.010", z="0.010", L="60000")
    foreign, triggered, filled = account.hear(fill, algo("TRIGGERED", ai="88"))
    assert isinstance(foreign, ForeignHeard)
    assert isinstance(triggered, AlgoTriggered)
    assert isinstance(filled, FillReported)
    assert filled.order_id == "il1-2-1"


@pytest.mark.parametrize(
    ("state", "kind"),
    [("CANCELED", CancelReported), ("EXPIRED", ExpireReported), ("REJECTED", RejectReported)],
)
def test_a_stop_that_ends_without_triggering_is_reported(state: str, kind: type) -> None:
    (told,) = _Account().hear(algo(state, rm="Reduce Only reject"))
    assert type(told) is kind


def test_an_event_that_comes_twice_is_told_once_and_only_between_two_sockets_without_a_word() -> None:
    account = _Account()
    fill = futures_order("TRADE", "FILLED", t=12, l="0.010", z="0.010", L="60000")
    first, again = account.hear(fill, fill)
    assert isinstance(first, FillReported)
    assert isinstance(again, EventRepeated)
    account.intake.overlap(True)
    assert account.hear(fill) == []


def test_two_trades_that_differ_in_their_id_alone_are_two() -> None:
    fill = {"l": "0.005", "z": "0.010", "L": "60000"}
    told = _Account().hear(
        futures_order("TRADE", "FILLED", t=12, **fill), futures_order("TRADE", "FILLED", t=13, **fill)
    )
    assert [type(each) for each in told] == [FillReported, FillReported]


def test_what_cannot_be_read_is_told_so_that_the_core_can_ask() -> None:
    (told,) = _Account().hear(futures_order("TRADE", "NEW_STATE"))
    assert isinstance(told, FrameUnreadable)
    assert "NEW_STATE" in told.what


def test_what_concerns_the_stream_itself_is_handed_back() -> None:
    intake = _Account().intake
    assert intake.frame(b'{"e":"listenKeyExpired","E":1,"listenKey":"k"}', 9) == KeyExpired("k")
    assert intake.frame(b'{"id":1,"status":200,"result":{}}', 9) == ApiAnswered(1, 0, "", b"{}")
