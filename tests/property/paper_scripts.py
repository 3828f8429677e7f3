"""Scripts for the exchange: everything that accounts ask, markets show and time brings, drawn at random."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, Amendment, NewOrder, Replacement
from interlock.ports.exchange.rows import AlgoRow, OrderRow
from interlock.ports.exchange.words import (
    MarginType,
    Market,
    OrderForce,
    OrderKind,
    SelfTrade,
    StopMode,
    WorkingPrice,
)
from interlock.units.sides import Side
from interlock.venues.paper.bourse.charges import ExchangeTerms
from tests.unit.venues.paper.bourse.house import SYMBOL, House

TERMS = ExchangeTerms(
    spot_maker_bps=Decimal("7.3"),
    spot_taker_bps=Decimal("11.1"),
    futures_maker_bps=Decimal("-0.7"),
    futures_taker_bps=Decimal("4.3"),
    refill_ms=10**9,
)
HOURS_8_MS = 28_800_000
_SPOT = (
    OrderKind.LIMIT,
    OrderKind.LIMIT,
    OrderKind.MARKET,
    OrderKind.LIMIT_MAKER,
    OrderKind.STOP_LOSS,
    OrderKind.STOP_LOSS_LIMIT,
    OrderKind.TAKE_PROFIT,
    OrderKind.TAKE_PROFIT_LIMIT,
)
_ALGO = (
    OrderKind.STOP,
    OrderKind.STOP_MARKET,
    OrderKind.TAKE_PROFIT,
    OrderKind.TAKE_PROFIT_MARKET,
    OrderKind.TRAILING_STOP_MARKET,
)
_SPOT_FORCES = (OrderForce.GTC, OrderForce.IOC, OrderForce.FOK)


class Script:
    """Draws one step after the other and plays it. What is refused is refused; `refused` counts it."""

    def __init__(self, random: Random, watch: Callable[[str], None] = lambda _: None) -> None:
        """`watch` is told the name of each step before it is played."""
        self.random = random
        self.house = House(TERMS, {"USDT": "3000", "BTC": "5"}, "2000")
        self.refused = 0
        self._watch = watch
        self._steps: list[tuple[str, Callable[[], None]]] = [
            ("show", self._show),
            ("show", self._show),
            ("trade", self._trade),
            ("trade", self._trade),
            ("place", self._place),
            ("place", self._place),
            ("place", self._place),
            ("algo", self._algo),
            ("mark", self._mark),
            ("wait", self._wait),
            ("cancel", self._cancel),
            ("cancel_open", self._cancel_open),
            ("cancel_algo", self._cancel_algo),
            ("replace", self._replace),
            ("amend", self._amend),
            ("settings", self._settings),
            ("countdown", self._countdown),
        ]

    def step(self) -> None:
        """Play one step."""
        name, play = self.random.choice(self._steps)
        self._watch(name)
        try:
            play()
        except ExchangeError:
            self.refused += 1

    # --- The market ------------------------------------------------------------------------------------------------

    def _price(self) -> str:
        return str(Decimal(self.random.randint(950, 1_050)) / 10)

    def _size(self, most: int = 4_000) -> str:
        return str(Decimal(self.random.randint(1, most)) / 1_000)

    def _market(self) -> Market:
        return self.random.choice((Market.SPOT, Market.USDM))

    def _show(self) -> None:
        bid = Decimal(self.random.randint(950, 1_050)) / 10
        ask = bid + Decimal(self.random.randint(1, 20)) / 10
        bids = [(str(bid), self._size()), (str(bid - 1), self._size(20_000))]
        asks = [(str(ask), self._size()), (str(ask + 1), self._size(20_000))]
        self.house.show(self._market(), bids, asks)

    def _trade(self) -> None:
        self.house.trade(self._market(), self._price(), self._size(), self.random.random() < 0.5)

    def _mark(self) -> None:
        far = self.random.random() < 0.2
        price = str(self.random.randint(40, 200)) if far else self._price()
        self.house.mark(price, str(Decimal(self.random.randint(-30, 30)) / 10_000))
        self.house.wait_ms(1)

    def _wait(self) -> None:
        self.house.wait_ms(self.random.choice((5, 1_000, HOURS_8_MS)))

    # --- Orders ----------------------------------------------------------------------------------------------------

    def _account(self) -> str:
        return self.random.choice(("ann", "bob"))

    def _place(self) -> None:
        market = self._market()
        order = self._spot_order() if market is Market.SPOT else self._futures_order()
        self.house.kernel.place(self.house.at_ns, market, self._account(), order)

    def _spot_order(self) -> NewOrder:
        random = self.random
        kind = random.choice(_SPOT)
        side, self_trade = random.choice((Side.BUY, Side.SELL)), random.choice(tuple(SelfTrade))
        force = random.choice(_SPOT_FORCES) if kind.value.endswith("LIMIT") else None
        price = self._price() if force is not None or kind is OrderKind.LIMIT_MAKER else None
        trigger = self._price() if "STOP" in kind.value or "PROFIT" in kind.value else None
        by_value = kind is OrderKind.MARKET and random.random() < 0.5
        value = Decimal(random.randint(1, 900)) if by_value else None
        return self.house.asked(
            side,
            None if by_value else self._size(),
            price,
            kind=kind,
            force=force,
            trigger=trigger,
            quote_quantity=value,
            self_trade=self_trade,
        )

    def _futures_order(self) -> NewOrder:
        random = self.random
        is_limit = random.random() < 0.7
        force = random.choice(tuple(OrderForce)) if is_limit else None
        until_ms = self.house.at_ns // 1_000_000 + 700_000 if force is OrderForce.GTD else None
        return self.house.asked(
            random.choice((Side.BUY, Side.SELL)),
            self._size(30_000 if random.random() < 0.2 else 4_000),
            self._price() if is_limit else None,
            force=force,
            reduce_only=random.random() < 0.3,
            self_trade=random.choice(tuple(SelfTrade)),
            good_till_ms=until_ms,
        )

    def _algo(self) -> None:
        random = self.random
        kind = random.choice(_ALGO)
        trails = kind is OrderKind.TRAILING_STOP_MARKET
        closes = random.random() < 0.3 and kind in (OrderKind.STOP_MARKET, OrderKind.TAKE_PROFIT_MARKET)
        has_limit = kind in (OrderKind.STOP, OrderKind.TAKE_PROFIT)
        order = self.house.asked(
            random.choice((Side.BUY, Side.SELL)),
            None if closes else self._size(),
            self._price() if has_limit else None,
            kind=kind,
            force=random.choice(_SPOT_FORCES) if has_limit else None,
            trigger=None if trails else self._price(),
            callback_rate=Decimal("0.5") if trails else None,
            activation_price=Decimal(self._price()) if trails and random.random() < 0.5 else None,
            close_position=closes,
            reduce_only=not closes and random.random() < 0.3,
            working_price=random.choice(tuple(WorkingPrice)),
        )
        self.house.kernel.place_algo(self.house.at_ns, self._account(), order)

    def _open(self, market: Market, account: str) -> OrderRow | None:
        rows = self.house.kernel.open_orders(self.house.at_ns, market, account, None)
        return self.random.choice(rows) if rows else None

    def _cancel(self) -> None:
        market, account = self._market(), self._account()
        row = self._open(market, account)
        if row is not None:
            self.house.kernel.cancel(self.house.at_ns, market, account, self.house.key(row.order_id))

    def _cancel_open(self) -> None:
        if self.random.random() < 0.3:
            self.house.kernel.cancel_open(self.house.at_ns, self._market(), self._account(), SYMBOL)

    def _cancel_algo(self) -> None:
        account = self._account()
        rows: list[AlgoRow] = [*self.house.kernel.open_algos(self.house.at_ns, account, None)]
        if rows:
            key = AlgoKey(algo_id=self.random.choice(rows).algo_id)
            self.house.kernel.cancel_algo(self.house.at_ns, account, key)

    def _replace(self) -> None:
        account = self._account()
        row = self._open(Market.SPOT, account)
        replacement = Replacement(
            mode=self.random.choice(tuple(StopMode)),
            cancel=self.house.key(row.order_id if row is not None else 10**9),
            cancel_as="gone",
            order=self._spot_order(),
        )
        self.house.kernel.replace(self.house.at_ns, account, replacement)

    def _amend(self) -> None:
        account = self._account()
        row = self._open(Market.USDM, account)
        if row is not None:
            price = row.price if self.random.random() < 0.5 else Decimal(self._price())
            amendment = Amendment(
                key=self.house.key(row.order_id), side=row.side, quantity=Decimal(self._size()), price=price
            )
            self.house.kernel.amend(self.house.at_ns, account, amendment)

    def _settings(self) -> None:
        kernel, at_ns, account = self.house.kernel, self.house.at_ns, self._account()
        if self.random.random() < 0.5:
            kernel.set_leverage(at_ns, account, SYMBOL, self.random.choice((1, 3, 20, 50, 125)))
        else:
            kernel.set_margin_type(at_ns, account, SYMBOL, self.random.choice(tuple(MarginType)))

    def _countdown(self) -> None:
        self.house.kernel.set_countdown(self.house.at_ns, self._account(), SYMBOL, self.random.choice((0, 3, 2_000)))
