"""What the kernel has to say: rows that changed, events in order, and the numbers it gives out."""

from collections.abc import Callable

from msgspec.structs import replace

from interlock.ports.exchange.events import AccountEvent, OrderUpdated, Told
from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import Execution, Market
from interlock.venues.paper.bourse.records import CountersKept, Drained, Kept, Row, kept_key

# Clients keep both kinds of orders by their ids alone (ccxt does), so these never meet those of plain orders.
_ALGO_ID_START = 1_000_000_000_000
_FROM_THE_START = CountersKept(
    account_uid=0,
    order_id=0,
    trade_id=0,
    algo_id=_ALGO_ID_START,
    income_id=0,
    spot_sequence=0,
    usdm_sequence=0,
    funded_ms=0,
)


class Outbox:
    """Collects what changed since the last drain. A row that changed twice leaves once, as it stands then.

    What changes with every fill or tick (wallets, queues) is only marked and made into a row when drained.
    """

    def __init__(self) -> None:
        self.funded_ms = 0
        self._uid = self._order_id = self._trade_id = self._income_id = 0
        self._algo_id = _ALGO_ID_START
        self._spot_sequence = self._usdm_sequence = 0
        self._told: list[Told] = []
        self._lasting: list[TradeRow | IncomeRow] = []
        self._orders: dict[tuple[bool, int], OrderRow] = {}
        self._algos: dict[int, AlgoRow] = {}
        self._kept: dict[str, Kept] = {}
        self._marked: dict[object, Callable[[], Kept]] = {}
        self._counted = _FROM_THE_START

    @property
    def is_dirty(self) -> bool:
        """Whether a drain would return anything."""
        return bool(self._told or self._orders or self._marked or self._lasting or self._algos or self._kept)

    @property
    def is_telling(self) -> bool:
        """Whether a drain would return events."""
        return bool(self._told)

    def drain(self) -> Drained:
        """Return what changed and forget it."""
        rows: list[Row] = [*self._orders.values(), *self._algos.values(), *self._lasting]
        for make in self._marked.values():
            self.keep(make())
        rows += self._kept.values()
        counters = self.counters()
        if counters != self._counted:
            rows.append(counters)
            self._counted = counters
        told = self._told
        self._told, self._lasting = [], []
        self._orders.clear()
        self._algos.clear()
        self._kept.clear()
        self._marked.clear()
        return Drained(rows, told)

    # --- Rows and events -------------------------------------------------------------------------------------------

    def keep(self, row: Kept) -> None:
        """Have a row of the kernel's own written."""
        key = kept_key(row)
        self._kept.pop(key, None)
        self._kept[key] = row

    def mark(self, key: object, make: Callable[[], Kept]) -> None:
        """Have a row made and written at the next drain; `key` is whatever the row is of."""
        self._marked[key] = make

    def tell(self, market: Market, account: str, event: AccountEvent) -> None:
        """Have an event told."""
        self._told.append(Told(market, account, event))

    def report(
        self, row: OrderRow, execution: Execution, trade: TradeRow | None, at_ns: int, cancel_as: str = ""
    ) -> None:
        """Have an order's row written and its change told."""
        market = row.market
        is_spot = market is Market.SPOT
        if is_spot:
            self._spot_sequence = sequence = self._spot_sequence + 1
        else:
            self._usdm_sequence = sequence = self._usdm_sequence + 1
        self._orders[is_spot, row.order_id] = row
        if trade is not None:
            self._lasting.append(trade)
        event = OrderUpdated(
            order=row, execution=execution, trade=trade, sequence=sequence, at_ns=at_ns, cancel_client_id=cancel_as
        )
        self._told.append(Told(market, row.account, event))

    def write_algo(self, row: AlgoRow) -> None:
        """Have a conditional order's row written."""
        self._algos[row.algo_id] = row

    def write_income(self, row: IncomeRow) -> IncomeRow:
        """Have a change of a futures balance written under the next income id, and return it."""
        self._income_id += 1
        row = replace(row, income_id=self._income_id)
        self._lasting.append(row)
        return row

    # --- Numbers ---------------------------------------------------------------------------------------------------

    def next_uid(self) -> int:
        """Return an account number."""
        self._uid += 1
        return self._uid

    def next_order_id(self) -> int:
        """Return an order number, counting over both markets."""
        self._order_id += 1
        return self._order_id

    @property
    def order_id_next(self) -> int:
        """The number the next order will have."""
        return self._order_id + 1

    def next_trade_id(self) -> int:
        """Return a trade number, counting over both markets."""
        self._trade_id += 1
        return self._trade_id

    def next_algo_id(self) -> int:
        """Return the number of a conditional order."""
        self._algo_id += 1
        return self._algo_id

    def counters(self) -> CountersKept:
        """Return the last numbers given out."""
        return CountersKept(
            account_uid=self._uid,
            order_id=self._order_id,
            trade_id=self._trade_id,
            algo_id=self._algo_id,
            income_id=self._income_id,
            spot_sequence=self._spot_sequence,
            usdm_sequence=self._usdm_sequence,
            funded_ms=self.funded_ms,
        )

    def restore(self, row: CountersKept) -> None:
        """Go on counting where a former process stopped."""
        self._uid, self._order_id, self._trade_id = row.account_uid, row.order_id, row.trade_id
        self._algo_id, self._income_id, self.funded_ms = row.algo_id, row.income_id, row.funded_ms
        self._spot_sequence, self._usdm_sequence = row.spot_sequence, row.usdm_sequence
        self._counted = row
