"""A small run made by the real gate loop and core: each step is one input, one second apart unless said otherwise."""

from collections.abc import Sequence
from decimal import Decimal

from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.events import Event, OrderApproved
from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import ApprovedOrder
from interlock.messages.policy import Policy
from interlock.messages.record import Authority, Input, Record, decode
from interlock.messages.words import BookState, Intent, Liquidity, Mode, Purpose, Regime
from interlock.ports.journal import Head
from interlock.runtime.gate_loop import GateLoop
from interlock.units.digests import sha256_hex
from interlock.units.money import install_context
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.instruments import embedded_instruments

START_NS = 1_700_000_000 * NS_PER_S
ACCOUNT = "paper"
OWNER = "automation:breakout"
SETTINGS = b"{}"
"""What a run was set up with, kept beside its log."""


class KeptRecords:
    """A journal in memory."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @property
    def head(self) -> Head:
        return Head(len(self.bodies), bytes(32))

    def free_bytes(self) -> int:
        return 1 << 40

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        self.bodies += bodies
        return self.head


class ScriptedRun:
    """Plays inputs and keeps the records."""

    def __init__(self, build: str = "b" * 64) -> None:
        install_context()
        self.journal = KeptRecords()
        self.loop = GateLoop(self.journal, State(), Authority(method="test", session="", factor="none"))
        self.at_ns = START_NS
        self._found(build)

    @property
    def bodies(self) -> list[bytes]:
        """The stored bodies so far."""
        self.loop.commit()
        return self.journal.bodies

    @property
    def records(self) -> list[Record]:
        """The records so far, read back from their bytes."""
        return [decode(body) for body in self.bodies]

    def step(self, asked: Input, actor: str = "venue", after_ns: int = NS_PER_S) -> tuple[Event, ...]:
        """Give one input."""
        self.at_ns += after_ns
        return self.loop.offer(self.at_ns, actor, asked)

    def enter(self, intent: Intent = Intent.ENTER_LONG, view: MarketView | None = None) -> ApprovedOrder:
        """Raise a signal that is approved; return the entry."""
        events = self.signal(intent, view)
        (order,) = [event.order for event in events if isinstance(event, OrderApproved)]
        return order

    def signal(
        self,
        intent: Intent = Intent.ENTER_LONG,
        view: MarketView | None = None,
        after_ns: int = NS_PER_S,
        why: str = "it broke out",
        symbol: str = "BTCUSDT",
    ) -> tuple[Event, ...]:
        """Raise a signal."""
        signal = Signal(symbol=symbol, intent=intent, edge_bps=Decimal(60), target_price=None, why=why)
        return self.step(c.RaiseSignal(owner=OWNER, signal=signal, view=view or view_at()), OWNER, after_ns)

    def fill(self, order_id: str, trade_id: str, price: str, quantity: Decimal, fee: str) -> tuple[Event, ...]:
        """Report one trade of an order."""
        return self.step(
            o.FillReported(
                order_id=order_id,
                trade_id=trade_id,
                price=Decimal(price),
                quantity=quantity,
                fee=Decimal(fee),
                liquidity=Liquidity.TAKER,
                venue_at_ns=self.at_ns,
            )
        )

    def accept(self, order_id: str) -> None:
        """Acknowledge an order."""
        self.step(o.AcceptReported(order_id=order_id, venue_order_id=f"v-{order_id}", venue_at_ns=self.at_ns))

    def mark(self, bid: str, ask: str) -> None:
        """Show a mark."""
        self.step(o.MarkHeard(view=view_at(bid, ask)), "market")

    def cancelled(self, order_id: str) -> None:
        """Report an order cancelled."""
        order = self.loop.state.orders[order_id]
        self.step(o.CancelReported(order_id=order_id, quantity_left=order.quantity_left, venue_at_ns=self.at_ns))

    def exit_order(self, purpose: Purpose) -> ApprovedOrder:
        """Return the newest open order of a purpose."""
        open_orders = self.loop.state.open_orders["BTCUSDT"].values()
        return [order.approved for order in open_orders if order.approved.purpose is purpose][-1]

    def trade_to_target(self) -> ApprovedOrder:
        """Enter in two fills, close at the target, let the stop go; return the entry."""
        entry = self.enter()
        half = (entry.quantity / 2).quantize(Decimal("0.001"))
        self.accept(entry.order_id)
        self.fill(entry.order_id, "t1", "60010", half, "0.1")
        self.fill(entry.order_id, "t2", "60020", entry.quantity - half, "0.2")
        for order_id in list(self.loop.state.open_orders["BTCUSDT"]):
            if self.loop.state.orders[order_id].status.value == "cancel_requested":
                self.cancelled(order_id)
        target = self.exit_order(Purpose.TARGET)
        stop = self.exit_order(Purpose.STOP)
        assert target.limit_price is not None
        self.fill(target.order_id, "t3", str(target.limit_price), target.quantity, "0.3")
        self.cancelled(stop.order_id)
        return entry

    def end(self) -> None:
        """End the feed."""
        self.loop.finish_repeats(self.at_ns)
        self.step(
            c.EndRun(ticks=1_234, gaps=2, bad_ticks={"stale": 3, "crossed": 1}, reason="the feed is over"), "test"
        )

    def _found(self, build: str) -> None:
        identity = {"kind": "backtest", "lock": "1" * 64, "policy": "2" * 64, "schema": "3" * 64}
        run = c.RunIdentity(
            **identity,
            build=build,
            settings=c.BlobReference(blob=sha256_hex(SETTINGS), size=len(SETTINGS)),
            feed="simulated",
            sources=(),
            seed=1,
        )
        asked: list[Input] = [
            c.StartRun(run=run),
            c.SeedPolicy(policy=Policy(), digest="2" * 64, loosened={}),
            c.Release(reason="test"),
            c.Arm(reason="test"),
            c.SetMode(mode=Mode.NORMAL, reason="test"),
            c.ListInstruments(instruments=tuple(embedded_instruments("usdm").values())),
            c.OpenAccount(account=ACCOUNT, venue="paper", balance=Decimal(10_000)),
            c.EnrolOwner(
                owner=OWNER,
                kind="automation",
                strategy="breakout",
                account=ACCOUNT,
                symbols=("BTCUSDT",),
                reason="test",
            ),
        ]
        for command in asked:
            self.step(command, "test", NS_PER_MS)


def view_at(bid: str = "60000", ask: str = "60000.1", age_ms: int = 5) -> MarketView:
    """Return a good view of BTCUSDT."""
    return MarketView(
        symbol="BTCUSDT",
        bid=Decimal(bid),
        ask=Decimal(ask),
        bid_size=Decimal(3),
        ask_size=Decimal(2),
        spread_bps=Decimal("0.0167"),
        atr=Decimal(120),
        atr_baseline=None,
        regime=Regime.UNKNOWN,
        quote_heard_at_ns=START_NS,
        age_ms=age_ms,
        latency_ms=4,
        is_quote_sane=True,
        book=BookState.SYNCED,
        l2=None,
        source="ab" * 32,
        line=77,
    )
