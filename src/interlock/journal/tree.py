"""The Merkle tree of RFC 6962 over the leaves of the log: hashing, and a root that grows with the log."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
ROOT_EMPTY: Final = sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    """Return H(00 | body), the hash of one entry. Source: RFC 6962, 2.1."""
    return sha256(b"\x00" + body).digest()


def leaf_hashes(bodies: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash of each body."""
    return [sha256(b"\x00" + body).digest() for body in bodies]


class Tree:
    """A tree of some size, kept as the hashes of its full subtrees along the right edge.

    The edge holds one hash for each bit set in the size, largest subtree first, so a root costs at most one hash a bit.
    A tree does not change: one with more leaves is another tree, so that a failed commit leaves nothing to undo.
    """

    __slots__ = ("_edge", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        assert len(edge) == size.bit_count(), f"an edge of {len(edge)} hashes does not fit {size} leaves"
        self.size = size
        self._edge = edge

    def extended(self, hashes: Sequence[bytes]) -> "Tree":
        """Return the tree with these leaf hashes appended. Whole levels are hashed at once, which halves the cost."""
        edge = list(self._edge)
        level = list(hashes)
        place = self.size  # how many nodes of this level stand to the left of `level`
        grown: list[bytes] = []
        while level:
            if place & 1:
                level.insert(0, edge.pop())
            if len(level) & 1:
                grown.append(level.pop())
            pairs = iter(level)
            level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            place >>= 1
        grown.reverse()
        return Tree(self.size + len(hashes), edge + grown)

    def root(self) -> bytes:
        """Return the root over all leaves; that of an empty tree is H("")."""
        if not self._edge:
            return ROOT_EMPTY
        below = self._edge[-1]
        for above in self._edge[-2::-1]:
            below = sha256(b"\x01" + above + below).digest()
        return below


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return Tree().extended(hashes).root()
