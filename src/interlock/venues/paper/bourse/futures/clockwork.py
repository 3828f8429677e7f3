"""What time does to futures: countdowns of cancel-all, orders good till a date, and funding."""

from decimal import Decimal

from interlock.ports.exchange.rows import Countdown
from interlock.ports.exchange.words import AlgoState, BalanceReason, Execution, IncomeKind, OrderState
from interlock.units.money import money
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.futures.algos import Algos
from interlock.venues.paper.bourse.futures.trading import FuturesTrading
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.records import CountdownKept
from interlock.venues.paper.bourse.wallets.futures import FuturesWallet, Standing

FUNDING_MS = 28_800_000
_RUN_OUT = "good till date: the date has come"
_ROWS = 1_000


class Clockwork:
    """Does what is due. What was missed while nothing ran is done at once when it runs again."""

    def __init__(self, trading: FuturesTrading, algos: Algos) -> None:
        self._trading = trading
        self._algos = algos
        self._outbox = trading.outbox

    def due_ns(self) -> int | None:
        """Return when the next countdown, date or funding is due."""
        due = [running.at_ns for wallet in self._trading.wallets.values() for running in wallet.countdowns.values()]
        due += [live.row.good_till_ms * NS_PER_MS for live in self._dated()]
        due += [algo.row.good_till_ms * NS_PER_MS for algo in self._algos.by_id.values() if algo.row.good_till_ms]
        if any(wallet.standings for wallet in self._trading.wallets.values()):
            due.append((self._outbox.funded_ms + FUNDING_MS) * NS_PER_MS)
        return min(due, default=None)

    def advance(self, at_ns: int) -> None:
        """Do all that is due by now: first what stops orders, then funding."""
        self._count_down(at_ns)
        self._run_out(at_ns)
        self._fund(at_ns)

    # --- Countdowns ------------------------------------------------------------------------------------------------

    def set_countdown(self, at_ns: int, wallet: FuturesWallet, symbol: str, countdown_ms: int) -> Countdown:
        """Start, restart or stop a countdown."""
        self._trading.rules_for(symbol)
        if countdown_ms < 0:
            refuse.refuse(refuse.COUNTDOWN_INVALID)
        running = Countdown(symbol=symbol, countdown_ms=countdown_ms, at_ns=at_ns + countdown_ms * NS_PER_MS)
        if countdown_ms:
            wallet.countdowns[symbol] = running
        else:
            wallet.countdowns.pop(symbol, None)
        self._outbox.keep(wallet.kept_countdown(symbol))
        return running

    def restore(self, row: CountdownKept) -> None:
        """Go on counting down."""
        self._trading.wallets[row.account].countdowns[row.symbol] = Countdown(
            symbol=row.symbol, countdown_ms=row.countdown_ms, at_ns=row.due_ns
        )

    def _count_down(self, at_ns: int) -> None:
        for wallet in self._trading.wallets.values():
            over = [symbol for symbol, running in wallet.countdowns.items() if running.at_ns <= at_ns]
            for symbol in sorted(over):
                del wallet.countdowns[symbol]
                self._outbox.keep(wallet.kept_countdown(symbol))
                self._trading.cancel_open(at_ns, wallet.account, symbol)

    # --- Dates -----------------------------------------------------------------------------------------------------

    def _dated(self) -> list[WorkingOrder]:
        """Return the open orders that end at a date."""
        return [live for orders in self._trading.orders.values() for live in orders.dated.values()]

    def _run_out(self, at_ns: int) -> None:
        at_ms = at_ns // NS_PER_MS
        for live in self._dated():
            if live.row.good_till_ms <= at_ms:
                self._trading.end(live, OrderState.EXPIRED, Execution.EXPIRED, _RUN_OUT, at_ns)
        for algo in [*self._algos.by_id.values()]:
            if algo.is_waiting and 0 < algo.row.good_till_ms <= at_ms:
                self._algos.end(algo, AlgoState.EXPIRED, at_ns, _RUN_OUT)

    # --- Funding ---------------------------------------------------------------------------------------------------

    def _fund(self, at_ns: int) -> None:
        """Settle every funding moment that has passed since the last one, oldest first."""
        last_ms = at_ns // NS_PER_MS // FUNDING_MS * FUNDING_MS
        first_ms = self._outbox.funded_ms + FUNDING_MS
        if not self._outbox.funded_ms:
            first_ms = last_ms + FUNDING_MS
        for at_ms in range(first_ms, last_ms + 1, FUNDING_MS):
            for wallet in self._trading.wallets.values():
                for _, standing in sorted(wallet.standings.items()):
                    if standing.position.quantity:
                        self._pay(wallet, standing, at_ms, at_ns)
        self._outbox.funded_ms = last_ms

    def _pay(self, wallet: FuturesWallet, standing: Standing, at_ms: int, at_ns: int) -> None:
        """Pay or receive one funding: position times mark times rate; a long pays a rate above zero."""
        terms = self._rate_and_mark(standing.symbol, at_ms)
        if terms is None:
            return
        rate, mark = terms
        amount = -money(standing.position.quantity * mark * rate)
        if not amount:
            return
        wallet.pay(amount, at_ns)
        if standing.is_isolated:
            standing.isolated += amount
            wallet.note(standing)
        self._trading.income(wallet.account, IncomeKind.FUNDING_FEE, standing.symbol, amount, at_ns)
        self._trading.tell_wallet(wallet, BalanceReason.FUNDING_FEE, amount, at_ns)

    def _rate_and_mark(self, symbol: str, at_ms: int) -> tuple[Decimal, Decimal] | None:
        """Return what the market shows of that funding; where it shows none of that moment, its rate and mark now."""
        shown = self._trading.shown
        for paid in reversed(shown.funding(symbol, _ROWS)):
            if paid.at_ms == at_ms:
                return paid.rate, paid.mark
        now = shown.mark(symbol)
        return (now.funding_rate, now.mark) if now is not None else None
