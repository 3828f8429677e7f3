"""A paper exchange that is killed at any moment under load: its book of record is right, and nothing told was untrue.

How many kills: INTERLOCK_KILLS (20 by default); a seed names its kills, `INTERLOCK_KILLS_FROM` the first of them.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec import Struct

from interlock.ports.exchange.rows import AlgoRow, OrderRow, TradeRow
from interlock.ports.exchange.words import OPEN, IncomeKind, Market, OrderState
from interlock.units.money import ZERO
from interlock.units.sides import SIGN, Side
from interlock.venues.paper.bourse.durable import DurableExchange
from interlock.venues.paper.bourse.kernel import Kernel
from interlock.venues.paper.bourse.store.book import BookDump, book_json, read_book
from tests.integration.paper_load import ACCOUNTS, FUTURES_START, SPOT_START, WallClock
from tests.unit.venues.paper.durable.seeded_market import markets

REPOSITORY = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("INTERLOCK_KILLS", "20"))
KILLS_FROM = int(os.environ.get("INTERLOCK_KILLS_FROM", "100"))
ALGO_ID_BEFORE = 1_000_000_000_000  # conditional orders are counted apart, from far beyond the plain ones
BASES = {"BTCUSDT": "BTC", "ETHUSDT": "ETH"}

_Row = TypeVar("_Row", bound=Struct)


class Acknowledged:
    """What an exchange said was done, each row as it was said last and all rows as they were ever said."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.orders: dict[int, list[OrderRow]] = defaultdict(list)
        self.trades: dict[int, TradeRow] = {}
        self.algos: dict[int, list[AlgoRow]] = defaultdict(list)

    def hear(self, line: bytes) -> None:
        kind, what = msgspec.json.decode(line)
        if kind == "order":
            order = msgspec.convert(what, OrderRow)
            self.orders[order.order_id].append(order)
        elif kind == "trade":
            trade = msgspec.convert(what, TradeRow)
            assert self.trades.setdefault(trade.trade_id, trade) == trade, "a trade was told in two ways"
        elif kind == "algo":
            algo = msgspec.convert(what, AlgoRow)
            self.algos[algo.algo_id].append(algo)
        else:
            self.accounts.add(what)


