"""Lines of a Binance wire recording into messages, a block at a time: which line holds which message.

Amounts stay undecoded (`Raw`), because a column of them is converted far faster than one at a time. The fields stand
in the order in which the venue writes them, which is what the decoder guesses first.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field

from interlock.market.recordings.fault_tally import UNREADABLE, shown

Found = tuple[int, str, str]  # line, fault kind, detail

ABSENT = -1
_NONE = Raw()

_Id = Annotated[int, Meta(ge=0, lt=2**62)]
_VenueMs = Annotated[int, Meta(ge=0, lt=4_000_000_000_000)]
_HeardNs = Annotated[int, Meta(gt=0, lt=2**62)]


class WireData(Struct, gc=False):
    """The union of the stream messages that are read; a field that its message lacks keeps its empty default."""

    kind: str = field(default="", name="e")
    final_id: _Id = field(default=ABSENT, name="u")
    symbol: str = field(default="", name="s")
    bid: Raw = field(default=_NONE, name="b")
    bid_size: Raw = field(default=_NONE, name="B")
    ask: Raw = field(default=_NONE, name="a")
    ask_size: Raw = field(default=_NONE, name="A")
    traded_at_ms: _VenueMs = field(default=0, name="T")
    venue_at_ms: _VenueMs = field(default=0, name="E")
    trade_id: _Id = field(default=ABSENT, name="t")
    price: Raw = field(default=_NONE, name="p")
    quantity: Raw = field(default=_NONE, name="q")
    print_type: str = field(default="", name="X")
    buyer_is_maker: bool | None = field(default=None, name="m")
    first_id: _Id = field(default=ABSENT, name="U")
    previous_id: _Id = field(default=ABSENT, name="pu")
    index: Raw = field(default=_NONE, name="i")
    funding: Raw = field(default=_NONE, name="r")


class WireRaw(Struct, gc=False):
    """A combined-stream message (`data`), or a REST depth snapshot (the rest)."""

    data: WireData | None = None
    snapshot_id: _Id = field(default=ABSENT, name="lastUpdateId")
    venue_at_ms: _VenueMs = field(default=0, name="E")
    bids: Raw = _NONE
    asks: Raw = _NONE


class WireLine(Struct, gc=False):
    """One recorded line: the recorder's clock at receipt, and the message as it came."""

    heard_at_ns: _HeardNs = field(name="recv_ns")
    raw: WireRaw


_DECODER = msgspec.json.Decoder(WireLine)
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode_block(first_line: int, block: bytes, found: list[Found]) -> Iterator[tuple[int, WireLine]]:
    """Return (line number, message) for each line of a block of whole lines; what does not parse goes to `found`."""
    lines = block.split(b"\n")[:-1]
    try:
        return enumerate(list(map(_DECODER.decode, lines)), first_line)
    except _UNDECODABLE:
        # Some line is bad or blank; the slow way finds which, and keeps the others.
        return _decode_each(first_line, lines, found)


def _decode_each(first_line: int, lines: list[bytes], found: list[Found]) -> Iterator[tuple[int, WireLine]]:
    for number, line in enumerate(lines, first_line):
        if line.strip():
            message = decode_line(number, line, found)
            if message is not None:
                yield number, message


def decode_line(number: int, line: bytes, found: list[Found]) -> WireLine | None:
    """Return the message of one line, or None and a fault in `found`."""
    try:
        return _DECODER.decode(line)
    except _UNDECODABLE as error:
        found.append((number, UNREADABLE, f"{shown(str(error))}: {shown(line)}"))
    return None
