"""A spot wallet: what an account holds of each asset, free and locked."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from interlock.ports.exchange.rows import BalanceRow
from interlock.units.money import ZERO
from interlock.venues.paper.bourse.records import AssetKept


class Holding:
    """What is held of one asset. Neither part is ever below zero."""

    __slots__ = ("account", "asset", "free", "locked", "updated_at_ns")

    def __init__(self, account: str, asset: str, free: Decimal = ZERO, locked: Decimal = ZERO) -> None:
        self.account = account
        self.asset = asset
        self.free = free
        self.locked = locked
        self.updated_at_ns = 0

    def row(self) -> BalanceRow:
        """Return the balance as shown."""
        return BalanceRow(asset=self.asset, free=self.free, locked=self.locked)

    def kept(self) -> AssetKept:
        """Return the balance as kept."""
        return AssetKept(
            account=self.account,
            asset=self.asset,
            free=self.free,
            locked=self.locked,
            updated_at_ns=self.updated_at_ns,
        )


class SpotWallet:
    """The assets of one account. `marked` is told which holding changed; `changed` holds those of the turn."""

    def __init__(self, account: str, uid: int, marked: Callable[[Holding], None]) -> None:
        self.account = account
        self.uid = uid
        self.changed: dict[str, Holding] = {}
        self.updated_at_ns = 0
        self._holdings: dict[str, Holding] = {}
        self._marked = marked

    def free(self, asset: str) -> Decimal:
        """Return what is free of an asset."""
        holding = self._holdings.get(asset)
        return holding.free if holding is not None else ZERO

    def total(self, asset: str) -> Decimal:
        """Return what is held of an asset, locked or not."""
        holding = self._holdings.get(asset)
        return holding.free + holding.locked if holding is not None else ZERO

    def move(self, asset: str, free: Decimal, locked: Decimal, at_ns: int) -> None:
        """Change what is free and what is locked of an asset. Errors: AssertionError when either would be overdrawn."""
        holding = self._holdings.get(asset)
        if holding is None:
            holding = self._holdings[asset] = Holding(self.account, asset)
        holding.free += free
        holding.locked += locked
        assert holding.free >= ZERO, f"{self.account} is {-holding.free} {asset} short"
        assert holding.locked >= ZERO, f"{self.account} has {-holding.locked} {asset} less locked than its orders need"
        holding.updated_at_ns = self.updated_at_ns = at_ns
        self.changed[asset] = holding
        self._marked(holding)

    def deposit(self, assets: Mapping[str, Decimal], at_ns: int) -> None:
        """Take assets in."""
        for asset, amount in assets.items():
            self.move(asset, amount, ZERO, at_ns)

    def balances(self) -> tuple[BalanceRow, ...]:
        """Return all that is held, by the name of the asset."""
        return tuple(holding.row() for _, holding in sorted(self._holdings.items()))

    def kept(self) -> list[AssetKept]:
        """Return all rows, to be kept."""
        return [holding.kept() for holding in self._holdings.values()]

    def restore(self, row: AssetKept) -> None:
        """Hold what a former process held."""
        holding = self._holdings[row.asset] = Holding(self.account, row.asset, row.free, row.locked)
        holding.updated_at_ns = row.updated_at_ns
        self.updated_at_ns = max(self.updated_at_ns, row.updated_at_ns)
