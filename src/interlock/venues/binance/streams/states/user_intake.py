"""An account's events into what the core is told: reports of our own orders, and what others did on the account.

An order that a conditional one triggered into may come under an id of the venue's: it is ours by the id it became. What
comes before that is known is kept, told as foreign, and told as ours once it is known.
"""

from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from interlock.messages.observations import (
    AcceptReported,
    CancelReported,
    ExpireReported,
    FillReported,
    RejectReported,
)
from interlock.ports.exchange.words import OPEN, AlgoState, Execution, Market
from interlock.units.money import ZERO, money
from interlock.units.sides import Side
from interlock.venues.binance.parse.market_values import PassedOver
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.parse.user_events import AccountEvent, user_message
from interlock.venues.binance.parse.user_values import (
    AccountTold,
    AlgoTold,
    ApiAnswered,
    KeyExpired,
    OrderTold,
    Terminated,
    TriggerRefused,
)
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable, ReadTrouble, StreamBack, StreamLost
from interlock.venues.binance.streams.states.arrivals import Recent

_USDT: Final = "USDT"
_FOREIGN_ORDERS_MAX: Final = 256
_FOREIGN_EVENTS_MAX: Final = 64
_BECAME_MAX: Final = 4_096
_BECAME: Final = frozenset({AlgoState.TRIGGERED, AlgoState.FINISHED})


class ForeignHeard(Struct, frozen=True):
    """Something happened to an order that is not ours, or to one of ours by somebody else's doing."""

    order: OrderTold | AlgoTold


class AlgoTriggered(Struct, frozen=True):
    """A conditional order of ours triggered; the venue knows what it became under `venue_order_id`."""

    order_id: str
    venue_order_id: str
    venue_at_ns: int


class FeeUnknown(Struct, frozen=True):
    """A fill's commission could not be told in USDT: the fill was reported with a fee of 0."""

    order_id: str
    trade_id: str
    commission: Decimal
    asset: str


class EventRepeated(Struct, frozen=True):
    """An event came a second time, and was dropped."""

    event: AccountEvent


OrderReport = AcceptReported | RejectReported | FillReported | CancelReported | ExpireReported
UserOut = (
    OrderReport
    | ForeignHeard
    | AlgoTriggered
    | TriggerRefused
    | AccountTold
    | FeeUnknown
    | EventRepeated
    | FrameUnreadable
    | ReadTrouble
    | StreamLost
    | StreamBack
    | ConnectFailed
)


