"""Reads a file of a venue's exchange information, plain or gzip."""

import gzip
import zlib
from pathlib import Path

from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.venues.binance.filters import instruments_of

_HINT = "Name a readable file under instruments.exchange_info, or leave it empty for the embedded filters."


def read_exchange_info(path: Path) -> tuple[bytes, dict[str, Instrument]]:
    """Return the body of the file, unpacked, and the instruments it lists. Errors: Fault names the file."""
    try:
        body = path.read_bytes()
        text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    except (OSError, EOFError, zlib.error) as error:
        raise Fault(f"The exchangeInfo file {path.name} cannot be read: {error}. Nothing was run.", _HINT) from error
    try:
        return text, instruments_of(text)
    except Fault as fault:
        what = f"The exchangeInfo file {path.name} cannot be used: {fault.what}. Nothing was run."
        raise Fault(what, _HINT) from fault
