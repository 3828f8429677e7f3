"""`python -m bench [NAME ...]`: run all benches, or those named, and show one table. Those that take long are named.

Exits 0 however the figures come out, since this is no test; 1 when a bench could not run, 2 for a name there is not.
"""

import os
import sys
from collections.abc import Callable, Sequence

from bench import client, decision, journal, orders, replay, server_room, ticks, venue, venue_load
from bench.figures import Figure, table
from interlock.units.faults import Fault

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "decision": decision.run,
    "ticks": ticks.run,
    "orders": orders.run,
    "journal": journal.run,
    "replay": replay.run,
    "server_room": server_room.run,
    "client": client.run,
    "venue": venue.run,
}
LONG: dict[str, Callable[[], list[Figure]]] = {"venue_load": venue_load.run}
"""Run by name only."""


def load() -> str:
    """Return how busy the machine was in the last minute."""
    return f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"


def main(names: Sequence[str]) -> int:
    """Run the benches of these names, all without one; return the exit code."""
    known = BENCHES | LONG
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"There is no bench named {unknown[0]!r}.\nhint: name some of {', '.join(known)}.\n")
        return 2
    code = 0
    for name in names or BENCHES:
        before = load()
        try:
            figures = known[name]()
        except Fault as fault:
            sys.stderr.write(f"The bench {name} could not run: {fault.what}\nhint: {fault.hint}\n")
            code = 1
            continue
        sys.stdout.write(f"{table(figures)}\n  {name}: {before} before, {load()} after\n")
        sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
