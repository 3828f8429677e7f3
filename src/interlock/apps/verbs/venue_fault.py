"""`interlock venue fault`: make the running paper exchange misbehave."""

import argparse
from typing import TYPE_CHECKING

from interlock.apps import output

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.venues.paper.faults.paper_faults import FaultInForce

SUMMARY = "make the running paper exchange misbehave on purpose"
DESCRIPTION = """\
Puts a fault in force at the paper exchange that runs on this state directory. Without KIND it lists the kinds and what
is in force. `clear` ends one fault, by its number, or all.

examples:
  interlock venue fault
  interlock venue fault code-1007 --calls 'POST *order' --when after    the order is carried out, its answer is lost
  interlock venue fault reset --calls 'POST *order' --when before       it never is
  interlock venue fault silence --calls 'btcusdt@*' --for-ms 60000
  interlock venue fault clock-offset --offset-ms -3000
  interlock venue fault clear

exit codes: 0 done; 3 no exchange runs here, or it does not know such a fault.
"""
_NUMBERS = (
    ("--count", "count", "how often it strikes; 0 for as often as it can"),
    ("--for-ms", "duration_ms", "how long it may strike, or lasts"),
    ("--delay-ms", "delay_ms", "how late"),
    ("--cut-bytes", "cut_bytes", "how much of the body is sent"),
    ("--bytes-per-s", "bytes_per_s", "how slowly"),
    ("--offset-ms", "offset_ms", "how far the clock is ahead"),
    ("--step-factor", "step_factor", "how many times as coarse the filters become"),
)


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "fault", SUMMARY, DESCRIPTION)
    parser.add_argument("kind", nargs="?", metavar="KIND", help="the kind of fault, or `clear`; without it, a list")
    parser.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="with `clear`: only this one")
    parser.add_argument(
        "--calls",
        metavar="PATTERN",
        help='which calls ("POST /fapi/v1/order", "order.place") or streams ("btcusdt@depth", "user"); * and ? work',
    )
    parser.add_argument("--market", choices=("spot", "usdm"), help="only this market")
    parser.add_argument("--account", metavar="NAME", help="only calls of this account")
    parser.add_argument("--when", choices=("before", "after"), help="before the request has its effect, or after")
    parser.add_argument("--symbol", metavar="SYMBOL", help="filters-changed: only this symbol")
    for option, name, what in _NUMBERS:
        parser.add_argument(option, dest=name, type=int, metavar="N", help=what)


def run(arguments: argparse.Namespace) -> int:
    """Inject, list or clear."""
    import msgspec

    from interlock.apps.venue.admin import ask
    from interlock.venues.paper.faults.paper_faults import FaultInForce

    folder = output.state_directory(arguments) / "venue"
    if arguments.kind is None:
        in_force = msgspec.json.decode(ask(folder, "GET", "/faults"), type=tuple[FaultInForce, ...])
        _list(in_force, arguments.json)
        return output.OK
    if arguments.kind == "clear":
        query = "" if arguments.number is None else f"?id={arguments.number}"
        cleared = msgspec.json.decode(ask(folder, "DELETE", f"/faults{query}"), type=dict[str, int])
        if arguments.json:
            output.write_json(cleared)
        else:
            output.write_text(f"{cleared['cleared']} fault(s) ended.")
        return output.OK
    asked = {
        name: getattr(arguments, name)
        for name in ("kind", "calls", "market", "account", "when", "symbol", *(name for _, name, _ in _NUMBERS))
        if getattr(arguments, name) is not None
    }
    told = msgspec.json.decode(ask(folder, "POST", "/faults", msgspec.json.encode(asked)), type=FaultInForce)
    if arguments.json:
        output.write_json(told)
    else:
        output.write_text("In force: " + _line(told))
    return output.OK


def _list(in_force: "tuple[FaultInForce, ...]", is_json: bool) -> None:
    from interlock.venues.paper.faults.kinds import KINDS

    if is_json:
        kinds = {kind.value: terms.what for kind, terms in KINDS.items()}
        output.write_json({"kinds": kinds, "in_force": in_force})
        return
    width = max(len(kind.value) for kind in KINDS)
    lines = ["Kinds of fault:", *(f"  {kind.value:<{width}}  {terms.what}" for kind, terms in KINDS.items()), ""]
    lines += ["In force:", *("  " + _line(each) for each in in_force)] if in_force else ["None is in force."]
    output.write_text("\n".join(lines))


def _line(fault: "FaultInForce") -> str:
    injection = fault.injection
    left = "without end" if fault.left is None else f"{fault.left} time(s) more"
    return f"{fault.fault_id}. {injection.kind.value} on {injection.calls}, struck {fault.struck} time(s), {left}"
