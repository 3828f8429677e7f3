"""Mark and index price of one futures symbol, its funding rate, and the fundings that fell due: every 8 hours UTC."""

from collections import deque
from decimal import Decimal

from interlock.market.live.digits import decimal_of
from interlock.market.live.ticks import MarkTick
from interlock.ports.exchange.market_data import FundingPaid, MarkShown
from interlock.units.time import NS_PER_MS

FUNDING_MS = 28_800_000
FUNDING_RATE = Decimal("0.00010000")
_FUNDINGS_KEPT = 1_000
# Mark prices are not judged with the ticks: one further than a part in so many from the mid is not shown.
_FAR_PART = 10
_DIGITS = 8


class Marks:
    """As recorded where there is a record, else the mid price of the quotes for mark and index."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._mark_e8 = 0
        self._index_e8 = 0
        self._is_recorded = False
        self.rate = FUNDING_RATE
        self.fundings: deque[FundingPaid] = deque(maxlen=_FUNDINGS_KEPT)

    def take(self, tick: MarkTick, twice_mid_e8: int) -> bool:
        """Take a recorded mark; return whether it is shown. `twice_mid_e8` is 0 while no quote is known."""
        if twice_mid_e8 and any(
            abs(2 * price - twice_mid_e8) > twice_mid_e8 // _FAR_PART for price in (tick.mark_e8, tick.index_e8)
        ):
            return False
        self._is_recorded = True
        self._mark_e8, self._index_e8 = tick.mark_e8, tick.index_e8
        self.rate = decimal_of(_DIGITS, tick.funding_e8)
        return True

    def follow(self, twice_mid_e8: int) -> bool:
        """Follow the mid price; return whether it is shown: not where marks are recorded, nor before a quote."""
        if self._is_recorded or not twice_mid_e8:
            return False
        self._mark_e8 = self._index_e8 = twice_mid_e8 // 2
        return True

    def shown(self, at_ns: int) -> MarkShown | None:
        """Return mark price and funding, None before there is a price."""
        if not self._mark_e8:
            return None
        mark = decimal_of(_DIGITS, self._mark_e8)
        return MarkShown(
            symbol=self._symbol,
            mark=mark,
            index=decimal_of(_DIGITS, self._index_e8),
            settle=mark,
            funding_rate=self.rate,
            funding_at_ms=(at_ns // NS_PER_MS // FUNDING_MS + 1) * FUNDING_MS,
            at_ns=at_ns,
        )

    def fall_due(self, at_ms: int) -> None:
        """Note the funding due at a time, with the rate and the mark of now."""
        if self._mark_e8:
            mark = decimal_of(_DIGITS, self._mark_e8)
            self.fundings.append(FundingPaid(symbol=self._symbol, rate=self.rate, mark=mark, at_ms=at_ms))
