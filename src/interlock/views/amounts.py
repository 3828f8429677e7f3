"""How figures and foreign text are written for people."""

from decimal import ROUND_HALF_EVEN, Decimal

from interlock.units.money import trimmed

_CENT = Decimal("0.01")


def usdt(value: Decimal) -> str:
    """Return an amount as people read it: cents, thousands apart, never a minus zero; `1,234.50 USDT`.

    What is not zero and would round to zero keeps its digits.
    """
    rounded = value.quantize(_CENT, rounding=ROUND_HALF_EVEN)
    if not rounded:
        return f"{trimmed(value) if value else '0.00'} USDT"
    return f"{rounded:,f} USDT"


def count(value: int) -> str:
    """Return a count, thousands apart."""
    return f"{value:,d}"


def printable(text: str) -> str:
    """Return text of others with every character that could move the cursor or hide something written out."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
