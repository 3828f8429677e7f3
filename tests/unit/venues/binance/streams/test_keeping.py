"""Keys are renewed before they end, sockets replaced before they are cut, and what is heard twice is told once."""

from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.parse.market_values import Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.streams.facts import Disordered, Repeated, StreamBack, StreamLost
from interlock.venues.binance.streams.states.arrivals import Arrivals, Recent
from interlock.venues.binance.streams.states.attendance import Attendance
from interlock.venues.binance.streams.states.listen_key import LIFE_NS, RENEW_NS, RETRY_NS, Act, KeyKeeping
from interlock.venues.binance.streams.states.rotation import Rotation

DAY_MS = 24 * 3_600_000


def test_a_key_is_made_then_renewed_at_half_of_its_hour() -> None:
    keeping = KeyKeeping()
    assert keeping.next_act(5) == (Act.CREATE, 0)
    assert keeping.created("k1", 100)
    assert keeping.next_act(100) == (Act.WAIT, RENEW_NS)
    assert keeping.next_act(100 + RENEW_NS) == (Act.RENEW, 0)
    assert not keeping.renewed("", 100 + RENEW_NS)
    assert keeping.next_act(101 + RENEW_NS) == (Act.WAIT, RENEW_NS - 1)


def test_a_renewal_that_gives_another_key_says_so() -> None:
    keeping = KeyKeeping()
    keeping.created("k1", 0)
    assert not keeping.renewed("k1", 1)
    assert keeping.renewed("k2", 2)
    assert keeping.key == "k2"


def test_a_failed_renewal_is_tried_again_until_the_hour_is_over_and_then_the_key_is_made_anew() -> None:
    keeping = KeyKeeping()
    keeping.created("k1", 0)
    at_ns, tries = RENEW_NS, 0
    while keeping.next_act(at_ns)[0] is not Act.CREATE:
        act, wait_ns = keeping.next_act(at_ns)
        if act is Act.RENEW:
            tries += 1
            keeping.renewal_failed(at_ns)
        at_ns += wait_ns
    assert at_ns == LIFE_NS
    assert tries == (LIFE_NS - RENEW_NS) // RETRY_NS


def test_only_our_own_keys_end_is_ours() -> None:
    keeping = KeyKeeping()
    keeping.created("k1", 0)
    assert not keeping.expired("k0")
    assert keeping.next_act(1)[0] is Act.WAIT
    assert keeping.expired("k1")
    assert keeping.next_act(1)[0] is Act.CREATE
    assert not keeping.expired("")


