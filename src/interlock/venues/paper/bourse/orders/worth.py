"""What an order at market would cost, or buy, from the displayed market as it is now."""

from collections.abc import Iterator
from decimal import Decimal

from interlock.units.money import ZERO
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.pit import Pit

_E16 = Decimal("1E+16")


def worth(pit: Pit, live: WorkingOrder, at_ns: int) -> Decimal:
    """Return what the order's rest would cost level by level; depth beyond the visible costs nothing."""
    left_e8, cost = live.left_e8, ZERO
    for price_e8, offered_e8 in _offers(pit, live, at_ns):
        quantity_e8 = min(left_e8, offered_e8)
        cost += pit.scale.price(price_e8) * pit.scale.quantity(quantity_e8)
        left_e8 -= quantity_e8
        if not left_e8:
            break
    return cost


def quantity_for_e8(pit: Pit, live: WorkingOrder, value: Decimal, at_ns: int) -> int:
    """Return how much, in whole lots, a quote value trades level by level."""
    value_e16, step_e8, quantity = int(value * _E16), pit.scale.step_e8, 0
    for price_e8, offered_e8 in _offers(pit, live, at_ns):
        paid_for_e8 = value_e16 // price_e8 // step_e8 * step_e8
        taken_e8 = min(offered_e8, paid_for_e8)
        quantity += taken_e8
        value_e16 -= taken_e8 * price_e8
        if taken_e8 < offered_e8:
            break
    return quantity


def _offers(pit: Pit, live: WorkingOrder, at_ns: int) -> Iterator[tuple[int, int]]:
    """Yield (price, what may be taken), best first, as the order would find it."""
    own = None if live.passes_own else pit.own_best(live, None)
    for price_e8, _, offered_e8 in pit.taking.offers(live, None, own, at_ns):
        yield price_e8, offered_e8
