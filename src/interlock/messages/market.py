"""What the core is shown of the market, and what a strategy says about it."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.words import BookState, Intent, Regime

_HALF = Decimal("0.5")


class MarketView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The market of one symbol as it stood at a decision: bounded, and stamped on the input that used it.

    Prices in quote units, sizes in base units. `atr` is the average true range of the strategy's period, None while
    it cannot be computed. `age_ms` is the quote's age at the decision; `latency_ms` its receive time less its event
    time less the estimated clock offset, None while the offset is not known or the venue gave no event time.
    `is_quote_sane` is false when the last tick was bad and no good one has followed. (`source`, `line`) is the
    raw-store position of the quote; `l2` the digest of a depth snapshot, None until that room is built.
    """

    symbol: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    spread_bps: Decimal
    atr: Decimal | None
    atr_baseline: Decimal | None
    regime: Regime
    quote_heard_at_ns: int
    age_ms: int
    latency_ms: int | None
    is_quote_sane: bool
    book: BookState
    l2: str | None
    source: str
    line: int

    @property
    def mid(self) -> Decimal:
        """The middle of bid and ask."""
        return (self.bid + self.ask) * _HALF


class Signal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What a strategy returns, and all that it can do.

    `edge_bps` is the move in its favour that it expects, before costs, in basis points; the gate subtracts the costs.
    `target_price` is its own target, None to let policy set one at a multiple of the risk. `why` is for people.
    """

    symbol: str
    intent: Intent
    edge_bps: Decimal
    target_price: Decimal | None
    why: str
