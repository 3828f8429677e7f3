"""The exchange over its book: answers rest on the disk, histories on SQL, and a start goes on where the end was."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from interlock.ports.exchange.events import OrderUpdated, Told
from interlock.ports.exchange.market_data import MarketEvent
from interlock.ports.exchange.refusals import ExchangeError, NoAnswer
from interlock.ports.exchange.requests import AlgoKey, History, NewOrder, OrderKey
from interlock.ports.exchange.words import AlgoState, Market, OrderForce, OrderKind, OrderState
from interlock.units.money import from_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.durable import DurableExchange
from interlock.venues.paper.bourse.kernel import Kernel
from interlock.venues.paper.bourse.store.book import read_book
from interlock.venues.paper.bourse.store.faults import BookLocked, SyncFailed
from tests.unit.venues.paper.durable.seeded_market import markets
from tests.unit.venues.paper.store.failing import failing

START_NS = 1_700_000_000_000 * NS_PER_MS
NAME = "alice"


class House:
    """An exchange in a folder, a market from a seed, a clock that a test turns, and all that was told."""

    def __init__(self, folder: Path, at_ns: int = START_NS, speed: int = 1) -> None:
        self.folder = folder
        self.at_ns = at_ns
        self.shown = markets(1)
        for market in self.shown.values():
            market.at_ns = at_ns
        self.failures: list[Exception] = []
        self.told: list[Told] = []
        kernel = Kernel(self.shown, self.shown)
        self.exchange = DurableExchange.open(folder, kernel, self.shown, self, self.failures.append, speed)
        self.exchange.listen(self.told.extend)
        self.asked = 0

    def now_ns(self) -> int:
        return self.at_ns

    async def opened(self) -> "House":
        await self.exchange.open_account(NAME, {"USDT": Decimal(100_000), "BTC": Decimal(1)}, Decimal(50_000))
        return self

    def limit(self, market: Market, side: Side, ticks: int, quantity: str = "0.01", **changes: Any) -> NewOrder:
        """Return a limit order so many ticks away from the best bid."""
        self.asked += 1
        ((bid, _),) = self.shown[market].levels("BTCUSDT", Side.BUY, 1)
        price = from_e8(bid + ticks * self.shown[market].tick_e8("BTCUSDT"))
        fields: dict[str, Any] = {
            "symbol": "BTCUSDT",
            "side": side,
            "kind": OrderKind.LIMIT,
            "client_order_id": f"mine-{self.at_ns}-{self.asked}",
            "quantity": Decimal(quantity),
            "price": price,
            "time_in_force": OrderForce.GTC,
        }
        return NewOrder(**(fields | changes))

    def on_disk(self) -> dict[int, OrderState]:
        return {order.order_id: order.state for order in read_book(self.folder).orders}


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


def test_an_order_is_answered_and_told_when_it_is_on_disk(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        row, trades = await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, 3))
        assert house.on_disk() == {row.order_id: OrderState.FILLED}
        assert read_book(tmp_path).trades == trades
        await asyncio.sleep(0)
        states = [each.event.order.state for each in house.told if isinstance(each.event, OrderUpdated)]
        assert states == [OrderState.NEW, OrderState.FILLED]
        house.exchange.close()

    run(story)


def test_refusals_and_reads_wait_for_what_their_turn_changed(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        exchange = house.exchange
        seen: dict[str, dict[int, OrderState]] = {}

        async def refused() -> None:
            with pytest.raises(ExchangeError):
                await exchange.cancel(Market.SPOT, NAME, OrderKey(symbol="BTCUSDT", order_id=77))
            seen["refused"] = house.on_disk()

        async def read() -> None:
            assert len(await exchange.open_orders(Market.SPOT, NAME, None)) == 1
            seen["read"] = house.on_disk()

        async def history() -> None:
            assert len(await exchange.orders(Market.SPOT, NAME, History(symbol="BTCUSDT"))) == 1
            seen["history"] = house.on_disk()

        place = exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, -3))
        await asyncio.gather(place, refused(), read(), history())
        assert seen == {who: {1: OrderState.NEW} for who in ("refused", "read", "history")}
        exchange.close()

    run(story)


def test_an_ended_order_is_found_by_either_id_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        exchange = house.exchange
        order = house.limit(Market.USDM, Side.BUY, -3)
        placed, _ = await exchange.place(Market.USDM, NAME, order)
        key = OrderKey(symbol="BTCUSDT", client_order_id=order.client_order_id)
        assert await exchange.order(Market.USDM, NAME, key) == placed
        cancelled = await exchange.cancel(Market.USDM, NAME, key)
        assert await exchange.order(Market.USDM, NAME, key) == cancelled
        by_id = OrderKey(symbol="BTCUSDT", order_id=placed.order_id)
        assert (await exchange.order(Market.USDM, NAME, by_id)).state is OrderState.CANCELED
        with pytest.raises(ExchangeError, match="-2013"):
            await exchange.order(Market.USDM, NAME, OrderKey(symbol="BTCUSDT", order_id=99))
        for verb in (exchange.orders, exchange.trades):
            with pytest.raises(ExchangeError, match="-2015"):
                await verb(Market.USDM, "nobody", History(symbol="BTCUSDT"))
        exchange.close()

    run(story)


def test_histories_hold_what_has_ended(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        exchange = house.exchange
        row, trades = await exchange.place(Market.USDM, NAME, house.limit(Market.USDM, Side.BUY, 3))
        history = History(symbol="BTCUSDT")
        assert list(await exchange.orders(Market.USDM, NAME, history)) == [row]
        assert tuple(await exchange.trades(Market.USDM, NAME, history)) == trades
        kinds = [each.kind.value for each in await exchange.income(NAME, History(), None)]
        assert kinds == ["TRANSFER", *["COMMISSION"] * len(trades)]
        stop = house.limit(
            Market.USDM,
            Side.SELL,
            -30,
            kind=OrderKind.STOP_MARKET,
            price=None,
            time_in_force=None,
            trigger_price=Decimal(60_000),
        )
        waiting = await exchange.place_algo(NAME, stop)
        await exchange.cancel_algo(NAME, AlgoKey(algo_id=waiting.algo_id))
        assert [each.state for each in await exchange.algos(NAME, History())] == [AlgoState.CANCELED]
        found = await exchange.algo(NAME, AlgoKey(client_algo_id=stop.client_order_id))
        assert (found.algo_id, found.state) == (waiting.algo_id, AlgoState.CANCELED)
        with pytest.raises(ExchangeError, match="-2013"):
            await exchange.algo(NAME, AlgoKey(algo_id=99))
        exchange.close()

    run(story)


def test_a_start_goes_on_with_orders_balances_and_numbers_and_never_back_in_time(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        resting, _ = await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, -3))
        filled, _ = await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, 3))
        wallet = await house.exchange.spot_account(NAME)
        house.exchange.abandon()
        again = House(tmp_path, at_ns=START_NS - 60_000 * NS_PER_MS)
        assert list(again.exchange.accounts()) == [NAME]
        assert await again.exchange.spot_account(NAME) == wallet
        assert list(await again.exchange.open_orders(Market.SPOT, NAME, None)) == [resting]
        later, _ = await again.exchange.place(Market.SPOT, NAME, again.limit(Market.SPOT, Side.BUY, -4))
        assert later.order_id == filled.order_id + 1
        assert later.created_at_ns >= filled.created_at_ns
        assert again.exchange.now_ms() >= START_NS // NS_PER_MS
        again.exchange.close()

    run(story)


def test_a_countdown_that_ran_out_while_the_exchange_was_down_fires_at_the_start(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        row, _ = await house.exchange.place(Market.USDM, NAME, house.limit(Market.USDM, Side.BUY, -3))
        await house.exchange.set_countdown(NAME, "BTCUSDT", 5_000)
        house.exchange.abandon()
        early = House(tmp_path, at_ns=START_NS + 4_000 * NS_PER_MS)
        assert early.on_disk() == {row.order_id: OrderState.NEW}
        early.exchange.abandon()
        late = House(tmp_path, at_ns=START_NS + 6_000 * NS_PER_MS)
        assert late.on_disk() == {row.order_id: OrderState.CANCELED}
        late.exchange.close()

    run(story)


def test_a_countdown_fires_though_nobody_calls(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path, speed=1_000_000).opened()
        house.exchange.advance()  # fundings of the past are behind it
        ended = asyncio.Event()
        house.exchange.listen(lambda told: ended.set() if told[0].event.__class__ is OrderUpdated else None)
        await house.exchange.place(Market.USDM, NAME, house.limit(Market.USDM, Side.BUY, -3))
        await asyncio.sleep(0)
        ended.clear()
        await house.exchange.set_countdown(NAME, "BTCUSDT", 3_600_000)
        house.at_ns += 3_600_000 * NS_PER_MS
        async with asyncio.timeout(10):
            await ended.wait()
        assert house.on_disk() == {1: OrderState.CANCELED}
        house.exchange.close()

    run(story)


def test_what_the_market_fills_is_told_when_it_is_on_disk(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        shown = house.shown[Market.SPOT]
        row, _ = await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, 0))
        await asyncio.sleep(0)
        heard: list[dict[int, OrderState]] = []
        house.exchange.listen(lambda told: heard.append(house.on_disk()))
        price_e8 = shown.levels("BTCUSDT", Side.BUY, 1)[0][0]
        house.exchange.on_trade(Market.SPOT, "BTCUSDT", START_NS + 1, price_e8 - 10**9, 10**9, False)
        await asyncio.sleep(0)
        assert heard == [{row.order_id: OrderState.FILLED}]
        house.exchange.close()

    run(story)


def test_a_failed_commit_answers_nobody_and_is_reported_once(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        store = house.exchange._turns._store
        failing(store, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_FSYNC)
        orders = [house.limit(Market.SPOT, Side.BUY, -3) for _ in range(2)]
        answers = await asyncio.gather(
            *(house.exchange.place(Market.SPOT, NAME, order) for order in orders), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [NoAnswer, NoAnswer]
        for verb in (house.exchange.spot_account, house.exchange.futures_account):
            with pytest.raises(NoAnswer):
                await verb(NAME)
        with pytest.raises(NoAnswer):
            house.exchange.advance()
        assert [type(failure) for failure in house.failures] == [SyncFailed]
        house.exchange.close()
        assert house.on_disk() == {}

    run(story)


def test_a_mistake_in_the_kernel_ends_the_exchange_before_its_half_work_is_written(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()

        def mistaken(*_: object) -> list[tuple[int, int]]:
            raise AssertionError("a mistake")

        house.shown[Market.SPOT].levels = mistaken  # type: ignore[assignment]  # a market that fails midway
        order = house.limit(Market.USDM, Side.BUY, 3)
        with pytest.raises(AssertionError, match="a mistake"):
            await house.exchange.place(Market.SPOT, NAME, order)
        with pytest.raises(NoAnswer):
            await house.exchange.place(Market.USDM, NAME, order)
        assert len(house.failures) == 1
        house.exchange.close()
        assert house.on_disk() == {}

    run(story)


def test_a_folder_in_use_is_refused_and_the_one_who_uses_it_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        with pytest.raises(BookLocked):
            House(tmp_path)
        await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, -3))
        house.exchange.close()

    run(story)


def test_a_shifted_clock_is_told_and_changes_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()
        for offset_ms in (-3_000, 3_000):
            house.exchange.shift_clock(offset_ms)
            assert house.exchange.now_ms() == START_NS // NS_PER_MS + offset_ms
        row, _ = await house.exchange.place(Market.SPOT, NAME, house.limit(Market.SPOT, Side.BUY, -3))
        assert row.created_at_ns == START_NS
        house.exchange.close()

    run(story)


def test_what_a_market_shows_is_passed_on_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path)
        shown: list[tuple[Market, Sequence[MarketEvent]]] = []
        house.exchange.watch(lambda market, events: shown.append((market, events)))
        quote = house.shown[Market.SPOT].quote("BTCUSDT")
        assert quote is not None
        house.exchange.show(Market.SPOT, [quote])
        assert shown == [(Market.SPOT, [quote])]
        assert house.exchange.data(Market.USDM) is house.shown[Market.USDM]
        house.exchange.close()

    run(story)


def test_orders_that_have_ended_take_no_memory(tmp_path: Path) -> None:
    async def story() -> None:
        house = await House(tmp_path).opened()

        async def trade(times: int) -> None:
            for _ in range(times):
                row, _ = await house.exchange.place(Market.USDM, NAME, house.limit(Market.USDM, Side.BUY, -3))
                key = OrderKey(symbol="BTCUSDT", order_id=row.order_id)
                await house.exchange.cancel(Market.USDM, NAME, key)
                for side, ticks in ((Side.BUY, 3), (Side.SELL, -3)):
                    house.shown[Market.USDM].move("BTCUSDT", house.at_ns)
                    order = house.limit(Market.USDM, side, ticks, "0.002", time_in_force=OrderForce.IOC)
                    await house.exchange.place(Market.USDM, NAME, order)
                house.at_ns += 2_000 * NS_PER_MS
            house.told.clear()
            gc.collect()

        tracemalloc.start()
        try:
            await trade(50)
            before, _ = tracemalloc.get_traced_memory()
            await trade(150)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(house.on_disk()) == 600
        assert after - before < 450 * 30
        house.exchange.close()

    run(story)
