"""Candles of one symbol for all intervals that are served, from its trades as they come, and its last 24 hours.

Trades are gathered for the running second and folded into the open candles when it ends or somebody looks: every
interval begins on a whole second. A period without trades is filled flat at the last close, as venues do.
"""

from collections import deque
from decimal import Decimal

from msgspec import Struct

from interlock.market.live.digits import Digits
from interlock.ports.exchange.market_data import KLINE_MS, Kline
from interlock.units.money import ZERO

CANDLES_KEPT = 1_500
_MINUTES_OF_DAY = 1_440
_WEEK_MS = KLINE_MS["1w"]
# 1970-01-01 was a Thursday; weeks open on Mondays.
_MONDAY_MS = 345_600_000


class _Sums(Struct, gc=False):
    """What trades add up to. Ids are -1 while there is none; money in units of 1e-16."""

    open_e8: int
    high_e8: int
    low_e8: int
    close_e8: int
    volume_e8: int = 0
    quote_e16: int = 0
    trades: int = 0
    taker_volume_e8: int = 0
    taker_quote_e16: int = 0
    first_id: int = -1
    last_id: int = -1

    def add(self, more: "_Sums") -> None:
        """Add what came after."""
        if not self.trades:
            self.first_id = more.first_id
            self.open_e8 = self.high_e8 = self.low_e8 = more.open_e8
        self.high_e8 = max(self.high_e8, more.high_e8)
        self.low_e8 = min(self.low_e8, more.low_e8)
        self.close_e8 = more.close_e8
        self.volume_e8 += more.volume_e8
        self.quote_e16 += more.quote_e16
        self.trades += more.trades
        self.taker_volume_e8 += more.taker_volume_e8
        self.taker_quote_e16 += more.taker_quote_e16
        self.last_id = more.last_id


class DaySums(Struct, frozen=True):
    """The last 24 hours of trades; ids -1 when there was none."""

    open_ms: int
    previous_close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    volume: Decimal
    quote: Decimal
    trades: int
    first_trade_id: int
    last_trade_id: int


