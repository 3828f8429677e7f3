"""A spot position told: why it is sold, the fee in coins, the stop that comes back, and the dust."""

from interlock.messages import events as e
from interlock.messages.words import Purpose
from interlock.views.explanation import Explainer
from interlock.views.lines import event_text, line
from interlock.views.story import Trade
from interlock.views.story_text import story_text
from tests.builders import Core, bought, expired, founded_on_spot
from tests.replay.story import whole_run
from tests.unit.core.spot.holding import entering

RUN = whole_run()


def story_of(core: Core, asked: str) -> Trade:
    explainer = Explainer(asked)
    for record in core.records:
        explainer.fold(record)
    story = explainer.story()
    assert isinstance(story, Trade)
    return story


def sale() -> str:
    """Return the order that sold the story's spot position."""
    orders = [each.order for record in RUN.records for each in record.events if isinstance(each, e.OrderApproved)]
    return next(order.order_id for order in orders if order.owner == "spot-bot" and order.purpose is Purpose.TARGET)


def test_a_sale_is_told_with_the_reason_it_was_decided_for_before_its_stop_was_taken_back() -> None:
    text = story_text(story_of(RUN, sale()))
    assert "why      the bid 51009.9 has reached the target 51000" in text
    assert "to be cancelled: all of the position is to be sold" in text
    assert "fee 0.617 (kept as 0.00001234 of the quantity)" in text


def test_the_end_of_a_spot_trade_tells_its_dust() -> None:
    trade = story_of(RUN, sale())
    assert trade.outcome is not None
    assert str(trade.outcome.quantity_left) == "0.00000766"
    assert "0.00000766 is less than can be sold" in story_text(trade)


def test_a_trade_that_ends_as_dust_alone_is_told_as_ended() -> None:
    core, entry = entering("0.01000")
    core.tell(bought(entry, "0.00002"))
    core.tell(expired(entry.order_id))
    trade = story_of(core, entry.order_id)
    assert trade.outcome is not None
    assert trade.outcome.closed_by is Purpose.CLOSE
    assert "Closed by its close" in story_text(trade)


def test_every_event_of_spot_has_words_of_its_own() -> None:
    told = [each for record in RUN.records for each in record.events]
    texts = {
        type(each): event_text(each)
        for each in told
        if isinstance(each, e.ExitDecided | e.ReductionWaits | e.DustKept | e.DustJoined)
    }
    assert texts[e.ExitDecided].startswith("BTCUSDT is to be sold whole, from 51010")
    assert texts[e.ReductionWaits] == "sell 0.004 BTCUSDT, at market, ioc waits until the stop has been taken back"
    assert texts[e.DustKept] == "0.00000766 BTCUSDT stay as dust that cost 0.38 USDT"
    assert texts[e.DustJoined] == "dust of 0.00000766 BTCUSDT that cost 0.38 USDT joins"
    assert all(line(record) for record in RUN.records)
    assert founded_on_spot().records
