"""What a fill does to a position: open, add, partly close, close. Pure arithmetic, exact to the last digit.

The cost of what is held is kept, not an average price: a partial close takes its share of the cost, rounded once to
1e-8, and the rest stays, so that the parts always add up to the whole.
"""

from decimal import Decimal

from interlock.core.state import Order, Position
from interlock.messages.events import PositionClosed, PositionIncreased, PositionOpened, PositionReduced
from interlock.messages.observations import FillReported
from interlock.units.money import MONEY_STEP, divide
from interlock.units.sides import SIGN, Side

PositionChange = PositionOpened | PositionIncreased | PositionReduced | PositionClosed


def change(held: Position | None, order: Order, fill: FillReported) -> PositionChange | None:
    """Return how a fill of one of our orders changes its owner's position.

    None when it does not fit: it would reduce what is not held, or flip the position through zero.
    """
    approved = order.approved
    value = fill.price * fill.quantity
    if held is None:
        if approved.reduce_only:
            return None
        return PositionOpened(
            account=approved.account,
            symbol=approved.symbol,
            owner=approved.owner,
            side=approved.side,
            quantity=fill.quantity,
            cost=value,
            fee=fill.fee,
            exits=order.exits,
        )
    if held.side is approved.side:
        if approved.reduce_only:
            return None
        return PositionIncreased(
            account=held.account,
            symbol=held.symbol,
            owner=held.owner,
            quantity=held.quantity + fill.quantity,
            cost=held.cost + value,
            fee=fill.fee,
            exits=order.exits or held.exits,
        )
    if fill.quantity > held.quantity:
        return None
    return _reduce(held, order, fill, value)


def _reduce(held: Position, order: Order, fill: FillReported, value: Decimal) -> PositionReduced | PositionClosed:
    sign = SIGN[held.side]
    if fill.quantity == held.quantity:
        profit = (value - held.cost) * sign
        return PositionClosed(
            account=held.account,
            symbol=held.symbol,
            owner=held.owner,
            profit=profit,
            fee=fill.fee,
            purpose=order.approved.purpose,
            profit_total=held.profit + profit,
            fees_total=held.fees + fill.fee,
        )
    cost = share(held.cost, fill.quantity, held.quantity)
    return PositionReduced(
        account=held.account,
        symbol=held.symbol,
        owner=held.owner,
        quantity=held.quantity - fill.quantity,
        cost=held.cost - cost,
        profit=(value - cost) * sign,
        fee=fill.fee,
        purpose=order.approved.purpose,
    )


def share(whole: Decimal, part: Decimal, total: Decimal) -> Decimal:
    """Return `whole` times `part` over `total`, rounded half to even at 1e-8."""
    return divide(whole * part, total).quantize(MONEY_STEP)


def slippage(side: Side, price: Decimal, reference: Decimal, quantity: Decimal) -> Decimal:
    """Return what a fill cost against its order's reference price, in USDT; negative is a gain."""
    return (price - reference) * quantity * SIGN[side]