class Candles:
    """All candles of a symbol. Nothing is known before the first trade. Times in ms, of the present."""

    def __init__(self, symbol: str, digits: Digits) -> None:
        self._symbol = symbol
        self._digits = digits
        self._second: _Sums | None = None  # trades not yet folded into the open candles
        self._open: dict[str, tuple[int, _Sums]] = {}
        self._closed: dict[str, deque[Kline]] = {interval: deque(maxlen=CANDLES_KEPT) for interval in KLINE_MS}
        self._day_before: tuple[int, DaySums | None] = (-1, None)
        self.is_changed = False  # trades came since the open candles were last taken

    def add(self, at_ms: int, trade_id: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Take a trade. All trades since the last `roll` fall into its second."""
        value_e16 = price_e8 * quantity_e8
        if not self._open:
            for interval, length_ms in KLINE_MS.items():
                self._open[interval] = (_period_ms(at_ms, length_ms), _flat(price_e8))
        sums = self._second
        if sums is None:
            sums = self._second = _flat(price_e8)
            sums.first_id = trade_id
        elif price_e8 > sums.high_e8:
            sums.high_e8 = price_e8
        elif price_e8 < sums.low_e8:
            sums.low_e8 = price_e8
        sums.close_e8 = price_e8
        sums.volume_e8 += quantity_e8
        sums.quote_e16 += value_e16
        sums.trades += 1
        sums.last_id = trade_id
        if buyer_is_aggressor:
            sums.taker_volume_e8 += quantity_e8
            sums.taker_quote_e16 += value_e16
        self.is_changed = True

    def roll(self, now_ms: int) -> list[Kline]:
        """Close all candles whose period has ended, open the next, and return those closed, in order of their end."""
        if not self._open:
            return []
        self._fold()
        closed: list[Kline] = []
        for interval, length_ms in KLINE_MS.items():
            open_ms, sums = self._open[interval]
            if open_ms + length_ms > now_ms:
                continue
            kline = self._kline(interval, open_ms, sums, is_closed=True)
            kept, last_ms = self._closed[interval], _period_ms(now_ms, length_ms)
            kept.append(kline)
            closed.append(kline)
            flat = _flat(sums.close_e8)
            # Of a long silence, as much as is kept.
            for missing_ms in range(max(open_ms + length_ms, last_ms - CANDLES_KEPT * length_ms), last_ms, length_ms):
                kline = self._kline(interval, missing_ms, flat, is_closed=True)
                kept.append(kline)
                closed.append(kline)
            self._open[interval] = (last_ms, flat)
        closed.sort(key=lambda each: each.close_ms)  # stable: shorter intervals first
        return closed

    def take_open(self) -> list[Kline]:
        """Return the open candles if trades came since the last time, else nothing."""
        if not self.is_changed:
            return []
        self._fold()
        self.is_changed = False
        return [self._kline(interval, *opened, is_closed=False) for interval, opened in self._open.items()]

    def history(self, interval: str, limit: int, start_ms: int | None, end_ms: int | None) -> list[Kline]:
        """Return candles that open within [start, end], oldest first, the open one among them.

        With a start the first `limit` of them, else the last. Errors: KeyError for an interval that is not served.
        """
        closed, length_ms = self._closed[interval], KLINE_MS[interval]
        if not self._open:
            return []
        self._fold()
        open_ms, sums = self._open[interval]
        count = len(closed) + 1
        first_ms = open_ms - len(closed) * length_ms
        low = 0 if start_ms is None else max(0, -((first_ms - start_ms) // length_ms))
        high = count if end_ms is None else min(count, (end_ms - first_ms) // length_ms + 1)
        low, high = (max(low, high - limit), high) if start_ms is None else (low, min(high, low + limit))
        found = [closed[place] for place in range(low, min(high, count - 1))]
        if low < high == count:
            found.append(self._kline(interval, open_ms, sums, is_closed=False))
        return found

    def day(self) -> DaySums | None:
        """Return the last 24 hours by whole minutes, the running one included; None before the first trade."""
        if not self._open:
            return None
        self._fold()
        open_ms, sums = self._open["1m"]
        minute = self._kline("1m", open_ms, sums, is_closed=False)
        if self._day_before[0] != open_ms:
            minutes = list(self._closed["1m"])
            beyond = minutes[: max(0, len(minutes) - _MINUTES_OF_DAY + 1)]
            within = minutes[len(beyond) :]
            before = _day_of(within, beyond[-1].close if beyond else within[0].open) if within else None
            self._day_before = (open_ms, before)
        before = self._day_before[1]
        now = _day_of([minute], minute.open)
        return now if before is None else _both(before, now)

    def _fold(self) -> None:
        """Bring the trades of the running second into the open candles."""
        if self._second is not None:
            for _, sums in self._open.values():
                sums.add(self._second)
            self._second = None

    def _kline(self, interval: str, open_ms: int, sums: _Sums, is_closed: bool) -> Kline:
        digits = self._digits
        return Kline(
            symbol=self._symbol,
            interval=interval,
            open_ms=open_ms,
            close_ms=open_ms + KLINE_MS[interval] - 1,
            open=digits.price(sums.open_e8),
            high=digits.price(sums.high_e8),
            low=digits.price(sums.low_e8),
            close=digits.price(sums.close_e8),
            volume=digits.total(sums.volume_e8),
            quote=digits.value(sums.quote_e16),
            trades=sums.trades,
            taker_volume=digits.total(sums.taker_volume_e8),
            taker_quote=digits.value(sums.taker_quote_e16),
            first_trade_id=sums.first_id,
            last_trade_id=sums.last_id,
            is_closed=is_closed,
        )


def _flat(price_e8: int) -> _Sums:
    return _Sums(price_e8, price_e8, price_e8, price_e8)


def _period_ms(at_ms: int, length_ms: int) -> int:
    """Return when the period that a time falls into begins."""
    offset_ms = _MONDAY_MS if length_ms == _WEEK_MS else 0
    return (at_ms - offset_ms) // length_ms * length_ms + offset_ms


def _day_of(minutes: list[Kline], previous_close: Decimal) -> DaySums:
    traded = [each for each in minutes if each.trades]
    return DaySums(
        open_ms=minutes[0].open_ms,
        previous_close=previous_close,
        open=minutes[0].open,
        high=max(each.high for each in minutes),
        low=min(each.low for each in minutes),
        last=minutes[-1].close,
        volume=sum((each.volume for each in minutes), ZERO),
        quote=sum((each.quote for each in minutes), ZERO),
        trades=sum(each.trades for each in minutes),
        first_trade_id=traded[0].first_trade_id if traded else -1,
        last_trade_id=traded[-1].last_trade_id if traded else -1,
    )


def _both(before: DaySums, now: DaySums) -> DaySums:
    return DaySums(
        open_ms=before.open_ms,
        previous_close=before.previous_close,
        open=before.open,
        high=max(before.high, now.high),
        low=min(before.low, now.low),
        last=now.last,
        volume=before.volume + now.volume,
        quote=before.quote + now.quote,
        trades=before.trades + now.trades,
        first_trade_id=before.first_trade_id if before.first_trade_id >= 0 else now.first_trade_id,
        last_trade_id=max(before.last_trade_id, now.last_trade_id),
    )