def run_and_kill(book: Path, seed: int, run: int, lines: int, heard: Acknowledged) -> None:
    """Let an exchange work until it has said so much, kill it, and hear all it said."""
    command = [sys.executable, "-m", "tests.integration.paper_load", str(book), str(seed), str(run)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert child.stdout is not None
    with child.stdout as said:
        for _ in range(lines):
            line = said.readline()
            assert line.endswith(b"\n"), "it ended by itself"
            heard.hear(line)
        child.send_signal(signal.SIGKILL)
        rest = said.read().split(b"\n")
    assert child.wait() == -signal.SIGKILL
    for line in rest[:-1]:  # the last one may be cut by the kill
        heard.hear(line)


def check_nothing_said_is_missing(heard: Acknowledged, book: BookDump) -> None:
    assert {each.account for each in book.accounts} >= heard.accounts
    orders = {order.order_id: order for order in book.orders}
    for order_id, versions in heard.orders.items():
        stored = orders[order_id]
        for said in versions:
            assert identity(said) == identity(stored)
            assert said.filled <= stored.filled
            assert said.updated_at_ns <= stored.updated_at_ns
            if said.state not in OPEN:
                assert said == stored, "an order that had ended went on"
    trades = {trade.trade_id: trade for trade in book.trades}
    for trade_id, trade in heard.trades.items():
        assert trades[trade_id] == trade
    algos = {algo.algo_id: algo for algo in book.algos}
    for algo_id, placed in heard.algos.items():
        assert {each.client_algo_id for each in placed} == {algos[algo_id].client_algo_id}


def identity(order: OrderRow) -> tuple[Any, ...]:
    return (order.market, order.account, order.symbol, order.client_order_id, order.side, order.created_at_ns)


def check_ids(heard: Acknowledged, book: BookDump) -> None:
    """Every number was given out once, and none is ahead of its counter."""
    counters = book.counters
    assert counters is not None
    for before, last, given in (
        (0, counters.order_id, [order.order_id for order in book.orders]),
        (0, counters.trade_id, [trade.trade_id for trade in book.trades]),
        (ALGO_ID_BEFORE, counters.algo_id, [algo.algo_id for algo in book.algos]),
        (0, counters.income_id, [income.income_id for income in book.income]),
    ):
        assert before + len(given) == last, "a number is missing, or ahead of the counter"
        assert given == list(range(before + 1, last + 1)), "a number was given out twice, or passed over"
    clients: dict[str, int] = {}
    for order_id, versions in heard.orders.items():
        for said in versions:
            assert clients.setdefault(f"{said.market} {said.client_order_id}", order_id) == order_id


def check_conservation(book: BookDump) -> None:
    """Orders, balances and positions are what the trades make them, to the last digit."""
    filled: dict[int, Decimal] = defaultdict(Decimal)
    quote: dict[int, Decimal] = defaultdict(Decimal)
    assets = {(name, asset): amount for name in ACCOUNTS for asset, amount in SPOT_START.items()}
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for trade in book.trades:
        filled[trade.order_id] += trade.quantity
        quote[trade.order_id] += trade.quote
        assert trade.quote == trade.price * trade.quantity
        signed = SIGN[trade.side] * trade.quantity
        if trade.market is Market.USDM:
            held[trade.account, trade.symbol] += signed
            continue
        assets[trade.account, BASES[trade.symbol]] += signed
        assets[trade.account, "USDT"] -= SIGN[trade.side] * trade.quote
        assets[trade.account, trade.commission_asset] -= trade.commission
    for order in book.orders:
        assert order.filled == filled[order.order_id] <= order.quantity
        assert order.filled_quote == quote[order.order_id]
        assert (order.state is OrderState.FILLED) == (order.filled == order.quantity)
    locked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in book.open_orders():
        if order.market is Market.SPOT:
            left = order.quantity - order.filled
            is_buy = order.side is Side.BUY
            asset = "USDT" if is_buy else BASES[order.symbol]
            locked[order.account, asset] += left * order.price if is_buy else left
    opened = {each.account for each in book.accounts}
    stored = {(each.account, each.asset): each for each in book.assets}
    for (name, asset), amount in assets.items():
        if name in opened:
            assert stored[name, asset].free + stored[name, asset].locked == amount
            assert stored[name, asset].locked == locked[name, asset]
    for standing in book.standings:
        assert standing.quantity == held[standing.account, standing.symbol]
    assert sum(abs(quantity) for quantity in held.values()) == sum(abs(each.quantity) for each in book.standings)
    check_income(book)


def check_income(book: BookDump) -> None:
    balances: dict[str, Decimal] = defaultdict(Decimal)
    fees: dict[str, Decimal] = defaultdict(Decimal)
    for income in book.income:
        balances[income.account] += income.amount
        if income.kind is IncomeKind.COMMISSION:
            fees[income.account] -= income.amount
    for wallet in book.wallets:
        assert wallet.wallet == balances[wallet.account]
        futures = [each for each in book.trades if each.market is Market.USDM and each.account == wallet.account]
        assert fees[wallet.account] == sum((each.commission for each in futures), ZERO)
        others = sum((each.realised - each.commission for each in futures), FUTURES_START)
        funding = [each for each in book.income if each.kind is IncomeKind.FUNDING_FEE]
        paid = sum((each.amount for each in funding if each.account == wallet.account), ZERO)
        assert wallet.wallet == others + paid


def check_it_goes_on(folder: Path, book: BookDump) -> None:
    """Opened again, the exchange shows what the book held, and gives out the next numbers."""

    async def reopen() -> None:
        shown = markets(0)
        failures: list[Exception] = []
        exchange = DurableExchange.open(folder, Kernel(shown, shown), shown, WallClock(), failures.append)
        try:
            for name in exchange.accounts():
                wallet = await exchange.spot_account(name)
                stored = {each.asset: (each.free, each.locked) for each in book.assets if each.account == name}
                assert {each.asset: (each.free, each.locked) for each in wallet.balances} == stored
                for market in Market:
                    shown_open = [each.order_id for each in await exchange.open_orders(market, name, None)]
                    of_account = [each for each in book.open_orders() if each.account == name]
                    stored_open = [each.order_id for each in of_account if each.market is market]
                    # A countdown that ran out meanwhile has taken its orders back.
                    gone = {each.symbol for each in book.countdowns if each.account == name}
                    assert set(shown_open) <= set(stored_open)
                    missing = [each for each in of_account if each.order_id in set(stored_open) - set(shown_open)]
                    assert {each.symbol for each in missing} <= (gone if market is Market.USDM else set())
        finally:
            exchange.close()
        assert failures == []

    asyncio.run(reopen())


def check_seed(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    heard = Acknowledged()
    for run in (1, 2):
        run_and_kill(folder, seed, run, chance.choice([2, 3, 10, 60, 300, 900]), heard)
        book = read_book(folder)
        assert book_json(read_book(folder)) == book_json(book)
        check_nothing_said_is_missing(heard, book)
        check_ids(heard, book)
        check_conservation(book)
    check_it_goes_on(folder, read_book(folder))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_kill_at_a_seeded_moment_loses_nothing_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    check_seed(tmp_path / "book", seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS_FROM, KILLS_FROM + KILLS))
def test_many_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    check_seed(tmp_path / "book", seed)
