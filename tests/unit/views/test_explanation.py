from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.refusals import RULES
from interlock.messages.words import Intent, KillWay, Purpose
from interlock.units.time import NS_PER_MS
from interlock.views.explanation import Explainer
from interlock.views.story import Outcome, Refusal, Story, Trade
from interlock.views.story_text import story_text
from tests.unit.views.scripted_run import ScriptedRun, view_at


def told(run: ScriptedRun, asked: str) -> Story | None:
    explainer = Explainer(asked)
    for record in run.records:
        explainer.fold(record)
    return explainer.story()


def trade_of(run: ScriptedRun, asked: str) -> tuple[Trade, Outcome]:
    story = told(run, asked)
    assert isinstance(story, Trade)
    assert story.outcome is not None
    return story, story.outcome


def test_the_story_runs_from_the_signal_to_the_profit() -> None:
    run = ScriptedRun()
    entry = run.trade_to_target()
    trade, outcome = trade_of(run, entry.order_id)
    assert [part.order.purpose.value for part in trade.orders] == ["entry", "stop", "target", "stop", "target"]
    assert isinstance(trade.orders[0].asked, c.RaiseSignal)
    assert len(trade.orders[0].checks) > 25
    assert trade.orders[0].quantity_filled == entry.quantity
    assert outcome.closed_by is Purpose.TARGET
    assert outcome.fees == Decimal("0.6")
    assert outcome.slippage == trade.orders[0].value_filled - entry.reference_price * entry.quantity
    assert outcome.costs_paid == outcome.fees + outcome.slippage
    assert outcome.profit_with_costs == run.loop.state.accounts["paper"].balance - 10_000
    assert outcome.profit_without_costs == outcome.profit_with_costs + outcome.costs_paid
    estimate = trade.orders[0].costs_expected
    assert estimate is not None
    expected = trade.orders[0].value_filled * estimate.total_bps / 10_000
    assert abs(outcome.costs_expected - expected) < Decimal("0.00000001")


def test_asking_for_an_exit_or_a_record_tells_the_trade_of_its_entry() -> None:
    run = ScriptedRun()
    entry = run.trade_to_target()
    by_entry, _ = trade_of(run, entry.order_id)
    exits = [part.order.order_id for part in by_entry.orders[1:]]
    for asked in [*exits, str(by_entry.orders[0].seq), str(by_entry.orders[0].happenings[0].seq)]:
        trade, outcome = trade_of(run, asked)
        assert [part.order.order_id for part in trade.orders] == [entry.order_id, *exits]
        assert outcome == by_entry.outcome


def test_one_trade_is_told_without_the_trades_before_and_after_it() -> None:
    run = ScriptedRun()
    entries = [run.trade_to_target() for _ in range(3)]
    trade, outcome = trade_of(run, entries[1].order_id)
    assert [part.order.order_id for part in trade.orders if part.order.purpose is Purpose.ENTRY] == [
        entries[1].order_id
    ]
    assert outcome.fees == Decimal("0.6")


def test_a_new_trade_does_not_join_one_whose_last_exit_is_still_being_cancelled() -> None:
    run = ScriptedRun()
    entry = run.enter()
    run.fill(entry.order_id, "t1", "60000", entry.quantity, "0.5")
    stop, target = run.exit_order(Purpose.STOP), run.exit_order(Purpose.TARGET)
    run.fill(target.order_id, "t2", str(target.limit_price), entry.quantity, "0.5")
    later = run.enter()
    run.cancelled(stop.order_id)
    first, second = trade_of(run, entry.order_id)[0], trade_of(run, later.order_id)[0]
    assert [part.order.order_id for part in first.orders] == [entry.order_id, stop.order_id, target.order_id]
    assert [part.order.order_id for part in second.orders] == [later.order_id]
    assert [told.seq for told in first.orders[1].happenings][-1] == run.records[-1].seq


