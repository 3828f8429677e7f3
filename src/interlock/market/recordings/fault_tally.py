"""Counting what is wrong with the input: exact counts by kind, and the first samples by place."""

from collections.abc import Iterable, Mapping

from interlock.market.recordings.columns import FeedFault

SAMPLES_MAX = 100
DETAIL_CHARACTERS_MAX = 120

UNREADABLE = "unreadable"
TRUNCATED = "truncated"
EMPTY = "empty"
HALF_LINE = "half_line"
WRONG_COLUMNS = "wrong_columns"
NOT_A_NUMBER = "not_a_number"
NEGATIVE = "negative"
ZERO = "zero"

KINDS = (UNREADABLE, TRUNCATED, EMPTY, HALF_LINE, WRONG_COLUMNS, NOT_A_NUMBER, NEGATIVE, ZERO)


def shown(value: bytes | str) -> str:
    """Return foreign text made safe to show: printable ASCII, escaped where it was not, at most 60 characters."""
    text = value[:80].decode("latin-1") if isinstance(value, bytes) else value[:80]
    safe = ascii(text)[1:-1]
    return safe if len(safe) <= 60 else safe[:57] + "..."


class FaultTally:
    """The faults met so far. Counts are exact; of the places only the first `SAMPLES_MAX` are kept."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._samples: list[FeedFault] = []

    def add(self, kind: str, file: str, line: int, detail: str) -> None:
        """Count one fault; `line` is 0 when it is the file's as a whole."""
        assert kind in KINDS, kind
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if len(self._samples) < SAMPLES_MAX:
            self._samples.append(FeedFault(kind, file, line, detail[:DETAIL_CHARACTERS_MAX]))

    def merge(self, counts: Mapping[str, int], samples: Iterable[FeedFault]) -> None:
        """Take over the faults of another tally, after those already held."""
        for kind, count in counts.items():
            self._counts[kind] = self._counts.get(kind, 0) + count
        for fault in samples:
            if len(self._samples) < SAMPLES_MAX:
                self._samples.append(fault)

    @property
    def counts(self) -> dict[str, int]:
        """Exact counts by kind, kinds in the order of `KINDS`, only those that occurred."""
        return {kind: self._counts[kind] for kind in KINDS if kind in self._counts}

    @property
    def samples(self) -> tuple[FeedFault, ...]:
        """The first faults met, at most `SAMPLES_MAX`."""
        return tuple(self._samples)
