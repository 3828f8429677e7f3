"""A small exchange with behaviour of its own: books that stand still, orders that rest or fill at the touch."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.events import Told
from interlock.ports.exchange.market_data import MarketEvent
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, Amendment, History, NewOrder, OrderKey, Replacement
from interlock.ports.exchange.rows import (
    AlgoRow,
    AssetRow,
    BalanceRow,
    Bracket,
    Countdown,
    FuturesAccount,
    IncomeRow,
    OrderRow,
    PositionRow,
    SpotAccount,
    SymbolSettings,
    TradeRow,
)
from interlock.ports.exchange.words import (
    OPEN,
    AlgoState,
    IncomeKind,
    MarginType,
    Market,
    OrderForce,
    OrderState,
    StopMode,
)
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.units.sides import Side
from tests.unit.gateway.binance.fake_market import ASK, BID, NOW_MS, NS, FakeMarket

ACCOUNT = "main"


class FakeExchange:
    """Accounts' orders on these markets. An order that reaches the touch fills there, whole; others rest."""

    def __init__(self) -> None:
        self.clock_ms = NOW_MS
        self.markets = {market: FakeMarket(market) for market in Market}
        self.placed: list[OrderRow] = []
        self.cancelled_as: list[str] = []
        self.filled: list[TradeRow] = []
        self.waiting: list[AlgoRow] = []
        self.leverage: dict[str, int] = {}
        self.refusal: Exception | None = None

    def now_ms(self) -> int:
        return self.clock_ms

    def data(self, market: Market) -> FakeMarket:
        return self.markets[market]

    # --- Orders ------------------------------------------------------------------------------------------------

    async def place(self, market: Market, account: str, order: NewOrder) -> Placed:
        if self.refusal is not None:
            raise self.refusal
        if any(row.client_order_id == order.client_order_id and row.state in OPEN for row in self.placed):
            raise ExchangeError(-2010, "Duplicate order sent.")
        touch = ASK if order.side is Side.BUY else BID
        reaches = order.price is None or (order.price >= ASK if order.side is Side.BUY else order.price <= BID)
        quantity = order.quantity or ((order.quote_quantity or ZERO) / touch).quantize(Decimal("0.001"))
        fills = reaches and order.trigger_price is None
        order_id, at_ns = 1_000 + len(self.placed), self.clock_ms * NS
        row = OrderRow(
            market=market,
            account=account,
            symbol=order.symbol,
            order_id=order_id,
            client_order_id=order.client_order_id,
            side=order.side,
            kind=order.kind,
            asked_kind=order.kind,
            time_in_force=order.time_in_force or OrderForce.GTC,
            state=OrderState.FILLED if fills else OrderState.NEW,
            quantity=quantity,
            quote_quantity=order.quote_quantity or ZERO,
            price=order.price or ZERO,
            trigger_price=order.trigger_price or ZERO,
            filled=quantity if fills else ZERO,
            filled_quote=quantity * touch if fills else ZERO,
            reduce_only=order.reduce_only,
            working_price=order.working_price,
            self_trade=order.self_trade,
            good_till_ms=order.good_till_ms or 0,
            created_at_ns=at_ns,
            updated_at_ns=at_ns,
            working_at_ns=-1 if order.trigger_price else at_ns,
        )
        self.placed.append(row)
        if not fills:
            return row, ()
        trade = TradeRow(
            market=market,
            account=account,
            symbol=order.symbol,
            trade_id=50 + len(self.filled),
            order_id=order_id,
            side=order.side,
            price=touch,
            quantity=quantity,
            quote=quantity * touch,
            commission=quantity / 1_000,
            commission_asset="BTC" if market is Market.SPOT else "USDT",
            realised=Decimal("-0.5"),
            is_maker=False,
            at_ns=at_ns,
        )
        self.filled.append(trade)
        return row, (trade,)

    async def test(self, market: Market, account: str, order: NewOrder) -> None:
        if order.quantity is not None and order.quantity > 1_000:
            raise ExchangeError(-1013, "Filter failure: LOT_SIZE")

    async def cancel(self, market: Market, account: str, key: OrderKey, cancel_as: str | None = None) -> OrderRow:
        found = self._find(market, key)
        if found is None or found.state not in OPEN:
            raise ExchangeError(-2011, "Unknown order sent.")
        return self._put(found, state=OrderState.CANCELED)

    async def cancel_open(
        self, market: Market, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        rows = list(await self.open_orders(market, account, symbol))
        self.cancelled_as += [cancel_as() for _ in rows if cancel_as is not None]
        return [self._put(row, state=OrderState.CANCELED) for row in rows]

    async def replace(self, account: str, replacement: Replacement) -> tuple[OrderRow | ExchangeError, Placed | None]:
        failed: ExchangeError | None = None
        cancelled: OrderRow | ExchangeError
        try:
            cancelled = await self.cancel(Market.SPOT, account, replacement.cancel)
        except ExchangeError as error:
            cancelled = failed = error
        if failed is not None and replacement.mode is StopMode.STOP_ON_FAILURE:
            raise ExchangeError(-2022, "Order cancel-replace failed.", 400, {"cancel": failed, "place": None})
        try:
            placed = await self.place(Market.SPOT, account, replacement.order)
        except ExchangeError as error:
            code, status = (-2021, 409) if failed is None else (-2022, 400)
            raise ExchangeError(
                code, "Order cancel-replace failed.", status, {"cancel": cancelled, "place": error}
            ) from error
        if failed is not None:
            halves = {"cancel": failed, "place": placed}
            raise ExchangeError(-2021, "Order cancel-replace partially failed.", 409, halves)
        return cancelled, placed

    async def amend(self, account: str, amendment: Amendment) -> OrderRow:
        found = self._find(Market.USDM, amendment.key)
        if found is None or found.state not in OPEN:
            raise ExchangeError(-2013, "Order does not exist.")
        return self._put(found, price=amendment.price, quantity=amendment.quantity)

    async def order(self, market: Market, account: str, key: OrderKey) -> OrderRow:
        found = self._find(market, key)
        if found is None:
            raise ExchangeError(-2013, "Order does not exist.")
        return found

    async def open_orders(self, market: Market, account: str, symbol: str | None) -> Sequence[OrderRow]:
        return [
            row
            for row in self.placed
            if row.market is market and row.state in OPEN and row.account == account and symbol in (None, row.symbol)
        ]

    async def orders(self, market: Market, account: str, history: History) -> Sequence[OrderRow]:
        rows = [row for row in self.placed if row.market is market and row.symbol == history.symbol]
        return [row for row in rows if row.order_id >= (history.from_id or 0)][: history.limit]

    async def trades(self, market: Market, account: str, history: History) -> Sequence[TradeRow]:
        return [row for row in self.filled if row.market is market and history.order_id in (None, row.order_id)]

    def _find(self, market: Market, key: OrderKey) -> OrderRow | None:
        for row in self.placed:
            is_named = key.order_id in (None, row.order_id) and key.client_order_id in (None, row.client_order_id)
            if is_named and row.market is market and row.symbol == key.symbol:
                return row
        return None

    def _put(self, row: OrderRow, **changes: object) -> OrderRow:
        changed = msgspec.structs.replace(row, **changes)
        self.placed[self.placed.index(row)] = changed
        return changed

    # --- Conditional orders ------------------------------------------------------------------------------------

    async def place_algo(self, account: str, order: NewOrder) -> AlgoRow:
        row = AlgoRow(
            account=account,
            symbol=order.symbol,
            algo_id=9_000 + len(self.waiting),
            client_algo_id=order.client_order_id,
            side=order.side,
            kind=order.kind,
            time_in_force=order.time_in_force or OrderForce.GTC,
            state=AlgoState.NEW,
            quantity=order.quantity or ZERO,
            price=order.price or ZERO,
            trigger_price=order.trigger_price or ZERO,
            activation_price=order.activation_price or ZERO,
            callback_rate=order.callback_rate or ZERO,
            working_price=order.working_price,
            reduce_only=order.reduce_only,
            close_position=order.close_position,
            created_at_ns=self.clock_ms * NS,
            updated_at_ns=self.clock_ms * NS,
        )
        self.waiting.append(row)
        return row

    async def cancel_algo(self, account: str, key: AlgoKey) -> AlgoRow:
        for row in self.waiting:
            if key.algo_id in (None, row.algo_id) and key.client_algo_id in (None, row.client_algo_id):
                self.waiting.remove(row)
                return row
        raise ExchangeError(-2011, "Unknown order sent.")

    async def cancel_open_algos(self, account: str, symbol: str) -> Sequence[AlgoRow]:
        gone, self.waiting = self.waiting, []
        return gone

    async def algo(self, account: str, key: AlgoKey) -> AlgoRow:
        for row in self.waiting:
            if key.algo_id in (None, row.algo_id) and key.client_algo_id in (None, row.client_algo_id):
                return row
        raise ExchangeError(-2013, "Order does not exist.")

    async def open_algos(self, account: str, symbol: str | None) -> Sequence[AlgoRow]:
        return self.waiting

    async def algos(self, account: str, history: History) -> Sequence[AlgoRow]:
        return self.waiting

    # --- Accounts ----------------------------------------------------------------------------------------------

    async def spot_account(self, account: str) -> SpotAccount:
        if account != ACCOUNT:
            raise ExchangeError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        balances = (
            BalanceRow(asset="BTC", free=Decimal("1.5"), locked=ZERO),
            BalanceRow(asset="ETH", free=ZERO, locked=ZERO),
            BalanceRow(asset="USDT", free=Decimal(1_000), locked=Decimal(50)),
        )
        return SpotAccount(
            uid=7, maker_bps=Decimal(10), taker_bps=Decimal(10), balances=balances, updated_at_ns=NOW_MS * NS
        )

    async def futures_account(self, account: str) -> FuturesAccount:
        asset = AssetRow(
            asset="USDT",
            wallet=Decimal(1_000),
            cross_wallet=Decimal(1_000),
            unrealised=Decimal("-2.5"),
            margin_balance=Decimal("997.5"),
            initial_margin=Decimal(20),
            maintenance_margin=Decimal(1),
            position_initial_margin=Decimal(20),
            open_order_initial_margin=ZERO,
            available=Decimal("977.5"),
            withdrawable=Decimal("977.5"),
            updated_at_ns=NOW_MS * NS,
        )
        return FuturesAccount(
            maker_bps=Decimal(2),
            taker_bps=Decimal(4),
            assets=(asset,),
            positions=(held_position(), set_apart()),
            updated_at_ns=NOW_MS * NS,
        )

    async def income(self, account: str, history: History, kind: str | None) -> Sequence[IncomeRow]:
        rows = [
            IncomeRow(
                account=account,
                income_id=number,
                kind=IncomeKind.COMMISSION,
                symbol="BTCUSDT",
                asset="USDT",
                amount=Decimal("-0.04"),
                info="COMMISSION",
                trade_id=str(50 + number),
                at_ns=NOW_MS * NS,
            )
            for number in range(5)
        ]
        return [row for row in rows if kind in (None, row.kind.value)][: history.limit]

    async def settings(self, account: str, symbol: str | None) -> Sequence[SymbolSettings]:
        names = list(self.markets[Market.USDM].listed.instruments) if symbol is None else [symbol]
        return [
            SymbolSettings(
                symbol=name,
                leverage=self.leverage.get(name, 20),
                margin_type=MarginType.CROSSED,
                notional_max=Decimal(250_000),
            )
            for name in names
        ]

    async def set_leverage(self, account: str, symbol: str, leverage: int) -> SymbolSettings:
        if not 1 <= leverage <= 125:
            raise ExchangeError(-4028, f"Leverage {leverage} is not valid")
        self.leverage[symbol] = leverage
        (row,) = await self.settings(account, symbol)
        return row

    async def set_margin_type(self, account: str, symbol: str, margin_type: MarginType) -> None:
        if margin_type is MarginType.CROSSED:
            raise ExchangeError(-4046, "No need to change margin type.")

    async def set_countdown(self, account: str, symbol: str, countdown_ms: int) -> Countdown:
        return Countdown(symbol=symbol, countdown_ms=countdown_ms, at_ns=(self.clock_ms + countdown_ms) * NS)

    def brackets(self, symbol: str | None) -> dict[str, tuple[Bracket, ...]]:
        bracket = Bracket(
            bracket=1,
            leverage_max=125,
            notional_min=ZERO,
            notional_max=Decimal(50_000),
            maintenance_ratio=Decimal("0.004"),
            maintenance_deduction=ZERO,
        )
        names: Mapping[str, Instrument] = self.markets[Market.USDM].listed.instruments
        return {name: (bracket,) for name in names if symbol in (None, name)}

    def listen(self, told: Callable[[Sequence[Told]], None]) -> None:
        """Nothing is told."""

    def watch(self, shown: Callable[[Market, Sequence[MarketEvent]], None]) -> None:
        """Nothing moves."""


def set_apart() -> PositionRow:
    """Return the row of a symbol with settings of its own that nothing is held in."""
    return msgspec.structs.replace(
        held_position(), symbol="ETHUSDT", quantity=ZERO, unrealised=ZERO, notional=ZERO, leverage=20
    )


def held_position() -> PositionRow:
    """Return a short position."""
    return PositionRow(
        symbol="BTCUSDT",
        quantity=Decimal("-4"),
        entry_price=Decimal("99.525"),
        break_even_price=Decimal("99.5"),
        mark_price=Decimal("100.15"),
        unrealised=Decimal("-2.5"),
        liquidation_price=Decimal("340.2"),
        leverage=20,
        margin_type=MarginType.CROSSED,
        isolated_wallet=ZERO,
        isolated_margin=ZERO,
        initial_margin=Decimal(20),
        maintenance_margin=Decimal(1),
        position_initial_margin=Decimal(20),
        open_order_initial_margin=ZERO,
        notional=Decimal("-400.6"),
        notional_max=Decimal(250_000),
        bid_notional=ZERO,
        ask_notional=ZERO,
        adl_quantile=2,
        updated_at_ns=NOW_MS * NS,
    )
