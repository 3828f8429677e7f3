"""Whatever is asked of the exchange, shown to it or brought by time: its books add up to the last digit at every step.

The books are made anew here from nothing but the trades, incomes and orders that left the kernel.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.ports.exchange.events import AlgoUpdated, OrderUpdated
from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import (
    OPEN,
    AlgoState,
    Execution,
    IncomeKind,
    Market,
    OrderKind,
    OrderState,
)
from interlock.units.money import ZERO, money
from interlock.units.sides import SIGN, Side
from interlock.venues.paper.bourse.records import (
    Kept,
    PlaceKept,
    Row,
    StandingKept,
    TakenKept,
    is_gone,
    kept_key,
)
from tests.property.paper_scripts import Script
from tests.unit.venues.paper.bourse.house import SYMBOL

pytestmark = pytest.mark.slow

ACCOUNTS = ("ann", "bob")


class Audit:
    """Keeps books of its own, and holds the kernel's against them after every step."""

    def __init__(self, random: Random) -> None:
        self.script = Script(random, self._begin)
        self.house = self.script.house
        self.totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for account in ACCOUNTS:
            for asset in ("USDT", "BTC"):
                self.totals[account, asset] = sum(self.house.free(asset, account), ZERO)
        self.incomes: dict[str, Decimal] = dict.fromkeys(ACCOUNTS, Decimal(2000))
        self.traded: dict[str, Decimal] = dict.fromkeys(ACCOUNTS, ZERO)
        self.standings: dict[str, StandingKept] = {}
        self.paid: dict[str, Decimal] = defaultdict(Decimal)
        self.held: dict[str, Decimal] = defaultdict(Decimal)
        self.realised: dict[str, Decimal] = defaultdict(Decimal)
        self.filled: dict[int, Decimal] = defaultdict(Decimal)
        self.filled_quote: dict[int, Decimal] = defaultdict(Decimal)
        self.taken: Counter[tuple[Market, Side, Decimal]] = Counter()
        self.sequences: dict[Market, int] = {Market.SPOT: 0, Market.USDM: 0}
        self.latest: dict[str, Row] = {}
        self.name = ""
        self.steps = 0
        self._remember(self.house.rows)

    def _begin(self, name: str) -> None:
        self.name = name

    def step(self) -> None:
        """Play a step and look at everything it changed."""
        house, refused, before = self.house, self.script.refused, self._booked()
        shown = {market: {side: house.shown(market).books.get((SYMBOL, side)) for side in Side} for market in Market}
        self.script.step()
        if self.script.refused > refused and self.name != "replace":
            assert self._booked() == before, f"a refused {self.name} changed something"
        for market, sides in shown.items():
            if any(house.shown(market).books.get((SYMBOL, side)) is not levels for side, levels in sides.items()):
                for key in [each for each in self.taken if each[0] is market]:
                    del self.taken[key]
        rows_before, told_before = len(house.rows), len(house.told)
        house.drain()
        rows = house.rows[rows_before:]
        for told in house.told[told_before:]:
            if isinstance(told.event, OrderUpdated):
                self._check_report(told.event)
        for row in rows:
            self._take(row)
        self._remember(rows)
        for row in rows:
            if isinstance(row, OrderRow):
                self._check_order(row)
        for account in ACCOUNTS:
            self._check_spot(account)
            self._check_futures(account)
        self.steps += 1

    def _booked(self) -> list[Row]:
        """Return all rows but what was taken from the market, which is looked up anew whenever an order is judged."""
        return [row for row in self.house.kernel.rows() if not isinstance(row, TakenKept)]

    # --- Each fill -------------------------------------------------------------------------------------------------

    def _check_report(self, event: OrderUpdated) -> None:
        order, trade = event.order, event.trade
        self.sequences[order.market] += 1
        assert event.sequence == self.sequences[order.market]
        if trade is None:
            return
        if order.price:
            assert SIGN[order.side] * (order.price - trade.price) >= 0, "a fill beyond its limit"
        self._check_depth(order, trade, event.execution)
        if order.market is Market.USDM:
            held = self.held[order.account]
            change = SIGN[order.side] * trade.quantity
            if order.reduce_only or order.kind is OrderKind.LIQUIDATION:
                assert held * change < 0 and abs(change) <= abs(held), "what only reduces has opened"
            self.held[order.account] += change

    def _check_depth(self, order: OrderRow, trade: TradeRow, execution: Execution) -> None:
        shown = self.house.shown(order.market)
        mark = shown.mark(SYMBOL)
        if execution is Execution.CALCULATED and mark is not None and trade.price == mark.mark:
            return
        other = order.side.opposite
        levels = {Decimal(price) / 10**8: size for price, size in shown.books.get((SYMBOL, other), [])}
        if trade.is_maker:
            if self.name != "show":
                return
            price = next(iter(levels))
        else:
            price = trade.price
            assert price in levels, "taken where nothing is displayed"
        self.taken[order.market, other, price] += int(trade.quantity * 10**8)
        assert self.taken[order.market, other, price] <= levels[price], "more taken than is displayed"

    # --- The books -------------------------------------------------------------------------------------------------

    def _take(self, row: Row) -> None:
        if isinstance(row, TradeRow):
            self.filled[row.order_id] += row.quantity
            self.filled_quote[row.order_id] += row.price * row.quantity
            sign = SIGN[row.side]
            if row.market is Market.SPOT:
                self.totals[row.account, "BTC"] += sign * row.quantity
                self.totals[row.account, "USDT"] -= sign * row.price * row.quantity
                self.totals[row.account, row.commission_asset] -= row.commission
                received = "BTC" if row.side is Side.BUY else "USDT"
                assert row.commission_asset == received and row.commission >= 0
            else:
                self.paid[row.account] += sign * row.quantity * row.price
                self.realised[row.account] += row.realised
                self.traded[row.account] += row.realised - row.commission
        elif isinstance(row, IncomeRow):
            self.incomes[row.account] += row.amount
            if row.kind in (IncomeKind.FUNDING_FEE, IncomeKind.INSURANCE_CLEAR):
                self.traded[row.account] += row.amount
        elif isinstance(row, StandingKept):
            self.standings[row.account] = row

    def _check_order(self, row: OrderRow) -> None:
        assert row.filled == self.filled[row.order_id] <= row.quantity
        assert row.filled_quote == self.filled_quote[row.order_id]
        assert (row.state is OrderState.FILLED) is (row.filled == row.quantity)
        if row.state is OrderState.EXPIRED_IN_MATCH:
            assert row.text

    def _check_spot(self, account: str) -> None:
        kernel, at_ns = self.house.kernel, self.house.at_ns
        locked = {"USDT": ZERO, "BTC": ZERO}
        for row in kernel.open_orders(at_ns, Market.SPOT, account, None):
            left = row.quantity - row.filled
            if row.side is Side.SELL:
                locked["BTC"] += left
            else:
                locked["USDT"] += left * (row.price or row.trigger_price)
        for asset, needed in locked.items():
            free, bound = self.house.free(asset, account)
            assert free >= 0
            assert bound == needed, f"{account} has {bound} {asset} locked, its orders need {needed}"
            assert free + bound == self.totals[account, asset], f"{account}'s {asset} does not add up"

    def _check_futures(self, account: str) -> None:
        view = self.house.kernel.futures_account(self.house.at_ns, account)
        (asset,) = view.assets
        assert asset.wallet == Decimal(2000) + self.traded[account] == self.incomes[account]
        assert asset.wallet >= 0
        standing = self.standings.get(account)
        if standing is None:
            return
        assert standing.quantity == self.held[account]
        assert standing.realised == self.realised[account]
        assert standing.cost - standing.realised == self.paid[account], "cost identity"
        assert asset.cross_wallet + standing.isolated == asset.wallet
        if not standing.quantity:
            assert not standing.isolated, "margin set apart for no position"
        open_value = {Side.BUY: ZERO, Side.SELL: ZERO}
        for row in self.house.kernel.open_orders(self.house.at_ns, Market.USDM, account, None):
            if not row.reduce_only:
                open_value[row.side] += (row.quantity - row.filled) * row.price
        (position,) = view.positions
        assert (position.bid_notional, position.ask_notional) == (open_value[Side.BUY], open_value[Side.SELL])

    # --- What was kept ---------------------------------------------------------------------------------------------

    def _remember(self, rows: list[Row]) -> None:
        """Keep of each key the newest, as the book of record does."""
        for row in rows:
            match row:
                case OrderRow():
                    self._keep(f"order/{row.order_id}", row, row.state in OPEN)
                case AlgoRow():
                    self._keep(f"algo/{row.algo_id}", row, row.state in (AlgoState.NEW, AlgoState.TRIGGERED))
                case TradeRow() | IncomeRow():
                    pass
                case _:
                    kept: Kept = row
                    self._keep(kept_key(kept), kept, not is_gone(kept))

    def _keep(self, key: str, row: Row, matters: bool) -> None:
        self.latest.pop(key, None)
        if matters:
            self.latest[key] = row


