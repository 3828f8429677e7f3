"""`interlock venue`: a paper exchange on Binance's wire."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from interlock.apps import output

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.apps.venue.process import VenueReady
    from interlock.runtime.configuration.settings import Settings

SUMMARY = "serve a paper exchange on Binance's wire"
DESCRIPTION = """\
Serves a paper exchange that speaks Binance's REST and WebSocket protocols, spot on one port and USD-margined futures
on another, for any client that can be pointed at an address: ccxt, python-binance, bots, your own. It fills orders
against a simulated market or a recording played onto the present, and keeps its own book of record on disk: killed at
any moment, it goes on from there. `interlock venue` and `interlock venue run` are the same.

examples:
  interlock venue run                               both markets, simulated without an end
  interlock venue --feed RECORDINGS --until-end   a recording, once
  interlock venue fault code-1007 --calls 'POST *order'   the next order's answer is lost, though it was carried out
  interlock venue book --json                     what the exchange has on its books

The keys of a new account are printed once, by the first start that succeeds; they lie in venue/keys.json of the state
directory. After a restart the market goes on from where it stood, about; another feed needs --new-market.

exit codes: 0 told to stop, or the feed has ended; 3 bad input, or the port is taken; 4 its book cannot be written.
"""


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "run", SUMMARY, DESCRIPTION)
    parser.add_argument(
        "--feed",
        action="append",
        metavar="DIR|simulated",
        help="what the markets show; a second --feed may play the other market (default: simulated, which plays both)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="drives the simulated feed (default: 1)")
    parser.add_argument("--speed", type=int, default=1, metavar="N", help="play the feed N times as fast (default: 1)")
    parser.add_argument(
        "--until-end", action="store_true", help="stop at a recording's end instead of playing it again"
    )
    parser.add_argument(
        "--new-market",
        action="store_true",
        help="begin the feed anew, or another one; what is held meets the new feed's prices (default: go on)",
    )
    parser.add_argument(
        "--history-min",
        type=int,
        default=0,
        metavar="N",
        help="begin with candles, day ticker and trades of so many minutes before the start (default: 0)",
    )
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings.toml with the accounts and ports")
    parser.add_argument("--host", metavar="HOST", help="listen here (default: venue.host of the settings)")
    parser.add_argument("--port-spot", type=int, metavar="PORT", help="spot's port, 0 for any that is free")
    parser.add_argument("--port-usdm", type=int, metavar="PORT", help="the futures' port, 0 for any that is free")
    parser.add_argument("--faults-seed", type=int, metavar="N", help="misbehave now and then, as this seed has it")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import uvloop

    from interlock.apps.venue.markets import Feeds
    from interlock.apps.venue.process import VenuePlan, run_venue
    from interlock.units.money import install_context

    install_context()
    plan = VenuePlan(
        folder=output.state_directory(arguments) / "venue",
        feeds=Feeds(
            names=tuple(arguments.feed or ("simulated",)),
            seed=arguments.seed,
            speed=arguments.speed,
            is_looped=not arguments.until_end,
            is_new_market=arguments.new_market,
            history_min=arguments.history_min,
        ),
        settings=_settings(arguments),
        faults_seed=arguments.faults_seed,
    )

    def ready(venue: "VenueReady") -> None:
        if arguments.json:
            output.write_json(venue)
        else:
            output.write_text(_text(venue, plan.folder))
        output.flush()

    uvloop.run(run_venue(plan, ready, _progress()))
    return output.OK


def _progress() -> Callable[[int], None]:
    """Return what tells, once a second from the second second on, how much history is still to be made up."""
    import time

    told_s = time.monotonic()

    def tell(left_s: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= 1.0:
            told_s = time.monotonic()
            output.write_progress(f"Making up the history: {left_s // 60} minutes to go.")

    return tell


def _settings(arguments: argparse.Namespace) -> "Settings":
    from interlock.runtime.configuration.settings import read_settings
    from interlock.units.faults import Fault

    settings = read_settings(arguments.settings)
    named = {
        name: value
        for name, value in (
            ("host", arguments.host),
            ("port_spot", arguments.port_spot),
            ("port_usdm", arguments.port_usdm),
        )
        if value is not None
    }
    for name in ("port_spot", "port_usdm"):
        if not 0 <= named.get(name, 0) <= 65_535:
            option = "--" + name.replace("_", "-")
            raise Fault(f"{option} {named[name]} is no port; 0 to 65535 is allowed.", "0 takes any that is free.")
    return msgspec.structs.replace(settings, venue=msgspec.structs.replace(settings.venue, **named))


def _text(venue: "VenueReady", folder: Path) -> str:
    spot, usdm = f"{venue.host}:{venue.port_spot}", f"{venue.host}:{venue.port_usdm}"
    lines = [
        "The paper exchange is open.",
        "",
        f"  spot     http://{spot}/api   ws://{spot}/ws   ws://{spot}/stream   ws://{spot}/ws-api/v3",
        f"           {', '.join(venue.symbols['spot']) or 'closed: the feed has no spot market'}",
        f"  futures  http://{usdm}/fapi  ws://{usdm}/public ... /market ... /private   ws://{usdm}/ws-fapi/v1",
        f"           {', '.join(venue.symbols['usdm']) or 'closed: the feed has no futures market'}",
        f"  book     {folder}",
        f"  accounts {', '.join(venue.accounts)}",
    ]
    for each in venue.drawn:
        lines += [
            "",
            f"Keys of the account {each.account}, printed this once ({folder / 'keys.json'} keeps them):",
            f"  HMAC     key     {each.key}",
            f"           secret  {each.secret}",
            f"  Ed25519  key     {each.ed25519_key}   (the private key is in the file)",
        ]
    return "\n".join([*lines, "", "Ctrl-C stops it; the next start goes on from its book."])
