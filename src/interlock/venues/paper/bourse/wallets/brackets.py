"""Leverage brackets: how much leverage a position of a size may have, and what margin keeps it.

Source: the venue's own tables for its two largest symbols, and one cautious table for all others; exchange information
does not carry them.
"""

from decimal import Decimal

from interlock.ports.exchange.rows import Bracket
from interlock.units.money import ZERO

_Table = tuple[tuple[int, int, str], ...]
_LARGEST: _Table = (
    (125, 300_000, "0.004"),
    (100, 800_000, "0.005"),
    (75, 3_000_000, "0.0065"),
    (50, 12_000_000, "0.01"),
    (25, 70_000_000, "0.02"),
    (20, 100_000_000, "0.025"),
    (10, 230_000_000, "0.05"),
    (5, 480_000_000, "0.1"),
    (4, 600_000_000, "0.125"),
    (3, 800_000_000, "0.15"),
    (2, 1_200_000_000, "0.25"),
    (1, 1_800_000_000, "0.5"),
)
_OTHERS: _Table = (
    (50, 50_000, "0.01"),
    (20, 500_000, "0.025"),
    (10, 2_000_000, "0.05"),
    (5, 5_000_000, "0.1"),
    (2, 10_000_000, "0.25"),
    (1, 20_000_000, "0.5"),
)


def _brackets(table: _Table) -> tuple[Bracket, ...]:
    """Return brackets whose maintenance margin is continuous where one ends and the next begins."""
    rows: list[Bracket] = []
    floor, ratio_before, deduction = ZERO, ZERO, ZERO
    for number, (leverage, cap, ratio_text) in enumerate(table, 1):
        ratio = Decimal(ratio_text)
        if rows:
            deduction += floor * (ratio - ratio_before)
        rows.append(
            Bracket(
                bracket=number,
                leverage_max=leverage,
                notional_min=floor,
                notional_max=Decimal(cap),
                maintenance_ratio=ratio,
                maintenance_deduction=deduction,
            )
        )
        floor, ratio_before = Decimal(cap), ratio
    return tuple(rows)


_OF_LARGEST = _brackets(_LARGEST)
_OF_OTHERS = _brackets(_OTHERS)
_LARGEST_SYMBOLS = frozenset({"BTCUSDT", "ETHUSDT"})


def brackets_of(symbol: str) -> tuple[Bracket, ...]:
    """Return a symbol's brackets, the smallest first."""
    return _OF_LARGEST if symbol in _LARGEST_SYMBOLS else _OF_OTHERS


def bracket_at(symbol: str, notional: Decimal) -> Bracket:
    """Return the bracket of a position worth `notional`; the last one for anything beyond."""
    rows = brackets_of(symbol)
    for row in rows:
        if notional <= row.notional_max:
            return row
    return rows[-1]


def maintenance(symbol: str, notional: Decimal) -> Decimal:
    """Return the margin that keeps a position worth `notional`."""
    row = bracket_at(symbol, notional)
    return notional * row.maintenance_ratio - row.maintenance_deduction


def notional_cap(symbol: str, leverage: int) -> Decimal:
    """Return how much a position may be worth at a leverage, zero when the leverage is not given at all."""
    return max((row.notional_max for row in brackets_of(symbol) if row.leverage_max >= leverage), default=ZERO)
