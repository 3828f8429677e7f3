"""Where bad ticks stand: the first places, by file and line, for people to look at."""

from collections.abc import Iterable
from dataclasses import dataclass

from interlock.market.recordings.columns import Depth, Marks, Quotes, Trades
from interlock.market.streams import Stream

# So many places are told in all; all bad ticks are counted.
PLACES_MAX = 20


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One tick by its place. Ordered by when it was heard, then by file and line."""

    known_at_ns: int
    file_order: int
    line: int
    file: str
    kind: str


def place_of(stream: Stream[Quotes] | Stream[Trades] | Stream[Depth] | Stream[Marks], row: int, kind: str) -> Place:
    """Return where a row of a stream stands."""
    segment, at = stream.at(row)
    return Place(int(segment.known_at_ns[at]), segment.order, int(segment.table.line[at]), segment.source.name, kind)


def first_places(places: Iterable[Place]) -> list[Place]:
    """Return at most `PLACES_MAX` places in order: the first of each kind, then the second of each, and so on.

    So a kind that is rare is named beside one that fills the feed.
    """
    seen: dict[str, int] = {}
    ranked: list[tuple[int, Place]] = []
    for place in sorted(places):
        seen[place.kind] = seen.get(place.kind, 0) + 1
        ranked.append((seen[place.kind], place))
    return sorted(place for _, place in sorted(ranked)[:PLACES_MAX])
