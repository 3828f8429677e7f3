"""Futures positions, fills, income and settings as the venue answers them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.gateway.binance.render.figures import brief, eight, fixed, milliseconds
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.gateway.binance.symbols import Symbols
from interlock.ports.exchange.rows import Bracket, IncomeRow, PositionRow, SymbolSettings, TradeRow
from interlock.ports.exchange.words import MarginType
from interlock.units.money import BPS, ZERO, divide
from interlock.units.sides import Side

_MARGIN_WORDS = {MarginType.CROSSED: "cross", MarginType.ISOLATED: "isolated"}


class RiskV2(Struct, rename="camel"):
    """A position as the older version tells it."""

    symbol: str
    position_amt: str
    entry_price: str
    break_even_price: str
    mark_price: str
    un_realized_profit: str
    liquidation_price: str
    leverage: str
    max_notional_value: str
    margin_type: str
    isolated_margin: str
    is_auto_add_margin: str
    position_side: str
    notional: str
    isolated_wallet: str
    update_time: int


class RiskV3(Struct, rename="camel"):
    """A position as the newer version tells it."""

    symbol: str
    position_side: str
    position_amt: str
    entry_price: str
    break_even_price: str
    mark_price: str
    un_realized_profit: str
    liquidation_price: str
    isolated_margin: str
    notional: str
    margin_asset: str
    isolated_wallet: str
    initial_margin: str
    maint_margin: str
    position_initial_margin: str
    open_order_initial_margin: str
    adl: int
    bid_notional: str
    ask_notional: str
    update_time: int


class TradeShown(Struct, rename="camel"):
    """One fill."""

    symbol: str
    id: int
    order_id: int
    side: str
    price: str
    qty: str
    realized_pnl: str
    margin_asset: str
    quote_qty: str
    commission: str
    commission_asset: str
    time: int
    position_side: str
    buyer: bool
    maker: bool


def empty_position(settings: SymbolSettings, mark: Decimal) -> PositionRow:
    """Return the row of a symbol that nothing is held in."""
    return PositionRow(
        symbol=settings.symbol,
        quantity=ZERO,
        entry_price=ZERO,
        break_even_price=ZERO,
        mark_price=mark,
        unrealised=ZERO,
        liquidation_price=ZERO,
        leverage=settings.leverage,
        margin_type=settings.margin_type,
        isolated_wallet=ZERO,
        isolated_margin=ZERO,
        initial_margin=ZERO,
        maintenance_margin=ZERO,
        position_initial_margin=ZERO,
        open_order_initial_margin=ZERO,
        notional=ZERO,
        notional_max=settings.notional_max,
        bid_notional=ZERO,
        ask_notional=ZERO,
        adl_quantile=0,
        updated_at_ns=0,
    )


def risk_v2(row: PositionRow, symbols: Symbols) -> RiskV2:
    """Return a position as the older version tells it."""
    return RiskV2(
        symbol=row.symbol,
        position_amt=fixed(row.quantity, symbols.digits(row.symbol).quantity),
        entry_price=eight(row.entry_price),
        break_even_price=eight(row.break_even_price),
        mark_price=eight(row.mark_price),
        un_realized_profit=eight(row.unrealised),
        liquidation_price=brief(row.liquidation_price),
        leverage=str(row.leverage),
        max_notional_value=fixed(row.notional_max, 0),
        margin_type=_MARGIN_WORDS[row.margin_type],
        isolated_margin=eight(row.isolated_margin),
        is_auto_add_margin="false",
        position_side="BOTH",
        notional=brief(row.notional),
        isolated_wallet=brief(row.isolated_wallet),
        update_time=milliseconds(row.updated_at_ns),
    )


def risk_v3(row: PositionRow, symbols: Symbols) -> RiskV3:
    """Return a position as the newer version tells it."""
    return RiskV3(
        symbol=row.symbol,
        position_side="BOTH",
        position_amt=fixed(row.quantity, symbols.digits(row.symbol).quantity),
        entry_price=eight(row.entry_price),
        break_even_price=eight(row.break_even_price),
        mark_price=eight(row.mark_price),
        un_realized_profit=eight(row.unrealised),
        liquidation_price=brief(row.liquidation_price),
        isolated_margin=brief(row.isolated_margin),
        notional=brief(row.notional),
        margin_asset=symbols.need(row.symbol).quote,
        isolated_wallet=brief(row.isolated_wallet),
        initial_margin=brief(row.initial_margin),
        maint_margin=brief(row.maintenance_margin),
        position_initial_margin=brief(row.position_initial_margin),
        open_order_initial_margin=brief(row.open_order_initial_margin),
        adl=row.adl_quantile,
        bid_notional=brief(row.bid_notional),
        ask_notional=brief(row.ask_notional),
        update_time=milliseconds(row.updated_at_ns),
    )


def trade(row: TradeRow, symbols: Symbols) -> TradeShown:
    """Return one fill."""
    digits = symbols.digits(row.symbol)
    return TradeShown(
        symbol=row.symbol,
        id=row.trade_id,
        order_id=row.order_id,
        side=SIDE_WORDS[row.side],
        price=fixed(row.price, digits.price),
        qty=fixed(row.quantity, digits.quantity),
        realized_pnl=eight(row.realised),
        margin_asset=symbols.need(row.symbol).quote,
        quote_qty=fixed(row.quote, digits.quote),
        commission=eight(row.commission),
        commission_asset=row.commission_asset,
        time=milliseconds(row.at_ns),
        position_side="BOTH",
        buyer=row.side is Side.BUY,
        maker=row.is_maker,
    )


def income(row: IncomeRow) -> dict[str, object]:
    """Return one change of the balance."""
    return {
        "symbol": row.symbol,
        "incomeType": row.kind.value,
        "income": eight(row.amount),
        "asset": row.asset,
        "info": row.info,
        "time": milliseconds(row.at_ns),
        "tranId": row.income_id,
        "tradeId": row.trade_id,
    }


def configuration(row: SymbolSettings) -> dict[str, object]:
    """Return a symbol's settings."""
    return {
        "symbol": row.symbol,
        "marginType": row.margin_type.value,
        "isAutoAddMargin": False,
        "leverage": row.leverage,
        "maxNotionalValue": fixed(row.notional_max, 0),
    }


def brackets(found: Mapping[str, Sequence[Bracket]]) -> list[dict[str, object]]:
    """Return leverage brackets. Their amounts are JSON numbers, written from Decimals digit by digit."""
    return [
        {
            "symbol": symbol,
            "brackets": [
                {
                    "bracket": each.bracket,
                    "initialLeverage": each.leverage_max,
                    "notionalCap": _number(each.notional_max),
                    "notionalFloor": _number(each.notional_min),
                    "maintMarginRatio": _number(each.maintenance_ratio),
                    "cum": _number(each.maintenance_deduction),
                }
                for each in rows
            ],
        }
        for symbol, rows in found.items()
    ]


def _number(value: Decimal) -> msgspec.Raw:
    return msgspec.Raw(brief(value).encode())


def commission_rate(symbol: str, maker_bps: Decimal, taker_bps: Decimal) -> dict[str, object]:
    """Return a symbol's commission rates."""
    return {
        "symbol": symbol,
        "makerCommissionRate": fixed(divide(maker_bps, BPS), 6),
        "takerCommissionRate": fixed(divide(taker_bps, BPS), 6),
    }
