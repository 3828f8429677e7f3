"""The open orders of one account, found by any of their keys."""

from interlock.ports.exchange.requests import OrderKey
from interlock.venues.paper.bourse.orders.working import WorkingOrder


class OpenOrders:
    """Open orders by number, by client id, by symbol in order of arrival, and those that end at a date.

    A client id is open once at most; of conditional orders that became plain ones under one id, the latest is found.
    """

    __slots__ = ("by_client", "by_id", "by_symbol", "dated")

    def __init__(self) -> None:
        self.by_id: dict[int, WorkingOrder] = {}
        self.by_client: dict[str, WorkingOrder] = {}
        self.by_symbol: dict[str, dict[int, WorkingOrder]] = {}
        self.dated: dict[int, WorkingOrder] = {}

    def add(self, live: WorkingOrder) -> None:
        """Take an order in."""
        self.by_id[live.order_id] = live
        self.by_client[live.row.client_order_id] = live
        self.by_symbol.setdefault(live.row.symbol, {})[live.order_id] = live
        if live.row.good_till_ms:
            self.dated[live.order_id] = live

    def remove(self, live: WorkingOrder) -> None:
        """Forget an order that ended."""
        del self.by_id[live.order_id]
        self.dated.pop(live.order_id, None)
        if self.by_client.get(live.row.client_order_id) is live:
            del self.by_client[live.row.client_order_id]
        of_symbol = self.by_symbol[live.row.symbol]
        del of_symbol[live.order_id]
        if not of_symbol:
            del self.by_symbol[live.row.symbol]

    def find(self, key: OrderKey) -> WorkingOrder | None:
        """Return the open order of a key. Where it names both ids, both have to be the order's."""
        if key.order_id is not None:
            live = self.by_id.get(key.order_id)
            if live is not None and key.client_order_id not in (None, live.row.client_order_id):
                return None
        else:
            live = self.by_client.get(key.client_order_id or "")
        return live if live is not None and live.row.symbol == key.symbol else None

    def of(self, symbol: str | None) -> list[WorkingOrder]:
        """Return the open orders of a symbol, or all, oldest first."""
        if symbol is not None:
            return list(self.by_symbol.get(symbol, {}).values())
        return sorted(self.by_id.values(), key=lambda live: live.order_id)
