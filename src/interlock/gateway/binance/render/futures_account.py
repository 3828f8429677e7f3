"""A futures account with its assets and positions, in the shapes of both versions of the endpoint."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from interlock.gateway.binance.render.figures import eight, fixed, milliseconds
from interlock.gateway.binance.symbols import Symbols
from interlock.ports.exchange.rows import AssetRow, FuturesAccount, PositionRow
from interlock.ports.exchange.words import MarginType


class _Asset(Struct, rename="camel"):
    asset: str
    wallet_balance: str
    unrealized_profit: str
    margin_balance: str
    maint_margin: str
    initial_margin: str
    position_initial_margin: str
    open_order_initial_margin: str
    cross_wallet_balance: str
    cross_un_pnl: str
    available_balance: str
    max_withdraw_amount: str
    margin_available: bool | UnsetType
    update_time: int


class _PositionV2(Struct, rename="camel"):
    symbol: str
    initial_margin: str
    maint_margin: str
    unrealized_profit: str
    position_initial_margin: str
    open_order_initial_margin: str
    leverage: str
    isolated: bool
    entry_price: str
    break_even_price: str
    max_notional: str
    position_side: str
    position_amt: str
    notional: str
    isolated_wallet: str
    update_time: int
    bid_notional: str
    ask_notional: str


class _PositionV3(Struct, rename="camel"):
    symbol: str
    position_side: str
    position_amt: str
    unrealized_profit: str
    isolated_margin: str
    notional: str
    isolated_wallet: str
    initial_margin: str
    maint_margin: str
    update_time: int


class AccountShown(Struct, rename="camel"):
    """The account; the first eight are the older version's only."""

    fee_tier: int | UnsetType
    can_trade: bool | UnsetType
    can_deposit: bool | UnsetType
    can_withdraw: bool | UnsetType
    fee_burn: bool | UnsetType
    trade_group_id: int | UnsetType
    update_time: int | UnsetType
    multi_assets_margin: bool | UnsetType
    total_initial_margin: str
    total_maint_margin: str
    total_wallet_balance: str
    total_unrealized_profit: str
    total_margin_balance: str
    total_position_initial_margin: str
    total_open_order_initial_margin: str
    total_cross_wallet_balance: str
    total_cross_un_pnl: str
    available_balance: str
    max_withdraw_amount: str
    assets: list[_Asset]
    positions: list[_PositionV2] | list[_PositionV3]


class BalanceShown(Struct, rename="camel"):
    """One asset of the wallet."""

    account_alias: str
    asset: str
    balance: str
    cross_wallet_balance: str
    cross_un_pnl: str
    available_balance: str
    max_withdraw_amount: str
    margin_available: bool
    update_time: int


def is_held(row: PositionRow) -> bool:
    """Tell whether a symbol has a position or open orders: what the newer version shows."""
    return bool(row.quantity or row.open_order_initial_margin or row.bid_notional or row.ask_notional)


def account_v2(row: FuturesAccount, positions: Iterable[PositionRow], symbols: Symbols) -> AccountShown:
    """Return the account as the older version tells it; `positions` is to name every symbol listed."""
    return _account(row, [_position_v2(each, symbols) for each in positions], is_v2=True)


def account_v3(row: FuturesAccount, symbols: Symbols) -> AccountShown:
    """Return the account as the newer version tells it."""
    return _account(row, [_position_v3(each, symbols) for each in row.positions if is_held(each)], is_v2=False)


