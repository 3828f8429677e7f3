"""Whether what came in can be computed with at all. What cannot is refused before anything is worked out from it."""

from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import OrderTerms
from interlock.units.money import ZERO


def is_signal_sound(signal: Signal) -> bool:
    """Tell whether a signal's numbers are numbers."""
    target = signal.target_price
    return signal.edge_bps.is_finite() and (target is None or (target.is_finite() and target > ZERO))


def are_terms_sound(terms: OrderTerms) -> bool:
    """Tell whether an order's numbers are numbers, and its prices above zero."""
    prices = (terms.limit_price, terms.trigger_price)
    return terms.quantity.is_finite() and all(p is None or (p.is_finite() and p > ZERO) for p in prices)


def is_quote_sound(view: MarketView) -> bool:
    """Tell whether bid and ask are prices and do not cross."""
    bid, ask = view.bid, view.ask
    return bid.is_finite() and ask.is_finite() and ZERO < bid < ask


def is_atr_sound(view: MarketView) -> bool:
    """Tell whether the ATR is known. An ATR of zero measures nothing, and no stop can be set by it."""
    return view.atr is not None and view.atr.is_finite() and view.atr > ZERO
