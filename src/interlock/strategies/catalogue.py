"""Which strategies exist, by the name a user writes."""

from collections.abc import Mapping
from decimal import Decimal

from interlock.strategies import breakout, mean_reversion
from interlock.strategies.interface import Strategy, StrategyFactory
from interlock.units.faults import Fault

STRATEGIES: dict[str, StrategyFactory] = {
    "breakout": breakout.make,
    "mean_reversion": mean_reversion.make,
}


def make_strategy(name: str, symbol: str, settings: Mapping[str, Decimal]) -> Strategy:
    """Return the named strategy for a symbol. Errors: Fault naming what exists."""
    if name not in STRATEGIES:
        raise Fault(
            f"There is no strategy named {name!r}; there are {', '.join(sorted(STRATEGIES))}.",
            "Name one of these.",
        )
    return STRATEGIES[name](symbol, settings)
