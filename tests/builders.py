"""Plain builders: instrument, view, signal, policy, and a core that is founded and keeps the log it makes."""

from decimal import Decimal
from typing import TypeVar

import msgspec

from interlock.core.machine import decide, fold, react
from interlock.core.state import Order, Position, State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.effects import Effect
from interlock.messages.events import Event
from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import ApprovedOrder, OrderTerms
from interlock.messages.policy import Bars, Costs, Exits, Limits, Policy, Sizing
from interlock.messages.record import Authority, Input, Record, encode
from interlock.messages.words import BookState, Intent, Liquidity, Mode, OrderType, Purpose, Regime, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.money import install_context, money
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S

install_context()

ACCOUNT, OWNER, SYMBOL = "paper-main", "breakout-btc", "BTCUSDT"
OTHER_OWNER, OTHER_SYMBOL = "reversion-eth", "ETHUSDT"
START_NS = 1_723_161_255_000_000_000
BALANCE = Decimal("10000")
AUTHORITY = Authority(method="test", session="", factor="none")
BUILD = "b" * 64
A_MINUTE_NS = 60 * NS_PER_S
Changed = TypeVar("Changed", bound=msgspec.Struct)


def changed(value: Changed, **changes: object) -> Changed:
    """Return a copy with some fields set to something else."""
    return msgspec.structs.replace(value, **changes)


def instrument(symbol: str = SYMBOL) -> Instrument:
    """Return a futures symbol with filters like the venue's."""
    return Instrument(
        symbol=symbol,
        market="usdm",
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        price_tick=Decimal("0.10"),
        price_min=Decimal("10"),
        price_max=Decimal("1000000"),
        quantity_step=Decimal("0.001"),
        quantity_min=Decimal("0.001"),
        quantity_max=Decimal("1000"),
        market_quantity_max=Decimal("120"),
        notional_min=Decimal("5"),
        is_tradable=True,
        why_not_tradable="",
    )


def spot_instrument(symbol: str = SYMBOL) -> Instrument:
    """Return a spot symbol with filters like the venue's: finer lots, and no sale below a least value."""
    lot = Decimal("0.00001")
    return changed(instrument(symbol), market="spot", price_tick=Decimal("0.01"), quantity_step=lot, quantity_min=lot)


def view(mid: Decimal | int | str = 50_000, symbol: str = SYMBOL) -> MarketView:
    """Return a calm and fresh market around a mid price: everything the gate asks of one is met."""
    middle = Decimal(mid)
    return MarketView(
        symbol=symbol,
        bid=middle - Decimal("0.1"),
        ask=middle + Decimal("0.1"),
        bid_size=Decimal(3),
        ask_size=Decimal(2),
        spread_bps=Decimal("0.04"),
        atr=Decimal(200),
        atr_baseline=Decimal(180),
        regime=Regime.UNKNOWN,
        quote_heard_at_ns=START_NS,
        age_ms=5,
        latency_ms=12,
        is_quote_sane=True,
        book=BookState.SYNCED,
        l2=None,
        source="d" * 64,
        line=17,
    )


def signal(intent: Intent = Intent.ENTER_LONG, symbol: str = SYMBOL) -> Signal:
    """Return a signal whose claimed edge pays its costs."""
    return Signal(symbol=symbol, intent=intent, edge_bps=Decimal(100), target_price=None, why="a test asks")


def raised(
    intent: Intent = Intent.ENTER_LONG, seen: MarketView | None = None, owner: str = OWNER, symbol: str = SYMBOL
) -> c.RaiseSignal:
    """Return the command of a signal, with a calm market unless another one is given."""
    return c.RaiseSignal(owner=owner, signal=signal(intent, symbol), view=view(symbol=symbol) if seen is None else seen)


def terms(side: Side = Side.BUY, quantity: Decimal | str = "0.010", limit: str | None = None) -> OrderTerms:
    """Return an order as a bot proposes it: at market, or a resting limit when a price is given."""
    return OrderTerms(
        symbol=SYMBOL,
        side=side,
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if limit is None else TimeInForce.GTC,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        trigger_price=None,
        reduce_only=False,
    )


def proposed(asked: OrderTerms, seen: MarketView | None = None, owner: str = OWNER) -> c.ProposeOrder:
    """Return the command of a proposed order, with a calm market unless another one is given."""
    return c.ProposeOrder(owner=owner, terms=asked, view=view() if seen is None else seen)


def wide_policy() -> Policy:
    """Return a policy for long scripts: small entries, so that several fit, and no counts in the way."""
    return Policy(
        bars=Bars(),
        sizing=Sizing(risk_bps=Decimal(5)),
        limits=Limits(orders_open_max=1_000, orders_minute_max=1_000, signals_hour_max=10_000, duplicate_window_ms=0),
        exits=Exits(),
        costs=Costs(edge_bps_min=Decimal(0)),
    )


def identity(build: str = BUILD) -> c.RunIdentity:
    """Return what a test's run is made of."""
    return c.RunIdentity(
        kind="backtest",
        build=build,
        lock="1" * 64,
        policy="2" * 64,
        schema="3" * 64,
        settings=c.BlobReference(blob="4" * 64, size=812),
        feed="simulated",
        sources=("5" * 64, "6" * 64),
        seed=7,
    )