def test_sockets_are_replaced_before_a_day_and_not_all_at_once() -> None:
    draws = [0.0, 0.25, 0.999]
    lives_ms = []
    for draw in draws:
        rotation = Rotation(lambda draw=draw: draw)  # type: ignore[misc]  # a default binds the loop's value
        due_ns = rotation.opened(5 * NS_PER_S)
        assert rotation.left_ms(due_ns) == 0
        assert rotation.left_ms(due_ns + NS_PER_S) == 0
        lives_ms.append((due_ns - 5 * NS_PER_S) // NS_PER_MS)
    assert max(lives_ms) < DAY_MS
    assert len(set(lives_ms)) == 3


def _quote(update_id: int, origin: Origin = Origin.STREAM) -> QuoteHeard:
    return QuoteHeard("A", update_id, 1, 1, 2, 1, 0, 9, origin)


def _trade(trade_id: int, origin: Origin = Origin.STREAM) -> TradeHeard:
    return TradeHeard("A", trade_id, 1, 1, True, True, 0, 9, origin)


def test_quotes_and_trades_heard_twice_or_late_are_told_and_dropped() -> None:
    arrivals = Arrivals("A")
    assert arrivals.quote(_quote(5)) == _quote(5)
    assert arrivals.quote(_quote(5)) == Repeated("quote", "A", 5, 9)
    assert arrivals.quote(_quote(4)) == Disordered("quote", "A", 4, 5, 9)
    assert arrivals.trade(_trade(7)) == _trade(7)
    assert arrivals.trade(_trade(7)) == Repeated("trade", "A", 7, 9)
    assert arrivals.trade(_trade(6)) == Disordered("trade", "A", 6, 7, 9)


def test_while_two_sockets_overlap_repetitions_are_expected_and_no_trade_is_lost() -> None:
    arrivals = Arrivals("A")
    arrivals.trade(_trade(7))
    arrivals.overlap(True)
    assert arrivals.trade(_trade(9)) == _trade(9)
    assert arrivals.trade(_trade(8)) == _trade(8)
    assert arrivals.trade(_trade(8)) is None
    assert arrivals.quote(_quote(5)) == _quote(5)
    assert arrivals.quote(_quote(5)) is None


def test_a_trade_asked_for_by_fallback_is_told_once_whichever_way_it_came_first() -> None:
    arrivals = Arrivals("A")
    arrivals.trade(_trade(7))
    arrivals.forget()
    assert arrivals.trade(_trade(7, Origin.FALLBACK)) is None
    assert arrivals.trade(_trade(8, Origin.FALLBACK)) == _trade(8, Origin.FALLBACK)
    assert arrivals.trade(_trade(8)) == Repeated("trade", "A", 8, 9)
    assert arrivals.trade(_trade(9)) == _trade(9)


def test_what_is_remembered_is_bounded() -> None:
    recent = Recent(room=3)
    assert [recent.is_new(thing) for thing in (1, 2, 3, 1, 4, 1)] == [True, True, True, False, True, True]


def _attendance() -> tuple[Attendance, list[object]]:
    told: list[object] = []
    return Attendance(Market.USDM, "x", told.append, lambda on: told.append(on)), told


def test_a_stream_is_lost_with_its_last_connection_and_back_with_the_next() -> None:
    attendance, told = _attendance()
    attendance.attached(1)
    assert attendance.opened(1, 10)
    assert attendance.closed(1, 20, 15, "cut")
    attendance.attached(2)
    assert attendance.opened(2, 30)
    assert told == [
        StreamBack(Market.USDM, "x", None, 10),
        StreamLost(Market.USDM, "x", 20, "cut"),
        StreamBack(Market.USDM, "x", 15, 30),  # from the last that was known good, not from when it was noticed
    ]


def test_a_replacement_that_is_up_in_time_loses_nothing() -> None:
    attendance, told = _attendance()
    attendance.attached(1)
    attendance.opened(1, 10)
    attendance.attached(2)
    assert not attendance.opened(2, 20)
    assert not attendance.closed(1, 30, 20, "retired")
    assert told == [StreamBack(Market.USDM, "x", None, 10), True, False]


def test_a_connection_that_does_not_carry_the_stream_yet_does_not_save_it() -> None:
    attendance, told = _attendance()
    attendance.attached(1)
    attendance.opened(1, 10)
    attendance.attached(2)
    assert attendance.closed(1, 20, 15, "cut")
    assert not attendance.is_up
    assert attendance.opened(2, 30)
    assert told[-1] == StreamBack(Market.USDM, "x", 15, 30)


def test_what_no_connection_brought_is_told_though_another_carries_the_stream_by_now() -> None:
    attendance, told = _attendance()
    attendance.attached(1)
    attendance.opened(1, 10)
    attendance.attached(2)
    attendance.opened(2, 20)
    assert not attendance.closed(1, 30, 15, "no pong")
    assert attendance.is_up
    assert told[-2:] == [StreamLost(Market.USDM, "x", 30, "no pong"), StreamBack(Market.USDM, "x", 15, 30)]


def test_a_stream_that_two_connections_carried_is_lost_from_the_last_that_either_brought() -> None:
    attendance, told = _attendance()
    for number in (1, 2):
        attendance.attached(number)
        attendance.opened(number, 10)
    assert not attendance.closed(1, 30, 25, "cut")
    assert attendance.closed(2, 31, 20, "cut")
    attendance.attached(3)
    attendance.opened(3, 40)
    assert told[-1] == StreamBack(Market.USDM, "x", 25, 40)
