"""Recordings kept as columns on disk, so that a file is parsed once: one directory per source, named by its digest.

Each column is an `.npy` file that is mapped, not read. `manifest.json` names every array with its sha256 and carries
its own; a directory that does not match it in every byte is thrown away and made again. The cache holds nothing that
its source does not: it may be deleted at any time.
"""

import fcntl
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Raw, Struct
from numpy.typing import NDArray

from interlock.market.recordings.columns import Depth, FeedFault, Marks, Quotes, Recording, Source, Trades
from interlock.market.recordings.tables import ParsedFile, Table, column_types
from interlock.units.digests import sha256_hex

FORMAT_VERSION = 1  # raise it whenever a reader's outcome for the same file changes
_MANIFEST = "manifest.json"
_MAKING = ".making-"
_LOCK = ".lock"


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """One recording of the source."""

    symbol: str
    market: str


class _Body(Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says. Faults are (kind, line, detail): the source may have another name next time."""

    version: int
    digest: str
    format: str
    recordings: tuple[_Kept, ...]
    arrays: dict[str, str]
    fault_counts: dict[str, int]
    faults: tuple[tuple[str, int, str], ...]
    remarks: tuple[str, ...]


class _Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    body: Raw


class _Damaged(Exception):
    """An entry of the cache is not what was written."""


class ColumnCache:
    """The cache under one directory. It never fails a run: what goes wrong is a sentence in `notes`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._noted: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, each sentence once, in the order it was met."""
        return tuple(self._noted)

    def load(self, name: str, digest: str, form: str) -> ParsedFile | None:
        """Return the kept columns of the source with this digest, mapped and checked, or None when it must be parsed.

        `name` is what the source is called now; a damaged entry is thrown away.
        """
        entry = self._directory / digest
        try:
            body = _read_manifest(entry)
            if body is None or body.version != FORMAT_VERSION or body.format != form:
                return None
            return _read_entry(entry, body, name, digest)
        except _Damaged as damage:
            self._note(f"The cache of {name} was damaged ({damage}); it was thrown away and {name} was read again.")
        except OSError as error:
            self._note(f"The cache of {name} could not be read ({error.strerror}); {name} was read again.")
        return None

    def keep(self, form: str, parsed: ParsedFile) -> None:
        """Write the columns of a source: a new directory, synced, then renamed into place over what was there."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with _building(self._directory) as is_alone:
                if not is_alone:
                    self._note("Another process is writing the cache; what was read is used, and not kept.")
                    return
                making = self._directory / f"{_MAKING}{parsed.digest}"
                making.mkdir()
                _write_entry(making, form, parsed)
                entry = self._directory / parsed.digest
                if entry.exists():
                    shutil.rmtree(entry)
                making.rename(entry)
                _sync_directory(self._directory)
        except OSError as error:
            self._note(f"The cache cannot be written ({error.strerror}); what was read is used, and not kept.")

    def _note(self, sentence: str) -> None:
        self._noted.setdefault(sentence)


@contextmanager
def _building(directory: Path) -> Iterator[bool]:
    """Hold the right to write the cache, or yield False while another process has it. Clears what a crash left."""
    with (directory / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        for left in sorted(directory.glob(f"{_MAKING}*")):
            shutil.rmtree(left)
        yield True


def _read_manifest(entry: Path) -> _Body | None:
    try:
        stored = (entry / _MANIFEST).read_bytes()
    except FileNotFoundError:
        if entry.exists():
            raise _Damaged(f"{_MANIFEST} is missing") from None
        return None
    try:
        manifest = msgspec.json.decode(stored, type=_Manifest)
        if sha256_hex(bytes(manifest.body)) != manifest.sha256:
            raise _Damaged(f"{_MANIFEST} does not match its sha256")
        return msgspec.json.decode(manifest.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Damaged(f"{_MANIFEST} does not parse") from error


def _read_entry(entry: Path, body: _Body, name: str, digest: str) -> ParsedFile:
    if body.digest != digest:
        raise _Damaged(f"{_MANIFEST} is of another source")
    recordings = tuple(
        Recording(
            source=Source(name, digest, body.format, kept.market),
            symbol=kept.symbol,
            quotes=_read_table(entry, body, f"{index}-quotes", Quotes),
            trades=_read_table(entry, body, f"{index}-trades", Trades),
            depth=_read_table(entry, body, f"{index}-depth", Depth),
            marks=_read_table(entry, body, f"{index}-marks", Marks),
        )
        for index, kept in enumerate(body.recordings)
    )
    faults = tuple(FeedFault(kind, name, line, detail) for kind, line, detail in body.faults)
    return ParsedFile(digest, recordings, body.fault_counts, faults, body.remarks)


def _read_table(entry: Path, body: _Body, prefix: str, kind: type[Table]) -> Table:
    columns = {}
    for column, of in column_types(kind).items():
        file_name = f"{prefix}-{column}.npy"
        path = entry / file_name
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != body.arrays.get(file_name):
                    raise _Damaged(f"{file_name} does not match its sha256")
        except FileNotFoundError:
            raise _Damaged(f"{file_name} is missing") from None
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        assert array.dtype == of, "the bytes are those that were written"
        columns[column] = array.view(np.ndarray)
    return kind(**columns)


def _write_entry(making: Path, form: str, parsed: ParsedFile) -> None:
    arrays: dict[str, str] = {}
    for index, recording in enumerate(parsed.recordings):
        for table_name in ("quotes", "trades", "depth", "marks"):
            table = getattr(recording, table_name)
            for column in column_types(type(table)):
                file_name = f"{index}-{table_name}-{column}.npy"
                arrays[file_name] = _write_array(making / file_name, getattr(table, column))
    body = msgspec.json.encode(
        _Body(
            version=FORMAT_VERSION,
            digest=parsed.digest,
            format=form,
            recordings=tuple(_Kept(recording.symbol, recording.source.market) for recording in parsed.recordings),
            arrays=arrays,
            fault_counts=parsed.fault_counts,
            faults=tuple((fault.kind, fault.line, fault.detail) for fault in parsed.faults),
            remarks=parsed.remarks,
        )
    )
    _write_synced(making / _MANIFEST, msgspec.json.encode(_Manifest(sha256_hex(body), Raw(body))))
    _sync_directory(making)


def _write_array(path: Path, array: NDArray[np.generic]) -> str:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    stored = buffer.getvalue()
    _write_synced(path, stored)
    return sha256_hex(stored)


def _write_synced(path: Path, stored: bytes) -> None:
    with path.open("xb") as file:
        file.write(stored)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
