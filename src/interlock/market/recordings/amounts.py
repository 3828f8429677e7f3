"""Decimal text to int64 in units of 1e-8, many at a time and exact: no float is involved.

The fast way takes plain digits with at most ten before the point and eight after it, which is below 2**63 whatever
the digits are. Everything else (signs, exponents, text, missing fields) goes one by one through Decimal.
"""

import re
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
from numpy.typing import NDArray

from interlock.market.recordings.columns import Flags, Int64
from interlock.market.recordings.fault_tally import NEGATIVE, NOT_A_NUMBER, UNREADABLE, ZERO, shown

Problem = tuple[str, str]  # fault kind, what is wrong with the value

_WHOLE_DIGITS_MAX = 10
_DECIMALS_MAX = 8
_TEXT_BYTES_MAX = 64
_INT64_LIMIT = 2**63
_SCALES = np.array([10**power for power in range(_DECIMALS_MAX, -1, -1)], dtype=np.int64)
_PLAIN = re.compile(rb"[0-9]{1,10}(?:\.[0-9]{1,8})?")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WIDE = Context(prec=200)


def joined_to_e8(text: bytes, count: int) -> Int64 | None:
    """Return `count` comma-separated plain decimals in units of 1e-8, or None when any of them is not plain."""
    if not count:
        return np.empty(0, dtype=np.int64) if not text else None
    if text.translate(None, b"0123456789.,"):
        return None
    octets = np.frombuffer(text + b",", dtype=np.uint8)
    ends = np.flatnonzero(octets == ord(","))
    if len(ends) != count:
        return None
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    shape = _digits_around_points(np.flatnonzero(octets == ord(".")), starts, ends)
    if shape is None:
        return None
    whole, decimals = shape
    if int(whole.min()) < 1 or int(whole.max()) > _WHOLE_DIGITS_MAX or int(decimals.max()) > _DECIMALS_MAX:
        return None
    digits = np.fromstring(text.replace(b".", b""), dtype=np.int64, sep=",")
    assert len(digits) == count, "every item was checked to be digits"
    scaled: Int64 = digits * _SCALES[decimals]
    return scaled


def _digits_around_points(
    points: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return how many digits stand before and after the point of each item, or None for `1.2.3` and `5.`."""
    if len(points) == len(ends) and bool((points >= starts).all()) and bool((points < ends).all()):
        decimals = ends - points - 1
        return None if int(decimals.min()) < 1 else (points - starts, decimals)
    owners = np.searchsorted(ends, points)
    if len(owners) > 1 and int(np.diff(owners).min()) < 1:
        return None
    whole = ends - starts
    decimals = np.zeros_like(ends)
    decimals[owners] = ends[owners] - points - 1
    if len(points) and int(decimals[owners].min()) < 1:
        return None
    whole[owners] = points - starts[owners]
    return whole, decimals


def one_to_e8(item: bytes) -> int | Problem:
    """Return one decimal in units of 1e-8, or what is wrong with it. Signs and exponents are allowed."""
    if not item:
        return UNREADABLE, "is missing"
    if len(item) > _TEXT_BYTES_MAX or not _NUMBER.fullmatch(item):
        return NOT_A_NUMBER, f"is '{shown(item)}'"
    value = Decimal(item.decode("ascii"))
    scaled = value.scaleb(8, _WIDE) if value else Decimal(0)
    whole = int(scaled)
    if whole != scaled:
        return UNREADABLE, f"is '{shown(item)}', finer than 1e-8"
    if abs(whole) >= _INT64_LIMIT:
        return UNREADABLE, f"is '{shown(item)}', larger than 92233720368"
    return whole


def items_to_e8(items: Sequence[bytes]) -> tuple[Int64, dict[int, Problem]]:
    """Return the items in units of 1e-8 (0 where one is wrong), and by index what is wrong with it."""
    values = joined_to_e8(b",".join(items), len(items))
    if values is not None:
        return values, {}
    odd = [index for index, item in enumerate(items) if not _PLAIN.fullmatch(item)]
    filled = list(items)
    for index in odd:
        filled[index] = b"0"
    values = joined_to_e8(b",".join(filled), len(filled))
    assert values is not None, "only plain decimals are left"
    problems: dict[int, Problem] = {}
    for index in odd:
        outcome = one_to_e8(items[index])
        if isinstance(outcome, int):
            values[index] = outcome
        else:
            problems[index] = outcome
    return values, problems


def items_to_int64(items: Sequence[bytes], digits_max: int) -> tuple[Int64, dict[int, Problem]]:
    """Return whole numbers of at most `digits_max` (18 or fewer) digits, and by index what is wrong with the rest."""
    assert digits_max <= 18, digits_max
    problems = {
        index: (UNREADABLE, f"is '{shown(item)}'" if item else "is missing")
        for index, item in enumerate(items)
        if not item.isdigit() or len(item) > digits_max
    }
    values = np.zeros(len(items), dtype=np.int64)
    good = [index for index in range(len(items)) if index not in problems] if problems else slice(None)
    values[good] = [int(item) for index, item in enumerate(items) if index not in problems]
    return values, problems


def sign_problems(values: Int64, zero_allowed: bool) -> dict[int, Problem]:
    """Return by index the values that a price or size cannot have: negative ones, and zero unless it is allowed."""
    wrong: Flags = values < 0 if zero_allowed else values <= 0
    if not wrong.any():
        return {}
    return {
        int(index): (NEGATIVE, f"is negative, {int(values[index])} e-8") if values[index] < 0 else (ZERO, "is zero")
        for index in np.flatnonzero(wrong)
    }
