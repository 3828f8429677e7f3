"""The record: one thing that was asked or observed, and all that was decided from it; and its canonical bytes."""

import re
from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.messages.commands import Command
from interlock.messages.events import Event
from interlock.messages.observations import Observation
from interlock.messages.words import LatchLevel, Mode
from interlock.units.faults import Fault
from interlock.units.money import plain

BODY_BYTES_MAX = 65_535

Input = Command | Observation


class Authority(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which right an actor acted: how it was known (method), in which session, with which second factor."""

    method: str
    session: str
    factor: str


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="record", tag="v1", gc=False):
    """A leaf of the log.

    `at_ns` is the core's time, strictly increasing. `lease_epoch`, `mode` and `latch` are as they stood when the
    input was decided. Field order is the stored order, for ever.
    """

    seq: int
    at_ns: int
    lease_epoch: int
    mode: Mode
    latch: LatchLevel
    actor: str
    authority: Authority
    input: Input
    events: tuple[Event, ...]


class UnreadableRecord(Fault):
    """Stored bytes that are no record of this schema."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)
_EXPONENT = re.compile(rb'"-?\d+(\.\d+)?E[+-]?\d+"')
_SIGNS = b"+-"
_MINUS_ZERO = re.compile(rb'"-0(\.0+)?"')


def plain_decimals(value: object) -> object:
    """Return the built-in form with each Decimal as plain text."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {key: plain_decimals(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_decimals(item) for item in value]
    return value


def _may_hold_exponent(body: bytes) -> bool:
    """Tell whether a sign follows a capital E. To find one byte is many times faster than to find two."""
    at = body.find(b"E")
    while at >= 0:
        if body[at + 1] in _SIGNS:
            return True
        at = body.find(b"E", at + 1)
    return False


def encode(record: Record) -> bytes:
    """Return the canonical bytes: JSON, fixed field order, decimals without exponent or minus zero.

    Python writes small decimals with an exponent (`1.2E-7`); the second pass is for the few records that hold one.
    """
    body = _encoder.encode(record)
    has_exponent = _may_hold_exponent(body) and _EXPONENT.search(body)
    # From the right, since that way Python finds it in half the time.
    if has_exponent or (body.rfind(b'"-0') >= 0 and _MINUS_ZERO.search(body)):
        body = _encoder.encode(plain_decimals(msgspec.to_builtins(record, builtin_types=(Decimal,))))
    return body


def decode(body: bytes) -> Record:
    """Return the record of canonical bytes. Errors: UnreadableRecord, with the decoder's path to the place."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise UnreadableRecord(
            f"A stored record cannot be read: {error}. It was not used.",
            "Run `interlock verify`; a record of a newer version needs the newer program.",
        ) from error
