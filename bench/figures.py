"""One measured figure, and how a list of them is shown."""

from collections.abc import Iterable

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in one run, ours beside a peer's.

    `ratio` is ours over the peer's in `unit`; `required` says in which direction it must go ("at least 0.8"). Without a
    peer there is no claim: peer, ratio and met are None.
    """

    name: str
    ours: float
    peer: float | None
    ratio: float | None
    required: str
    met: bool | None
    unit: str
    note: str


def compared(name: str, ours: float, peer: float, required: str, unit: str, note: str) -> Figure:
    """Return the figure for ours beside a peer; `required` is "at least X" or "at most X" of their ratio."""
    direction, bound = required.rsplit(" ", 1)
    assert direction in ("at least", "at most"), required
    ratio = ours / peer
    met = ratio >= float(bound) if direction == "at least" else ratio <= float(bound)
    return Figure(name=name, ours=ours, peer=peer, ratio=ratio, required=required, met=met, unit=unit, note=note)


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as lines of text."""
    lines = []
    for figure in figures:
        verdict = {True: "met", False: "NOT MET", None: "no claim"}[figure.met]
        peer = "-" if figure.peer is None else f"{figure.peer:,.1f}"
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.2f}"
        lines.append(
            f"{figure.name:<44} ours {figure.ours:>12,.1f} peer {peer:>12} {figure.unit:<10} ratio {ratio:>5} "
            f"({figure.required}) {verdict}  {figure.note}"
        )
    return "\n".join(lines)
