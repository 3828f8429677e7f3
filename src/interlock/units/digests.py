"""SHA-256 as hex, and commitments to values that must not stand in the log in clear."""

import hashlib
import hmac


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of the bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def commitment_hex(key: bytes, value: bytes) -> str:
    """Return the HMAC-SHA256 that stands in the log for a confidential value; the opening is kept apart."""
    return hmac.new(key, value, hashlib.sha256).hexdigest()
