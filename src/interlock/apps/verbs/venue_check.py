"""`interlock venue check`: does the client reach a venue, and what does it find there."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.apps import output
from interlock.units.faults import Fault

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.apps.venue.keys import AccountKeys
    from interlock.apps.venue_check.report import CheckReport
    from interlock.venues.binance.endpoints import Endpoints

SUMMARY = "look at a venue through the client, and open nothing"
DESCRIPTION = """\
Reaches a venue the way live trading will: its clock against ours, its filters, the account, open orders, the market's
streams with a whole book, the account's stream, and the order line by a cancellation of an order that never was.
Nothing is placed. Filters that were found are kept for `interlock filters`.

examples:
  interlock venue check                               the paper exchange of this state directory
  interlock venue check --environment testnet --keys my-keys.json

exit codes: 0 everything is well; 1 something is not, and each is listed; 3 no keys, or an environment that is refused.
"""


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "check", SUMMARY, DESCRIPTION)
    parser.add_argument("--environment", default="paper", metavar="NAME", help="paper, testnet or live (refused)")
    parser.add_argument("--market", choices=("spot", "usdm"), help="only this market")
    parser.add_argument("--account", metavar="NAME", help="whose keys (default: the first of the file)")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="the keys (default: those of the paper exchange here)"
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="settings.toml with the exchange's host and ports"
    )
    parser.add_argument("--port-spot", type=int, metavar="PORT", help="where the paper exchange serves spot")
    parser.add_argument("--port-usdm", type=int, metavar="PORT", help="where it serves futures")
    parser.add_argument(
        "--symbol", action="append", metavar="SYMBOL", help="look at this one (default: two large ones)"
    )
    parser.add_argument(
        "--seconds", type=int, default=10, metavar="N", help="how long each is waited for (default: 10)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Look. Returns 1 when anything is not well."""
    import uvloop

    if not 1 <= arguments.seconds <= 600:
        raise Fault(f"--seconds {arguments.seconds} is not allowed; 1 to 600 is.", "Ten is enough on a good line.")
    keys = _keys(arguments)
    endpoints = _endpoints(arguments)
    report = uvloop.run(_look(arguments, keys, endpoints))
    if arguments.json:
        output.write_json(report)
    else:
        output.write_text(_text(report))
    return output.OK if report.ok else output.FINDING


async def _look(arguments: argparse.Namespace, keys: "AccountKeys", endpoints: "Endpoints") -> "CheckReport":
    from interlock.apps.venue_check.market_look import MarketLook
    from interlock.apps.venue_check.report import CheckReport, Looked
    from interlock.ports.exchange.words import Market
    from interlock.runtime import latch
    from interlock.runtime.boot_clock import BootClock
    from interlock.venues.binance.signing import HmacSigner

    state = output.state_directory(arguments)
    path = str(state / latch.FILE_NAME)
    view = latch.LatchView(path)
    level, _, why = latch.read_level(path)
    looks: list[Looked] = []
    for market in Market:
        if arguments.market in (None, market.value):
            look = MarketLook(
                market,
                endpoints,
                HmacSigner(keys.key, keys.secret),
                view,
                BootClock(),
                state / "filters",
                tuple(arguments.symbol or ()),
                arguments.seconds,
            )
            looks += await look.looks()
    view.close()
    return CheckReport(
        ok=all(each.is_good for each in looks),
        environment=endpoints.environment.value,
        account=keys.account,
        latch=f"{latch.NAMES[level]}{f' ({why})' if why else ''}",
        looks=tuple(looks),
    )


def _keys(arguments: argparse.Namespace) -> "AccountKeys":
    from interlock.apps.venue.keys import FILE_NAME, read_keys

    path: Path = arguments.keys or output.state_directory(arguments) / "venue" / FILE_NAME
    known = read_keys(path)
    named = [each for each in known if arguments.account in (None, each.account)]
    if not named:
        there = ", ".join(each.account for each in known) or "none"
        raise Fault(
            f"There are no keys of {arguments.account or 'any account'} in {path}: it has {there}.",
            "Start `interlock venue` on this state directory, or name a file with --keys.",
        )
    return named[0]


def _endpoints(arguments: argparse.Namespace) -> "Endpoints":
    from interlock.runtime.configuration.settings import read_settings
    from interlock.venues.binance.endpoints import Place, endpoints_of

    venue = read_settings(arguments.settings).venue
    spot = venue.port_spot if arguments.port_spot is None else arguments.port_spot
    usdm = venue.port_usdm if arguments.port_usdm is None else arguments.port_usdm
    return endpoints_of(arguments.environment, Place(venue.host, spot, False), Place(venue.host, usdm, False))


def _text(report: "CheckReport") -> str:
    from interlock.views.amounts import printable

    bad = [each for each in report.looks if not each.is_good]
    lines = [f"The {report.environment} venue, account {report.account}; latch: {report.latch}"]
    for each in report.looks:
        mark = "ok  " if each.is_good else "BAD "
        lines.append(f"  {mark} {each.market:<5} {each.what:<14} {printable(each.told)}")
    lines.append("Everything is well." if not bad else f"{len(bad)} of {len(report.looks)} looks were not good.")
    return "\n".join(lines)
