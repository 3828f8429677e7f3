"""A core that holds something on spot, and what is at work there."""

from decimal import Decimal

from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.orders import ApprovedOrder
from interlock.messages.policy import Policy
from interlock.messages.words import Purpose
from tests.builders import (
    ACCOUNT,
    OWNER,
    SYMBOL,
    Core,
    approved_in,
    bought,
    cancelled,
    founded_on_spot,
    proposed,
    terms,
)

KEY = (ACCOUNT, SYMBOL, OWNER)
KEY_TEXT = "|".join(KEY)


def entering(
    quantity: str = "0.01000", policy: Policy | None = None, limit: str | None = None
) -> tuple[Core, ApprovedOrder]:
    """Return a core that has asked to buy, and the order."""
    core = founded_on_spot(policy)
    (entry,) = approved_in(core.tell(proposed(terms(quantity=quantity, limit=limit))))
    return core, entry


def holding(quantity: str = "0.01000") -> Core:
    """Return a core that bought, and whose stop is at work. Of 0.01 the fee leaves 0.00999."""
    core, entry = entering(quantity)
    core.tell(bought(entry))
    return core


def at_work(core: Core, purpose: Purpose) -> ApprovedOrder:
    """Return the one open order of a purpose."""
    (order_id,) = core.open_ids(purpose)
    return core.order(order_id).approved


def take_back_stop(core: Core) -> tuple[Event, ...]:
    """Let the venue tell that the stop was cancelled."""
    return core.tell(cancelled(at_work(core, Purpose.STOP).order_id))


def kinds(events: tuple[Event, ...]) -> list[str]:
    """Return what was decided, in order, an approval with its purpose."""
    return [
        f"{event.order.purpose.value}" if isinstance(event, e.OrderApproved) else type(event).__name__
        for event in events
    ]


def asked_for(events: tuple[Event, ...]) -> list[tuple[str, Decimal]]:
    """Return purpose and quantity of what was approved."""
    return [(order.purpose.value, order.quantity) for order in approved_in(events)]
