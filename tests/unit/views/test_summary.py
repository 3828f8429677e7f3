from decimal import Decimal

import pytest

from interlock.messages.words import Intent, Purpose
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_MS
from interlock.views.run_summary import RunSummary
from interlock.views.summary import Summary
from tests.unit.views.scripted_run import ScriptedRun, view_at


def summed(run: ScriptedRun) -> RunSummary:
    summary = Summary()
    for record in run.records:
        summary.fold(record)
    return summary.result("cd" * 32)


def test_a_summary_has_exactly_the_promised_fields() -> None:
    assert RunSummary.__struct_fields__ == (
        *("ticks", "gaps", "bad_ticks", "signals", "orders", "fills", "refusals", "fees", "slippage", "pnl"),
        *("exposure_peak", "equity_start", "equity_end", "positions_open", "exits", "log"),
    )


def test_profit_with_and_without_costs_adds_up_to_the_last_digit() -> None:
    run = ScriptedRun()
    entry = run.trade_to_target()
    run.end()
    found = summed(run)
    half = (entry.quantity / 2).quantize(Decimal("0.001"))
    cost = 60010 * half + 60020 * (entry.quantity - half)
    target = [o.approved for o in run.loop.state.orders.values() if o.approved.purpose is Purpose.TARGET][-1]
    assert target.limit_price is not None
    realised = target.limit_price * entry.quantity - cost
    assert found.fees == Decimal("0.6")
    assert found.slippage == cost - entry.reference_price * entry.quantity
    assert found.pnl.realised == realised
    assert found.pnl.unrealised == 0
    assert found.pnl.with_costs == realised - Decimal("0.6") == found.equity_end - found.equity_start
    assert found.pnl.without_costs == (target.limit_price - entry.reference_price) * entry.quantity
    assert found.equity_start == 10_000
    assert found.exits == {"stop": 0, "target": 1, "close": 0, "reduce": 0}
    assert (found.signals, found.fills, found.positions_open) == (1, 3, 0)
    assert found.orders == len(run.loop.state.orders)


def test_what_is_still_held_counts_at_its_last_mark() -> None:
    run = ScriptedRun()
    entry = run.enter()
    run.fill(entry.order_id, "t1", "60000", entry.quantity, "0.5")
    run.mark("60099", "60101")
    run.mark("60049", "60051")
    found = summed(run)
    assert found.pnl.unrealised == 50 * entry.quantity
    assert found.pnl.realised == 0
    assert found.pnl.with_costs == 50 * entry.quantity - Decimal("0.5")
    assert found.exposure_peak == 60100 * entry.quantity
    assert found.positions_open == 1


def test_a_refusal_counts_under_each_of_its_rules_and_as_often_as_it_came() -> None:
    run = ScriptedRun()
    for _ in range(4):
        run.signal(view=view_at(age_ms=9_000), after_ns=NS_PER_MS)
    run.signal(Intent.EXIT)
    run.end()
    found = summed(run)
    assert found.refusals == {"RISK-007": 4, "RISK-037": 1}
    assert found.signals == 5
    assert found.orders == 0
    assert "Every signal was refused" in found.text()


def test_repeats_count_for_the_refusal_that_they_repeat() -> None:
    run = ScriptedRun()
    for _ in range(3):
        run.signal(view=view_at(age_ms=9_000), after_ns=NS_PER_MS)
        run.signal(Intent.EXIT, symbol="ETHUSDT", after_ns=NS_PER_MS)
    run.signal(Intent.EXIT, symbol="ETHUSDT", after_ns=NS_PER_MS)
    run.end()
    assert summed(run).refusals == {"RISK-007": 3, "RISK-037": 4}


def test_repeats_of_a_refusal_that_is_none_are_no_summary() -> None:
    run = ScriptedRun()
    for _ in range(2):
        run.signal(view=view_at(age_ms=9_000), after_ns=NS_PER_MS)
    run.end()
    summary = Summary()
    with pytest.raises(Fault, match="repeats the refusal of record 8"):
        for record in run.records:
            if record.seq != 8:
                summary.state.seq = record.seq
                summary.fold(record)


def test_ticks_are_unknown_until_the_run_has_ended() -> None:
    run = ScriptedRun()
    assert (summed(run).ticks, summed(run).gaps, summed(run).bad_ticks) == (None, None, None)
    assert "has not ended" in summed(run).text()
    run.end()
    assert (summed(run).ticks, summed(run).gaps, summed(run).bad_ticks) == (1_234, 2, {"crossed": 1, "stale": 3})


def test_the_text_says_every_figure_with_its_unit() -> None:
    run = ScriptedRun()
    run.trade_to_target()
    run.signal(view=view_at(age_ms=9_000))
    run.end()
    text = summed(run).text()
    for words in ("1,234", "crossed 1, stale 3", "RISK-007 quote_age", "10,000.00 USDT", "target 1", "cd" * 32):
        assert words in text
    assert max(map(len, text.splitlines())) < 120