def test_only_trades_under_way_are_held_in_memory() -> None:
    run = ScriptedRun()
    for _ in range(3):
        run.trade_to_target()
    explainer = Explainer("none of them")
    for record in run.records:
        explainer.fold(record)
    assert (explainer.parts, explainer.lives, explainer.current) == ({}, {}, {})


def test_an_entry_that_never_filled_came_to_nothing() -> None:
    run = ScriptedRun()
    entry = run.enter()
    run.cancelled(entry.order_id)
    trade, outcome = trade_of(run, entry.order_id)
    assert outcome.opened_at_ns is None
    assert "No position came of it" in story_text(trade)


def test_a_trade_that_is_still_open_says_what_is_left() -> None:
    run = ScriptedRun()
    entry = run.enter(Intent.ENTER_SHORT)
    run.fill(entry.order_id, "t1", "60000", entry.quantity, "0.5")
    trade, outcome = trade_of(run, entry.order_id)
    assert outcome.quantity_left == entry.quantity
    assert "Still open" in story_text(trade)


def test_why_an_exit_was_made_is_told() -> None:
    run = ScriptedRun()
    entry = run.enter()
    run.fill(entry.order_id, "t1", "60000", entry.quantity, "0.5")
    run.step(c.EngageKill(way=KillWay.IMMEDIATE, reason="the desk is on fire"), "operator")
    close = run.exit_order(Purpose.CLOSE)
    run.step(o.RejectReported(order_id=close.order_id, code=-1, text="no", venue_at_ns=0))
    text = story_text(trade_of(run, entry.order_id)[0])
    assert "kill immediate: the desk is on fire" in text
    assert f"{close.order_id} ended, and the position still stood" in text


def test_the_text_tells_every_part() -> None:
    run = ScriptedRun()
    entry = run.trade_to_target()
    trade, _ = trade_of(run, entry.order_id)
    text = story_text(trade)
    for words in (
        f"Entry {entry.order_id}   <- the order you asked for",
        "it broke out",
        f"source {'ab' * 32}:77",
        "RISK-001 latch",
        "2% of 10,000.00 USDT equity is 200.00 USDT at risk",
        "capped by position at 2,000.00 USDT",
        "in all",
        "2023-11-14 22:13",
        f"acknowledged as v-{entry.order_id}",
        "after the fill t1",
        "Closed by its target",
        "costs expected",
        "profit with costs",
    ):
        assert words in text, words


def test_a_refusal_is_told_with_all_that_stood_against_it() -> None:
    run = ScriptedRun()
    for _ in range(4):
        run.signal(view=view_at(age_ms=9_000), after_ns=NS_PER_MS)
    run.end()
    story = told(run, "8")
    assert isinstance(story, Refusal)
    assert (story.rules, story.repeated, story.symbol) == (("RISK-007",), 3, "BTCUSDT")
    text = story_text(story)
    assert "FAIL  RISK-007 quote_age" in text
    assert "9000 ms, at most 2000 ms (over by 7000 ms)" in text
    assert "3 more time(s)" in text
    assert RULES["RISK-007"].hint in text


def test_a_refused_command_is_told_with_its_detail() -> None:
    run = ScriptedRun()
    run.step(c.RequestCancel(order_id="il0-0-0", reason="tidy up"), "operator")
    story = told(run, "8")
    assert isinstance(story, Refusal)
    assert story.rules == ("RISK-038",)
    assert "il0-0-0 is not an open order" in story_text(story)


@pytest.mark.parametrize("asked", ["il0-99-0", "99", "1"])
def test_what_the_log_does_not_hold_has_no_story(asked: str) -> None:
    run = ScriptedRun()
    run.trade_to_target()
    assert told(run, asked) is None


def test_text_of_others_cannot_move_the_cursor() -> None:
    run = ScriptedRun()
    run.signal(why="up\x1b[2J\rgone\n\u202e")
    story = told(run, "8")
    assert story is not None
    assert r"up\x1b[2J\rgone\n\u202e" in story_text(story)
    assert all(line.isprintable() for line in story_text(story).split("\n"))
