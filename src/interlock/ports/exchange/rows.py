"""What an exchange has on its books: rows as its answers and its streams show them. Times are UTC nanoseconds."""

from decimal import Decimal

from msgspec import Struct

from interlock.ports.exchange.words import (
    AlgoState,
    IncomeKind,
    MarginType,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
    SelfTrade,
    WorkingPrice,
)
from interlock.units.money import ZERO
from interlock.units.sides import Side


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order. `quantity` is what was asked; an amount that was not given is zero.

    `filled` is in base units, `filled_quote` the sum of price times quantity of its trades. `kind` is what works now,
    `asked_kind` what was asked for (a triggered stop). `working_at_ns` is -1 until it is on the book.
    """

    market: Market
    account: str
    symbol: str
    order_id: int
    client_order_id: str
    side: Side
    kind: OrderKind
    asked_kind: OrderKind
    time_in_force: OrderForce
    state: OrderState
    quantity: Decimal
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    reduce_only: bool = False
    close_position: bool = False
    price_protect: bool = False
    working_price: WorkingPrice = WorkingPrice.CONTRACT_PRICE
    self_trade: SelfTrade = SelfTrade.NONE
    good_till_ms: int = 0
    algo_id: int = 0
    text: str = ""
    created_at_ns: int = 0
    updated_at_ns: int = 0
    working_at_ns: int = -1


class AlgoRow(Struct, frozen=True, kw_only=True):
    """A futures conditional order. `order_id` is the order it became, 0 while it has not triggered.

    `filled` and `filled_quote` are those of that order.
    """

    account: str
    symbol: str
    algo_id: int
    client_algo_id: str
    side: Side
    kind: OrderKind
    time_in_force: OrderForce
    state: AlgoState
    quantity: Decimal
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    activation_price: Decimal = ZERO
    callback_rate: Decimal = ZERO
    working_price: WorkingPrice = WorkingPrice.CONTRACT_PRICE
    reduce_only: bool = False
    close_position: bool = False
    price_protect: bool = False
    self_trade: SelfTrade = SelfTrade.NONE
    good_till_ms: int = 0
    order_id: int = 0
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    triggered_at_ns: int = 0
    text: str = ""
    created_at_ns: int = 0
    updated_at_ns: int = 0


class TradeRow(Struct, frozen=True, kw_only=True):
    """One fill of an order. `commission` is in `commission_asset`, below zero for a rebate.

    `realised` is what it realised in the margin asset before commission, zero for spot.
    """

    market: Market
    account: str
    symbol: str
    trade_id: int
    order_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    quote: Decimal
    commission: Decimal
    commission_asset: str
    realised: Decimal
    is_maker: bool
    at_ns: int


class BalanceRow(Struct, frozen=True, kw_only=True):
    """What a spot wallet holds of one asset: free, and locked in open orders."""

    asset: str
    free: Decimal
    locked: Decimal


class SpotAccount(Struct, frozen=True, kw_only=True):
    """A spot account. Commissions in basis points."""

    uid: int
    maker_bps: Decimal
    taker_bps: Decimal
    balances: tuple[BalanceRow, ...]
    updated_at_ns: int


class PositionRow(Struct, frozen=True, kw_only=True):
    """A futures position in one-way mode; `quantity` is below zero when short. Amounts in the margin asset.

    `liquidation_price` is zero where there is none; `isolated_wallet` is the margin set apart for it.
    """

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    break_even_price: Decimal
    mark_price: Decimal
    unrealised: Decimal
    liquidation_price: Decimal
    leverage: int
    margin_type: MarginType
    isolated_wallet: Decimal
    isolated_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    notional: Decimal
    notional_max: Decimal
    bid_notional: Decimal
    ask_notional: Decimal
    adl_quantile: int
    updated_at_ns: int


class AssetRow(Struct, frozen=True, kw_only=True):
    """What a futures wallet holds of one asset, with its margins."""

    asset: str
    wallet: Decimal
    cross_wallet: Decimal
    unrealised: Decimal
    margin_balance: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    available: Decimal
    withdrawable: Decimal
    updated_at_ns: int


class FuturesAccount(Struct, frozen=True, kw_only=True):
    """A futures account. `positions` has a row for every symbol with a position, open orders or own settings."""

    maker_bps: Decimal
    taker_bps: Decimal
    assets: tuple[AssetRow, ...]
    positions: tuple[PositionRow, ...]
    updated_at_ns: int


class IncomeRow(Struct, frozen=True, kw_only=True):
    """One change of a futures balance. `trade_id` is empty where it came from no trade."""

    account: str
    income_id: int
    kind: IncomeKind
    symbol: str
    asset: str
    amount: Decimal
    info: str
    trade_id: str
    at_ns: int


class Bracket(Struct, frozen=True, kw_only=True):
    """One leverage bracket of a symbol: up to `notional_max`, at most this leverage, this maintenance margin."""

    bracket: int
    leverage_max: int
    notional_min: Decimal
    notional_max: Decimal
    maintenance_ratio: Decimal
    maintenance_deduction: Decimal


class SymbolSettings(Struct, frozen=True, kw_only=True):
    """An account's own settings for one futures symbol."""

    symbol: str
    leverage: int
    margin_type: MarginType
    notional_max: Decimal


class Countdown(Struct, frozen=True, kw_only=True):
    """A running countdown of cancel-all for one symbol; at `at_ns` its open orders go."""

    symbol: str
    countdown_ms: int
    at_ns: int