class UserIntake:
    """The events of one account. `is_ours` knows our ids, `rate` what an asset is worth in USDT (None: unknown)."""

    def __init__(
        self,
        market: Market,
        is_ours: Callable[[str], bool],
        rate: Callable[[str], Decimal | None],
        tell: Callable[[UserOut], None],
    ) -> None:
        self._market = market
        self._is_ours = is_ours
        self._rate = rate
        self._tell = tell
        self._recent = Recent()
        self._is_overlapping = False
        self._became: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._foreign: OrderedDict[tuple[str, str], list[OrderTold]] = OrderedDict()

    def overlap(self, is_overlapping: bool) -> None:
        """Two sockets carry the events from now on, or one again."""
        self._is_overlapping = is_overlapping

    def frame(self, text: bytes, heard_at_ns: int) -> KeyExpired | Terminated | ApiAnswered | None:
        """Take a frame and tell what it says. Returns what concerns the stream itself."""
        value = user_message(text)
        match value:
            case KeyExpired() | Terminated() | ApiAnswered():
                return value
            case Unreadable():
                self._tell(FrameUnreadable(value.where, value.what, heard_at_ns))
            case PassedOver():
                return None
            case _:
                self._event(value)
        return None

    def _event(self, event: AccountEvent) -> None:
        if not self._recent.is_new(event):
            if not self._is_overlapping:
                self._tell(EventRepeated(event))
            return
        match event:
            case OrderTold():
                self._order(event)
            case AlgoTold():
                self._algo(event)
            case _:
                self._tell(event)

    def _order(self, told: OrderTold) -> None:
        key = (told.symbol, told.venue_order_id)
        order_id = told.order_id if self._is_ours(told.order_id) else self._became.get(key)
        if order_id is not None:
            self._report(order_id, told)
            return
        kept = self._foreign.setdefault(key, [])
        if len(kept) < _FOREIGN_EVENTS_MAX:
            kept.append(told)
        if len(self._foreign) > _FOREIGN_ORDERS_MAX:
            self._foreign.popitem(last=False)
        self._tell(ForeignHeard(told))

    def _report(self, order_id: str, told: OrderTold) -> None:
        """Tell what became of an order of ours."""
        left = max(told.quantity - told.filled, ZERO)
        match told.execution:
            case Execution.NEW:
                self._tell(
                    AcceptReported(order_id=order_id, venue_order_id=told.venue_order_id, venue_at_ns=told.venue_at_ns)
                )
            case Execution.TRADE:
                self._fill(order_id, told)
            case Execution.CANCELED:
                self._tell(CancelReported(order_id=order_id, quantity_left=left, venue_at_ns=told.venue_at_ns))
            case Execution.REJECTED:
                self._tell(RejectReported(order_id=order_id, code=0, text=told.text, venue_at_ns=told.venue_at_ns))
            case Execution.EXPIRED | Execution.TRADE_PREVENTION if told.state not in OPEN:
                self._tell(
                    ExpireReported(order_id=order_id, quantity_left=left, text=told.text, venue_at_ns=told.venue_at_ns)
                )
            case _:
                self._tell(ForeignHeard(told))

    def _fill(self, order_id: str, told: OrderTold) -> None:
        fee = self._fee(told)
        if fee is None:
            self._tell(FeeUnknown(order_id, told.trade_id, told.commission, told.commission_asset))
        self._tell(
            FillReported(
                order_id=order_id,
                trade_id=told.trade_id,
                price=told.trade_price,
                quantity=told.trade_quantity,
                fee=ZERO if fee is None else fee,
                liquidity=told.liquidity,
                venue_at_ns=told.venue_at_ns,
                fee_base=told.commission if self._is_kept_of_base(told) else ZERO,
            )
        )

    def _fee(self, told: OrderTold) -> Decimal | None:
        """Return a fill's commission in USDT: at the fill's own price where it is in what was traded.

        It is exact where it was kept of what was bought.
        """
        asset, commission = told.commission_asset, told.commission
        if asset == _USDT or not commission:
            return money(commission)
        if self._is_kept_of_base(told):
            return commission * told.trade_price
        if told.symbol == asset + _USDT:
            return money(commission * told.trade_price)
        rate = self._rate(asset)
        return None if rate is None else money(commission * rate)

    def _is_kept_of_base(self, told: OrderTold) -> bool:
        """Tell whether the venue kept its commission of the quantity that was bought: on spot, and of purchases alone.

        A futures position is no holding of the asset, and what was sold is gone: there it is a fee like any.
        """
        is_purchase = self._market is Market.SPOT and told.side is Side.BUY
        return is_purchase and bool(told.commission) and told.symbol == told.commission_asset + _USDT

    def _algo(self, told: AlgoTold) -> None:
        order_id = told.order_id
        if not self._is_ours(order_id):
            self._tell(ForeignHeard(told))
            return
        match told.state:
            case AlgoState.NEW:
                self._tell(
                    AcceptReported(order_id=order_id, venue_order_id=told.venue_order_id, venue_at_ns=told.venue_at_ns)
                )
            case AlgoState.CANCELED:
                self._tell(CancelReported(order_id=order_id, quantity_left=told.quantity, venue_at_ns=told.venue_at_ns))
            case AlgoState.EXPIRED:
                self._tell(
                    ExpireReported(
                        order_id=order_id, quantity_left=told.quantity, text=told.text, venue_at_ns=told.venue_at_ns
                    )
                )
            case AlgoState.REJECTED:
                self._tell(RejectReported(order_id=order_id, code=0, text=told.text, venue_at_ns=told.venue_at_ns))
            case AlgoState.TRIGGERING | AlgoState.TRIGGERED | AlgoState.FINISHED:
                if told.became and told.state in _BECAME:
                    self._triggered(told)

    def _triggered(self, told: AlgoTold) -> None:
        """Note what an order became, and tell as ours what was heard of that before."""
        key = (told.symbol, told.became)
        if key in self._became:
            return
        self._became[key] = told.order_id
        if len(self._became) > _BECAME_MAX:
            self._became.popitem(last=False)
        self._tell(AlgoTriggered(told.order_id, told.became, told.venue_at_ns))
        for heard in self._foreign.pop(key, []):
            self._report(told.order_id, heard)
