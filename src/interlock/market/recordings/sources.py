"""A directory of recordings into one set: which files are read, by which reader, in which order.

A file is claimed by what its first bytes are, and by its name where the bytes say nothing; what no reader claims is
named in `ignored`. Symbols stand in name order. The recordings of a symbol stand in the order of their first heard
time (ties: file name), so that the second file of a set carries on from the first.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from interlock.market.recordings import tardis, wire
from interlock.market.recordings.cache import ColumnCache
from interlock.market.recordings.columns import Recording, RecordingSet
from interlock.market.recordings.fault_tally import UNREADABLE, FaultTally, shown
from interlock.market.recordings.stored_text import head_of
from interlock.market.recordings.tables import ParsedFile
from interlock.units.faults import Fault

_HEAD_BYTES = 64 * 1024
_WIRE_MARK = b'"recv_ns"'
_WIRE_NAME = re.compile(r".+\.jsonl(\.gz)?", re.IGNORECASE)
_TARDIS_NAME = re.compile(r"(.*[^a-z])?(quotes|trades)([^a-z].*)?\.csv(\.gz)?", re.IGNORECASE)
_READERS = {wire.FORMAT: wire.read_wire, tardis.FORMAT: tardis.read_tardis}
_KINDS_READ = "Binance wire recordings (.jsonl.gz) or Tardis quotes and trades (.csv.gz)"


class FeedUnusable(Fault):
    """A feed directory gives nothing that can be run."""


@dataclass(slots=True)
class _Collected:
    """What was gathered so far from the files of a directory."""

    recordings: dict[str, list[Recording]] = field(default_factory=dict)
    tally: FaultTally = field(default_factory=FaultTally)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    names_by_digest: dict[str, str] = field(default_factory=dict)


def open_recordings(directory: Path, cache: Path | None) -> RecordingSet:
    """Return all recordings of a directory, its subdirectories left out; with `cache`, through the column cache.

    Errors: FeedUnusable when there is nothing to read, or when a symbol comes from two markets at once.
    """
    collected = _Collected()
    store = ColumnCache(cache) if cache is not None else None
    for path in _files_of(directory):
        _take_file(path, store, collected)
    if store is not None:
        collected.notes.extend(store.notes)
    if not collected.recordings:
        raise _nothing_readable(directory, collected)
    for symbol, recordings in collected.recordings.items():
        _refuse_two_markets(directory, symbol, recordings)
    return RecordingSet(
        recordings={
            symbol: tuple(sorted(collected.recordings[symbol], key=_first_heard))
            for symbol in sorted(collected.recordings)
        },
        fault_counts=collected.tally.counts,
        faults=collected.tally.samples,
        notes=tuple(collected.notes),
        ignored=tuple(collected.ignored),
    )


def _files_of(directory: Path) -> list[Path]:
    """Return the regular files that are not hidden, by name."""
    hint = f"name a directory that holds {_KINDS_READ}."
    try:
        if not directory.is_dir():
            what = "is not a directory" if directory.exists() else "does not exist"
            raise FeedUnusable(f"The feed {shown(str(directory))} {what}; nothing was read.", hint)
        entries = sorted(directory.iterdir())
        return [path for path in entries if not path.name.startswith(".") and path.is_file()]
    except OSError as error:
        what = f"The feed {shown(str(directory))} cannot be listed ({error.strerror}); nothing was read."
        raise FeedUnusable(what, "check the permissions of the directory.") from error


def _take_file(path: Path, store: ColumnCache | None, collected: _Collected) -> None:
    name = path.name
    try:
        head, is_gzip = head_of(path, _HEAD_BYTES)
        claimed = _claim(name, head)
        if claimed is None:
            collected.ignored.append(name)
            return
        if name.lower().endswith(".gz") and not is_gzip and head:
            collected.tally.add(UNREADABLE, name, 0, "the name says gzip, the bytes do not; read as plain text")
        if claimed == "":
            what = f"is not what its name says; it begins with {shown(head)}"
            collected.tally.add(UNREADABLE, name, 1, what)
            return
        digest = _digest_of(path)
    except OSError as error:
        collected.tally.add(UNREADABLE, name, 0, f"the file cannot be read: {error.strerror}")
        return
    twin = collected.names_by_digest.get(digest)
    if twin is not None:
        collected.notes.append(f"{name} holds the same bytes as {twin}; it was read once.")
        return
    parsed = _read(path, claimed, digest, store)
    if parsed.recordings:
        collected.names_by_digest[digest] = name
    collected.tally.merge(parsed.fault_counts, parsed.faults)
    collected.notes.extend(f"{name}: {remark}." for remark in parsed.remarks)
    for recording in parsed.recordings:
        collected.recordings.setdefault(recording.symbol, []).append(recording)


def _read(path: Path, claimed: str, digest: str, store: ColumnCache | None) -> ParsedFile:
    held = store.load(path.name, digest, claimed) if store is not None else None
    if held is not None:
        return held
    parsed = _READERS[claimed](path)
    if store is not None and parsed.digest == digest:
        store.keep(claimed, parsed)
    return parsed


def _claim(name: str, head: bytes) -> str | None:
    """Return the format of the reader that takes the file, "" when it is not what its name says, None for no reader."""
    first, _, rest = head.partition(b"\n")
    if first.lstrip().startswith(b"{") and _WIRE_MARK in head:
        return wire.FORMAT
    header = tardis.header_of(first)
    if header.table:
        exchange = tardis.exchange_of(header, rest.partition(b"\n")[0])
        return None if exchange and exchange not in tardis.MARKETS else tardis.FORMAT
    if _TARDIS_NAME.fullmatch(name):
        return tardis.FORMAT
    if not _WIRE_NAME.fullmatch(name):
        return None
    if not head or _WIRE_MARK in head:
        return wire.FORMAT
    return None if _is_json_object(first) else ""


def _is_json_object(line: bytes) -> bool:
    """Tell whether a line is another kind of JSON recording (or begins like one and is longer than what was read)."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line.startswith(b'{"') and len(line) > _HEAD_BYTES // 2
    return True


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_heard(recording: Recording) -> tuple[int, str]:
    tables = (recording.quotes, recording.trades, recording.depth, recording.marks)
    return min(int(table.heard_at_ns[0]) for table in tables if len(table.line)), recording.source.name


def _refuse_two_markets(directory: Path, symbol: str, recordings: list[Recording]) -> None:
    by_market = {recording.source.market: recording.source.name for recording in recordings}
    if len(by_market) > 1:
        files = " and ".join(f"{by_market[market]} ({market})" for market in sorted(by_market))
        raise FeedUnusable(
            f"The feed {shown(str(directory))} holds {symbol} from two markets, {files}; nothing was run.",
            "keep the recordings of each market in a directory of their own.",
        )


def _nothing_readable(directory: Path, collected: _Collected) -> FeedUnusable:
    faults = collected.tally.samples
    count = sum(collected.tally.counts.values())
    first = f", the first in {faults[0].file} line {faults[0].line}: {faults[0].detail}" if faults else ""
    return FeedUnusable(
        f"The feed {shown(str(directory))} holds nothing that can be read: {len(collected.ignored)} files are of no "
        f"known kind, {count} faults were found{first}.",
        f"name a directory that itself holds {_KINDS_READ}.",
    )
