"""What the benches decide on: a founded core, a calm market, and the garbage collection of the app itself."""

from decimal import Decimal

import msgspec

from interlock.core.machine import decide, fold
from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.events import Event, OrderApproved
from interlock.messages.market import MarketView, Signal
from interlock.messages.policy import Policy
from interlock.messages.record import Input
from interlock.messages.words import BookState, Intent, Liquidity, Mode, Regime
from interlock.units.instruments import Instrument
from interlock.units.money import install_context
from interlock.units.time import NS_PER_S

ACCOUNT, OWNER, SYMBOL = "paper-main", "automation:bench", "BTCUSDT"
START_NS = 1_704_067_200 * NS_PER_S


def instrument() -> Instrument:
    """Return a futures symbol with the filters of a real one."""
    return Instrument(
        symbol=SYMBOL,
        market="usdm",
        base="BTC",
        quote="USDT",
        price_tick=Decimal("0.10"),
        price_min=Decimal("556.80"),
        price_max=Decimal("4529764"),
        quantity_step=Decimal("0.001"),
        quantity_min=Decimal("0.001"),
        quantity_max=Decimal("1000"),
        market_quantity_max=Decimal("120"),
        notional_min=Decimal("100"),
        is_tradable=True,
        why_not_tradable="",
    )


def view(at_ns: int) -> MarketView:
    """Return a calm and fresh market."""
    return MarketView(
        symbol=SYMBOL,
        bid=Decimal("58000.1"),
        ask=Decimal("58000.2"),
        bid_size=Decimal("3.211"),
        ask_size=Decimal("2.004"),
        spread_bps=Decimal("0.0172"),
        atr=Decimal("231.43120000"),
        atr_baseline=Decimal("180.11750000"),
        regime=Regime.UNKNOWN,
        quote_heard_at_ns=at_ns - 5_000_000,
        age_ms=5,
        latency_ms=12,
        is_quote_sane=True,
        book=BookState.SYNCED,
        l2=None,
        source="d" * 64,
        line=1_745,
    )


def raised(at_ns: int, intent: Intent = Intent.ENTER_LONG) -> c.RaiseSignal:
    """Return a signal whose claimed edge pays its costs, with its market."""
    signal = Signal(symbol=SYMBOL, intent=intent, edge_bps=Decimal(100), target_price=None, why="breakout")
    return c.RaiseSignal(owner=OWNER, signal=signal, view=view(at_ns))


def founded(policy: Policy) -> State:
    """Return the state of a run that may trade, in this thread's money context."""
    install_context()
    why = "a bench trades on virtual time only"
    run = c.RunIdentity(
        kind="backtest",
        build="b" * 64,
        lock="1" * 64,
        policy="2" * 64,
        schema="3" * 64,
        settings=c.BlobReference(blob="4" * 64, size=812),
        feed="simulated",
        sources=("5" * 64,),
        seed=7,
    )
    asked: tuple[Input, ...] = (
        c.StartRun(run=run),
        c.SeedPolicy(policy=policy, digest="2" * 64, loosened={}),
        c.Release(reason=why),
        c.Arm(reason=why),
        c.SetMode(mode=Mode.NORMAL, reason=why),
        c.ListInstruments(instruments=(instrument(),)),
        c.OpenAccount(account=ACCOUNT, venue="paper", balance=Decimal("10000")),
        c.EnrolOwner(
            owner=OWNER, kind="automation", strategy="breakout", account=ACCOUNT, symbols=(SYMBOL,), reason=why
        ),
    )
    state = State()
    for command in asked:
        tell(state, command)
    return state


def tell(state: State, asked: Input) -> tuple[Event, ...]:
    """Decide one input a millisecond after the last and fold what follows."""
    at_ns = max(state.at_ns, START_NS) + 1_000_000
    events = decide(state, at_ns, asked)
    fold(state, state.seq, at_ns, events)
    return events


def hold_a_position(state: State) -> None:
    """Enter by a signal, be filled whole, and have the venue acknowledge what rests."""
    events = tell(state, raised(state.at_ns))
    entry = next(event.order for event in events if isinstance(event, OrderApproved))
    tell(state, o.AcceptReported(order_id=entry.order_id, venue_order_id="1", venue_at_ns=state.at_ns))
    filled = tell(
        state,
        o.FillReported(
            order_id=entry.order_id,
            trade_id="1",
            price=Decimal("58000.2"),
            quantity=entry.quantity,
            fee=Decimal("0.7888"),
            liquidity=Liquidity.TAKER,
            venue_at_ns=state.at_ns,
        ),
    )
    exits = [event.order.order_id for event in filled if isinstance(event, OrderApproved)]
    for number, order_id in enumerate(exits, 2):
        tell(state, o.AcceptReported(order_id=order_id, venue_order_id=str(number), venue_at_ns=state.at_ns))
    assert len(state.positions) == 1 and state.orders_open == 2, "a position stands with its stop and its target"


def widened() -> Policy:
    """Return the default policy with caps and counts that let a position grow."""
    policy = Policy()
    return msgspec.structs.replace(
        policy,
        sizing=msgspec.structs.replace(
            policy.sizing, position_bps_max=Decimal(20_000), exposure_bps_max=Decimal(25_000), risk_bps=Decimal(100)
        ),
        limits=msgspec.structs.replace(
            policy.limits,
            duplicate_window_ms=0,
            order_usdt_max=Decimal(20_000),
        ),
    )
