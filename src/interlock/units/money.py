"""Decimal money in one context, with every rounding and every division named.

The context has precision 34 and traps invalid operations, division by zero, overflow and mixing with float. Every
process calls `install_context()` first; a thread that did not would compute in Python's default context.
"""

import decimal
from decimal import ROUND_HALF_EVEN, Decimal

PRECISION = 34
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
BPS = Decimal(10_000)
MONEY_STEP = Decimal("0.00000001")
BPS_STEP = Decimal("0.0001")
_E8 = Decimal("1E-8")
PERCENT_CAP = Decimal(999_999)


def install_context() -> None:
    """Make this thread's decimal context the one all money is computed in."""
    decimal.setcontext(
        decimal.Context(
            prec=PRECISION,
            rounding=ROUND_HALF_EVEN,
            traps=[
                decimal.InvalidOperation,
                decimal.DivisionByZero,
                decimal.Overflow,
                decimal.FloatOperation,
            ],
        )
    )


def plain(value: Decimal) -> str:
    """Return the value as text without exponent and without minus zero; all its digits are kept."""
    return format(value if value else abs(value), "f")


def trimmed(value: Decimal) -> str:
    """Return the value as text for people: like `plain`, without trailing zeros after the point."""
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal) -> Decimal:
    """Return an amount of money at its scale, 1e-8, rounded half to even; zero is never negative."""
    return value.quantize(MONEY_STEP) or ZERO


def from_e8(value_e8: int) -> Decimal:
    """Return the exact Decimal of a market integer in units of 1e-8."""
    return value_e8 * _E8


def to_e8(value: Decimal) -> int:
    """Return a price or size in units of 1e-8. Errors: AssertionError when it has a finer digit than that."""
    scaled = value.scaleb(8)
    whole = int(scaled)
    assert whole == scaled, f"{value} has digits finer than 1e-8"
    return whole


def step_down(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above a `value` of zero or more (sizes: never more than asked).

    Below zero it would be the smallest one not below, since Decimal divides toward zero; no price or size is negative.
    """
    return value // step * step


def step_up(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below a `value` of zero or more."""
    below = value // step * step
    return below if below == value else below + step


def is_on_step(value: Decimal, step: Decimal) -> bool:
    """Tell whether `value` lies on the grid of `step`."""
    return not value % step


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return the quotient at full precision; the caller names the rounding that follows.

    Errors: decimal.DivisionByZero.
    """
    return numerator / denominator


def percent_of(value: Decimal, limit: Decimal) -> Decimal:
    """Return how much of `limit` is used, in whole percent rounded down.

    A limit of zero is fully used by anything: 100 when nothing is asked of it, else a capped figure above it.
    """
    if limit:
        return value * HUNDRED // limit
    return PERCENT_CAP if value > ZERO else HUNDRED


def bps_of(part: Decimal, whole: Decimal) -> Decimal:
    """Return `part` as basis points of `whole`, at 1e-4 bps, rounded half to even. Errors: DivisionByZero."""
    return (part * BPS / whole).quantize(BPS_STEP) or ZERO


def share_bps(whole: Decimal, bps: Decimal) -> Decimal:
    """Return `bps` basis points of `whole`, exact."""
    return whole * bps / BPS
