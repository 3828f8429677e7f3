"""What a fill does to a spot position, and what of one can be sold. Pure arithmetic, exact to the last digit.

What a purchase adds is its quantity less the fee the venue kept of it. The books agree with the venue's wallet: the
balance less the cost of all that is held, dust included, is the wallet's quote, and the quantities are its coins.
"""

from decimal import Decimal

from interlock.core.state import Dust, Order, Position
from interlock.core.trading.positions import share
from interlock.messages.events import (
    DustJoined,
    DustKept,
    PositionClosed,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)
from interlock.messages.observations import FillReported
from interlock.messages.words import Purpose
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, step_down

SpotChange = PositionOpened | PositionIncreased | PositionReduced | PositionClosed | DustJoined | DustKept


def sellable(traded: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """Return how much of a quantity one order can sell at a price: whole lots; zero when the venue takes none of it."""
    lots = step_down(min(quantity, traded.quantity_max, traded.market_quantity_max), traded.quantity_step)
    return lots if lots >= traded.quantity_min and lots * price >= traded.notional_min else ZERO


def change(
    held: Position | None, dust: Dust | None, order: Order, fill: FillReported, traded: Instrument, is_last: bool
) -> tuple[SpotChange, ...]:
    """Return how a fill of one of our orders changes its owner's position; nothing when it does not fit.

    It does not fit when it sells what is not held, or when the fee is all that was bought. `is_last`: no other sale is
    at work, so what cannot be sold by itself is dust.
    """
    approved = order.approved
    if not approved.reduce_only:
        return _bought(held, dust, order, fill)
    if held is None or fill.quantity > held.quantity:
        return ()
    value, left = fill.price * fill.quantity, held.quantity - fill.quantity
    cost = share(held.cost, fill.quantity, held.quantity) if left else held.cost
    profit = value - cost
    if left and not (is_last and not sellable(traded, left, fill.price)):
        return (
            PositionReduced(
                account=held.account,
                symbol=held.symbol,
                owner=held.owner,
                quantity=left,
                cost=held.cost - cost,
                profit=profit,
                fee=fill.fee,
                purpose=approved.purpose,
            ),
        )
    return closed(held, approved.purpose, profit, fill.fee, left, held.cost - cost)


def closed(
    held: Position, purpose: Purpose, profit: Decimal, fee: Decimal, left: Decimal, cost: Decimal
) -> tuple[SpotChange, ...]:
    """Return the end of a position of which `left` stays, for which `cost` was paid."""
    ended = PositionClosed(
        account=held.account,
        symbol=held.symbol,
        owner=held.owner,
        profit=profit,
        fee=fee,
        purpose=purpose,
        profit_total=held.profit + profit,
        fees_total=held.fees + fee,
    )
    if not left:
        return (ended,)
    dust = DustKept(account=held.account, symbol=held.symbol, owner=held.owner, quantity=left, cost=cost)
    return (ended, dust)


def _bought(held: Position | None, dust: Dust | None, order: Order, fill: FillReported) -> tuple[SpotChange, ...]:
    approved = order.approved
    received = fill.quantity - fill.fee_base
    if received <= ZERO:
        return ()
    cost = fill.price * received
    if held is not None:
        return (
            PositionIncreased(
                account=held.account,
                symbol=held.symbol,
                owner=held.owner,
                quantity=held.quantity + received,
                cost=held.cost + cost,
                fee=fill.fee,
                exits=order.exits or held.exits,
            ),
        )
    joined = () if dust is None else (_joined(order, dust),)
    opened = PositionOpened(
        account=approved.account,
        symbol=approved.symbol,
        owner=approved.owner,
        side=approved.side,
        quantity=received if dust is None else received + dust.quantity,
        cost=cost if dust is None else cost + dust.cost,
        fee=fill.fee,
        exits=order.exits,
    )
    return (*joined, opened)


def _joined(order: Order, dust: Dust) -> DustJoined:
    approved = order.approved
    return DustJoined(
        account=approved.account,
        symbol=approved.symbol,
        owner=approved.owner,
        quantity=dust.quantity,
        cost=dust.cost,
    )
