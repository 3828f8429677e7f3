"""`interlock filters`: the venue's filters as they are kept on disk."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.apps import output
from interlock.units.instruments import Instrument

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers

SUMMARY = "show, count or clear the venue's filters that are kept on disk"
DESCRIPTION = """\
Shows the filters by which the venue judges orders (ticks, lots, least values), as they were last fetched. They are
kept in the state directory for an hour, and fetched anew when the venue refuses an order by a filter, at most once a
minute. This asks nobody: it reads what is kept, and says how old it is.

examples:
  interlock filters
  interlock filters --stats --json
  interlock filters --clear

exit codes: 0 done; 1 none are kept (with --clear: there was nothing to clear).
"""
MARKETS = ("spot", "usdm")


class FiltersOfMarket(Struct, frozen=True, kw_only=True):
    """The kept filters of one market, and how their cache was used since it was last cleared."""

    market: str
    fetched_at_ns: int
    age_s: int | None
    hits: int
    misses: int
    refreshes: int
    instruments: tuple[Instrument, ...] | None


class FiltersReport(Struct, frozen=True, kw_only=True):
    """What `interlock filters` answers. `cleared` names the markets whose cache was cleared."""

    markets: tuple[FiltersOfMarket, ...]
    cleared: tuple[str, ...]


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "filters", SUMMARY, DESCRIPTION)
    parser.add_argument("--clear", action="store_true", help="forget them: the next one who needs them fetches them")
    parser.add_argument("--stats", action="store_true", help="how often they were found, missed and fetched, only")


def run(arguments: argparse.Namespace) -> int:
    """Show, count or clear. Returns 1 when there is nothing."""
    folder = filters_directory(arguments)
    report = _cleared(folder) if arguments.clear else _kept(folder, has_instruments=not arguments.stats)
    if arguments.json:
        output.write_json(report)
    else:
        output.write_text(_text(report, folder, is_clear=arguments.clear))
    return output.OK if report.cleared or any(each.fetched_at_ns for each in report.markets) else output.FINDING


def filters_directory(arguments: argparse.Namespace) -> Path:
    """Return where the state directory keeps the venue's filters."""
    return output.state_directory(arguments) / "filters"


def _cleared(folder: Path) -> FiltersReport:
    from interlock.venues.binance.filter_cache import FilterCache

    return FiltersReport(markets=(), cleared=tuple(name for name in MARKETS if FilterCache(folder, name).clear()))


def _kept(folder: Path, has_instruments: bool) -> FiltersReport:
    from interlock.venues.binance.filter_cache import FilterCache

    at_ns = time.time_ns()
    markets = []
    for market in MARKETS:
        cache = FilterCache(folder, market)
        found = cache.kept()
        stats = cache.stats
        markets.append(
            FiltersOfMarket(
                market=market,
                fetched_at_ns=stats.fetched_at_ns,
                age_s=stats.age_s(at_ns),
                hits=stats.hits,
                misses=stats.misses,
                refreshes=stats.refreshes,
                instruments=tuple(found.values()) if has_instruments and found is not None else None,
            )
        )
    return FiltersReport(markets=tuple(markets), cleared=())


def _text(report: FiltersReport, folder: Path, is_clear: bool) -> str:
    from interlock.units.time import utc_text_ms
    from interlock.views.amounts import printable

    if is_clear:
        if not report.cleared:
            return f"{folder} keeps no filters; there was nothing to clear."
        return f"Cleared the filters of {' and '.join(report.cleared)} in {folder}."
    lines = []
    for each in report.markets:
        if not each.fetched_at_ns:
            lines.append(f"{each.market}: no filters are kept in {folder}.")
            continue
        fetched = utc_text_ms(each.fetched_at_ns)
        lines.append(
            f"{each.market}: fetched {fetched}, {each.age_s} s ago; found {each.hits} times, missed {each.misses} "
            f"times, fetched {each.refreshes} times"
        )
        lines += [f"  {printable(_line(instrument))}" for instrument in each.instruments or ()]
    return "\n".join(lines)


def _line(instrument: Instrument) -> str:
    from interlock.units.money import trimmed

    return (
        f"{instrument.symbol:<14} tick {trimmed(instrument.price_tick)}, lot {trimmed(instrument.quantity_step)} "
        f"from {trimmed(instrument.quantity_min)} to {trimmed(instrument.quantity_max)}, "
        f"least value {trimmed(instrument.notional_min)} {instrument.quote}"
        + (f"; not traded here: {instrument.why_not_tradable}" if instrument.why_not_tradable else "")
    )