def standing_of(rows: list[Row]) -> tuple[set[str], dict[int, PlaceKept]]:
    """Return all rows that a restart must keep exactly, as text, and the places, which may get worse."""
    exact = {repr(row) for row in rows if not isinstance(row, PlaceKept | TakenKept)}
    return exact, {row.order_id: row for row in rows if isinstance(row, PlaceKept)}


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_books_of_the_exchange_add_up_at_every_step(random: Random) -> None:
    audit = Audit(random)
    for _ in range(60):
        audit.step()
    assert audit.steps == 60


@pytest.mark.slow
def test_long_scripts_reach_what_matters_and_the_books_add_up() -> None:
    kinds: Counter[object] = Counter()
    for seed in range(25):
        audit = Audit(Random(seed))
        for _ in range(400):
            audit.step()
        for row in audit.house.rows:
            if isinstance(row, IncomeRow):
                kinds[row.kind] += 1
        for told in audit.house.told:
            if isinstance(told.event, AlgoUpdated):
                kinds[told.event.algo.state] += 1
            elif isinstance(told.event, OrderUpdated):
                kinds[told.event.execution] += 1
                kinds[told.event.order.state] += 1
    assert not set(IncomeKind) - set(kinds)
    assert not set(OrderState) - {OrderState.REJECTED} - set(kinds)
    assert not set(Execution) - {Execution.REPLACED, Execution.REJECTED} - set(kinds)
    assert not set(AlgoState) - {AlgoState.EXPIRED} - set(kinds)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 119))
def test_a_restart_changes_nothing(seed: int, at: int) -> None:
    stayed, restarted = Script(Random(seed)), Script(Random(seed))
    for number in range(120):
        if number == at:
            restarted.house.restart()
        for script in (stayed, restarted):
            script.step()
            script.house.drain()
    assert restarted.house.told == stayed.house.told
    assert restarted.house.kernel.rows() == stayed.house.kernel.rows()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 120))
def test_what_was_drained_is_enough_for_a_restart(seed: int, steps: int) -> None:
    audit = Audit(Random(seed))
    for _ in range(steps):
        audit.step()
    house = audit.house
    kernel = house.new_kernel()
    kernel.restore(sorted(audit.latest.values(), key=repr))
    exact, places = standing_of(house.kernel.rows())
    exact_after, places_after = standing_of(kernel.rows())
    assert exact_after == exact
    assert places_after.keys() == places.keys()
    for order_id, place in places.items():
        after = places_after[order_id]
        assert after.ahead_e8 >= place.ahead_e8 or after.ahead_e8 < 0, "a restart moved an order forward in its queue"
        assert money(after.reserve) == money(place.reserve)
    house.kernel = kernel
    for _ in range(20):
        audit.step()
