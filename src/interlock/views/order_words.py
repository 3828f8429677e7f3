"""Orders, signals and markets in words."""

from decimal import Decimal

from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import ApprovedOrder, OrderTerms
from interlock.messages.words import Intent, OrderType
from interlock.units.money import MONEY_STEP, divide, trimmed
from interlock.views.amounts import printable

_INTENTS = {Intent.ENTER_LONG: "enter long", Intent.ENTER_SHORT: "enter short", Intent.EXIT: "leave"}


def order_text(order: ApprovedOrder | OrderTerms) -> str:
    """Return what an order asks the venue for: `buy 0.016 BTCUSDT, limit 60000, ioc, reduce-only`."""
    parts = [f"{order.side.value} {trimmed(order.quantity)} {printable(order.symbol)}"]
    if order.limit_price is not None:
        parts.append(f"limit {trimmed(order.limit_price)}")
    if order.trigger_price is not None:
        parts.append(f"trigger {trimmed(order.trigger_price)}")
    if order.limit_price is None and order.order_type is OrderType.MARKET:
        parts.append("at market")
    parts.append(order.time_in_force.value)
    if order.reduce_only:
        parts.append("reduce-only")
    return ", ".join(parts)


def signal_text(signal: Signal) -> str:
    """Return what a signal asks for and why, in the strategy's own words."""
    edge = "" if signal.intent is Intent.EXIT else f", expecting {trimmed(signal.edge_bps)} bps before costs"
    target = "" if signal.target_price is None else f", target {trimmed(signal.target_price)}"
    return f"{_INTENTS[signal.intent]} {printable(signal.symbol)}{edge}{target}: {printable(signal.why)}"


def market_text(view: MarketView) -> list[str]:
    """Return the market as it stood at a decision, and where in the raw data that stands."""
    atr = "not known" if view.atr is None else trimmed(view.atr)
    latency = "not known" if view.latency_ms is None else f"{view.latency_ms} ms"
    sane = "" if view.is_quote_sane else "; the last tick was bad"
    return [
        f"bid {trimmed(view.bid)} ({trimmed(view.bid_size)}), ask {trimmed(view.ask)} ({trimmed(view.ask_size)}), "
        f"spread {trimmed(view.spread_bps)} bps",
        f"ATR {atr}, regime {view.regime.value}, book {view.book.value}{sane}",
        f"quote {view.age_ms} ms old, feed latency {latency}",
        f"source {printable(view.source)}:{view.line}",
    ]


def price_mean(cost: Decimal, quantity: Decimal) -> str:
    """Return the mean price of a quantity that cost so much, at 1e-8."""
    return trimmed(divide(cost, quantity).quantize(MONEY_STEP)) if quantity else "none"
