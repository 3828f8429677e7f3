"""A market that shows what a test tells it to, a clock that a test turns, and orders as the gate would make them."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    FillReported,
    Observation,
    RejectReported,
)
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Approval, BookState, OrderType, Purpose, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.money import install_context, to_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.exchange import PaperExchange
from interlock.venues.paper.terms import VenueTerms

install_context()

ACCOUNT = "paper"
SYMBOL = "BTCUSDT"
AT_ONCE = VenueTerms(latency_entry_ms_median=Decimal(0), latency_response_ms_median=Decimal(0))
# The real symbol with room for small round numbers.
ROOMY = replace(
    embedded_instruments("usdm")[SYMBOL],
    price_min=Decimal("0.1"),
    market_quantity_max=Decimal(1000),
    notional_min=Decimal(5),
)

Levels = list[tuple[str, str]]


def e8(text: str) -> int:
    """Return a decimal text in units of 1e-8."""
    return to_e8(Decimal(text))


class ShownMarket:
    """Implements Liquidity and Clock: the displayed book of each symbol, and now."""

    def __init__(self) -> None:
        self.at_ns = 0
        self.states: dict[str, BookState] = {}
        self.books: dict[tuple[str, Side], list[tuple[int, int]]] = {}

    def now_ns(self) -> int:
        return self.at_ns

    def show(
        self, bids: Levels, asks: Levels, symbol: str = SYMBOL, state: BookState = BookState.SYNCED
    ) -> "ShownMarket":
        """Display a book, best levels first."""
        self.states[symbol] = state
        self.books[symbol, Side.BUY] = [(e8(price), e8(size)) for price, size in bids]
        self.books[symbol, Side.SELL] = [(e8(price), e8(size)) for price, size in asks]
        return self

    def state(self, symbol: str) -> BookState | None:
        return self.states.get(symbol)

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        return self.books.get((symbol, side), [])[:count]

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        levels = self.books.get((symbol, side), [])
        if self.states.get(symbol) is BookState.SYNCED:
            return dict(levels).get(price_e8, 0)
        if not levels or self.states[symbol] is BookState.UNSYNCED:
            return None
        best_e8, size_e8 = levels[0]
        if price_e8 == best_e8:
            return size_e8
        return None if (price_e8 < best_e8) is (side is Side.BUY) else 0


class Venue:
    """A paper exchange on a shown market, driven one word at a time. Without latency unless terms say otherwise."""

    def __init__(
        self,
        terms: VenueTerms = AT_ONCE,
        balance: str = "10000000",
        instruments: dict[str, Instrument] | None = None,
        seed: int = 1,
    ) -> None:
        self.market = ShownMarket()
        listed = {SYMBOL: ROOMY} if instruments is None else instruments
        self.exchange = PaperExchange(ACCOUNT, Decimal(balance), listed, terms, self.market, self.market, seed)
        self._count = 0

    def wait_ms(self, milliseconds: int) -> list[Observation]:
        """Let time pass and return what was reported by then."""
        self.market.at_ns += milliseconds * NS_PER_MS
        return self.exchange.advance(self.market.at_ns)

    def send(self, order: ApprovedOrder) -> list[Observation]:
        """Place an order and return what is reported at this moment."""
        self.exchange.place(order)
        return self.wait_ms(0)

    def order(
        self,
        side: Side,
        quantity: str,
        limit: str | None = None,
        *,
        force: TimeInForce = TimeInForce.GTC,
        stop: str | None = None,
        target: str | None = None,
        reduce_only: bool = False,
        symbol: str = SYMBOL,
        account: str = ACCOUNT,
        order_id: str = "",
    ) -> ApprovedOrder:
        """Return an order: LIMIT with a limit, STOP_MARKET with a stop, TAKE_PROFIT_MARKET with a target, or MARKET."""
        self._count += 1
        kinds = {limit: OrderType.LIMIT, stop: OrderType.STOP_MARKET, target: OrderType.TAKE_PROFIT_MARKET}
        kind = next((kind for price, kind in kinds.items() if price is not None), OrderType.MARKET)
        trigger = stop or target
        return ApprovedOrder(
            order_id=order_id or f"il1-{self._count}",
            account=account,
            owner="owner",
            symbol=symbol,
            purpose=Purpose.ENTRY,
            side=side,
            order_type=kind,
            time_in_force=force,
            quantity=Decimal(quantity),
            limit_price=Decimal(limit) if limit else None,
            trigger_price=Decimal(trigger) if trigger else None,
            reduce_only=reduce_only,
            reference_price=Decimal(limit or trigger or "1"),
            approval=Approval.NOT_REQUIRED,
        )

    def buy(self, quantity: str, limit: str | None = None, **terms: object) -> list[Observation]:
        """Place a buy and return what is reported at this moment."""
        return self.send(self.order(Side.BUY, quantity, limit, **terms))  # type: ignore[arg-type]  # passed on as given

    def sell(self, quantity: str, limit: str | None = None, **terms: object) -> list[Observation]:
        """Place a sell and return what is reported at this moment."""
        return self.send(self.order(Side.SELL, quantity, limit, **terms))  # type: ignore[arg-type]  # passed on as given

    def cancel(self, order_id: str, symbol: str = SYMBOL) -> list[Observation]:
        """Cancel an order and return what is reported at this moment."""
        self.exchange.cancel(ACCOUNT, symbol, order_id)
        return self.wait_ms(0)

    def quote(self, bid: str, ask: str, bid_size: str = "1", ask_size: str = "1") -> list[Observation]:
        """Show a quote, a millisecond after the last thing, and return what is reported then."""
        self.market.at_ns += NS_PER_MS
        sizes = e8(bid_size), e8(ask_size)
        self.exchange.on_quote(SYMBOL, self.market.at_ns, e8(bid), e8(ask), *sizes)
        return self.exchange.advance(self.market.at_ns)

    def trade(self, price: str, quantity: str, buyer_is_aggressor: bool) -> list[Observation]:
        """Show a market trade, a millisecond after the last thing, and return what is reported then."""
        self.market.at_ns += NS_PER_MS
        self.exchange.on_trade(SYMBOL, self.market.at_ns, e8(price), e8(quantity), buyer_is_aggressor)
        return self.exchange.advance(self.market.at_ns)

    def held(self, symbol: str = SYMBOL) -> Decimal:
        """Return the position the exchange has booked."""
        found = [each.quantity for each in self.exchange.book_of_record().positions if each.symbol == symbol]
        return found[0] if found else Decimal(0)


def story(reports: list[Observation]) -> list[str]:
    """Return reports as short lines: what happened to which order, and the numbers."""
    lines = []
    for report in reports:
        match report:
            case AcceptReported():
                lines.append("accepted")
            case FillReported(price=price, quantity=quantity, liquidity=liquidity):
                lines.append(f"{liquidity.value} {quantity} at {price}")
            case ExpireReported(quantity_left=left, text=text):
                lines.append(f"expired {left}: {text}")
            case CancelReported(quantity_left=left):
                lines.append(f"cancelled {left}")
            case RejectReported(code=code):
                lines.append(f"rejected {code}")
            case CancelRejectReported(code=code):
                lines.append(f"cancel rejected {code}")
            case _:
                raise AssertionError(f"the exchange does not send {report}")
    return lines
