"""The story of an order in words."""

from decimal import Decimal

from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.market import MarketView
from interlock.messages.orders import Check, CostEstimate, ExitPlan, SizeDerivation
from interlock.messages.record import Input
from interlock.messages.refusals import RULES, check_text
from interlock.messages.words import Intent, Purpose
from interlock.units.money import HUNDRED, divide, trimmed
from interlock.units.time import duration_text, utc_text_ms
from interlock.views.amounts import count, printable, usdt
from interlock.views.lines import event_text, rule_text
from interlock.views.order_words import market_text, order_text, price_mean, signal_text
from interlock.views.story import OrderPart, Outcome, Refusal, Story, Trade

_RULE_WIDTH = 27


def story_text(story: Story) -> str:
    """Return the story as paragraphs with headings; times are UTC, amounts in USDT unless another unit stands there."""
    lines = _trade(story) if isinstance(story, Trade) else _refusal(story)
    return "\n".join(lines)


def _trade(trade: Trade) -> list[str]:
    lines = [f"{printable(trade.owner)} in {printable(trade.symbol)}, account {printable(trade.account)}"]
    for part in trade.orders:
        is_asked = trade.asked in (part.order.order_id, str(part.seq))
        lines += ["", *_order(part, is_asked)]
    if trade.outcome is not None:
        lines += ["", *_outcome(trade.outcome)]
    return lines


def _order(part: OrderPart, is_asked: bool) -> list[str]:
    order = part.order
    mark = "   <- the order you asked for" if is_asked else ""
    lines = [f"{order.purpose.value.capitalize()} {order.order_id}{mark}"]
    if order.purpose is Purpose.ENTRY:
        lines += [*_asked(part.asked, part.actor), *_checks(part.checks), *_size(part.sizing)]
        lines += [*_costs(part.costs_expected), *_exits(part.exits)]
    else:
        lines.append(f"  why      {printable(part.reason) or _because(part.asked)}")
    lines.append(f"  order    {order_text(order)}; measured against {trimmed(order.reference_price)}")
    lines.append(_moment(part.seq, part.at_ns, "approved, and written down before it left"))
    lines += [_moment(told.seq, told.at_ns, event_text(told.event)) for told in part.happenings]
    if part.quantity_filled:
        mean = price_mean(part.value_filled, part.quantity_filled)
        lines.append(
            f"  filled   {trimmed(part.quantity_filled)} at {mean} on average; "
            f"fees {usdt(part.fees)}, slippage {usdt(part.slippage)}"
        )
    return lines


def _moment(seq: int, at_ns: int, what: str) -> str:
    return f"  {utc_text_ms(at_ns)}  record {seq:<8} {what}"


def _asked(asked: Input, actor: str) -> list[str]:
    """Return what was asked, by whom, and the market at that moment."""
    match asked:
        case c.RaiseSignal():
            return [f"  signal   {printable(actor)}: {signal_text(asked.signal)}", *_market(asked.view)]
        case c.ProposeOrder():
            return [f"  asked    {printable(actor)}: {order_text(asked.terms)}", *_market(asked.view)]
        case _:
            return [f"  asked    {printable(actor)}: {_because(asked)}"]


def _market(view: MarketView | None) -> list[str]:
    if view is None:
        return ["  market   no quote was known"]
    return [f"  {name:<8} {text}" for name, text in zip(("market", "", "", ""), market_text(view), strict=True)]


def _checks(checks: tuple[Check, ...]) -> list[str]:
    if not checks:
        return []
    failed = sum(not check.passed for check in checks)
    verdict = "all passed" if not failed else f"{failed} did not pass"
    lines = [f"  checks   {count(len(checks))}, {verdict}"]
    for check in checks:
        text = check_text(check) if check.rule in RULES else f"value {check.value}, limit {check.limit}"
        lines.append(f"    {'pass' if check.passed else 'FAIL'}  {rule_text(check.rule):<{_RULE_WIDTH}} {text}")
    return lines


def _size(size: SizeDerivation | None) -> list[str]:
    if size is None:
        return []
    percent = trimmed(divide(size.risk_bps, HUNDRED))
    lines = [
        f"  size     {percent}% of {usdt(size.equity)} equity is {usdt(size.risk_usdt)} at risk; the stop is "
        f"{trimmed(size.stop_distance)} away, which makes {trimmed(size.quantity_by_risk)}"
    ]
    if size.capped_by == "risk":
        lines.append(f"           no cap bound it; rounded down to the lot: {trimmed(size.quantity)}")
    else:
        lines.append(
            f"           capped by {printable(size.capped_by)} at {usdt(size.cap_usdt)}; rounded down to the lot: "
            f"{trimmed(size.quantity)}"
        )
    return lines


