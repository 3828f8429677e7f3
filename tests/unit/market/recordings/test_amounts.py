"""Decimal text becomes the exact integer, or a named problem; never a near value."""

import pytest

from interlock.market.recordings.amounts import items_to_e8, items_to_int64, joined_to_e8, one_to_e8, sign_problems


def test_plain_decimals_are_exact_to_the_last_of_eighteen_digits() -> None:
    values = joined_to_e8(b"9999999999.99999999,0.00000001,61800.2,7,0.00", 5)
    assert values is not None
    assert values.tolist() == [999_999_999_999_999_999, 1, 6_180_020_000_000, 700_000_000, 0]


@pytest.mark.parametrize(
    "text",
    [
        b"1..2,3",
        b"1.2.3,4",
        b"5.,6",
        b".5,6",
        b",1",
        b"1,,2",
        b"-1,2",
        b"1e3,2",
        b"12345678901,2",
        b"1.123456789,2",
        b"1 ,2",
    ],
)
def test_what_is_not_plain_is_left_to_the_exact_way(text: bytes) -> None:
    assert joined_to_e8(text, 2) is None


def test_an_item_that_holds_a_comma_cannot_shift_its_neighbours() -> None:
    values, problems = items_to_e8([b"1,2", b"3"])
    assert values.tolist() == [0, 300_000_000]
    assert problems == {0: ("not_a_number", "is '1,2'")}


def test_two_points_in_one_item_and_none_in_the_next_are_not_averaged_out() -> None:
    values, problems = items_to_e8([b"1.2.3", b"45", b"6.7"])
    assert values.tolist() == [0, 4_500_000_000, 670_000_000]
    assert list(problems) == [0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"-0.5", -50_000_000),
        (b"-0.00", 0),
        (b"+2", 200_000_000),
        (b"1e3", 100_000_000_000),
        (b"1.50000000000", 150_000_000),
        (b"92233720368.54775807", 2**63 - 1),
        (b"0e999", 0),
    ],
)
def test_unusual_numbers_are_exact(text: bytes, value: int) -> None:
    assert one_to_e8(text) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"", "unreadable"),
        (b"NaN", "not_a_number"),
        (b"Infinity", "not_a_number"),
        (b"-inf", "not_a_number"),
        (b"1_000", "not_a_number"),
        (b" 1", "not_a_number"),
        (b"1\n", "not_a_number"),
        (b"\xd9\xa1", "not_a_number"),
        (b"9" * 65, "not_a_number"),
        (b"0.000000001", "unreadable"),
        (b"1e-999", "unreadable"),
        (b"1e999", "unreadable"),
        (b"92233720368.54775808", "unreadable"),
    ],
)
def test_what_cannot_be_held_exactly_is_named(text: bytes, kind: str) -> None:
    outcome = one_to_e8(text)
    assert isinstance(outcome, tuple)
    assert outcome[0] == kind


def test_whole_numbers_that_are_none_are_named_and_the_rest_kept() -> None:
    values, problems = items_to_int64([b"12", b"", b"-3", b"1.5", b"1234567", b"9"], 6)
    assert values.tolist() == [12, 0, 0, 0, 0, 9]
    assert sorted(problems) == [1, 2, 3, 4]


def test_a_price_of_zero_and_below_is_named_apart() -> None:
    values, _ = items_to_e8([b"1", b"0.0", b"-2"])
    assert {index: kind for index, (kind, _) in sign_problems(values, False).items()} == {1: "zero", 2: "negative"}
    assert list(sign_problems(values, True)) == [2]
