"""An order that is open at the exchange, as the kernel works it."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Market, OrderForce, OrderKind, OrderState, SelfTrade
from interlock.units.money import ZERO, to_e8
from interlock.units.sides import Side
from interlock.venues.paper.book_of_record import Scale
from interlock.venues.paper.bourse.records import PlaceKept

AT_MARKET = frozenset({OrderKind.MARKET, OrderKind.STOP_LOSS, OrderKind.TAKE_PROFIT, OrderKind.LIQUIDATION})
"""Spot's and the plain futures kinds that work without a limit price."""

_STOPS = frozenset({OrderKind.STOP_LOSS, OrderKind.STOP_LOSS_LIMIT})


class WorkingOrder:
    """An open order: the row as shown, and what matching needs in integers (1e-8). Implements `Workable`.

    `ordinal` is its place in time: its number, or a newer one once it was moved. `ahead_e8` below zero: the queue ahead
    cannot be seen. `is_working` is false before its trigger was reached, `is_waiting` true while it was and no book is
    shown to meet, `is_resting` while it is on the book. `reserve` is what a spot order has locked; `is_counted` whether
    a futures order counts in its symbol's open value.
    """

    __slots__ = (
        "ahead_e8",
        "is_all_or_none",
        "is_at_once",
        "is_buy",
        "is_counted",
        "is_open",
        "is_post_only",
        "is_resting",
        "is_seated",
        "is_waiting",
        "is_working",
        "left_e8",
        "order_id",
        "ordinal",
        "passes_own",
        "price_e8",
        "reserve",
        "row",
        "scale",
        "trigger_e8",
    )

    def __init__(self, row: OrderRow, scale: Scale) -> None:
        self.row = row
        self.scale = scale
        self.order_id = self.ordinal = row.order_id
        self.is_buy = row.side is Side.BUY
        self.price_e8 = to_e8(row.price)
        self.trigger_e8 = to_e8(row.trigger_price)
        self.left_e8 = to_e8(row.quantity) - to_e8(row.filled)
        self.ahead_e8 = -1
        self.is_seated = False
        self.is_open = True
        self.is_counted = False
        self.is_resting = False
        self.is_working = not row.trigger_price or row.market is Market.USDM
        self.is_waiting = False
        self.is_post_only = row.time_in_force is OrderForce.GTX or row.kind is OrderKind.LIMIT_MAKER
        self.is_at_once = row.time_in_force in (OrderForce.IOC, OrderForce.FOK)
        self.is_all_or_none = row.time_in_force is OrderForce.FOK
        self.passes_own = row.self_trade is SelfTrade.EXPIRE_MAKER
        self.reserve = ZERO

    @property
    def falls(self) -> bool:
        """Whether a falling price triggers it: a stop that sells, or a take-profit that buys."""
        return (self.row.kind in _STOPS) is not self.is_buy

    def assign(self, order_id: int) -> None:
        """Give it its number, once it is taken in."""
        self.row = replace(self.row, order_id=order_id)
        self.order_id = self.ordinal = order_id

    def left(self) -> Decimal:
        """Return the unfilled quantity."""
        return self.scale.quantity(self.left_e8)

    def fill(self, price: Decimal, quantity: Decimal, quote: Decimal, quantity_e8: int, at_ns: int) -> OrderRow:
        """Take a fill in and return the row."""
        self.left_e8 -= quantity_e8
        row = self.row
        if self.left_e8:
            state = OrderState.PARTIALLY_FILLED
        else:
            state, self.is_open = OrderState.FILLED, False
        self.row = replace(
            row, filled=row.filled + quantity, filled_quote=row.filled_quote + quote, state=state, updated_at_ns=at_ns
        )
        return self.row

    def end(self, state: OrderState, text: str, at_ns: int) -> OrderRow:
        """End the order and return the row."""
        assert self.is_open, f"order {self.order_id} has ended already"
        self.is_open = False
        self.row = replace(self.row, state=state, text=text, updated_at_ns=at_ns)
        return self.row

    def place(self) -> PlaceKept:
        """Return where it stands, to be kept."""
        return PlaceKept(
            market=self.row.market,
            order_id=self.order_id,
            ordinal=self.ordinal,
            ahead_e8=self.ahead_e8,
            is_seated=self.is_seated,
            is_working=self.is_working,
            is_waiting=self.is_waiting,
            reserve=self.reserve if self.is_open else ZERO,
            is_gone=not self.is_open,
        )

    def restore(self, kept: PlaceKept) -> None:
        """Stand where a former process had it."""
        self.ahead_e8, self.is_seated, self.reserve = kept.ahead_e8, kept.is_seated, kept.reserve
        self.is_working, self.is_waiting, self.ordinal = kept.is_working, kept.is_waiting, kept.ordinal
