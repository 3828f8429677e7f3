"""A paper exchange under a random load that says every durable acknowledgement on its output; it runs until killed.

Started as a process of its own: `python -m tests.integration.paper_load FOLDER SEED RUN`. One JSON list a line:
["order", row], ["trade", row], ["algo", row], ["account", name].
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from interlock.ports.exchange.events import OrderUpdated, Told
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import Amendment, NewOrder, OrderKey, Replacement
from interlock.ports.exchange.words import Market, OrderForce, OrderKind, StopMode
from interlock.units.money import from_e8
from interlock.units.sides import Side
from interlock.venues.paper.bourse.durable import DurableExchange
from interlock.venues.paper.bourse.kernel import Kernel
from tests.unit.venues.paper.durable.seeded_market import SYMBOLS, SeededMarket, markets

ACCOUNTS = ("alice", "bob")
SPOT_START = {"USDT": Decimal(2_000_000), "BTC": Decimal(20), "ETH": Decimal(300)}
FUTURES_START = Decimal(1_000_000)


class WallClock:
    """Implements Clock."""

    def now_ns(self) -> int:
        return time.time_ns()


def say(kind: str, what: object) -> None:
    os.write(1, msgspec.json.encode([kind, what]) + b"\n")


class Client:
    """One who asks at random, and says what was acknowledged."""

    def __init__(self, exchange: DurableExchange, shown: dict[Market, SeededMarket], name: str, seed: str) -> None:
        self._exchange = exchange
        self._shown = shown
        self._name = name
        self._chance = random.Random(seed)
        self._ids = seed.replace("/", "-")
        self._asked = 0

    async def run(self) -> None:
        verbs = [self.place] * 14 + [self.cancel] * 3 + [self.amend] * 2 + [self.cancel_open, self.algo, self.settle]
        while True:
            try:
                await self._chance.choice(verbs)()
            except ExchangeError as error:
                assert error.code < 0
            # Not all at once, so that turns of one and of many alternate.
            for _ in range(self._chance.randint(0, 3)):
                await asyncio.sleep(0)

    def _order(self, market: Market) -> NewOrder:
        chance = self._chance
        self._asked += 1
        symbol = chance.choice(SYMBOLS)
        side = chance.choice(tuple(Side))
        shown = self._shown[market]
        ((bid, _),) = shown.levels(symbol, Side.BUY, 1)
        price = from_e8(bid + chance.randint(-8, 8) * shown.tick_e8(symbol))
        step = shown.instruments[symbol].quantity_step
        quantity = (Decimal(chance.randint(1, 900)) / 1000 // step + 1) * step
        client_order_id = f"{self._ids}-{self._asked}"
        terms = NewOrder(symbol=symbol, side=side, kind=OrderKind.MARKET, client_order_id=client_order_id)
        if chance.random() < 0.2:
            return msgspec.structs.replace(terms, quantity=quantity)
        force = chance.choice([OrderForce.GTC] * 6 + [OrderForce.IOC, OrderForce.FOK])
        return msgspec.structs.replace(terms, kind=OrderKind.LIMIT, quantity=quantity, price=price, time_in_force=force)

    async def place(self) -> None:
        market = self._chance.choice(tuple(Market))
        row, trades = await self._exchange.place(market, self._name, self._order(market))
        say("order", row)
        for trade in trades:
            say("trade", trade)

    async def _one_open(self, market: Market) -> OrderKey | None:
        orders = await self._exchange.open_orders(market, self._name, None)
        if not orders:
            return None
        row = self._chance.choice(orders)
        return OrderKey(symbol=row.symbol, order_id=row.order_id)

    async def cancel(self) -> None:
        market = self._chance.choice(tuple(Market))
        key = await self._one_open(market)
        if key is not None:
            say("order", await self._exchange.cancel(market, self._name, key))

    async def cancel_open(self) -> None:
        market = self._chance.choice(tuple(Market))
        for row in await self._exchange.cancel_open(market, self._name, self._chance.choice(SYMBOLS)):
            say("order", row)

    async def amend(self) -> None:
        if self._chance.random() < 0.5:
            key = await self._one_open(Market.USDM)
            if key is not None:
                row = await self._exchange.order(Market.USDM, self._name, key)
                less = row.quantity - self._shown[Market.USDM].instruments[row.symbol].quantity_step
                changed = Amendment(key=key, side=row.side, quantity=less, price=row.price)
                say("order", await self._exchange.amend(self._name, changed))
            return
        key = await self._one_open(Market.SPOT)
        if key is not None:
            order = msgspec.structs.replace(self._order(Market.SPOT), symbol=key.symbol)
            swap = Replacement(mode=StopMode.STOP_ON_FAILURE, cancel=key, cancel_as="swapped", order=order)
            cancelled, placed = await self._exchange.replace(self._name, swap)
            say("order", cancelled)
            if placed is not None:
                say("order", placed[0])

    async def algo(self) -> None:
        order = self._order(Market.USDM)
        ((bid, _),) = self._shown[Market.USDM].levels(order.symbol, Side.BUY, 1)
        away = 6 * self._shown[Market.USDM].tick_e8(order.symbol)
        stop = msgspec.structs.replace(
            order,
            kind=OrderKind.STOP_MARKET,
            price=None,
            time_in_force=None,
            trigger_price=from_e8(bid + away if order.side is Side.BUY else bid - away),
        )
        say("algo", await self._exchange.place_algo(self._name, stop))

    async def settle(self) -> None:
        symbol = self._chance.choice(SYMBOLS)
        await self._exchange.set_countdown(self._name, symbol, self._chance.choice((0, 0, 20, 60_000)))
        await self._exchange.set_leverage(self._name, symbol, self._chance.randint(10, 20))


def told(events: Sequence[Told]) -> None:
    for each in events:
        if isinstance(each.event, OrderUpdated):
            say("order", each.event.order)
            if each.event.trade is not None:
                say("trade", each.event.trade)


async def play(exchange: DurableExchange, shown: dict[Market, SeededMarket], seed: str) -> None:
    """Move the markets for ever."""
    chance = random.Random(f"{seed}/play")
    while True:
        market, symbol = chance.choice(tuple(Market)), chance.choice(SYMBOLS)
        at_ns = time.time_ns()
        if chance.random() < 0.5:
            exchange.on_quote(market, symbol, at_ns, *shown[market].move(symbol, at_ns))
        else:
            exchange.on_trade(market, symbol, at_ns, *shown[market].trade(symbol, at_ns))
        await asyncio.sleep(0)


def failed(error: Exception) -> None:
    raise SystemExit(f"the exchange ended itself: {error!r}")


async def main(folder: Path, seed: int, run: int) -> None:
    shown = markets(seed)
    for market in shown.values():
        market.at_ns = time.time_ns()
    exchange = DurableExchange.open(folder, Kernel(shown, shown), shown, WallClock(), failed)
    exchange.listen(told)
    for name in ACCOUNTS:
        if name not in exchange.accounts():
            await exchange.open_account(name, SPOT_START, FUTURES_START)
        say("account", name)
    clients = [Client(exchange, shown, name, f"{seed}/{run}/{name}/{n}") for n in range(3) for name in ACCOUNTS]
    async with asyncio.TaskGroup() as group:
        group.create_task(play(exchange, shown, f"{seed}/{run}"))
        for client in clients:
            group.create_task(client.run())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
