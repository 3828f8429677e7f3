"""Policy: everything that changes risk, as one typed value. Policy is state; it changes only by a command.

Each number says in its `extra` which way is looser: "higher", "lower", or "any" (every change is a loosening that
needs a reason). Loosening beyond the default needs a written reason in the file, and the reason stands in the log.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, field

from interlock.units.sides import Side

Higher = {"looser": "higher"}
Lower = {"looser": "lower"}
Either = {"looser": "any"}

BpsHigher = Annotated[Decimal, Meta(description="basis points", extra=Higher)]
BpsLower = Annotated[Decimal, Meta(description="basis points", extra=Lower)]
Usdt = Annotated[Decimal, Meta(description="USDT", extra=Higher)]
CountHigher = Annotated[int, Meta(ge=1, le=1_000_000, extra=Higher)]


class Bars(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The strategy's bar: the *period* of ATR, time exits and signals."""

    period_s: Annotated[int, Meta(ge=1, le=86_400, description="seconds", extra=Either)] = 300
    atr_periods: Annotated[int, Meta(ge=2, le=1_000, extra=Either)] = 14
    atr_baseline_periods: Annotated[int, Meta(ge=2, le=10_000, extra=Either)] = 96


class Sizing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large an entry may be, as shares of equity."""

    risk_bps: BpsHigher = Decimal(200)
    position_bps_max: BpsHigher = Decimal(2_000)
    exposure_bps_max: BpsHigher = Decimal(5_000)


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pre-trade limits, checked on every order from every door."""

    loss_trade_bps_max: BpsHigher = Decimal(500)
    order_usdt_max: Usdt = Decimal(10_000)
    leverage_max: Annotated[Decimal, Meta(description="times equity", extra=Higher)] = Decimal(3)
    positions_open_max: CountHigher = 5
    orders_open_max: CountHigher = 20
    orders_minute_max: CountHigher = 30
    signals_hour_max: CountHigher = 60
    collar_bps_max: BpsHigher = Decimal(100)
    spread_bps_max: BpsHigher = Decimal(50)
    quote_age_ms_max: Annotated[int, Meta(ge=1, le=3_600_000, description="milliseconds", extra=Higher)] = 2_000
    latency_ms_max: Annotated[int, Meta(ge=1, le=3_600_000, description="milliseconds", extra=Higher)] = 5_000
    duplicate_window_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="milliseconds", extra=Lower)] = 1_000


class Exits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How positions end: the ATR stop between its bounds, the target as a multiple of the risk, the time exit.

    `close_collar_bps` is the schedule by which a closing order's price may move away from the quote, attempt by
    attempt; after the last step it goes at market, since a reduction must never wait.
    """

    stop_atr_multiple: Annotated[Decimal, Meta(description="times ATR", extra=Either)] = Decimal("1.5")
    stop_bps_min: Annotated[Decimal, Meta(description="basis points", extra=Either)] = Decimal(100)
    stop_bps_max: BpsHigher = Decimal(500)
    target_risk_multiple: Annotated[Decimal, Meta(description="times the risk", extra=Either)] = Decimal(2)
    hold_periods_max: Annotated[int, Meta(ge=1, le=100_000, description="periods", extra=Higher)] = 48
    close_collar_bps: Annotated[tuple[Decimal, ...], Meta(min_length=1, max_length=8, extra=Either)] = (
        Decimal(50),
        Decimal(100),
        Decimal(200),
    )


class Costs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the gate expects a trade to cost, and the edge it asks for after costs."""

    maker_bps: BpsLower = Decimal(2)
    taker_bps: BpsLower = Decimal(4)
    slippage_bps: BpsLower = Decimal(5)
    slippage_atr_percent: Annotated[Decimal, Meta(description="percent of ATR", extra=Lower)] = Decimal(1)
    impact_free_usdt: Usdt = Decimal(1_000)
    impact_bps_per_1000_usdt: BpsLower = Decimal("0.1")
    edge_bps_min: BpsLower = Decimal(10)


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it. `symbols` names what may be traded, and which sides may open."""

    bars: Bars = Bars()
    sizing: Sizing = Sizing()
    limits: Limits = Limits()
    exits: Exits = Exits()
    costs: Costs = Costs()
    symbols: dict[str, tuple[Side, ...]] = field(
        default_factory=lambda: {"BTCUSDT": (Side.BUY, Side.SELL), "ETHUSDT": (Side.BUY, Side.SELL)}
    )
