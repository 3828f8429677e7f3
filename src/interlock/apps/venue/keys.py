"""The API keys of the paper exchange: drawn once for each account, and kept beside its book."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.units.faults import Fault

FILE_NAME = "keys.json"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 64
_PRIVATE = 0o600


class AccountKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account's two keys: one that signs by HMAC with `secret`, one by Ed25519 with the private key (PEM)."""

    account: str
    key: str
    secret: str
    ed25519_key: str
    ed25519_private_pem: str

    def __repr__(self) -> str:
        return f"AccountKeys(account={self.account!r}, key={self.key[:4]}...)"


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    accounts: tuple[AccountKeys, ...]
    unshown: tuple[str, ...] = ()  # accounts whose keys no start has told yet


def read_or_draw(folder: Path, accounts: Iterable[str]) -> tuple[dict[str, AccountKeys], tuple[AccountKeys, ...]]:
    """Return every account's keys, and those of them that were never told; what is drawn is written down first.

    They are never told until `note_shown` says so: a start that fails before it tells them leaves them to the next.

    Errors: Fault for a file that cannot be read or written, or that others than its owner may read.
    """
    path = folder / FILE_NAME
    kept = _read(path)
    known = {each.account: each for each in kept.accounts}
    drawn = tuple(_drawn(account) for account in accounts if account not in known)
    known.update({each.account: each for each in drawn})
    unshown = (*kept.unshown, *(each.account for each in drawn))
    if drawn:
        _write(path, _Kept(tuple(known.values()), unshown))
    return known, tuple(known[account] for account in unshown if account in known)


def note_shown(folder: Path) -> None:
    """Write down that all keys have been told. Errors: Fault, OSError."""
    path = folder / FILE_NAME
    kept = _read(path)
    if kept.unshown:
        _write(path, _Kept(kept.accounts))


def read_keys(path: Path) -> tuple[AccountKeys, ...]:
    """Return the keys of a file, none where there is no file. Errors: Fault as for `read_or_draw`."""
    return _read(path).accounts


def table_of(known: Iterable[AccountKeys]) -> KeyTable:
    """Return the keys as the server room checks them."""
    keys = []
    for each in known:
        private = serialization.load_pem_private_key(each.ed25519_private_pem.encode(), None)
        assert isinstance(private, Ed25519PrivateKey), "checked when it was read"
        keys.append(ApiKey(key=each.key, account=each.account, secret=each.secret.encode()))
        keys.append(ApiKey(key=each.ed25519_key, account=each.account, secret=private.public_key()))
    return KeyTable(keys)


def _drawn(account: str) -> AccountKeys:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key, secret, ed25519_key = ("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(3))
    return AccountKeys(
        account=account, key=key, secret=secret, ed25519_key=ed25519_key, ed25519_private_pem=pem.decode()
    )


def _read(path: Path) -> _Kept:
    try:
        if path.stat().st_mode & 0o077:
            raise Fault(
                f"{path} holds secrets and may be read by others (mode {path.stat().st_mode & 0o777:o}); "
                "the exchange was not started.",
                f"Run `chmod 600 {path}`, or delete it to have new keys drawn.",
            )
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        for each in kept.accounts:
            private = serialization.load_pem_private_key(each.ed25519_private_pem.encode(), None)
            if not isinstance(private, Ed25519PrivateKey):
                raise ValueError(f"the PEM of {each.account} is no Ed25519 private key")
    except FileNotFoundError:
        return _Kept(())
    except (msgspec.DecodeError, ValueError, UnsupportedAlgorithm) as error:
        raise Fault(
            f"The keys in {path} cannot be read: {error}. The exchange was not started.",
            "Restore the file, or delete it to have new keys drawn; clients need the new ones then.",
        ) from error
    return kept


def _write(path: Path, kept: _Kept) -> None:
    """Write the file whole, readable by its owner only, and on disk before this returns."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
