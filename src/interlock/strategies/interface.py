"""What a strategy is given and what it may return.

A strategy has no clock, no network, no file, no keys and no order verbs: it gets quotes and closed bars and returns
signals. Statistics are floats here; what leaves in a signal is Decimal, quantised to 1e-8 by `statistic`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from interlock.messages.market import Signal
from interlock.units.money import MONEY_STEP

_E8 = 1e8


class Quote(Struct, frozen=True, gc=False):
    """Best bid and ask as heard. `_e8` values are in units of 1e-8."""

    at_ns: int
    bid_e8: int
    ask_e8: int
    bid_size_e8: int
    ask_size_e8: int

    @property
    def bid(self) -> float:
        """Best bid in quote units."""
        return self.bid_e8 / _E8

    @property
    def ask(self) -> float:
        """Best ask in quote units."""
        return self.ask_e8 / _E8

    @property
    def mid(self) -> float:
        """Mid price in quote units."""
        return (self.bid_e8 + self.ask_e8) / (2 * _E8)


class Bar(Struct, frozen=True, gc=False):
    """A closed period of mid prices, built from quotes. `atr` is None until enough periods have closed.

    `quote_count` is 0 for a period in which nothing was heard: its prices repeat the last close.
    """

    symbol: str
    end_ns: int
    open: float
    high: float
    low: float
    close: float
    quote_count: int
    atr: float | None


class Strategy(Protocol):
    """A strategy for one symbol. It keeps its own statistics and nothing else."""

    wants_quotes: bool
    """True to be called for every quote; most strategies want bars only."""

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take a good quote; return a signal or None."""
        ...

    def on_bar(self, bar: Bar) -> Signal | None:
        """Take a closed bar; return a signal or None."""
        ...


class StrategyFactory(Protocol):
    """Makes a strategy for a symbol from its settings."""

    def __call__(self, symbol: str, settings: Mapping[str, Decimal]) -> Strategy:
        """Return a fresh strategy. Errors: Fault naming the setting, its value and what is allowed."""
        ...


def statistic(value: float) -> Decimal:
    """Return a statistic as it may leave the strategy: Decimal at 1e-8."""
    return Decimal(repr(value)).quantize(MONEY_STEP)
