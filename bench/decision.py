"""One decision of the gate with all its checks and their evidence, beside NautilusTrader's risk engine alone.

Inputs are built before the clock starts. Each figure is the median of many single decisions, and ours and the peer
take turns in blocks. The peer runs in an interpreter of its own, named by INTERLOCK_BENCH_NAUTILUS_PYTHON.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

from bench.figures import Figure, compared, table
from bench.nautilus import NautilusPeer
from bench.scenes import founded, hold_a_position, raised, widened
from interlock.apps.garbage import collected_seldom
from interlock.core.machine import decide
from interlock.core.state import State
from interlock.messages.commands import RaiseSignal
from interlock.messages.events import Event, OrderApproved, OrderRefused
from interlock.messages.policy import Policy
from interlock.messages.words import Intent

US_MAX = 8.0
_BLOCKS = 15
_DECISIONS = 1_500
_AS_REQUIRED = "at most 1.0"


def scenes() -> dict[str, tuple[State, Callable[[int], RaiseSignal], type[Event]]]:
    """Return what is decided: the state, the signal for a time, and the event it must come to."""
    flat, held, disarmed = founded(Policy()), founded(widened()), founded(Policy())
    hold_a_position(held)
    disarmed.is_armed = False
    return {
        "approves, flat": (flat, raised, OrderApproved),
        "approves, a position and its exits held": (held, raised, OrderApproved),
        "refuses, not armed": (disarmed, raised, OrderRefused),
        "refuses, would flip": (held, lambda at_ns: raised(at_ns, Intent.ENTER_SHORT), OrderRefused),
    }


def block_us(state: State, asked: RaiseSignal, count: int) -> list[float]:
    """Return the microseconds of each of so many decisions."""
    clock, at_ns = time.perf_counter_ns, state.at_ns + 1_000_000
    times = []
    for _ in range(count):
        start = clock()
        decide(state, at_ns, asked)
        times.append((clock() - start) / 1_000)
    return times


def run() -> list[Figure]:
    """Measure all scenes, block by block in turns with the peer."""
    figures = []
    prepared = {}
    for name, (state, signal, comes_to) in scenes().items():
        asked = signal(state.at_ns + 1_000_000)
        events = decide(state, state.at_ns + 1_000_000, asked)
        assert isinstance(events[-1], comes_to), f"{name}: {events[-1]}"
        prepared[name] = (state, asked, [median(block_us(state, asked, 200))])
    theirs: dict[str, list[float]] = {"passes": [], "denies": []}
    with NautilusPeer() as peer, collected_seldom():
        for _ in range(_BLOCKS):
            for state, asked, medians in prepared.values():
                medians.append(median(block_us(state, asked, _DECISIONS)))
            for kind, us in peer.block(_DECISIONS).items():
                theirs[kind].append(us)
        version = peer.version
    for name, (_, _, medians) in prepared.items():
        us = median(medians[1:])
        figures.append(compared(f"decision: {name}", us, US_MAX, _AS_REQUIRED, "us", f"limit {US_MAX:.0f} us"))
        kind = "passes" if name.startswith("approves") else "denies"
        peer_us = median(theirs[kind]) if theirs[kind] else None
        figures.append(
            Figure(
                name=f"decision: {name}, beside Nautilus",
                ours=us,
                peer=peer_us,
                ratio=us / peer_us if peer_us else None,
                required="no bound",
                met=None,
                unit="us",
                note=f"{version}: RiskEngine.execute that {kind}" if version else "no peer",
            )
        )
    return figures


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
