"""What program this is: digests of the core's code, of what it runs on, and of the record's schema."""

import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

from interlock.messages.record import Record
from interlock.units.digests import sha256_hex

_CORE_ROOMS = ("units", "messages", "core")
_LIBRARIES = ("apsw", "msgspec", "numpy")


@cache
def build_digest() -> str:
    """Return the SHA-256 over the source of the rooms that decide: equal digests, equal decisions."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(path for room in _CORE_ROOMS for path in (root / room).rglob("*.py"))
    listing = "".join(f"{path.relative_to(root).as_posix()} {sha256_hex(path.read_bytes())}\n" for path in files)
    return sha256_hex(listing.encode())


@cache
def lock_digest() -> str:
    """Return the SHA-256 over the interpreter's and the libraries' versions that are really loaded."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    versions = "".join(f"{name} {metadata.version(name)}\n" for name in _LIBRARIES)
    return sha256_hex(f"python {python}\n{versions}".encode())


@cache
def schema_digest() -> str:
    """Return the SHA-256 over the schema of a record with all its messages."""
    return sha256_hex(msgspec.json.encode(msgspec.json.schema(Record), order="deterministic"))
