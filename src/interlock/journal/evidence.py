"""What `verify` reads out of stored bytes by itself: roots, and what a body says about itself and about blobs."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

_DIGEST_CHARACTERS: Final = 64


class Stamp(msgspec.Struct, frozen=True):
    """The place and time that a body claims for itself."""

    seq: int
    at_ns: int


class Mention(msgspec.Struct, frozen=True):
    """A blob that a record names, with the size it says the blob has."""

    digest: str
    size: int
    seq: int


class NoRecord(Exception):
    """Stored bytes that are not the JSON of a record. For the verifier only; people meet a finding."""


_stamps = msgspec.json.Decoder(Stamp)


def stamp_of(body: bytes) -> Stamp:
    """Return what a body says about itself. Errors: NoRecord."""
    try:
        return _stamps.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoRecord(str(error)) from error


def mentions_in(body: bytes, seq: int) -> tuple[Mention, ...]:
    """Return each `{"blob": <sha256>, "size": <bytes>}` anywhere in a body. Errors: NoRecord."""
    if b'"blob"' not in body:
        return ()
    try:
        tree: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoRecord(str(error)) from error
    return tuple(_mentions(tree, seq))


def _mentions(tree: object, seq: int) -> Iterator[Mention]:
    if isinstance(tree, dict):
        digest, size = tree.get("blob"), tree.get("size")
        if isinstance(digest, str) and len(digest) == _DIGEST_CHARACTERS and isinstance(size, int) and len(tree) == 2:
            yield Mention(digest, size, seq)
        for value in tree.values():
            yield from _mentions(value, seq)
    elif isinstance(tree, list):
        for value in tree:
            yield from _mentions(value, seq)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over leaf hashes: level by level, a node without a sibling moving up as it is."""
    if not leaves:
        return sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        above = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]
