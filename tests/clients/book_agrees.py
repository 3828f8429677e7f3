"""What a client believes at its end, held against the exchange's book of record: nothing missing, nothing made up."""

from decimal import Decimal
from typing import Any

from interlock.venues.paper.bourse.store.book import BookDump

Told = dict[str, Any]


def check_spot(believed: Told, book: BookDump) -> None:
    """Assert that orders, trades and balances are those of the book."""
    _check_orders(believed, book, "spot")
    balances = {each.asset: [each.free, each.locked] for each in book.assets if each.free or each.locked}
    assert _exact(believed["balances"]) == balances


def check_futures(believed: Told, book: BookDump) -> None:
    """Assert that orders, trades, positions, income and the wallet are those of the book."""
    _check_orders(believed, book, "usdm")
    held = {each.symbol: each.quantity for each in book.standings if each.quantity}
    assert {symbol: size for symbol, size in _exact(believed["positions"]).items() if size} == held
    if "income" in believed:
        income = {str(each.income_id): [each.kind.value, each.amount, each.asset] for each in book.income}
        assert _exact(believed["income"]) == income
        (wallet,) = book.wallets
        assert Decimal(believed["wallet"]) == wallet.wallet == sum(each.amount for each in book.income)


def check_states_heard(states: Told, first_id: int, book: BookDump, market: str) -> None:
    """Assert that every order from this one on was heard of, and last in the state in which it is on the book.

    "algo N" is a conditional order; all of those must have been heard of.
    """
    orders = {row.order_id: row.state.value for row in book.orders if row.market.value == market}
    heard = {int(name): state for name, state in states.items() if not name.startswith("algo ")}
    later = {order_id: state for order_id, state in orders.items() if order_id >= first_id}
    assert {order_id: state for order_id, state in heard.items() if order_id >= first_id} == later
    assert heard == {order_id: orders[order_id] for order_id in heard}
    algos = {f"algo {row.algo_id}": row.state.value for row in book.algos}
    # ccxt keeps both kinds in one table by id.
    assert not orders.keys() & {row.algo_id for row in book.algos}
    ends = {"FILLED": "FINISHED"}  # ccxt's word for a conditional order whose order was filled
    assert {name: ends.get(state, state) for name, state in states.items() if name.startswith("algo ")} == algos


def check_trades(trades: Told, book: BookDump, market: str) -> None:
    """Assert that the trades are those of the book."""
    assert _exact(trades) == {
        str(row.trade_id): {
            "order_id": row.order_id,
            "side": row.side.value,
            "price": row.price,
            "quantity": row.quantity,
            "commission": row.commission,
            "commission_asset": row.commission_asset,
            "is_maker": row.is_maker,
        }
        for row in book.trades
        if row.market.value == market
    }


def _check_orders(believed: Told, book: BookDump, market: str) -> None:
    assert _exact(believed["orders"]) == {
        str(row.order_id): {
            "client_order_id": row.client_order_id,
            "side": row.side.value,
            "state": row.state.value,
            "quantity": row.quantity,
            "filled": row.filled,
            "filled_quote": row.filled_quote,
        }
        for row in book.orders
        if row.market.value == market
    }
    check_trades(believed["trades"], book, market)


def _exact(told: Any) -> Any:
    """Return what was told with every text that is a number as that number."""
    match told:
        case dict():
            return {name: _exact(value) for name, value in told.items()}
        case list():
            return [_exact(value) for value in told]
        case str() if told.lstrip("-")[:1].isdigit():
            return Decimal(told)
        case _:
            return told
