"""Balances and positions as an account's stream tells them."""

from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from interlock.venues.binance.parse.unreadable import Unreadable, amount, decoded, number, time_ns
from interlock.venues.binance.parse.user_values import AccountTold, BalanceTold, PositionTold

_ACCOUNT: Final = "an account's update"


class _FuturesBalance(Struct):
    asset: str = field(name="a")
    wallet: str = field(name="wb")
    cross: str = field(name="cw")


class _Position(Struct):
    symbol: str = field(name="s")
    quantity: str = field(name="pa")
    entry_price: str = field(name="ep")
    side: Literal["BOTH"] = field(name="ps")  # hedge mode fails closed


class _Changes(Struct):
    reason: str = field(name="m")
    balances: list[_FuturesBalance] = field(name="B")
    positions: list[_Position] = field(name="P")


class _FuturesUpdate(Struct):
    changes: _Changes = field(name="a")
    at_ms: int = field(name="T")


class _SpotBalance(Struct):
    asset: str = field(name="a")
    free: str = field(name="f")
    locked: str = field(name="l")


class _SpotUpdate(Struct):
    balances: list[_SpotBalance] = field(name="B")
    at_ms: int = field(name="u")


_futures = msgspec.json.Decoder(_FuturesUpdate)
_spot = msgspec.json.Decoder(_SpotUpdate)


def futures_account_told(text: bytes) -> AccountTold:
    """Return a futures account's changes, in one-way mode. Errors: Unreadable, also for a position of hedge mode."""
    told = decoded(_futures, _ACCOUNT, text)
    return AccountTold(
        reason=told.changes.reason,
        balances=tuple(
            BalanceTold(
                each.asset,
                number(_ACCOUNT, f"wb of {each.asset[:20]}", each.wallet),
                number(_ACCOUNT, f"cw of {each.asset[:20]}", each.cross),
            )
            for each in told.changes.balances
        ),
        positions=tuple(
            PositionTold(
                each.symbol,
                number(_ACCOUNT, f"pa of {each.symbol[:20]}", each.quantity),
                amount(_ACCOUNT, f"ep of {each.symbol[:20]}", each.entry_price),
            )
            for each in told.changes.positions
        ),
        venue_at_ns=time_ns(_ACCOUNT, "T", told.at_ms),
    )


def spot_account_told(text: bytes) -> AccountTold:
    """Return a spot account's changed balances. Errors: Unreadable."""
    told = decoded(_spot, _ACCOUNT, text)
    balances = []
    for each in told.balances:
        free = amount(_ACCOUNT, f"f of {each.asset[:20]}", each.free)
        locked = amount(_ACCOUNT, f"l of {each.asset[:20]}", each.locked)
        balances.append(BalanceTold(each.asset, free + locked, free))
    if not balances:
        raise Unreadable(_ACCOUNT, "B is empty")
    return AccountTold(
        reason="", balances=tuple(balances), positions=(), venue_at_ns=time_ns(_ACCOUNT, "u", told.at_ms)
    )
