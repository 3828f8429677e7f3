"""A run's summary: its figures, and the same in words."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.refusals import RULES
from interlock.views.amounts import count, printable, usdt

_NAME_WIDTH = 26
_VALUE_WIDTH = 18


class Profit(Struct, frozen=True, kw_only=True):
    """What was earned, in USDT. `without_costs` is what the same fills at their reference prices, without fees, gave.

    `realised` is of what was closed, before fees; `unrealised` of what is still held, at its last mark.
    """

    with_costs: Decimal
    without_costs: Decimal
    realised: Decimal
    unrealised: Decimal


class LogHead(Struct, frozen=True, kw_only=True):
    """How far the log goes: the number of its records, and their root in hex."""

    size: int
    root: str


class RunSummary(Struct, frozen=True, kw_only=True):
    """What a run came to. Amounts are in USDT and exact.

    `ticks`, `gaps` and `bad_ticks` are None until a run has ended, since only its last record tells them. `refusals`
    counts by rule code; a refusal by three rules counts under each. `exits` counts closed positions by the purpose
    of the order that closed them. `exposure_peak` is the highest value held at once, over all accounts.
    """

    ticks: int | None
    gaps: int | None
    bad_ticks: dict[str, int] | None
    signals: int
    orders: int
    fills: int
    refusals: dict[str, int]
    fees: Decimal
    slippage: Decimal
    pnl: Profit
    exposure_peak: Decimal
    equity_start: Decimal
    equity_end: Decimal
    positions_open: int
    exits: dict[str, int]
    log: LogHead

    def text(self) -> str:
        """Return it for a person: what was heard, what was done, what was refused and why, what it came to."""
        return "\n".join(
            [
                "Market",
                *_market(self),
                "Trading",
                _line("signals", count(self.signals)),
                _line("orders", count(self.orders)),
                _line("fills", count(self.fills)),
                _line("positions closed", count(sum(self.exits.values())), _parts(self.exits)),
                _line("positions open", count(self.positions_open)),
                *_refusals(self),
                *_result(self),
                "Log",
                _line("records", count(self.log.size)),
                f"  {'root':<10}{self.log.root}",
            ]
        )


def _line(name: str, value: str, note: str = "") -> str:
    return f"  {name:<{_NAME_WIDTH}}{value:>{_VALUE_WIDTH}}{'   ' + note if note else ''}"


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{printable(name)} {count(number)}" for name, number in counts.items() if number)


def _market(summary: RunSummary) -> list[str]:
    if summary.ticks is None or summary.gaps is None or summary.bad_ticks is None:
        return ["  The run has not ended, so its ticks are not counted yet."]
    return [
        _line("ticks", count(summary.ticks)),
        _line("gaps", count(summary.gaps)),
        _line("bad ticks", count(sum(summary.bad_ticks.values())), _parts(summary.bad_ticks)),
    ]


def _refusals(summary: RunSummary) -> list[str]:
    """Return each rule that refused, the most frequent first, with what to do about it."""
    if not summary.refusals:
        return ["Refusals", "  No rule refused anything."]
    by_count = sorted(summary.refusals.items(), key=lambda item: (-item[1], item[0]))
    lines = ["Refusals, by rule (one refusal may count under several)"]
    for code, number in by_count:
        rule = RULES.get(code)
        name, hint = (f"{code} {rule.name}", rule.hint) if rule else (printable(code), "")
        lines.append(_line(name, count(number), hint))
    if not summary.orders:
        lines.append("  Every signal was refused, so nothing was traded.")
    return lines


def _result(summary: RunSummary) -> list[str]:
    pnl = summary.pnl
    return [
        "Result",
        _line("equity at the start", usdt(summary.equity_start)),
        _line("equity at the end", usdt(summary.equity_end)),
        _line("profit with costs", usdt(pnl.with_costs)),
        _line("  fees", usdt(summary.fees)),
        _line("  slippage", usdt(summary.slippage)),
        _line("profit without costs", usdt(pnl.without_costs)),
        _line("realised, before fees", usdt(pnl.realised)),
        _line("unrealised", usdt(pnl.unrealised)),
        _line("exposure at its peak", usdt(summary.exposure_peak)),
    ]
