"""The fold: how each event changes the state. No rules here; the decision is already made."""

from collections import deque
from decimal import Decimal
from typing import assert_never

from interlock.core.state import Account, Dust, LastEntry, Leaving, Order, Owner, Position, State, Waiting
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import LatchLevel, Mode, OrderStatus, Purpose
from interlock.units.instruments import Instrument
from interlock.units.money import MONEY_STEP, ZERO, divide
from interlock.units.sides import SIGN
from interlock.units.time import NS_PER_S

AUTOMATION = "automation"
"""The kind of owner that raises signals."""
_MINUTE_NS = 60 * NS_PER_S
# Looked up once: a member through its class costs as much as a call.
_INTENDED, _ACKNOWLEDGED, _CANCEL_REQUESTED = (
    OrderStatus.INTENDED,
    OrderStatus.ACKNOWLEDGED,
    OrderStatus.CANCEL_REQUESTED,
)


def fold(state: State, seq: int, at_ns: int, events: tuple[Event, ...]) -> None:
    """Fold one record. Errors: AssertionError when it is not the next one."""
    assert seq == state.seq, f"record {seq} does not follow {state.seq - 1}"
    assert at_ns > state.at_ns, f"record {seq} does not lie after the one before it"
    state.at_ns = at_ns
    for event in events:
        evolve(state, event)
    state.seq = seq + 1


def evolve(state: State, event: Event) -> None:
    """Change the state in place by one event. The most frequent ones are looked for first."""
    match event:
        case e.OrderApproved():
            _approve(state, event)
        case e.OrderAcknowledged():
            order = state.orders[event.order_id]
            order.venue_order_id = event.venue_order_id
            if order.is_unknown:
                _know(state, order)
            if order.status is _INTENDED:
                order.status = _ACKNOWLEDGED
        case e.OrderCancelRequested():
            state.orders[event.order_id].status = _CANCEL_REQUESTED
        case e.OrderCancelled():
            _end(state, state.orders[event.order_id], OrderStatus.CANCELLED)
        case e.SignalTaken():
            _count_signals(state, event.owner, 1)
        case e.OrderFilled():
            _fill(state, event)
        case e.PositionIncreased() | e.PositionReduced() | e.PositionOpened() | e.PositionClosed():
            _move(state, event)
        case e.MarkTaken():
            _mark(state, event)
        case e.ExitDecided() | e.ReductionWaits() | e.DustKept() | e.DustJoined():
            _hold_spot(state, event)
        case e.OrderExpired():
            _end(state, state.orders[event.order_id], OrderStatus.EXPIRED)
        case e.OrderRejected():
            _end(state, state.orders[event.order_id], OrderStatus.REJECTED)
        case e.OrderWentUnknown():
            _lose_sight(state, state.orders[event.order_id])
        case e.CancelRefusedByVenue():
            order = state.orders[event.order_id]
            if order.is_unknown:
                order.status = OrderStatus.UNKNOWN
            elif order.quantity_filled:
                order.status = OrderStatus.PARTLY_FILLED
            elif order.venue_order_id:  # else the cancel overtook its order: it is asked for again when that arrives
                order.status = OrderStatus.ACKNOWLEDGED
        case e.RefusalRepeated():
            if event.owner in state.owners and state.owners[event.owner].kind == AUTOMATION:  # a bot raises no signals
                _count_signals(state, event.owner, event.count)
        case e.TimerSet():
            state.timers[event.timer] = event.at_ns
        case e.TimerEnded():
            state.timers.pop(event.timer, None)
        case e.FeedGapFound():
            state.gapped_symbols[event.symbol] = event.found
        case e.FeedSynced():
            state.gapped_symbols.pop(event.symbol, None)
        case e.OrderRefused() | e.CommandRefused() | e.UnownedFillFound() | e.ClockDrifted():
            pass
        case _:
            _found(state, event)


Founding = (
    e.RunStarted
    | e.RunEnded
    | e.PolicySeeded
    | e.InstrumentsListed
    | e.AccountOpened
    | e.OwnerEnrolled
    | e.Released
    | e.Armed
    | e.Disarmed
    | e.ModeChanged
    | e.KillEngaged
)


