"""The instruments that are known without asking the venue: Binance's two largest symbols, as facts in code.

Source: the venue's exchangeInfo as it has stood since 2023 (futures: tick, lot, least notional 100 and 20 USDT).
"""

from decimal import Decimal

from interlock.units.faults import Fault
from interlock.units.instruments import Instrument

MARKETS = ("usdm", "spot")


def embedded_instruments(market: str) -> dict[str, Instrument]:
    """Return BTCUSDT and ETHUSDT of a market ("usdm" or "spot") by symbol. Errors: Fault on any other market."""
    if market == "usdm":
        listed = (
            _usdm("BTC", "0.10", ("556.80", "4529764"), "0.001", "1000", "120", "100"),
            _usdm("ETH", "0.01", ("39.86", "306177"), "0.001", "10000", "2000", "20"),
        )
    elif market == "spot":
        listed = (_spot("BTC", "0.00001", "9000", "160"), _spot("ETH", "0.0001", "9000", "2900"))
    else:
        raise Fault(
            f"no instruments are known for the market '{market}'",
            f"use one of: {', '.join(MARKETS)}; or take them from a file of exchange information",
        )
    return {instrument.symbol: instrument for instrument in listed}


def _usdm(
    base: str, tick: str, bounds: tuple[str, str], step: str, most: str, most_at_market: str, notional_min: str
) -> Instrument:
    return Instrument(
        symbol=f"{base}USDT",
        market="usdm",
        base=base,
        quote="USDT",
        price_tick=Decimal(tick),
        price_min=Decimal(bounds[0]),
        price_max=Decimal(bounds[1]),
        quantity_step=Decimal(step),
        quantity_min=Decimal(step),
        quantity_max=Decimal(most),
        market_quantity_max=Decimal(most_at_market),
        notional_min=Decimal(notional_min),
        is_tradable=True,
        why_not_tradable="",
    )


def _spot(base: str, step: str, most: str, most_at_market: str) -> Instrument:
    return Instrument(
        symbol=f"{base}USDT",
        market="spot",
        base=base,
        quote="USDT",
        price_tick=Decimal("0.01"),
        price_min=Decimal("0.01"),
        price_max=Decimal(1_000_000),
        quantity_step=Decimal(step),
        quantity_min=Decimal(step),
        quantity_max=Decimal(most),
        market_quantity_max=Decimal(most_at_market),
        notional_min=Decimal(5),
        is_tradable=True,
        why_not_tradable="",
    )
