"""What a run came to, folded from its records one by one."""

from decimal import Decimal

from msgspec import Struct, field

from interlock.core.replay import rebuild
from interlock.core.state import State
from interlock.messages import events as e
from interlock.messages.record import Record
from interlock.messages.words import Purpose
from interlock.units.faults import Fault
from interlock.units.money import ZERO
from interlock.views.run_summary import LogHead, Profit, RunSummary


class _Refusal(Struct, frozen=True):
    """A refusal that may be told again: its record, its rules, and whether a signal led to it."""

    seq: int
    rules: tuple[str, ...]
    is_of_signal: bool


_EXITS = (Purpose.STOP, Purpose.TARGET, Purpose.CLOSE, Purpose.REDUCE)


class Summary(Struct):
    """Folds records into a summary. Holds the core's state and counters, no records."""

    state: State = field(default_factory=State)
    ticks: int | None = None
    gaps: int | None = None
    bad_ticks: dict[str, int] | None = None
    signals: int = 0
    orders: int = 0
    fills: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    fees: Decimal = ZERO
    slippage: Decimal = ZERO
    realised: Decimal = ZERO
    exposure_peak: Decimal = ZERO
    balances: dict[str, Decimal] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=lambda: {purpose.value: 0 for purpose in _EXITS})
    refusals_last: dict[tuple[str, str], _Refusal] = field(default_factory=dict)

    def fold(self, record: Record) -> None:
        """Take the next record of the log. Errors: Fault when it repeats a refusal that is none."""
        is_of_signal = False
        moves_exposure = False
        for event in record.events:
            match event:
                case e.SignalTaken():
                    self.signals += 1
                    is_of_signal = True
                case e.OrderApproved():
                    self.orders += 1
                case e.OrderFilled():
                    self.fills += 1
                    self.fees += event.fee
                    self.slippage += event.slippage
                case e.PositionReduced() | e.PositionClosed():
                    self._earn(event)
                    moves_exposure = True
                case e.PositionOpened() | e.PositionIncreased() | e.MarkTaken():
                    moves_exposure = True
                case e.OrderRefused():
                    self._refuse(event.refusals, 1)
                    self.refusals_last[event.owner, event.symbol] = _Refusal(record.seq, event.refusals, is_of_signal)
                case e.RefusalRepeated():
                    self._repeat(record.seq, event)
                case e.AccountOpened():
                    self.balances[event.account] = event.balance
                case e.RunEnded():
                    self._end(event)
                case _:
                    continue
        rebuild((record,), self.state)
        if moves_exposure:
            exposure = sum((account.exposure for account in self.state.accounts.values()), ZERO)
            self.exposure_peak = max(self.exposure_peak, exposure)

    def result(self, root: str) -> RunSummary:
        """Return the summary of all records so far. `root` is the log's root over them, in hex."""
        accounts = self.state.accounts.values()
        equity_start = sum(self.balances.values(), ZERO)
        equity_end = sum((account.equity for account in accounts), ZERO)
        earned = equity_end - equity_start
        return RunSummary(
            ticks=self.ticks,
            gaps=self.gaps,
            bad_ticks=None if self.bad_ticks is None else dict(sorted(self.bad_ticks.items())),
            signals=self.signals,
            orders=self.orders,
            fills=self.fills,
            refusals=dict(sorted(self.refusals.items())),
            fees=self.fees,
            slippage=self.slippage,
            pnl=Profit(
                with_costs=earned,
                without_costs=earned + self.fees + self.slippage,
                realised=self.realised,
                unrealised=sum((account.unrealised for account in accounts), ZERO),
            ),
            exposure_peak=self.exposure_peak,
            equity_start=equity_start,
            equity_end=equity_end,
            positions_open=len(self.state.positions),
            exits=dict(self.exits),
            log=LogHead(size=self.state.seq, root=root),
        )

    def _earn(self, event: e.PositionReduced | e.PositionClosed) -> None:
        self.realised += event.profit
        if isinstance(event, e.PositionClosed):
            self.exits[event.purpose.value] = self.exits.get(event.purpose.value, 0) + 1

    def _refuse(self, rules: tuple[str, ...], count: int) -> None:
        for rule in rules:
            self.refusals[rule] = self.refusals.get(rule, 0) + count

    def _repeat(self, seq: int, event: e.RefusalRepeated) -> None:
        """Count a refusal again. The gate tells its repeats before the owner's next refusal in the same symbol."""
        for refusal in self.refusals_last.values():
            if refusal.seq == event.seq:
                self._refuse(refusal.rules, event.count)
                if refusal.is_of_signal:
                    self.signals += event.count
                return
        raise Fault(
            f"Record {seq} repeats the refusal of record {event.seq}, which was not the last one of its owner: the log "
            "was not summed up.",
            "Run `interlock verify`: a record was changed, or the log begins in the middle.",
        )

    def _end(self, event: e.RunEnded) -> None:
        """Add up what runs of one log heard."""
        self.ticks = event.ticks + (self.ticks or 0)
        self.gaps = event.gaps + (self.gaps or 0)
        counts = self.bad_ticks or {}
        self.bad_ticks = counts | {kind: counts.get(kind, 0) + count for kind, count in event.bad_ticks.items()}
