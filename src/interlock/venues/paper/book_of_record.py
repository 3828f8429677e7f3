"""What the exchange itself knows of an account: every order and trade, the positions and the balance."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Liquidity, OrderStatus, OrderType, TimeInForce
from interlock.units.money import from_e8, to_e8
from interlock.units.sides import Side

# Looked up once: a member through its class costs as much as a call.
_BUY, _STOP_MARKET, _ACKNOWLEDGED = Side.BUY, OrderType.STOP_MARKET, OrderStatus.ACKNOWLEDGED
_GTX, _FOK, _IOC = TimeInForce.GTX, TimeInForce.FOK, TimeInForce.IOC


class VenueOrder(Struct, frozen=True, kw_only=True):
    """An order as the exchange has it. `quantity_filled` is the sum of its trades."""

    order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    reduce_only: bool
    quantity: Decimal
    quantity_filled: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    status: OrderStatus
    text: str
    venue_at_ns: int


class VenueTrade(Struct, frozen=True, kw_only=True):
    """One trade. `realised` is what it realised before its fee."""

    trade_id: str
    order_id: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realised: Decimal
    liquidity: Liquidity
    venue_at_ns: int


class VenuePosition(Struct, frozen=True, kw_only=True):
    """A net position: quantity and cost are below zero for a short one."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    entry_average: Decimal
    realised: Decimal


class BookOfRecord(Struct, frozen=True, kw_only=True):
    """All of it at one moment. Orders and trades in the order the engine met them, positions by symbol."""

    account: str
    balance: Decimal
    fees: Decimal
    orders: tuple[VenueOrder, ...]
    trades: tuple[VenueTrade, ...]
    positions: tuple[VenuePosition, ...]


class Scale:
    """How a symbol's amounts in 1e-8 become Decimals at the digits of its filters."""

    __slots__ = ("_price_digit", "_price_unit_e8", "_quantity_digit", "_quantity_unit_e8", "step_e8")

    def __init__(self, price_tick: Decimal, quantity_step: Decimal) -> None:
        self._price_digit, self._price_unit_e8 = _last_digit(price_tick)
        self._quantity_digit, self._quantity_unit_e8 = _last_digit(quantity_step)
        self.step_e8 = to_e8(quantity_step)

    def price(self, price_e8: int) -> Decimal:
        """Return a price, exact; at the tick's digits unless the market showed a finer one."""
        whole, rest = divmod(price_e8, self._price_unit_e8)
        return from_e8(price_e8) if rest else whole * self._price_digit

    def quantity(self, quantity_e8: int) -> Decimal:
        """Return a quantity that lies on the step."""
        return quantity_e8 // self._quantity_unit_e8 * self._quantity_digit


def _last_digit(step: Decimal) -> tuple[Decimal, int]:
    """Return one unit of the step's last digit, as Decimal and in 1e-8."""
    digit = Decimal((0, (1,), min(int(step.as_tuple().exponent), 0)))
    return digit, to_e8(digit)


class LiveOrder:
    """An order the engine works. Amounts in 1e-8; `ahead_e8` is below zero while the queue ahead cannot be seen.

    `is_open` tells whether it can still trade; `falls` whether a falling price triggers it (a sell stop, a buy
    take-profit). `is_seated` is false while no market was seen that shows it to rest rather than to take; `steps`
    counts its reports.
    """

    passes_own: Final = False
    __slots__ = (
        "ahead_e8",
        "arrived_at_ns",
        "falls",
        "is_all_or_none",
        "is_at_once",
        "is_buy",
        "is_open",
        "is_post_only",
        "is_seated",
        "left_e8",
        "order",
        "ordinal",
        "price_e8",
        "report_due_ns",
        "reported_at_ns",
        "scale",
        "status",
        "steps",
        "text",
        "trigger_e8",
        "venue_order_id",
    )

    def __init__(self, order: ApprovedOrder, ordinal: int, scale: Scale, at_ns: int) -> None:
        self.order = order
        self.ordinal = ordinal
        self.venue_order_id = str(ordinal)
        self.scale = scale
        self.arrived_at_ns = at_ns
        self.is_buy = order.side is _BUY
        self.falls = (order.order_type is _STOP_MARKET) is not self.is_buy
        self.is_open = True
        force = order.time_in_force
        self.is_post_only = force is _GTX
        self.is_all_or_none = force is _FOK
        self.is_at_once = self.is_all_or_none or force is _IOC
        self.price_e8 = to_e8(order.limit_price) if order.limit_price is not None else 0
        self.trigger_e8 = to_e8(order.trigger_price) if order.trigger_price is not None else 0
        self.left_e8 = to_e8(order.quantity)
        self.ahead_e8 = -1
        self.is_seated = False
        self.status = _ACKNOWLEDGED
        self.text = ""
        self.steps = 0
        self.reported_at_ns = -1
        self.report_due_ns = -1

    def left(self) -> Decimal:
        """Return the unfilled quantity."""
        return self.scale.quantity(self.left_e8)

    def record(self) -> VenueOrder:
        """Return the order as the book of record shows it."""
        order = self.order
        return VenueOrder(
            order_id=order.order_id,
            venue_order_id=self.venue_order_id,
            symbol=order.symbol,
            side=order.side,
            order_type=order.order_type,
            time_in_force=order.time_in_force,
            reduce_only=order.reduce_only,
            quantity=order.quantity,
            quantity_filled=order.quantity - self.left(),
            limit_price=order.limit_price,
            trigger_price=order.trigger_price,
            status=self.status,
            text=self.text,
            venue_at_ns=self.arrived_at_ns,
        )
