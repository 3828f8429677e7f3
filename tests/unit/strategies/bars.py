"""Bars to show to strategies."""

from interlock.strategies.interface import Bar
from interlock.units.time import NS_PER_S

SYMBOL = "BTCUSDT"


def bar(close: float, high: float | None = None, low: float | None = None, atr: float | None = 5.0) -> Bar:
    """Return a bar of one price, unless its range is given."""
    top, bottom = close if high is None else high, close if low is None else low
    return Bar(SYMBOL, NS_PER_S, close, top, bottom, close, 9, atr)
