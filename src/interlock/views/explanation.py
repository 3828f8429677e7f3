"""The story of one order, found while the records of a log go by."""

from decimal import Decimal

from msgspec import Struct, field

from interlock.core.replay import rebuild
from interlock.core.state import PositionKey, State
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.orders import ApprovedOrder
from interlock.messages.record import Record
from interlock.messages.words import Purpose
from interlock.units.money import ZERO
from interlock.views.story import Happening, OrderPart, Outcome, Refusal, Story, Trade, outcome_of

OfOneOrder = (
    e.OrderAcknowledged
    | e.OrderFilled
    | e.OrderCancelRequested
    | e.OrderCancelled
    | e.OrderExpired
    | e.OrderRejected
    | e.OrderWentUnknown
    | e.CancelRefusedByVenue
    | e.UnownedFillFound
)
OfPosition = e.PositionOpened | e.PositionIncreased | e.PositionReduced | e.PositionClosed


class _Life(Struct):
    """A trade while its records go by."""

    trade: Trade
    key: PositionKey
    opened_at_ns: int | None = None
    closed_at_ns: int | None = None
    closed_by: Purpose | None = None
    profit: Decimal = ZERO
    exit_reason: str = ""
    dust: Decimal = ZERO


class Explainer(Struct):
    """Folds records and keeps the trade or refusal that was asked for: by order id, or by record number.

    Only trades that are under way are held, and the one asked for.
    """

    asked: str
    state: State = field(default_factory=State)
    lives: dict[str, _Life] = field(default_factory=dict)
    parts: dict[str, OrderPart] = field(default_factory=dict)
    current: dict[PositionKey, _Life] = field(default_factory=dict)
    found: _Life | None = None
    refusal: Refusal | None = None

    def fold(self, record: Record) -> None:
        """Take the next record of the log."""
        touched: dict[int, _Life] = {}
        filled: _Life | None = None
        is_asked = self.asked == str(record.seq)
        for event in record.events:
            match event:
                case e.OrderApproved():
                    life = self._begin(record, event)
                case e.PositionOpened() | e.PositionIncreased() | e.PositionReduced() | e.PositionClosed() if (
                    filled is not None
                ):
                    life = filled
                    self._move(record, life, event)
                case e.PositionClosed() | e.ExitDecided() | e.DustKept():
                    spot = self._hold_spot(record, event, touched)
                    if spot is None:
                        continue
                    life = spot
                case e.OrderRefused() | e.CommandRefused() | e.RefusalRepeated():
                    self._refuse(record, event, is_asked)
                    continue
                case _:
                    known = self._follow(record, event)
                    if known is None:
                        continue
                    life = known
                    if isinstance(event, e.OrderFilled):
                        filled = life
            touched[id(life)] = life
            if is_asked and self.found is None:
                self.found = life
        rebuild((record,), self.state)
        for life in touched.values():
            self._let_go(life)

    def story(self) -> Story | None:
        """Return what was asked for, as far as the records tell it; None when none of them does."""
        if self.found is None:
            return self.refusal
        life = self.found
        held = self.state.positions.get(life.key) if self.current.get(life.key) is life else None
        life.trade.outcome = self._outcome(life, held.quantity if held is not None else life.dust)
        return life.trade

    def _outcome(self, life: _Life, quantity_left: Decimal) -> Outcome:
        return outcome_of(life.trade, life.opened_at_ns, life.closed_at_ns, life.closed_by, quantity_left, life.profit)

    def _begin(self, record: Record, event: e.OrderApproved) -> _Life:
        """A new order joins the trade that is under way for its owner and symbol, or begins one."""
        order: ApprovedOrder = event.order
        key = (order.account, order.symbol, order.owner)
        life = self.current.get(key)
        if life is None:
            trade = Trade(asked=self.asked, account=order.account, symbol=order.symbol, owner=order.owner)
            life = self.current[key] = _Life(trade, key)
        part = OrderPart(
            seq=record.seq,
            at_ns=record.at_ns,
            actor=record.actor,
            asked=record.input,
            checks=event.checks,
            sizing=event.sizing,
            costs_expected=event.costs,
            exits=event.exits,
            order=order,
            reason=life.exit_reason if order.purpose in (Purpose.CLOSE, Purpose.TARGET) else "",
        )
        life.trade.orders.append(part)
        self.parts[order.order_id] = part
        self.lives[order.order_id] = life
        if order.order_id == self.asked:
            self.found = life
        return life

    def _follow(self, record: Record, event: Event) -> _Life | None:
        """Note what became of an order; return its trade, None when the event concerns no order that is held."""
        if not isinstance(event, OfOneOrder) or event.order_id not in self.parts:
            return None
        part, life = self.parts[event.order_id], self.lives[event.order_id]
        part.happenings.append(Happening(seq=record.seq, at_ns=record.at_ns, event=event))
        if isinstance(event, e.OrderFilled):
            part.quantity_filled = event.quantity_filled
            part.value_filled += event.price * event.quantity
            part.fees += event.fee
            part.slippage += event.slippage
        return life

    def _move(self, record: Record, life: _Life, event: OfPosition) -> None:
        """Note what a fill did to the position of its trade."""
        if isinstance(event, e.PositionReduced | e.PositionClosed):
            life.profit += event.profit
        if isinstance(event, e.PositionOpened):
            self.current[life.key] = life
            life.opened_at_ns = record.at_ns if life.opened_at_ns is None else life.opened_at_ns
            life.closed_at_ns = life.closed_by = None
            life.dust = ZERO
        if isinstance(event, e.PositionClosed):
            self.current.pop(life.key, None)
            life.closed_at_ns, life.closed_by = record.at_ns, event.purpose

    def _hold_spot(
        self, record: Record, event: e.PositionClosed | e.ExitDecided | e.DustKept, touched: dict[int, _Life]
    ) -> _Life | None:
        """Note what no fill does to a spot position: that it is to be sold, that it ended as dust, and the dust."""
        key = (event.account, event.symbol, event.owner)
        life = self.current.get(key) or next((each for each in touched.values() if each.key == key), None)
        if life is None:
            return None
        if isinstance(event, e.ExitDecided):
            life.exit_reason = event.reason
        elif isinstance(event, e.DustKept):
            life.dust = event.quantity
        else:
            self._move(record, life, event)
        return life

    def _refuse(
        self, record: Record, event: e.OrderRefused | e.CommandRefused | e.RefusalRepeated, is_asked: bool
    ) -> None:
        if isinstance(event, e.RefusalRepeated):
            if self.refusal is not None and self.refusal.seq == event.seq:
                self.refusal.repeated += event.count
            return
        if not is_asked:
            return
        of_order = event if isinstance(event, e.OrderRefused) else None
        self.refusal = Refusal(
            asked=self.asked,
            seq=record.seq,
            at_ns=record.at_ns,
            actor=record.actor,
            command=record.input,
            symbol=of_order.symbol if of_order else "",
            side=of_order.side if of_order else None,
            rules=event.refusals if isinstance(event, e.OrderRefused) else (event.rule,),
            checks=of_order.checks if of_order else (),
            sizing=of_order.sizing if of_order else None,
            costs_expected=of_order.costs if of_order else None,
            detail="" if isinstance(event, e.OrderRefused) else event.detail,
        )

    def _let_go(self, life: _Life) -> None:
        """Forget a trade that is over, unless it was asked for."""
        orders = [part.order.order_id for part in life.trade.orders]
        is_current = self.current.get(life.key) is life
        if is_current and life.key in self.state.positions:
            return
        if any(self.state.orders[order_id].is_open for order_id in orders):
            return
        if is_current:
            del self.current[life.key]
        if life is not self.found:
            for order_id in orders:
                self.parts.pop(order_id, None)
                self.lives.pop(order_id, None)
