from decimal import Decimal

import pytest

from interlock.messages.words import Intent
from interlock.strategies import mean_reversion
from interlock.strategies.interface import Quote, Strategy
from interlock.units.faults import Fault
from tests.unit.strategies.bars import SYMBOL, bar


def watching(bars: int = 9) -> Strategy:
    """Return a mean reversion of ten bars that has seen so many, around 100."""
    strategy = mean_reversion.make(SYMBOL, {"window_bars": Decimal(10), "deviations_min": Decimal(2)})
    for number in range(bars):
        assert strategy.on_bar(bar(100.1 if number % 2 else 99.9)) is None
    return strategy


@pytest.mark.parametrize(("close", "intent"), [(110.0, Intent.ENTER_SHORT), (90.0, Intent.ENTER_LONG), (100.1, None)])
def test_a_close_far_from_the_mean_asks_to_enter_toward_it(close: float, intent: Intent | None) -> None:
    signal = watching().on_bar(bar(close))
    assert (signal.intent if signal else None) is intent


def test_the_target_is_the_mean_and_the_edge_the_way_there() -> None:
    signal = watching().on_bar(bar(110.0))
    assert signal is not None and signal.target_price is not None
    mean = (Decimal("99.9") * 5 + Decimal("100.1") * 4 + 110) / 10
    assert signal.target_price == mean
    assert signal.edge_bps == ((110 - mean) / 110 * 10_000).quantize(Decimal("1e-8"))


def test_it_asks_to_leave_once_the_price_is_back_and_only_once() -> None:
    strategy = watching()
    assert strategy.on_bar(bar(110.0)) is not None
    assert strategy.on_bar(bar(109.0)) is None
    back = strategy.on_bar(bar(99.0))
    assert back is not None and (back.intent, back.target_price) == (Intent.EXIT, None)
    assert strategy.on_bar(bar(99.5)) is None


@pytest.mark.parametrize("atr", [None, 0.0])
def test_nothing_is_said_while_the_atr_is_not_known(atr: float | None) -> None:
    assert watching().on_bar(bar(110.0, atr=atr)) is None


def test_nothing_is_said_before_the_window_is_full() -> None:
    assert watching(8).on_bar(bar(110.0)) is None


def test_a_market_that_does_not_move_says_nothing() -> None:
    strategy = mean_reversion.make(SYMBOL, {"window_bars": Decimal(5)})
    assert [strategy.on_bar(bar(100.0)) for _ in range(9)] == [None] * 9


def test_single_quotes_say_nothing() -> None:
    strategy = watching()
    assert not strategy.wants_quotes
    assert strategy.on_quote(Quote(1, 10**10, 10**10 + 1, 1, 1)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("window_bars", "4"), ("window_bars", "1001"), ("window_bars", "7.5"), ("deviations_min", "0.4")],
)
def test_a_setting_out_of_its_range_is_named(name: str, value: str) -> None:
    with pytest.raises(Fault, match=f"{name} of the mean reversion is {value}; allowed is"):
        mean_reversion.make(SYMBOL, {name: Decimal(value)})
