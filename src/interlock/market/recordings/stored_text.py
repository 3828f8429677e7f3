"""A stored file as blocks of whole lines: plain or gzip, hashed while it is read, every damage named."""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from interlock.market.recordings.fault_tally import EMPTY, TRUNCATED, UNREADABLE, FaultTally

GZIP_MAGIC = b"\x1f\x8b"
LINE_BYTES_MAX = 16 * 1024 * 1024
_READ_BYTES = 64 * 1024
_BLOCK_BYTES = 1024 * 1024
_RESCUE_BYTES = 512
_HEAD_STORED_BYTES = 16 * 1024
_GZIP_WINDOW = 31


class StoredText:
    """Reads one file once. After `blocks()` is exhausted, `digest` is the sha256 of the stored bytes, `tail` the
    last line when no newline ends it (b"" otherwise) with its number, `is_cut` whether the file ends before its end.
    """

    def __init__(self, path: Path, tally: FaultTally) -> None:
        self.name = path.name
        self.digest = ""
        self.tail = b""
        self.tail_line = 0
        self.is_cut = False
        self._path = path
        self._tally = tally
        self._text_bytes = 0
        self._lines = 0

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number of the first line, whole lines). Never raises for what the file holds or for a failed read."""
        carry: list[bytes] = []
        carried = 0
        is_skipping = False
        for text in self._texts():
            self._text_bytes += len(text)
            cut = text.rfind(b"\n") + 1
            if not cut:
                if not is_skipping:
                    carry.append(text)
                    carried += len(text)
                if carried > LINE_BYTES_MAX:
                    self._fault(UNREADABLE, self._lines + 1, f"a line of more than {LINE_BYTES_MAX} bytes is skipped")
                    carry, carried, is_skipping = [], 0, True
                continue
            block = b"".join((*carry, text[:cut])) if carried else text[:cut]
            carry, carried = [text[cut:]], len(text) - cut
            if is_skipping:
                block = block[block.index(b"\n") + 1 :]
                self._lines += 1
                is_skipping = False
            first = self._lines + 1
            self._lines += block.count(b"\n")
            yield first, block
        self.tail = b"".join(carry)
        self.tail_line = self._lines + 1
        if not self._text_bytes and not self.is_cut:
            self._fault(EMPTY, 0, "the file holds no text")

    def _fault(self, kind: str, line: int, detail: str) -> None:
        self._tally.add(kind, self.name, line, detail)

    def _texts(self) -> Iterator[bytes]:
        """Yield the text in pieces of any size; read the file to its end for the digest even where the text stops."""
        stored = hashlib.sha256()
        pieces = self._pieces(stored)
        first = next(pieces, b"")
        if first.startswith(GZIP_MAGIC):
            yield from self._inflated(first, pieces)
        elif first:
            yield first
            yield from pieces
        for _ in pieces:
            continue
        self.digest = stored.hexdigest()

    def _pieces(self, stored: "hashlib._Hash") -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                while piece := file.read(_READ_BYTES):
                    stored.update(piece)
                    yield piece
        except OSError as error:
            self.is_cut = True
            self._fault(UNREADABLE, self._lines, f"the file could not be read on: {error.strerror}")

    def _inflated(self, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield inflated text of bounded size. One gzip member may follow another; zero padding may follow the last."""
        member = zlib.decompressobj(_GZIP_WINDOW)
        started = False
        piece = first
        while True:
            if not started:
                piece = piece.lstrip(b"\0")
            if not piece:
                following = next(pieces, None)
                if following is None:
                    break
                piece = following
                continue
            before = member.copy()
            try:
                text = member.decompress(piece, _BLOCK_BYTES)
            except zlib.error as error:
                yield from _rescued(before, piece)
                self.is_cut = True
                self._fault(UNREADABLE, self._lines, f"the gzip data is damaged after this line: {error}")
                return
            if text:
                yield text
            started = not member.eof
            piece = member.unconsumed_tail if started else member.unused_data
            if not started:
                member = zlib.decompressobj(_GZIP_WINDOW)
        if started and not self.is_cut:
            self.is_cut = True
            self._fault(TRUNCATED, self._lines, f"the gzip data ends early, after {self._lines} whole lines")


def _rescued(member: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    """Yield what a damaged piece still gives before its damage, found in small steps."""
    for at in range(0, len(piece), _RESCUE_BYTES):
        step = piece[at : at + _RESCUE_BYTES]
        while step:
            try:
                text = member.decompress(step, _BLOCK_BYTES)
            except zlib.error:
                return
            if text:
                yield text
            step = member.unconsumed_tail


def head_of(path: Path, size: int) -> tuple[bytes, bool]:
    """Return the first `size` bytes of text at most, and whether the file is gzip. Errors: OSError."""
    with path.open("rb") as file:
        stored = file.read(size)
    if not stored.startswith(GZIP_MAGIC):
        return stored, False
    return b"".join(_rescued(zlib.decompressobj(_GZIP_WINDOW), stored[:_HEAD_STORED_BYTES]))[:size], True
