"""Breakout: enter when a bar closes beyond the highest high or lowest low of the bars before it.

Honest sample: it claims as its edge half the height of the channel it broke, which is what a measured move would give
if it came true half the time; it does not know whether that holds. Exits are the policy's ATR stop and target.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from interlock.messages.market import Signal
from interlock.messages.words import Intent
from interlock.strategies.interface import Bar, Quote, Strategy, statistic
from interlock.units.faults import Fault

LOOKBACK_BARS = Decimal(20)


class Breakout:
    """Donchian breakout on closed bars of one symbol."""

    wants_quotes = False

    def __init__(self, symbol: str, lookback_bars: int) -> None:
        self._symbol = symbol
        self._highs: deque[float] = deque(maxlen=lookback_bars)
        self._lows: deque[float] = deque(maxlen=lookback_bars)

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take nothing from single quotes."""
        return None

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return an entry in the direction of the break, once the channel is full and the ATR known."""
        signal = None
        if len(self._highs) == self._highs.maxlen and bar.atr:
            signal = self._judge(bar, max(self._highs), min(self._lows))
        self._highs.append(bar.high)
        self._lows.append(bar.low)
        return signal

    def _judge(self, bar: Bar, high: float, low: float) -> Signal | None:
        if bar.close > high:
            intent, level = Intent.ENTER_LONG, high
        elif bar.close < low:
            intent, level = Intent.ENTER_SHORT, low
        else:
            return None
        return Signal(
            symbol=self._symbol,
            intent=intent,
            edge_bps=statistic((high - low) / 2 / bar.close * 10_000),
            target_price=None,
            why=f"close {bar.close:.8g} broke {level:.8g}, the edge of {len(self._highs)} bars",
        )


def make(symbol: str, settings: Mapping[str, Decimal]) -> Strategy:
    """Return a breakout. Settings: `lookback_bars`, 2 to 1000. Errors: Fault."""
    lookback = settings.get("lookback_bars", LOOKBACK_BARS)
    if not (2 <= lookback <= 1_000) or lookback != int(lookback):
        raise Fault(
            f"lookback_bars of the breakout is {lookback}; allowed is a whole number from 2 to 1000.",
            "Correct it in the automation's settings.",
        )
    return Breakout(symbol, int(lookback))