def _account(row: FuturesAccount, positions: list[_PositionV2] | list[_PositionV3], *, is_v2: bool) -> AccountShown:
    def total(name: str) -> str:
        return eight(sum((getattr(each, name) for each in row.assets), Decimal(0)))

    return AccountShown(
        fee_tier=0 if is_v2 else UNSET,
        can_trade=True if is_v2 else UNSET,
        can_deposit=False if is_v2 else UNSET,
        can_withdraw=False if is_v2 else UNSET,
        fee_burn=False if is_v2 else UNSET,
        trade_group_id=-1 if is_v2 else UNSET,
        update_time=0 if is_v2 else UNSET,
        multi_assets_margin=False if is_v2 else UNSET,
        total_initial_margin=total("initial_margin"),
        total_maint_margin=total("maintenance_margin"),
        total_wallet_balance=total("wallet"),
        total_unrealized_profit=total("unrealised"),
        total_margin_balance=total("margin_balance"),
        total_position_initial_margin=total("position_initial_margin"),
        total_open_order_initial_margin=total("open_order_initial_margin"),
        total_cross_wallet_balance=total("cross_wallet"),
        total_cross_un_pnl=eight(cross_unrealised(row)),
        available_balance=total("available"),
        max_withdraw_amount=total("withdrawable"),
        assets=[_asset(each, cross_unrealised(row), is_v2=is_v2) for each in row.assets],
        positions=positions,
    )


def cross_unrealised(row: FuturesAccount) -> Decimal:
    """Return what the positions on cross margin stand at; all are margined in the one asset."""
    crossed = (each.unrealised for each in row.positions if each.margin_type is MarginType.CROSSED)
    return sum(crossed, Decimal(0))


def _asset(row: AssetRow, crossed: Decimal, *, is_v2: bool) -> _Asset:
    return _Asset(
        asset=row.asset,
        wallet_balance=eight(row.wallet),
        unrealized_profit=eight(row.unrealised),
        margin_balance=eight(row.margin_balance),
        maint_margin=eight(row.maintenance_margin),
        initial_margin=eight(row.initial_margin),
        position_initial_margin=eight(row.position_initial_margin),
        open_order_initial_margin=eight(row.open_order_initial_margin),
        cross_wallet_balance=eight(row.cross_wallet),
        cross_un_pnl=eight(crossed),
        available_balance=eight(row.available),
        max_withdraw_amount=eight(row.withdrawable),
        margin_available=True if is_v2 else UNSET,
        update_time=milliseconds(row.updated_at_ns),
    )


def _position_v2(row: PositionRow, symbols: Symbols) -> _PositionV2:
    digits = symbols.digits(row.symbol)
    return _PositionV2(
        symbol=row.symbol,
        initial_margin=eight(row.initial_margin),
        maint_margin=eight(row.maintenance_margin),
        unrealized_profit=eight(row.unrealised),
        position_initial_margin=eight(row.position_initial_margin),
        open_order_initial_margin=eight(row.open_order_initial_margin),
        leverage=str(row.leverage),
        isolated=row.margin_type is MarginType.ISOLATED,
        entry_price=eight(row.entry_price),
        break_even_price=eight(row.break_even_price),
        max_notional=fixed(row.notional_max, 0),
        position_side="BOTH",
        position_amt=fixed(row.quantity, digits.quantity),
        notional=eight(row.notional),
        isolated_wallet=eight(row.isolated_wallet),
        update_time=milliseconds(row.updated_at_ns),
        bid_notional=eight(row.bid_notional),
        ask_notional=eight(row.ask_notional),
    )


def _position_v3(row: PositionRow, symbols: Symbols) -> _PositionV3:
    digits = symbols.digits(row.symbol)
    return _PositionV3(
        symbol=row.symbol,
        position_side="BOTH",
        position_amt=fixed(row.quantity, digits.quantity),
        unrealized_profit=eight(row.unrealised),
        isolated_margin=eight(row.isolated_margin),
        notional=eight(row.notional),
        isolated_wallet=eight(row.isolated_wallet),
        initial_margin=eight(row.initial_margin),
        maint_margin=eight(row.maintenance_margin),
        update_time=milliseconds(row.updated_at_ns),
    )


def balances(row: FuturesAccount, alias: str) -> list[BalanceShown]:
    """Return the wallet, asset by asset."""
    crossed = cross_unrealised(row)
    return [
        BalanceShown(
            account_alias=alias,
            asset=each.asset,
            balance=eight(each.wallet),
            cross_wallet_balance=eight(each.cross_wallet),
            cross_un_pnl=eight(crossed),
            available_balance=eight(each.available),
            max_withdraw_amount=eight(each.withdrawable),
            margin_available=True,
            update_time=milliseconds(each.updated_at_ns),
        )
        for each in row.assets
    ]
