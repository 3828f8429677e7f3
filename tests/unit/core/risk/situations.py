"""Situations in which something is asked of the gate, and the histories that lead to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.market import MarketView
from interlock.messages.orders import OrderTerms
from interlock.messages.policy import Limits, Policy, Sizing
from interlock.messages.record import Input
from interlock.messages.words import Intent, Purpose
from interlock.units.instruments import Instrument
from interlock.units.time import NS_PER_MS
from tests.builders import (
    ACCOUNT,
    OTHER_OWNER,
    OTHER_SYMBOL,
    OWNER,
    SYMBOL,
    Core,
    approved_in,
    changed,
    expired,
    filled,
    founded,
    instrument,
    proposed,
    raised,
    terms,
    view,
)

LONG, SHORT, EXIT = Intent.ENTER_LONG, Intent.ENTER_SHORT, Intent.EXIT


@dataclass(frozen=True)
class Situation:
    """A market, a policy and a history in which something is asked; by default an order that passes."""

    asked: Intent | OrderTerms = field(default_factory=terms)
    seen: MarketView | None = field(default_factory=view)
    policy: Policy = field(default_factory=Policy)
    traded: Instrument = field(default_factory=instrument)
    owner: str = OWNER
    edge: str = "100"
    after_ms: int = 1_000
    before: Callable[[Core], object] = lambda core: None

    def refused_by(self) -> set[str]:
        """Return the rules that refuse what is asked."""
        core = founded(self.policy)
        core.state.instruments[SYMBOL] = self.traded
        self.before(core)
        if isinstance(self.asked, Intent):
            wanted = changed(raised(self.asked).signal, edge_bps=Decimal(self.edge))
            command: Input = c.RaiseSignal(owner=self.owner, signal=wanted, view=self.seen)
        else:
            command = c.ProposeOrder(owner=self.owner, terms=self.asked, view=self.seen)
        return refused_by(core.tell(command, self.after_ms * NS_PER_MS))


@dataclass(frozen=True)
class Told:
    """A command that is no order, asked of a core with a history."""

    asked: Callable[[Core], Input]

    def refused_by(self) -> set[str]:
        """Return the rules that refuse what is asked."""
        core = founded()
        return refused_by(core.tell(self.asked(core)))


def refused_by(events: tuple[Event, ...]) -> set[str]:
    """Return the rules that refused something in these events."""
    orders = [event for event in events if isinstance(event, e.OrderRefused)]
    commands = [event for event in events if isinstance(event, e.CommandRefused)]
    return {rule for event in orders for rule in event.refusals} | {event.rule for event in commands}


def limits(**changes: object) -> Policy:
    """Return the default policy with some limits changed."""
    return Policy(limits=changed(Limits(), **changes))


def sizing(**changes: object) -> Policy:
    """Return the default policy with some sizes changed."""
    return Policy(sizing=changed(Sizing(), **changes))


def setting(**fields: object) -> Callable[[Core], None]:
    """Return a history that ends with these fields of the state."""

    def apply(core: Core) -> None:
        for name, value in fields.items():
            setattr(core.state, name, value)

    return apply


def hold_ether(core: Core) -> None:
    """The other owner holds the other symbol: one position, two resting exits, one order in the last minute."""
    (entry,) = approved_in(core.tell(raised(LONG, view(2_500, OTHER_SYMBOL), OTHER_OWNER, OTHER_SYMBOL)))
    core.tell(filled(entry, price="2500"))


def hold_a_little(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.010"))))
    core.tell(filled(entry))


def others_hold_long(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.002"), owner=OTHER_OWNER)))
    core.tell(filled(entry))


def others_are_flat_again(core: Core) -> None:
    """Nothing is left of them, not even an order whose cancellation the venue has not confirmed."""
    core.tell(expired(others_closed_with_a_target_open(core)))


def others_closed_with_a_target_open(core: Core) -> str:
    """The stop closed their position; the venue has not confirmed the target's cancellation. Return the target's id."""
    others_hold_long(core)
    position = core.held(OTHER_OWNER)
    target = position.target_id
    core.tell(filled(core.order(position.stop_id).approved, price="49500", trade_id="t2"))
    return target


def others_ask_for(core: Core) -> None:
    core.tell(proposed(terms(quantity="0.002", limit="49990"), owner=OTHER_OWNER))


def enter_and_expire(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms())))
    core.tell(expired(entry.order_id), 1)
    core.at_ns -= 1  # the next order's time is measured from this one's


def ask_for(core: Core) -> str:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.002"))))
    return entry.order_id


def go_unknown(core: Core) -> None:
    core.tell(o.SilenceReported(order_id=ask_for(core), text="no answer"))


def go_unknown_and_cancel(core: Core) -> None:
    order_id = ask_for(core)
    core.tell(o.SilenceReported(order_id=order_id, text="no answer"))
    core.tell(cancel(order_id))


def lose_all(core: Core) -> None:
    core.state.accounts[ACCOUNT].balance = Decimal(0)


def entered_stop(core: Core) -> str:
    core.enter()
    return core.open_ids(Purpose.STOP)[0]


def entered_target(core: Core) -> str:
    core.enter()
    return core.open_ids(Purpose.TARGET)[0]


def cancel(order_id: str) -> c.RequestCancel:
    return c.RequestCancel(order_id=order_id, reason="any")
