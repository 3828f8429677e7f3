"""Latency: the shape that is promised, and draws that depend on nothing but their own place."""

from decimal import Decimal
from math import exp

import pytest

from interlock.units.faults import Fault
from interlock.units.time import NS_PER_MS, NS_PER_US
from interlock.venues.paper.latency import Latency, Way
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import Venue


def latency(seed: int = 7, way: Way = Way.ENTRY, median: str = "15", sigma: str = "0.4") -> Latency:
    return Latency(seed, way, Decimal(median), Decimal(sigma))


def test_the_draws_are_log_normal_around_their_median() -> None:
    drawn = sorted(latency().draw_ns(ordinal) for ordinal in range(20_000))
    assert drawn[10_000] / NS_PER_MS == pytest.approx(15, rel=0.02)
    assert drawn[19_800] / NS_PER_MS == pytest.approx(15 * exp(0.4 * 2.3263), rel=0.04)
    assert drawn[200] / NS_PER_MS == pytest.approx(15 * exp(-0.4 * 2.3263), rel=0.04)


def test_a_draw_depends_on_seed_way_ordinal_and_step_alone() -> None:
    assert latency().draw_ns(3, 1) == latency().draw_ns(3, 1)
    draws = [
        latency().draw_ns(3, 1),
        latency(seed=8).draw_ns(3, 1),
        latency(way=Way.RESPONSE).draw_ns(3, 1),
        latency().draw_ns(4, 1),
        latency().draw_ns(3, 2),
        latency().draw_ns(31),
    ]
    assert len(set(draws)) == len(draws)


def test_the_numbers_of_a_seed_never_change() -> None:
    assert [latency().draw_ns(ordinal) for ordinal in (1, 2, 3)] == [14_031_000, 22_152_000, 7_732_000]


def test_draws_are_whole_microseconds_above_zero() -> None:
    drawn = [latency(sigma="3").draw_ns(ordinal) for ordinal in range(1_000)]
    assert all(each > 0 and not each % NS_PER_US for each in drawn)


def test_no_draw_is_below_the_floor_and_the_floor_is_near_enough_to_be_useful() -> None:
    floor_ns = latency().floor_ns()
    assert 0 < floor_ns < min(latency().draw_ns(ordinal) for ordinal in range(5_000)) < 4 * NS_PER_MS
    assert latency(sigma="0").floor_ns() == 15 * NS_PER_MS
    venue = Venue(VenueTerms())
    assert venue.exchange.arrival_floor_ns == floor_ns


def test_without_spread_or_median_the_latency_is_constant() -> None:
    assert latency(sigma="0").draw_ns(1) == 15 * NS_PER_MS
    assert latency(median="0").draw_ns(1) == 0


@pytest.mark.parametrize(
    "terms",
    [
        {"leverage": 0},
        {"leverage": 126},
        {"taker_bps": Decimal("NaN")},
        {"maker_bps": Decimal(-1_001)},
        {"refill_ms": -1},
        {"latency_entry_sigma": Decimal("3.1")},
        {"latency_response_ms_median": Decimal("-0.1")},
    ],
)
def test_terms_that_make_no_sense_are_refused_by_name(terms: dict[str, Decimal | int]) -> None:
    (name,) = terms
    with pytest.raises(Fault, match=name):
        VenueTerms(**terms)  # type: ignore[arg-type]  # wrong values of the right types, by name
