from decimal import Decimal

import pytest

from interlock.messages.words import Intent
from interlock.strategies import breakout
from interlock.strategies.interface import Quote, Strategy
from interlock.units.faults import Fault
from tests.unit.strategies.bars import SYMBOL, bar


def watching(bars: int = 4) -> Strategy:
    """Return a breakout of four bars that has seen so many, between 95 and 105."""
    strategy = breakout.make(SYMBOL, {"lookback_bars": Decimal(4)})
    for _ in range(bars):
        assert strategy.on_bar(bar(100.0, 105.0, 95.0)) is None
    return strategy


@pytest.mark.parametrize(
    ("close", "intent"),
    [(105.5, Intent.ENTER_LONG), (94.5, Intent.ENTER_SHORT), (105.0, None), (95.0, None), (100.0, None)],
)
def test_a_close_beyond_the_channel_asks_to_enter_in_its_direction(close: float, intent: Intent | None) -> None:
    signal = watching().on_bar(bar(close))
    assert (signal.intent if signal else None) is intent


def test_the_claimed_edge_is_half_the_channels_height() -> None:
    signal = watching().on_bar(bar(125.0))
    assert signal is not None
    assert signal.edge_bps == Decimal(400)  # half of 10, on 125
    assert (signal.target_price, signal.symbol) == (None, SYMBOL)


def test_nothing_is_said_before_the_channel_is_full() -> None:
    assert watching(3).on_bar(bar(200.0)) is None


def test_nothing_is_said_while_the_atr_is_not_known() -> None:
    assert watching().on_bar(bar(200.0, atr=None)) is None


def test_the_bar_that_breaks_joins_the_channel_only_afterwards() -> None:
    strategy = watching()
    assert strategy.on_bar(bar(106.0)) is not None
    assert strategy.on_bar(bar(106.0)) is None


def test_old_bars_leave_the_channel() -> None:
    strategy = watching()
    for _ in range(4):
        strategy.on_bar(bar(100.0))
    assert strategy.on_bar(bar(101.0)) is not None


def test_single_quotes_say_nothing() -> None:
    strategy = watching()
    assert not strategy.wants_quotes
    assert strategy.on_quote(Quote(1, 10**10, 10**10 + 1, 1, 1)) is None


@pytest.mark.parametrize("lookback", ["1", "1001", "2.5", "-3"])
def test_a_setting_out_of_its_range_is_named(lookback: str) -> None:
    with pytest.raises(Fault, match=f"lookback_bars of the breakout is {lookback}; allowed is"):
        breakout.make(SYMBOL, {"lookback_bars": Decimal(lookback)})
