"""Rows as the kernel hands them over, with everything about them that a test does not name."""

from decimal import Decimal
from typing import Any

from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import (
    AlgoState,
    IncomeKind,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
)
from interlock.units.money import install_context
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.records import AccountKept, AssetKept, CountersKept, PlaceKept

install_context()

START_MS = 1_700_000_000_000


def at(ms: int) -> int:
    """Return the nanoseconds of a moment so many ms after the start."""
    return (START_MS + ms) * NS_PER_MS


def order(order_id: int, **changes: Any) -> OrderRow:
    fields: dict[str, Any] = {
        "market": Market.SPOT,
        "account": "alice",
        "symbol": "BTCUSDT",
        "order_id": order_id,
        "client_order_id": f"c{order_id}",
        "side": Side.BUY,
        "kind": OrderKind.LIMIT,
        "asked_kind": OrderKind.LIMIT,
        "time_in_force": OrderForce.GTC,
        "state": OrderState.NEW,
        "quantity": Decimal("0.00100000"),
        "price": Decimal("65000.10"),
        "created_at_ns": at(order_id),
        "updated_at_ns": at(order_id),
        "working_at_ns": at(order_id),
    }
    return OrderRow(**(fields | changes))


def trade(trade_id: int, order_id: int, **changes: Any) -> TradeRow:
    fields: dict[str, Any] = {
        "market": Market.SPOT,
        "account": "alice",
        "symbol": "BTCUSDT",
        "trade_id": trade_id,
        "order_id": order_id,
        "side": Side.BUY,
        "price": Decimal("65000.10"),
        "quantity": Decimal("0.00100000"),
        "quote": Decimal("65.0001000000"),
        "commission": Decimal("-0.0000000100"),
        "commission_asset": "BTC",
        "realised": Decimal(0),
        "is_maker": True,
        "at_ns": at(trade_id),
    }
    return TradeRow(**(fields | changes))


def algo(algo_id: int, **changes: Any) -> AlgoRow:
    fields: dict[str, Any] = {
        "account": "alice",
        "symbol": "BTCUSDT",
        "algo_id": algo_id,
        "client_algo_id": f"a{algo_id}",
        "side": Side.SELL,
        "kind": OrderKind.STOP_MARKET,
        "time_in_force": OrderForce.GTC,
        "state": AlgoState.NEW,
        "quantity": Decimal("0.001"),
        "trigger_price": Decimal("60000"),
        "created_at_ns": at(algo_id),
        "updated_at_ns": at(algo_id),
    }
    return AlgoRow(**(fields | changes))


def income(income_id: int, **changes: Any) -> IncomeRow:
    fields: dict[str, Any] = {
        "account": "alice",
        "income_id": income_id,
        "kind": IncomeKind.COMMISSION,
        "symbol": "BTCUSDT",
        "asset": "USDT",
        "amount": Decimal("-0.02600004"),
        "info": "COMMISSION",
        "trade_id": str(income_id),
        "at_ns": at(income_id),
    }
    return IncomeRow(**(fields | changes))


def account(name: str = "alice") -> AccountKept:
    return AccountKept(account=name, uid=1, has_spot=True, has_futures=True, opened_at_ns=at(0))


def asset(name: str, free: str, account: str = "alice") -> AssetKept:
    return AssetKept(account=account, asset=name, free=Decimal(free), locked=Decimal("0.5"), updated_at_ns=at(1))


def place(order_id: int, **changes: Any) -> PlaceKept:
    fields: dict[str, Any] = {
        "market": Market.SPOT,
        "order_id": order_id,
        "ordinal": order_id,
        "ahead_e8": 7,
        "is_seated": True,
        "is_working": True,
        "is_waiting": False,
        "reserve": Decimal("65.0001"),
        "is_gone": False,
    }
    return PlaceKept(**(fields | changes))


def counters(order_id: int) -> CountersKept:
    return CountersKept(
        account_uid=1,
        order_id=order_id,
        trade_id=0,
        algo_id=0,
        income_id=0,
        spot_sequence=order_id,
        usdm_sequence=0,
        funded_ms=0,
    )
