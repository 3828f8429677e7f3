"""Buy and sell."""

from decimal import Decimal
from enum import Enum


class Side(Enum):
    """Which way an order trades, or which way a position stands (BUY = long)."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """The side that reduces a position opened by this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


SIGN = {Side.BUY: Decimal(1), Side.SELL: Decimal(-1)}
