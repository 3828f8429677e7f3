"""Whether ticks come in order and once: by the venue's ids and times, and by the recorder's clock."""

import numpy as np

from interlock.market.quality.bad_ticks import BadTick, Codes
from interlock.market.recordings.columns import Flags, Int64, Quotes, Trades
from interlock.market.streams import Segment
from interlock.units.time import NS_PER_S

# An earlier id is looked for in so many rows before; an older one still is out of order.
_IDS_KEPT = 1_024
# A venue time that runs ahead of the receipt time by more than this is no time to measure others by.
_AHEAD_NS_MAX = 60 * NS_PER_S
# So many venue times ahead, one after another, and the venue's clock has moved.
_AHEAD_COUNT = 20


class Sequence:
    """The order of one kind of tick of one symbol. An id or a venue time of 0 stands for none."""

    def __init__(self) -> None:
        self._last_id = 0
        self._last_venue_ns = 0
        self._last_known_ns = 0
        self._ahead_count = 0
        # The last ids heard, and what each of them said.
        self._ids_before: Int64 = np.empty(0, dtype=np.int64)
        self._said_before: tuple[Int64, ...] = ()

    def judge(
        self, segment: Segment[Quotes] | Segment[Trades], ids: Int64, same: tuple[Int64 | Flags, ...], at: int, end: int
    ) -> Codes | None:
        """Return DUPLICATE, OUT_OF_ORDER or 0 for each row of the block; None when all are 0.

        `ids` and the columns in `same` are those of the whole file: a row is a duplicate when one with its id said the
        same; without ids, when it and the row before agree in all of `same` and in both times.
        """
        heard, venue = segment.table.heard_at_ns[at:end], segment.table.venue_at_ns[at:end]
        known, block_ids = segment.known_at_ns[at:end], ids[at:end]
        has_ids = bool(block_ids.any())
        repeats = None if has_ids else _repeats(segment, same, at, end)
        is_clean = (
            repeats is None and bool((heard == known).all()) and self._is_ascending(block_ids, venue, known, has_ids)
        )
        codes = None
        if is_clean:
            self._last_id = int(block_ids[-1]) if has_ids else self._last_id
            self._last_venue_ns, self._last_known_ns = int(venue[-1]), int(known[-1])
            self._ahead_count = 0
        else:
            said = tuple(column[at:end].astype(np.int64, copy=False) for column in same)
            codes = self._walk(block_ids, venue, known, heard < known, repeats, said)
        if has_ids:
            self._ids_before = np.concatenate((self._ids_before, block_ids))[-_IDS_KEPT:]
            kept = (column[at:end][-_IDS_KEPT:].astype(np.int64, copy=False) for column in same)
            self._said_before = self._all_said(tuple(kept), _IDS_KEPT)
        return codes

    def _all_said(self, said: tuple[Int64, ...], count: int) -> tuple[Int64, ...]:
        """Return the last rows of what was said before and then this."""
        if not self._said_before or len(said[0]) >= count:
            return tuple(column[-count:] for column in said)
        pairs = zip(self._said_before, said, strict=True)
        return tuple(np.concatenate((before, column))[-count:] for before, column in pairs)

    def _is_ascending(self, ids: Int64, venue: Int64, known: Int64, has_ids: bool) -> bool:
        """Tell whether ids rise, and venue times neither fall nor run ahead."""
        if has_ids and not (int(ids[0]) > self._last_id and bool((ids[1:] > ids[:-1]).all())):
            return False
        if not venue.any():
            return not self._last_venue_ns
        step = venue[1:] - venue[:-1]
        if not self._last_venue_ns:
            is_first_fine = bool(venue[0])
        else:
            first_step = int(venue[0]) - self._last_venue_ns
            is_first_fine = 0 <= first_step <= int(known[0]) - self._last_known_ns + _AHEAD_NS_MAX
        if not is_first_fine or not len(step):
            return is_first_fine
        return int(step.min()) >= 0 and bool((step - (known[1:] - known[:-1]) <= _AHEAD_NS_MAX).all())

    def _walk(
        self,
        ids: Int64,
        venue: Int64,
        known: Int64,
        is_late: Flags,
        repeats: Flags | None,
        said: tuple[Int64, ...],
    ) -> Codes | None:
        codes = np.zeros(len(ids), dtype=np.uint8)
        all_ids = np.concatenate((self._ids_before, ids))
        all_said = self._all_said(said, len(all_ids) + 1)
        offset = len(self._ids_before)
        late = is_late.tolist()
        repeated = [False] * len(late) if repeats is None else repeats.tolist()
        rows = zip(ids.tolist(), venue.tolist(), known.tolist(), strict=True)
        for place, (tick_id, venue_ns, known_ns) in enumerate(rows):
            is_old = bool(tick_id) and tick_id <= self._last_id
            if repeated[place] or (is_old and _is_repeated(all_ids, all_said, offset + place)):
                codes[place] = BadTick.DUPLICATE
            elif late[place] or is_old or (venue_ns and not self._is_venue_time_fine(venue_ns, known_ns)):
                codes[place] = BadTick.OUT_OF_ORDER
            else:
                self._last_id = tick_id or self._last_id
                if venue_ns:
                    self._last_venue_ns, self._last_known_ns = venue_ns, known_ns
                    self._ahead_count = 0
        return codes if codes.any() else None

    def _is_venue_time_fine(self, venue_ns: int, known_ns: int) -> bool:
        if not self._last_venue_ns:
            return True
        step = venue_ns - self._last_venue_ns
        if step < 0:
            return False
        if step <= known_ns - self._last_known_ns + _AHEAD_NS_MAX:
            return True
        self._ahead_count += 1
        return self._ahead_count >= _AHEAD_COUNT


def _is_repeated(ids: Int64, said: tuple[Int64, ...], place: int) -> bool:
    """Tell whether a row before has the same id and says the same."""
    first = max(0, place - _IDS_KEPT)
    found = ids[first:place] == ids[place]
    for column in said:
        found &= column[first:place] == column[place]
    return bool(found.any())


def _repeats(
    segment: Segment[Quotes] | Segment[Trades], same: tuple[Int64 | Flags, ...], at: int, end: int
) -> Flags | None:
    """Tell for each row whether it repeats the one before it, times included; None when none does."""
    first = max(at, 1)
    if first >= end:
        return None
    columns = (segment.table.heard_at_ns, segment.table.venue_at_ns, *same)
    repeats = np.zeros(end - at, dtype=np.bool_)
    found = np.ones(end - first, dtype=np.bool_)
    for column in columns:
        found &= column[first:end] == column[first - 1 : end - 1]
    repeats[first - at :] = found
    return repeats if found.any() else None
