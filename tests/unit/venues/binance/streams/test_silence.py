"""A silent symbol is told from a quiet market by its own pace, by the others, and by what the venue's book says."""

import pytest

from interlock.units.time import NS_PER_S
from interlock.venues.binance.streams.states.silence import Look, Quiet, SilenceBounds, SilenceWatch, Silent

S = NS_PER_S
BOUNDS = SilenceBounds(pauses=10, least_ns=2 * S, most_ns=60 * S, first_ns=10 * S, grace_ns=1 * S)


def _watch(paces_s: dict[str, int], until_s: int = 200) -> SilenceWatch:
    """Return a watch that heard each symbol at its pace, each for the last time at `until_s`."""
    watch = SilenceWatch(paces_s, 0, BOUNDS)
    for symbol, pace_s in paces_s.items():
        for number, at_s in enumerate(range(until_s % pace_s or pace_s, until_s + 1, pace_s)):
            watch.heard(symbol, number, at_s * S)
    return watch


def test_a_symbol_is_suspicious_by_its_own_usual_pause_not_by_that_of_others() -> None:
    watch = _watch({"FAST": 1, "SLOW": 5, "OTHER": 1})
    watch.heard("OTHER", 1000, 211 * S)
    (look,) = watch.check(211 * S)
    assert (look.symbol, look.silent_ns) == ("FAST", 11 * S)
    assert isinstance(look, Look)
    assert not look.is_whole


def test_a_symbol_that_goes_on_is_never_suspicious() -> None:
    watch = _watch({"A": 1, "B": 1})
    assert watch.check(202 * S) == []
    watch.heard("A", 999, 215 * S)
    watch.heard("B", 999, 215 * S)
    assert watch.check(216 * S) == []


def test_a_stream_that_does_not_follow_the_venues_book_is_silent_after_the_grace() -> None:
    watch = _watch({"A": 1, "B": 1, "C": 1})
    watch.heard("B", 999, 211 * S)
    watch.heard("C", 999, 211 * S)
    watch.check(211 * S)
    watch.looked("A", 10_000, 211 * S)
    assert watch.check(211 * S) == []
    watch.heard("B", 1_000, 212 * S)
    watch.heard("C", 1_000, 212 * S)
    (verdict,) = watch.check(212 * S)
    assert verdict == Silent("A", 12 * S, verdict.usual_ns if isinstance(verdict, Silent) else -1)


def test_a_message_within_the_grace_clears_the_suspicion() -> None:
    watch = _watch({"A": 1, "B": 1, "C": 1})
    for symbol in "BC":
        watch.heard(symbol, 999, 211 * S)
    watch.check(211 * S)
    watch.looked("A", 10_000, 211 * S)
    watch.heard("A", 10_000, 211 * S + 1)
    for symbol in "BC":
        watch.heard(symbol, 1_000, 213 * S)
    assert watch.check(213 * S) == []


def test_a_venue_whose_book_has_not_moved_is_quiet_and_looked_at_again_after_a_longer_time() -> None:
    watch = SilenceWatch(["A"], 0, BOUNDS)
    for at_s in range(1, 101):
        watch.heard("A", at_s, at_s * S)
    assert [type(each) for each in watch.check(111 * S)] == [Look]
    watch.looked("A", 100, 111 * S)
    assert watch.check(112 * S) == [Quiet("A", 12 * S)]
    assert watch.check(119 * S) == []
    assert [type(each) for each in watch.check(121 * S)] == [Look]


def test_when_most_are_silent_only_the_liveliest_is_asked_for_all_of_them() -> None:
    watch = _watch({"A": 2, "B": 1, "C": 3})
    (look,) = watch.check(260 * S)
    assert isinstance(look, Look)
    assert (look.symbol, look.is_whole) == ("B", True)
    assert watch.check(260 * S) == []


def test_when_all_are_silent_and_the_venue_cannot_be_asked_the_stream_is_given_up() -> None:
    watch = _watch({"A": 1, "B": 1})
    (look,) = watch.check(215 * S)
    watch.look_failed(look.symbol, 215 * S)
    assert [type(each) for each in watch.check(215 * S)] == [Silent]


@pytest.mark.parametrize("symbols", ["A", "AB", "ABC"])
def test_a_look_that_our_own_rate_limits_held_back_is_evidence_of_nothing(symbols: str) -> None:
    watch = _watch(dict.fromkeys(symbols, 1))
    for at_s in (215, 216, 217):
        (look,) = watch.check(at_s * S)
        assert isinstance(look, Look)
        watch.look_put_off(look.symbol)
    (look,) = watch.check(218 * S)
    assert look.silent_ns == 18 * S  # nor is the suspicion cleared by it
    watch.looked(look.symbol, 10_000, 218 * S)
    assert [type(each) for each in watch.check(219 * S)] == [Silent]


def test_when_one_is_silent_and_the_venue_cannot_be_asked_it_is_asked_again() -> None:
    watch = _watch({"A": 1, "B": 1, "C": 1})
    for symbol in "BC":
        watch.heard(symbol, 999, 215 * S)
    assert [type(each) for each in watch.check(215 * S)] == [Look]
    watch.look_failed("A", 215 * S)
    assert [type(each) for each in watch.check(215 * S)] == [Look]


def test_a_symbol_never_heard_has_its_first_time_and_a_new_socket_gives_it_anew() -> None:
    watch = SilenceWatch(["A"], 0, BOUNDS)
    assert watch.check(10 * S) == []
    watch.restart(9 * S)
    assert watch.check(19 * S) == []
    assert [type(each) for each in watch.check(20 * S)] == [Look]


def test_a_symbol_never_heard_is_quiet_until_the_venues_book_is_seen_to_move() -> None:
    watch = SilenceWatch(["A"], 0, BOUNDS)
    watch.check(11 * S)
    watch.looked("A", 500, 11 * S)
    assert watch.check(12 * S) == [Quiet("A", 12 * S)]
    assert [type(each) for each in watch.check(40 * S)] == [Look]
    watch.looked("A", 501, 40 * S)
    assert watch.check(41 * S) == [Silent("A", 41 * S, 0)]


def test_an_answer_to_a_look_before_the_new_socket_is_not_held_against_it() -> None:
    watch = SilenceWatch(["A"], 0, BOUNDS)
    watch.check(11 * S)
    watch.restart(12 * S)
    watch.looked("A", 500, 12 * S)
    assert watch.check(14 * S) == []
    assert [type(each) for each in watch.check(23 * S)] == [Look]


def test_a_symbol_that_fell_silent_again_is_looked_at_anew_and_not_judged_by_the_last_look() -> None:
    watch = SilenceWatch(["A"], 0, BOUNDS)
    watch.check(11 * S)
    watch.looked("A", 7, 11 * S)
    watch.heard("A", 6, 11 * S + 1)
    assert [type(each) for each in watch.check(200 * S)] == [Look]