def _found(state: State, event: Founding) -> None:
    """Set-up and switches: rare events."""
    match event:
        case e.RunStarted():
            state.run = event.run
            state.is_armed = False
            state.is_ended = False
        case e.RunEnded():
            state.is_ended = True
            state.is_armed = False
        case e.PolicySeeded():
            state.policy = event.policy
        case e.InstrumentsListed():
            state.instruments = _still_needed(state) | {each.symbol: each for each in event.instruments}
        case e.AccountOpened():
            state.accounts[event.account] = Account(event.account, event.venue, event.balance)
        case e.OwnerEnrolled():
            state.owners[event.owner] = Owner(event.owner, event.kind, event.strategy, event.account, event.symbols)
        case e.Released():
            state.latch = LatchLevel.OPEN
            state.mode = Mode.PAUSE
        case e.Armed():
            state.is_armed = True
        case e.Disarmed():
            state.is_armed = False
        case e.ModeChanged():
            state.mode = event.after
        case e.KillEngaged():
            state.latch = LatchLevel.NO_NEW_RISK
            state.is_armed = False
        case _:
            assert_never(event)


def _still_needed(state: State) -> dict[str, Instrument]:
    """Return the instruments of what is held or may still fill: without its filters nothing can be closed."""
    held = {position.symbol for position in state.positions.values()}
    return {
        symbol: known for symbol, known in state.instruments.items() if symbol in held or state.open_orders.get(symbol)
    }


def _approve(state: State, event: e.OrderApproved) -> None:
    """A new order: open, reserved if it may open, and known to its position if it is one of its exits."""
    approved = event.order
    order = Order(approved, event.exits, OrderStatus.INTENDED, state.seq, state.at_ns, ZERO)
    state.orders[approved.order_id] = order
    state.open_orders.setdefault(approved.symbol, {})[approved.order_id] = order
    state.orders_open += 1
    if approved.reduce_only:
        _attach(state, approved)
        return
    order.reserved = _worst_value(approved)
    state.accounts[approved.account].reserved += order.reserved
    key = (approved.owner, approved.symbol, approved.side)
    state.last_entries[key] = LastEntry(state.at_ns, approved.quantity)
    _forget(state.orders_at_ns, state.at_ns - _MINUTE_NS)
    state.orders_at_ns.append(state.at_ns)


def _worst_value(approved: ApprovedOrder) -> Decimal:
    """Return what an entry may add to exposure when all of it fills, in USDT."""
    reference = approved.reference_price
    price = reference if approved.limit_price is None else max(approved.limit_price, reference)
    return approved.quantity * price


def _attach(state: State, approved: ApprovedOrder) -> None:
    """Note a reducing order on the position it belongs to."""
    held = state.positions.get((approved.account, approved.symbol, approved.owner))
    if held is None:
        return
    if approved.purpose is Purpose.STOP:
        held.stop_id = approved.order_id
    elif approved.purpose is Purpose.REDUCE:
        held.waiting = ()
    elif approved.purpose is Purpose.TARGET and held.leaving is None:
        held.target_id = approved.order_id
    else:
        held.close_id = approved.order_id
        held.close_attempts += 1
        if held.close_attempts == 1:
            held.close_reference = approved.reference_price


def _lose_sight(state: State, order: Order) -> None:
    """It may or may not be at the venue: its symbol takes no entry until that is known."""
    if order.is_unknown:
        return
    order.is_unknown = True
    symbol = order.approved.symbol
    state.unknown_symbols[symbol] = state.unknown_symbols.get(symbol, 0) + 1
    if order.status is not OrderStatus.CANCEL_REQUESTED:
        order.status = OrderStatus.UNKNOWN


def _know(state: State, order: Order) -> None:
    """The fate of an order is no longer unknown."""
    if not order.is_unknown:
        return
    order.is_unknown = False
    symbol = order.approved.symbol
    left = state.unknown_symbols[symbol] - 1
    if left:
        state.unknown_symbols[symbol] = left
    else:
        del state.unknown_symbols[symbol]
    if order.status is OrderStatus.UNKNOWN:
        order.status = OrderStatus.ACKNOWLEDGED


