from decimal import Decimal

import pytest

from interlock.strategies.catalogue import STRATEGIES, make_strategy
from interlock.strategies.interface import Quote, statistic
from interlock.units.faults import Fault


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_is_made_by_its_name_with_its_defaults(name: str) -> None:
    strategy = make_strategy(name, "BTCUSDT", {})
    assert strategy.on_quote(Quote(1, 10**10, 10**10 + 1, 1, 1)) is None


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(Fault, match=r"no strategy named 'brakeout'; there are breakout, mean_reversion"):
        make_strategy("brakeout", "BTCUSDT", {})


def test_a_statistic_leaves_as_money_is_written() -> None:
    assert statistic(0.1 + 0.2) == Decimal("0.30000000")
    assert statistic(1 / 3) == Decimal("0.33333333")


def test_a_quotes_prices_are_in_quote_units() -> None:
    quote = Quote(1, 10_000_000_000, 10_200_000_000, 50_000_000, 1)
    assert (quote.bid, quote.ask, quote.mid) == (100.0, 102.0, 101.0)
