"""Where a market stands: how far its feed was played, and what of each symbol was shown last.

A market goes on from its standing, so that a restart of the exchange moves no price and gives no id twice.
"""

from msgspec import Struct

IDS_LEAP = 1_000_000_000
"""Ids go on so far above those last known to be shown: more than are shown before the standing is written again."""


class SymbolStanding(Struct, frozen=True, forbid_unknown_fields=True):
    """The last quote shown and the highest ids so far. Prices in units of 1e-8; 0 before there was any."""

    bid_e8: int = 0
    ask_e8: int = 0
    update_id: int = 0
    trade_id: int = 0


NEVER_SHOWN = SymbolStanding()


class MarketStanding(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a market has come: `feed_ns` is the feed's own time of the last tick, 0 where it begins anew.

    `starts` counts how often it was started again; `symbols` are those that were ever shown.
    """

    feed_ns: int = 0
    starts: int = 0
    symbols: dict[str, SymbolStanding] = {}

    def begun_anew(self) -> "MarketStanding":
        """Return the standing of a market that keeps nothing but that no id is given twice."""
        kept = {
            name: SymbolStanding(update_id=each.update_id, trade_id=each.trade_id)
            for name, each in self.symbols.items()
        }
        return MarketStanding(symbols=kept)

    def started_again(self) -> "MarketStanding":
        """Return the standing of the next start: all ids leap."""
        leapt = {
            name: SymbolStanding(each.bid_e8, each.ask_e8, each.update_id + IDS_LEAP, each.trade_id + IDS_LEAP)
            for name, each in self.symbols.items()
        }
        return MarketStanding(self.feed_ns, self.starts + 1, leapt)

    def of(self, symbol: str) -> SymbolStanding:
        """Return where a symbol stands: at nothing, when it was never shown."""
        return self.symbols.get(symbol, NEVER_SHOWN)


BEGINNING = MarketStanding()
"""Where a market stands that was never shown."""