def _end(state: State, order: Order, status: OrderStatus) -> None:
    """An order is over: nothing of it is reserved any more."""
    _know(state, order)
    order.status = status
    approved = order.approved
    if order.reserved:
        state.accounts[approved.account].reserved -= order.reserved
        order.reserved = ZERO
    if state.open_orders[approved.symbol].pop(approved.order_id, None) is not None:
        state.orders_open -= 1
    if approved.reduce_only:
        held = state.positions.get((approved.account, approved.symbol, approved.owner))
        if held is not None and held.close_id == approved.order_id:
            held.close_id = ""


def _fill(state: State, event: e.OrderFilled) -> None:
    order = state.orders[event.order_id]
    order.trade_ids.append(event.trade_id)
    if order.reserved:
        left = divide(order.reserved * (order.quantity_left - event.quantity), order.quantity_left)
        left = left.quantize(MONEY_STEP)
        state.accounts[order.approved.account].reserved += left - order.reserved
        order.reserved = left
    order.quantity_filled = event.quantity_filled
    if event.is_complete:
        _end(state, order, OrderStatus.FILLED)
    elif order.is_open:
        _know(state, order)
        if order.status is not OrderStatus.CANCEL_REQUESTED:
            order.status = OrderStatus.PARTLY_FILLED


def _move(state: State, event: e.PositionOpened | e.PositionIncreased | e.PositionReduced | e.PositionClosed) -> None:
    """A position changed: its own figures, and the account's balance, open profit and exposure by the difference."""
    account = state.accounts[event.account]
    account.balance -= event.fee
    key = (event.account, event.symbol, event.owner)
    if isinstance(event, e.PositionOpened):
        held = Position(
            *(event.account, event.symbol, event.owner, event.side, event.quantity, event.cost, event.cost),
            *(ZERO, event.fee, state.at_ns, event.exits),
        )
        state.positions[key] = held
        account.exposure += held.value
        return
    held = state.positions[key]
    value, unrealised = held.value, held.unrealised
    match event:
        case e.PositionIncreased():
            held.value += event.cost - held.cost
            held.exits = event.exits
        case e.PositionReduced():
            held.value = divide(held.value * event.quantity, held.quantity).quantize(MONEY_STEP)
            held.unrealised = (held.value - event.cost) * SIGN[held.side]
        case e.PositionClosed():
            held.value = held.unrealised = ZERO
            del state.positions[key]
        case _:
            assert_never(event)
    account.exposure += held.value - value
    account.unrealised += held.unrealised - unrealised
    held.fees += event.fee
    if not isinstance(event, e.PositionIncreased):
        account.balance += event.profit
        held.profit += event.profit
    if not isinstance(event, e.PositionClosed):
        held.quantity, held.cost = event.quantity, event.cost


def _hold_spot(state: State, event: e.ExitDecided | e.ReductionWaits | e.DustKept | e.DustJoined) -> None:
    """What is particular to spot: decided sales, and what is left. Dust counts as exposure at what it cost."""
    key = (event.account, event.symbol, event.owner)
    match event:
        case e.ExitDecided():
            state.positions[key].leaving = Leaving(event.purpose, event.reference)
        case e.ReductionWaits():
            held = state.positions[key]
            held.waiting = (*held.waiting, Waiting(event.terms, event.reference_price))
        case e.DustKept():
            state.dust[key] = Dust(event.quantity, event.cost)
            state.accounts[event.account].exposure += event.cost
        case e.DustJoined():
            del state.dust[key]
            state.accounts[event.account].exposure -= event.cost
        case _:
            assert_never(event)


def _mark(state: State, event: e.MarkTaken) -> None:
    """Value every position of the account in the symbol at the mark."""
    account = state.accounts[event.account]
    for held in state.positions.values():
        if held.symbol != event.symbol or held.account != event.account:
            continue
        value = event.price * held.quantity
        unrealised = (value - held.cost) * SIGN[held.side]
        account.exposure += value - held.value
        account.unrealised += unrealised - held.unrealised
        held.value, held.unrealised = value, unrealised
    state.marked_at_ns[event.account, event.symbol] = state.at_ns


def _forget(times: deque[int], until_ns: int) -> None:
    while times and times[0] <= until_ns:
        times.popleft()


def _count_signals(state: State, owner: str, count: int) -> None:
    known = state.owners.get(owner)
    if known is None:
        return
    _forget(known.signals_at_ns, state.at_ns - 60 * _MINUTE_NS)
    known.signals_at_ns.extend([state.at_ns] * count)
