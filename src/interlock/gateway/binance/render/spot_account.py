"""A spot account and its fills as the venue answers them."""

from decimal import Decimal

from msgspec import Struct

from interlock.gateway.binance.render.figures import eight, milliseconds
from interlock.ports.exchange.rows import SpotAccount, TradeRow
from interlock.units.money import BPS, ZERO, divide
from interlock.units.sides import Side


class _Rates(Struct):
    maker: str
    taker: str
    buyer: str
    seller: str


class _Balance(Struct):
    asset: str
    free: str
    locked: str


class AccountShown(Struct, rename="camel"):
    """The account. Commissions in basis points as whole numbers, and as rates."""

    maker_commission: int
    taker_commission: int
    buyer_commission: int
    seller_commission: int
    commission_rates: _Rates
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    brokered: bool
    require_self_trade_prevention: bool
    prevent_sor: bool
    update_time: int
    account_type: str
    balances: list[_Balance]
    permissions: list[str]
    uid: int


class TradeShown(Struct, rename="camel"):
    """One fill."""

    symbol: str
    id: int
    order_id: int
    order_list_id: int
    price: str
    qty: str
    quote_qty: str
    commission: str
    commission_asset: str
    time: int
    is_buyer: bool
    is_maker: bool
    is_best_match: bool


def rate(bps: Decimal) -> str:
    """Return basis points as a rate with eight digits."""
    return eight(divide(bps, BPS))


def account(row: SpotAccount, *, may_trade: bool = True, omits_zero: bool = False) -> AccountShown:
    """Return the account, without empty balances if asked."""
    return AccountShown(
        maker_commission=int(row.maker_bps),
        taker_commission=int(row.taker_bps),
        buyer_commission=0,
        seller_commission=0,
        commission_rates=rates(row.maker_bps, row.taker_bps),
        can_trade=may_trade,
        can_withdraw=False,
        can_deposit=False,
        brokered=False,
        require_self_trade_prevention=False,
        prevent_sor=False,
        update_time=milliseconds(row.updated_at_ns),
        account_type="SPOT",
        balances=[
            _Balance(each.asset, eight(each.free), eight(each.locked))
            for each in row.balances
            if not omits_zero or each.free or each.locked
        ],
        permissions=["SPOT"],
        uid=row.uid,
    )


def rates(maker_bps: Decimal, taker_bps: Decimal) -> _Rates:
    """Return commission rates; buying and selling themselves cost nothing."""
    return _Rates(rate(maker_bps), rate(taker_bps), eight(ZERO), eight(ZERO))


def trade(row: TradeRow) -> TradeShown:
    """Return one fill."""
    return TradeShown(
        symbol=row.symbol,
        id=row.trade_id,
        order_id=row.order_id,
        order_list_id=-1,
        price=eight(row.price),
        qty=eight(row.quantity),
        quote_qty=eight(row.quote),
        commission=eight(row.commission),
        commission_asset=row.commission_asset,
        time=milliseconds(row.at_ns),
        is_buyer=row.side is Side.BUY,
        is_maker=row.is_maker,
        is_best_match=True,
    )


def commission(symbol: str, row: SpotAccount) -> dict[str, object]:
    """Return the commission rates of a symbol."""
    none = rates(ZERO, ZERO)
    return {
        "symbol": symbol,
        "standardCommission": rates(row.maker_bps, row.taker_bps),
        "specialCommission": none,
        "taxCommission": none,
        "discount": _NO_DISCOUNT,
    }


def order_commission(row: SpotAccount) -> dict[str, object]:
    """Return the commission rates that a tested order would have."""
    none = {"maker": eight(ZERO), "taker": eight(ZERO)}
    return {
        "standardCommissionForOrder": {"maker": rate(row.maker_bps), "taker": rate(row.taker_bps)},
        "specialCommissionForOrder": none,
        "taxCommissionForOrder": none,
        "discount": _NO_DISCOUNT,
    }


_NO_DISCOUNT = {
    "enabledForAccount": False,
    "enabledForSymbol": False,
    "discountAsset": "BNB",
    "discount": "0.00000000",
}