def _costs(costs: CostEstimate | None) -> list[str]:
    if costs is None:
        return []
    return [
        f"  costs    expected for the way in and out: fees {trimmed(costs.fee_bps)}, slippage "
        f"{trimmed(costs.slippage_bps)}, volatility {trimmed(costs.volatility_bps)}, impact "
        f"{trimmed(costs.impact_bps)}, in all {trimmed(costs.total_bps)} bps"
    ]


def _exits(plan: ExitPlan | None) -> list[str]:
    if plan is None:
        return []
    target = f"{trimmed(plan.target_distance)} away" if plan.target_price is None else trimmed(plan.target_price)
    return [
        f"  exits    stop {trimmed(plan.stop_distance)} from the fill, target {target}, "
        f"closed after {duration_text(plan.hold_ns_max)} at the latest"
    ]


def _because(asked: Input) -> str:
    """Return why an order that only reduces was made: the input that led to it."""
    match asked:
        case o.FillReported():
            return f"after the fill {printable(asked.trade_id)} of {printable(asked.order_id)}"
        case o.CancelReported() | o.ExpireReported() | o.RejectReported():
            return f"{printable(asked.order_id)} ended, and the position still stood"
        case o.MarkHeard():
            return "the mark reached its target"
        case o.TimerFired() if asked.timer.startswith("hold|"):
            return "the time limit was reached"
        case o.TimerFired():
            return f"the timer {printable(asked.timer)} was due"
        case c.RaiseSignal():
            way = "the strategy asked to" if asked.signal.intent is Intent.EXIT else "the strategy turned to"
            return f"{way} {signal_text(asked.signal)}"
        case c.ProposeOrder():
            return f"{printable(asked.owner)} asked for {order_text(asked.terms)}"
        case c.EngageKill():
            return f"kill {asked.way.value}: {printable(asked.reason)}"
        case c.SetMode():
            return f"mode {asked.mode.value}: {printable(asked.reason)}"
        case c.RequestCancel() | c.Release() | c.Arm() | c.Disarm() | c.EnrolOwner() | c.EndRun():
            return printable(asked.reason)
        case _:
            return "by the rules of the core"


def _outcome(outcome: Outcome) -> list[str]:
    if outcome.opened_at_ns is None:
        return ["Outcome", "  No position came of it."]
    if outcome.closed_at_ns is None or outcome.closed_by is None:
        state = f"  Still open with {trimmed(outcome.quantity_left)} held; the profit is of what was closed so far."
    else:
        held = duration_text(outcome.closed_at_ns - outcome.opened_at_ns)
        state = f"  Closed by its {outcome.closed_by.value} at {utc_text_ms(outcome.closed_at_ns)}, after {held}."
        if outcome.quantity_left:
            left = trimmed(outcome.quantity_left)
            state += f"\n  {left} is less than can be sold; it stays with the owner and joins its next position."
    return [
        "Outcome",
        state,
        _amount("costs expected", outcome.costs_expected),
        _amount("costs paid", outcome.costs_paid, _compared(outcome)),
        _amount("  fees", outcome.fees),
        _amount("  slippage", outcome.slippage),
        _amount("profit without costs", outcome.profit_without_costs),
        _amount("profit with costs", outcome.profit_with_costs),
    ]


def _compared(outcome: Outcome) -> str:
    """Return how the costs paid stand to those expected."""
    more = outcome.costs_paid - outcome.costs_expected
    if not more or outcome.closed_at_ns is None:
        return ""
    return f"   {usdt(abs(more))} {'more' if more > 0 else 'less'} than expected"


def _amount(name: str, value: Decimal, note: str = "") -> str:
    return f"  {name:<22}{usdt(value):>18}{note}"


def _refusal(refusal: Refusal) -> list[str]:
    what = f"{refusal.side.value} {printable(refusal.symbol)}" if refusal.side else printable(refusal.symbol)
    lines = [
        f"Refused: {what or 'a command'} of {printable(refusal.actor)}; nothing was sent",
        _moment(refusal.seq, refusal.at_ns, f"refused by {', '.join(map(rule_text, refusal.rules))}"),
    ]
    if refusal.repeated:
        lines.append(f"  The same came {count(refusal.repeated)} more time(s) within the second after it.")
    if refusal.detail:
        lines.append(f"  detail   {printable(refusal.detail)}")
    if refusal.checks:
        lines += _asked(refusal.command, refusal.actor)
    lines += [*_checks(refusal.checks), *_size(refusal.sizing), *_costs(refusal.costs_expected)]
    lines += ["", "What to do"]
    lines += [f"  {rule_text(code)}: {RULES[code].hint}" for code in refusal.rules if code in RULES]
    return lines