def founding(
    policy: Policy | None = None, build: str = BUILD, balance: Decimal = BALANCE, is_spot: bool = False
) -> tuple[c.Command, ...]:
    """Return the commands that a run begins with; after them it may trade."""
    why = "a test trades on its own time only"
    listed = spot_instrument if is_spot else instrument
    return (
        c.StartRun(run=identity(build)),
        c.SeedPolicy(policy=policy or Policy(), digest="2" * 64, loosened={}),
        c.Release(reason=why),
        c.Arm(reason=why),
        c.SetMode(mode=Mode.NORMAL, reason=why),
        c.ListInstruments(instruments=(listed(SYMBOL), listed(OTHER_SYMBOL))),
        c.OpenAccount(account=ACCOUNT, venue="paper", balance=balance),
        *(
            c.EnrolOwner(
                owner=owner,
                kind="automation",
                strategy="breakout",
                account=ACCOUNT,
                symbols=(SYMBOL, OTHER_SYMBOL),
                reason=why,
            )
            for owner in (OWNER, OTHER_OWNER)
        ),
    )


class Core:
    """A core with the log it makes: each input that decides something becomes a record, is folded, and has effects."""

    def __init__(self, step_ns: int = NS_PER_MS) -> None:
        self.state = State(lease_epoch=1)
        self.at_ns = START_NS
        self.step_ns = step_ns
        self.records: list[Record] = []
        self.bodies: list[bytes] = []
        self.effects: list[Effect] = []

    def tell(self, asked: Input, after_ns: int | None = None) -> tuple[Event, ...]:
        """Decide one input `after_ns` later, put it on the log, fold it; return the events."""
        self.at_ns += self.step_ns if after_ns is None else after_ns
        state = self.state
        events = decide(state, self.at_ns, asked)
        if not events:
            return events
        record = Record(
            seq=state.seq,
            at_ns=self.at_ns,
            lease_epoch=state.lease_epoch,
            mode=state.mode,
            latch=state.latch,
            actor="test",
            authority=AUTHORITY,
            input=asked,
            events=events,
        )
        self.records.append(record)
        self.bodies.append(encode(record))
        fold(state, record.seq, record.at_ns, events)
        self.effects += [effect for event in events for effect in react(state, event)]
        return events

    def held(self, owner: str = OWNER, symbol: str = SYMBOL) -> Position:
        """Return what an owner holds in a symbol."""
        return self.state.positions[ACCOUNT, symbol, owner]

    def order(self, order_id: str) -> Order:
        """Return an order by its id."""
        return self.state.orders[order_id]

    def open_ids(self, purpose: Purpose) -> list[str]:
        """Return the ids of the open orders of a purpose, oldest first."""
        return [
            order_id
            for orders in self.state.open_orders.values()
            for order_id, order in orders.items()
            if order.approved.purpose is purpose
        ]

    def enter(self, intent: Intent = Intent.ENTER_LONG, fill_at: str = "50000") -> str:
        """Enter and be filled whole at once; return the entry's id."""
        entry = approved_in(self.tell(raised(intent)))[0]
        self.tell(filled(entry, price=fill_at))
        return entry.order_id


def founded(policy: Policy | None = None, build: str = BUILD, balance: Decimal = BALANCE) -> Core:
    """Return a core that may trade."""
    core = Core()
    for command in founding(policy, build, balance):
        core.tell(command)
    return core


def founded_on_spot(policy: Policy | None = None) -> Core:
    """Return a core that may trade on spot."""
    core = Core()
    for command in founding(policy, is_spot=True):
        core.tell(command)
    return core


def approved_in(events: tuple[Event, ...], purpose: Purpose | None = None) -> list[ApprovedOrder]:
    """Return the orders approved by these events, all or those of one purpose."""
    orders = [event.order for event in events if isinstance(event, e.OrderApproved)]
    return [order for order in orders if purpose in (None, order.purpose)]


def filled(
    order: ApprovedOrder,
    quantity: Decimal | str | None = None,
    price: Decimal | str = "50000",
    trade_id: str = "t1",
    fee: str = "0.5",
) -> o.FillReported:
    """Return the venue's report of a fill; the whole order unless a quantity is given."""
    return o.FillReported(
        order_id=order.order_id,
        trade_id=trade_id,
        price=Decimal(price),
        quantity=order.quantity if quantity is None else Decimal(quantity),
        fee=Decimal(fee),
        liquidity=Liquidity.TAKER,
        venue_at_ns=START_NS,
    )


def bought(
    order: ApprovedOrder, quantity: Decimal | str | None = None, price: Decimal | str = "50000", trade_id: str = "t1"
) -> o.FillReported:
    """Return spot's report of a purchase: the venue keeps 10 bps of the coins."""
    amount = order.quantity if quantity is None else Decimal(quantity)
    kept = money(amount / 1_000)
    return changed(filled(order, amount, price, trade_id, str(kept * Decimal(price))), fee_base=kept)


def accepted(order_id: str, venue_order_id: str = "v1") -> o.AcceptReported:
    """Return the venue's acknowledgement."""
    return o.AcceptReported(order_id=order_id, venue_order_id=venue_order_id, venue_at_ns=START_NS)


def expired(order_id: str) -> o.ExpireReported:
    """Return the venue's word that the rest of an order is over."""
    return o.ExpireReported(order_id=order_id, quantity_left=Decimal(0), text="no more depth", venue_at_ns=START_NS)


def rejected(order_id: str) -> o.RejectReported:
    """Return the venue's rejection."""
    return o.RejectReported(order_id=order_id, code=-2021, text="would trigger at once", venue_at_ns=START_NS)


def cancelled(order_id: str) -> o.CancelReported:
    """Return the venue's word that an order was cancelled."""
    return o.CancelReported(order_id=order_id, quantity_left=Decimal(0), venue_at_ns=START_NS)


def fired(timer: str, seen: MarketView | None = None) -> o.TimerFired:
    """Return the word that a timer is due."""
    return o.TimerFired(timer=timer, view=seen)
