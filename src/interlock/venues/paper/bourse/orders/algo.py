"""A futures conditional order: it waits apart from the book, and becomes an order when its price is reached."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.ports.exchange.rows import AlgoRow, OrderRow
from interlock.ports.exchange.words import AlgoState, OrderKind, WorkingPrice
from interlock.units.money import from_e8, to_e8
from interlock.units.sides import Side
from interlock.venues.paper.bourse.records import TrailKept

_TAKE_PROFITS = frozenset({OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_MARKET})
_PERCENT_E2 = 10_000


class AlgoOrder:
    """A conditional order that waits, or whose order is open. Implements `Triggered`.

    A trailing stop becomes active at its activation price (at once without one), follows the best price since, and is
    pulled when the price comes back from it by the callback rate.
    """

    __slots__ = ("_callback_e2", "_extreme_e8", "falls", "is_active", "is_by_mark", "ordinal", "row", "trigger_e8")

    def __init__(self, row: AlgoRow) -> None:
        self.row = row
        self.ordinal = row.algo_id
        self.trigger_e8 = to_e8(row.trigger_price)
        self.falls = (row.kind in _TAKE_PROFITS) is (row.side is Side.BUY)
        self.is_by_mark = row.working_price is WorkingPrice.MARK_PRICE
        self.is_active = not row.activation_price
        self._extreme_e8 = 0
        self._callback_e2 = int(row.callback_rate * 100)

    @property
    def trails(self) -> bool:
        """Whether it is a trailing stop."""
        return self.row.kind is OrderKind.TRAILING_STOP_MARKET

    @property
    def is_waiting(self) -> bool:
        """Whether it has not been triggered."""
        return self.row.state is AlgoState.NEW

    @property
    def progress(self) -> tuple[bool, int]:
        """How far a trailing stop has come."""
        return self.is_active, self._extreme_e8

    def follows(self, price_e8: int) -> bool:
        """Let a trailing stop follow the price; return whether the price has come back far enough to pull it."""
        sells = self.falls
        if not self.is_active:
            activation_e8 = to_e8(self.row.activation_price)
            if price_e8 < activation_e8 if sells else price_e8 > activation_e8:
                return False
            self.is_active = True
        extreme_e8 = self._extreme_e8
        if not extreme_e8 or (price_e8 > extreme_e8 if sells else price_e8 < extreme_e8):
            self._extreme_e8 = price_e8
            return False
        room = extreme_e8 * self._callback_e2
        return (extreme_e8 - price_e8 if sells else price_e8 - extreme_e8) * _PERCENT_E2 >= room

    def change(self, at_ns: int, state: AlgoState, *, order_id: int | None = None, text: str = "") -> AlgoRow:
        """Change the state and return the row."""
        row = self.row
        is_triggered = state in (AlgoState.TRIGGERING, AlgoState.TRIGGERED)
        self.row = replace(
            row,
            state=state,
            order_id=row.order_id if order_id is None else order_id,
            triggered_at_ns=row.triggered_at_ns or (at_ns if is_triggered else 0),
            text=text or row.text,
            updated_at_ns=at_ns,
        )
        return self.row

    def fill(self, order: OrderRow) -> AlgoRow:
        """Take over what the order it became has been filled with and return the row."""
        self.row = replace(
            self.row, filled=order.filled, filled_quote=order.filled_quote, updated_at_ns=order.updated_at_ns
        )
        return self.row

    def trail(self) -> TrailKept:
        """Return how far it has come, to be kept."""
        return TrailKept(
            algo_id=self.ordinal,
            is_active=self.is_active,
            extreme=from_e8(self._extreme_e8),
            is_gone=not self.is_waiting,
        )

    def restore(self, kept: TrailKept) -> None:
        """Go on from where a former process had it."""
        self.is_active, self._extreme_e8 = kept.is_active, to_e8(Decimal(kept.extreme))
