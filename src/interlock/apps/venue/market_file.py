"""The file beside the book that says where each market stood, so that the next start goes on from there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from interlock.market.live.standing.stands import MarketStanding
from interlock.ports.exchange.words import Market
from interlock.venues.paper.bourse.store.faults import BookDamaged, fault_of_os

FILE_NAME: Final = "market.json"
_VERSION: Final = 1
_UNDONE: Final = "where the markets stood is not kept"


class MarketPlayed(Struct, frozen=True, forbid_unknown_fields=True):
    """What plays a market: the feed in words, what tells it from every other feed, and where it stands."""

    feed: str
    digest: str
    standing: MarketStanding


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    markets: dict[str, MarketPlayed]


def read_markets(folder: Path) -> dict[Market, MarketPlayed]:
    """Return where the markets stood; nothing where none was ever shown. Errors: BookFault."""
    path = folder / FILE_NAME
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        if kept.version != _VERSION:
            raise ValueError(f"its version is {kept.version}, {_VERSION} is known")
        return {Market(name): each for name, each in kept.markets.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise fault_of_os(error, path, "where the markets stood is unknown, nothing was started") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise BookDamaged(
            f"{path} cannot be read: {error}. Where the markets stood is unknown, and the exchange was not started.",
            "Restore the file from a backup; or delete it: the markets then begin anew, at other prices, on ids that "
            "were shown before.",
        ) from error


def write_markets(folder: Path, markets: Mapping[Market, MarketPlayed]) -> None:
    """Write the file whole; it is on disk when this returns. Errors: BookFault."""
    path = folder / FILE_NAME
    fresh = path.with_suffix(".new")
    text = msgspec.json.encode(_Kept(_VERSION, {market.value: each for market, each in markets.items()}))
    try:
        with fresh.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise fault_of_os(error, path, _UNDONE) from error
