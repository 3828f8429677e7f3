"""Ids for orders whose client gave none: 22 letters and digits, as long as the venue's own."""

import hashlib

_BYTES = 11


class ClientIds:
    """Draws ids from a seed of 1 to 64 bytes, never one twice. Each start of a process needs a seed of its own."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def draw(self) -> str:
        """Return the next id."""
        self._drawn += 1
        return hashlib.blake2b(self._drawn.to_bytes(8, "big"), key=self._seed, digest_size=_BYTES).hexdigest()
