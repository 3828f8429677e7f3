"""Mean reversion: enter against a bar that closed far from its rolling mean, aiming at the mean.

Honest sample: the claimed edge is the distance to the mean, the target is the mean itself, and nothing is claimed about
how often it gets there. It asks to leave when the price has come back.
"""

import math
from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from interlock.messages.market import Signal
from interlock.messages.words import Intent
from interlock.strategies.interface import Bar, Quote, Strategy, statistic
from interlock.units.faults import Fault

WINDOW_BARS = Decimal(20)
DEVIATIONS_MIN = Decimal(2)


class MeanReversion:
    """Fades closes more than so many standard deviations away from the mean of the last bars."""

    wants_quotes = False

    def __init__(self, symbol: str, window_bars: int, deviations_min: float) -> None:
        self._symbol = symbol
        self._closes: deque[float] = deque(maxlen=window_bars)
        self._deviations_min = deviations_min
        self._leaning = 0

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take nothing from single quotes."""
        return None

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return an entry toward the mean, or an exit once the close has crossed it."""
        self._closes.append(bar.close)
        if len(self._closes) < (self._closes.maxlen or 0) or not bar.atr:
            return None
        mean = math.fsum(self._closes) / len(self._closes)
        deviation = math.sqrt(math.fsum((close - mean) ** 2 for close in self._closes) / len(self._closes))
        if deviation <= 0.0:
            return None
        distance = (bar.close - mean) / deviation
        if self._leaning and distance * self._leaning >= 0.0:
            self._leaning = 0
            return self._signal(Intent.EXIT, bar.close, mean, "came back to the mean")
        if self._leaning or abs(distance) < self._deviations_min:
            return None
        self._leaning = -1 if distance > 0 else 1
        intent = Intent.ENTER_SHORT if distance > 0 else Intent.ENTER_LONG
        return self._signal(intent, bar.close, mean, f"{distance:+.2f} deviations from the mean")

    def _signal(self, intent: Intent, close: float, mean: float, why: str) -> Signal:
        return Signal(
            symbol=self._symbol,
            intent=intent,
            edge_bps=statistic(abs(close - mean) / close * 10_000),
            target_price=None if intent is Intent.EXIT else statistic(mean),
            why=f"close {close:.8g} {why} {mean:.8g}",
        )


def make(symbol: str, settings: Mapping[str, Decimal]) -> Strategy:
    """Return a mean reversion. Settings: `window_bars` 5 to 1000, `deviations_min` 0.5 to 10. Errors: Fault."""
    window = settings.get("window_bars", WINDOW_BARS)
    deviations = settings.get("deviations_min", DEVIATIONS_MIN)
    if not (5 <= window <= 1_000) or window != int(window):
        raise Fault(
            f"window_bars of the mean reversion is {window}; allowed is a whole number from 5 to 1000.",
            "Correct it in the automation's settings.",
        )
    if not (Decimal("0.5") <= deviations <= 10):
        raise Fault(
            f"deviations_min of the mean reversion is {deviations}; allowed is 0.5 to 10.",
            "Correct it in the automation's settings.",
        )
    return MeanReversion(symbol, int(window), float(deviations))
