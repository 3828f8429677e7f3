"""Price levels of depth messages into flat columns: all lists of a block at once, or one by one when odd.

The venue writes a side as `[["61800.20","0.014"],...]`. Rather than build an object for each level, the sides of a
block are joined as text, their shape is proven, and their digits are converted as one column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interlock.market.recordings.amounts import Problem, joined_to_e8, one_to_e8
from interlock.market.recordings.columns import Int64
from interlock.market.recordings.fault_tally import NEGATIVE, NOT_A_NUMBER, UNREADABLE, ZERO, shown

LEVELS_PER_SIDE_MAX = 100_000
_LEVELS = msgspec.json.Decoder(list[tuple[str, str]])
_EMPTY_SIDE = b"[]"


@dataclass(slots=True)
class Sides:
    """The levels of many sides, one after another. `counts[i]` is how many side i has; `problems` by side."""

    counts: Int64
    price_e8: Int64
    size_e8: Int64
    problems: dict[int, Problem]


def read_sides(sides: Sequence[bytes]) -> Sides:
    """Return the levels of the sides. A side with anything wrong in it has no levels and a problem.

    A size of 0 is a deletion and fine; a price of 0 or below is not.
    """
    read = _read_plain(sides)
    if read is None or not bool((read.price_e8 > 0).all()):
        # One odd side must not cost the others their place, so each is judged by itself.
        return _read_each(sides)
    return read


def _read_plain(sides: Sequence[bytes]) -> Sides | None:
    """Return the levels when every side is a plain list of pairs of plain decimals in quotes, else None."""
    counts = np.zeros(len(sides), dtype=np.int64)
    filled = [index for index, side in enumerate(sides) if side != _EMPTY_SIDE]
    text = b",".join([sides[index] for index in filled])
    if b" " in text:
        text = text.replace(b", ", b",")
    skeleton = text.translate(None, b"0123456789.").replace(b'["",""]', b"x")
    if filled and not _is_lists_of_pairs(skeleton, len(filled)):
        return None
    octets = np.frombuffer(skeleton, dtype=np.uint8)
    pairs_until = np.cumsum(octets == ord("x"))
    counts[filled] = pairs_until[octets == ord("]")] - pairs_until[octets == ord("[")]
    values = joined_to_e8(text.translate(None, b'[]"'), 2 * int(counts.sum()))
    if values is None:
        return None
    return Sides(counts, values[0::2], values[1::2], {})


def _is_lists_of_pairs(skeleton: bytes, count: int) -> bool:
    """Tell whether valid JSON values, digits cut out and `["",""]` written x, are `count` lists of x and no more.

    No other character may be left, and every bracket is needed to open the first list, to part one from the next, or
    to close the last: then nothing is nested, and no value stands where a list should.
    """
    return (
        skeleton.startswith(b"[")
        and skeleton.endswith(b"]")
        and not skeleton.translate(None, b"[],x")
        and skeleton.count(b"[") == count
        and skeleton.count(b"],[") == count - 1
    )


def _read_each(sides: Sequence[bytes]) -> Sides:
    counts = np.zeros(len(sides), dtype=np.int64)
    prices: list[int] = []
    sizes: list[int] = []
    problems: dict[int, Problem] = {}
    for index, side in enumerate(sides):
        levels = _read_one(side)
        if isinstance(levels, list):
            counts[index] = len(levels)
            prices.extend(price for price, _ in levels)
            sizes.extend(size for _, size in levels)
        else:
            problems[index] = levels
    return Sides(counts, np.array(prices, dtype=np.int64), np.array(sizes, dtype=np.int64), problems)


def _read_one(side: bytes) -> list[tuple[int, int]] | Problem:
    if not side:
        return UNREADABLE, "levels are missing"
    try:
        pairs = _LEVELS.decode(side)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE, f"levels are no list of [price, size]: {shown(side)}"
    levels: list[tuple[int, int]] = []
    for price_text, size_text in pairs:
        price, size = _one(price_text), _one(size_text)
        if not isinstance(price, int):
            return price[0], f"level price {price[1]}"
        if not isinstance(size, int):
            return size[0], f"level size {size[1]}"
        if price <= 0:
            return (NEGATIVE if price else ZERO), f"level price is '{shown(price_text)}'"
        if size < 0:
            return NEGATIVE, f"level size is '{shown(size_text)}'"
        levels.append((price, size))
    return levels


def _one(text: str) -> int | Problem:
    return one_to_e8(text.encode("ascii")) if text.isascii() else (NOT_A_NUMBER, f"is '{shown(text)}'")
