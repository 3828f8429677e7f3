"""The rules by which quotes and trades are judged.

A block without anything suspicious is judged by whole-array comparisons; only what is suspicious is walked row by row.
Both give the same result. Order and sameness are judged first, then prices by themselves, then prices against the
last good price.
"""

from collections.abc import Callable

import numpy as np

from interlock.market.quality.bad_ticks import BadTick, Codes
from interlock.market.quality.contradictions import Contradictions
from interlock.market.quality.level import Level, Witness
from interlock.market.quality.sequence import Sequence
from interlock.market.quality.witnesses import PRICE_E8_MAX
from interlock.market.recordings.columns import Int64, Quotes, Trades
from interlock.market.streams import Segment

MidsBefore = Callable[[Int64], Int64]


class QuoteJudge:
    """Judges the quotes of one symbol. The level is twice the mid price, in units of 1e-8."""

    def __init__(self, witness: Witness, contradictions: Contradictions) -> None:
        self._sequence = Sequence()
        self._level = Level(witness)
        self._contradictions = contradictions
        self.levels_accepted: list[tuple[int, int]] = []

    def judge(self, segment: Segment[Quotes], at: int, end: int) -> Codes | None:
        """Return the code of each row of the block, 0 for a good one; None when all are good."""
        quotes = segment.table
        bid, ask = quotes.bid_e8[at:end], quotes.ask_e8[at:end]
        bid_size, ask_size = quotes.bid_size_e8[at:end], quotes.ask_size_e8[at:end]
        same = (quotes.bid_e8, quotes.ask_e8, quotes.bid_size_e8, quotes.ask_size_e8)
        codes = self._sequence.judge(segment, quotes.update_id, same, at, end)
        is_sound = (
            int(bid.min()) > 0
            and int(bid_size.min()) > 0
            and int(ask_size.min()) > 0
            and int(ask.max()) <= PRICE_E8_MAX
            and bool((bid < ask).all())
        )
        if not is_sound:
            codes = np.zeros(end - at, dtype=np.uint8) if codes is None else codes
            lowest = np.minimum(np.minimum(bid, ask), np.minimum(bid_size, ask_size))
            _mark(codes, lowest < 0, BadTick.NEGATIVE)
            _mark(codes, lowest == 0, BadTick.ZERO)
            _mark(codes, np.maximum(bid, ask) > PRICE_E8_MAX, BadTick.OUTLIER)
            _mark(codes, bid > ask, BadTick.CROSSED)
            _mark(codes, bid == ask, BadTick.LOCKED)
        twice_mids = bid + ask
        denied = self._contradictions.find(
            twice_mids, segment.known_at_ns[at:end], None if codes is None else codes == 0
        )
        if denied is None:
            codes, accepted = _judge_level(self._level, codes, twice_mids, None, segment, at)
        else:
            # Before the level, so that it does not follow them; what is far from the book, too, is an outlier first.
            near, far = denied
            codes = np.zeros(end - at, dtype=np.uint8) if codes is None else codes
            codes[near] = BadTick.CONTRADICTED
            _, accepted = _judge_level(self._level, codes, twice_mids, None, segment, at)  # marks in place
            codes[far[codes[far] == 0]] = BadTick.CONTRADICTED
        self.levels_accepted += accepted
        return codes


class TradeJudge:
    """Judges the trades of one symbol, against its last good mid and its last good trade.

    A price that walks away in steps is real, also where quotes have stopped; so a trade is an outlier only when it is
    far from both.
    """

    def __init__(self, mids_before: MidsBefore, witness: Witness) -> None:
        self._sequence = Sequence()
        self._level = Level(witness)
        self._mids_before = mids_before
        self.levels_accepted: list[tuple[int, int]] = []

    def judge(self, segment: Segment[Trades], at: int, end: int) -> Codes | None:
        """Return the code of each row of the block, 0 for a good one; None when all are good."""
        trades = segment.table
        price, quantity = trades.price_e8[at:end], trades.quantity_e8[at:end]
        is_market = trades.is_market[at:end]
        same = (trades.price_e8, trades.quantity_e8, trades.buyer_is_aggressor)
        codes = self._sequence.judge(segment, trades.trade_id, same, at, end)
        is_sound = (
            int(price.min()) > 0
            and int(quantity.min()) > 0
            and int(price.max()) <= PRICE_E8_MAX
            and bool(is_market.all())
        )
        if not is_sound:
            codes = np.zeros(end - at, dtype=np.uint8) if codes is None else codes
            lowest = np.minimum(price, quantity)
            _mark(codes, lowest < 0, BadTick.NEGATIVE)
            _mark(codes, lowest == 0, BadTick.ZERO)
            _mark(codes, price > PRICE_E8_MAX, BadTick.OUTLIER)
            _mark(codes, ~is_market, BadTick.NOT_MARKET)
        # A level is twice the price, as a mid's is.
        mids = self._mids_before(segment.known_at_ns[at:end])
        codes, accepted = _judge_level(self._level, codes, price * 2, mids, segment, at)
        self.levels_accepted += accepted
        return codes


def _mark(codes: Codes, is_bad: np.ndarray[tuple[int], np.dtype[np.bool_]], kind: BadTick) -> None:
    """Give the kind to the rows that are bad and have none yet."""
    codes[is_bad & (codes == 0)] = kind


def _judge_level(
    level: Level,
    codes: Codes | None,
    prices: Int64,
    others: Int64 | None,
    segment: Segment[Quotes] | Segment[Trades],
    at: int,
) -> tuple[Codes | None, list[tuple[int, int]]]:
    """Judge the rows that are good so far against the level.

    Return all codes, None when all are good; and the levels accepted, as (row at which, row of its first tick).
    """
    places = np.arange(len(prices)) if codes is None else np.flatnonzero(codes == 0)
    is_clean = len(places) == len(prices)
    candidates, known = prices, segment.known_at_ns[at : at + len(prices)]
    if not is_clean:
        candidates, known, others = prices[places], known[places], None if others is None else others[places]
    outliers, accepted = level.judge(candidates, others, known, places + (segment.row_first + at))
    if not outliers:
        return None if is_clean else codes, accepted
    if codes is None:
        codes = np.zeros(len(prices), dtype=np.uint8)
    codes[places[outliers]] = BadTick.OUTLIER
    return codes, accepted
