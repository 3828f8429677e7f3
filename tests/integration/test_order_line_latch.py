"""The order line over real sockets: the latch before each write, and what becomes of what has to wait."""

import asyncio
import socket

import pytest

from interlock.messages.observations import (
    AcceptReported,
    CancelReported,
    RejectReported,
    SilenceReported,
)
from interlock.messages.words import OrderType, Purpose
from interlock.ports.exchange.words import Market
from interlock.ports.latch import NO_NEW_RISK, OPEN, SILENT
from interlock.units.sides import Side
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.line import not_sent
from interlock.venues.binance.line.order_line import OrderLine
from interlock.venues.binance.line.terms import LineTerms
from interlock.venues.binance.signing import HmacSigner
from tests.unit.venues.binance.scripted_venue import (
    ACCOUNT,
    KEY,
    QUICK,
    SECRET,
    SYMBOL,
    Act,
    Trading,
    approved,
    closing,
    code_of,
    refusal,
    run,
    trading,
)

# --- The latch -----------------------------------------------------------------------------------------------------


def test_an_order_that_waits_while_the_latch_is_engaged_is_never_written_and_that_is_told() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.venue.gate.clear()
            traded.lane.place(closing("il1-1-0"))
            await traded.venue.wait_for(1)
            traded.lane.place(approved("il1-2-0"))
            traded.cell.level = NO_NEW_RISK
            traded.venue.gate.set()
            assert isinstance(await traded.hear(), AcceptReported)
            told = await traded.hear()
            assert isinstance(told, RejectReported)
            assert (told.order_id, told.code, told.text) == ("il1-2-0", *not_sent.LATCHED)
            traded.lane.place(closing("il1-3-0"))
            heard = await traded.venue.wait_for(2)
            assert [each.query["newClientOrderId"] for each in heard] == ["il1-1-0", "il1-3-0"]

    run(scenario())


def test_the_latch_is_looked_at_after_the_request_was_built_and_signed() -> None:
    class EngagesWhileSigning(HmacSigner):
        cell: object

        def sign(self, payload: bytes) -> bytes:
            traded_now[0].cell.level = NO_NEW_RISK
            return super().sign(payload)

    traded_now: list[Trading] = []

    async def scenario() -> None:
        async with trading(signer=EngagesWhileSigning(KEY, SECRET)) as traded:
            traded_now.append(traded)
            traded.lane.place(approved("il1-1-0"))
            assert code_of(await traded.hear()) == not_sent.LATCHED.code
            assert traded.venue.heard == []
            assert traded.cell.looks == 1

    run(scenario())


@pytest.mark.parametrize(
    ("level", "entry", "close", "cancel"),
    [(OPEN, True, True, True), (NO_NEW_RISK, False, True, True), (0, False, True, True), (SILENT, False, False, False)],
)
def test_what_a_level_of_the_latch_lets_out(level: int, entry: bool, close: bool, cancel: bool) -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.cell.level = level
            told = []
            traded.lane.place(approved("il1-1-0"))
            told.append(await traded.hear())
            traded.lane.place(closing("il1-2-0"))
            told.append(await traded.hear())
            traded.lane.cancel(SYMBOL, "il1-3-0")
            told.append(await traded.hear())
            assert [isinstance(each, AcceptReported | CancelReported) for each in told] == [entry, close, cancel]
            assert len(traded.venue.heard) == sum((entry, close, cancel))

    run(scenario())


def test_an_exit_that_could_open_needs_the_latch_open_like_an_entry() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.cell.level = NO_NEW_RISK
            traded.lane.place(approved("il1-1-0", purpose=Purpose.STOP, reduce_only=False))
            assert code_of(await traded.hear()) == not_sent.LATCHED.code

    run(scenario())


@pytest.mark.parametrize("purpose", [Purpose.CLOSE, Purpose.STOP])
def test_on_spot_whatever_buys_needs_the_latch_open_whatever_it_is_for(purpose: Purpose) -> None:
    async def scenario() -> None:
        async with trading(market=Market.SPOT) as traded:
            traded.cell.level = NO_NEW_RISK
            traded.lane.place(approved("il1-1-0", purpose=purpose, side=Side.BUY, reduce_only=True))
            assert code_of(await traded.hear()) == not_sent.LATCHED.code
            traded.lane.place(approved("il1-2-0", purpose=purpose, side=Side.SELL))
            await traded.venue.wait_for(1)
            assert [each.query["side"] for each in traded.venue.heard] == ["SELL"]

    run(scenario())


class NarrowSocket(socket.socket):
    """A socket whose kernel takes so many bytes at each send, as a full buffer would make it."""

    takes: list[int] = []  # noqa: RUF012 - what each next send takes; then all
    sent: list[bytes] = []  # noqa: RUF012 - what was taken

    def send(self, data: bytes, flags: int = 0, /) -> int:  # type: ignore[override]  # bytes are all we send
        take = self.takes.pop(0) if self.takes else len(data)
        if not take:
            raise BlockingIOError
        count = super().send(data[:take], flags)
        self.sent.append(bytes(data[:count]))
        return count


def test_the_rest_of_a_request_follows_when_the_kernel_takes_it() -> None:
    async def scenario() -> None:
        NarrowSocket.takes, NarrowSocket.sent = [100, 0, 50, 0], []
        async with trading(make_socket=NarrowSocket) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert len(NarrowSocket.sent) == 3
            assert len(traded.venue.heard) == 1
            assert traded.cell.looks == 5  # once before each system call

    run(scenario())


def test_a_request_of_which_the_kernel_has_a_part_is_cut_off_when_the_latch_is_engaged() -> None:
    async def scenario() -> None:
        NarrowSocket.takes, NarrowSocket.sent = [100, 0, 0, 0], []
        async with trading(make_socket=NarrowSocket) as traded:
            traded.cell.at_look[3] = NO_NEW_RISK
            traded.lane.place(approved("il1-1-0"))
            assert code_of(await traded.hear()) == not_sent.CUT_OFF.code
            assert len(NarrowSocket.sent) == 1
            await traded.until(traded.is_ready)
            await traded.until(lambda: len(traded.venue._open) == 1)  # the first connection is gone
            assert traded.venue.connections == 2
            traded.lane.place(closing("il1-2-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.query["newClientOrderId"] for each in traded.venue.heard] == ["il1-2-0"]

    run(scenario())


def test_a_request_that_the_kernel_does_not_take_at_all_waits_and_asks_the_latch_again() -> None:
    async def scenario() -> None:
        NarrowSocket.takes, NarrowSocket.sent = [0], []
        async with trading(make_socket=NarrowSocket) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            NarrowSocket.takes = [0]
            traded.cell.at_look[4] = NO_NEW_RISK
            traded.lane.place(approved("il1-2-0"))
            assert code_of(await traded.hear()) == not_sent.LATCHED.code
            assert len(traded.venue.heard) == 1

    run(scenario())


# --- Waiting, connecting, closing ----------------------------------------------------------------------------------


def test_a_line_without_a_venue_connects_when_there_is_one_and_sends_what_may_still_wait() -> None:
    async def scenario() -> None:
        async with trading(is_served=False, terms=LineTerms(connections=1, entry_wait_ms_max=20)) as traded:
            traded.lane.place(approved("il1-1-0"))
            traded.lane.place(closing("il1-2-0"))
            assert code_of(await traded.hear()) == not_sent.WAITED.code
            await traded.until(lambda: traded.lane.connections[0]._backoff.failures >= 2)
            assert traded.lane.connections[0].trouble
            server = await traded.venue.serve(port=traded.venue.port)
            told = await traded.hear()
            assert isinstance(told, AcceptReported)
            assert told.order_id == "il1-2-0"
            server.close()
            traded.venue.drop_all()
            await server.wait_closed()

    run(scenario())


def test_a_connection_that_the_venue_closes_is_made_again() -> None:
    async def scenario() -> None:
        async with trading([Act(headers=("Connection: close",), then="close")]) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            await traded.until(traded.is_ready)
            traded.venue.drop_all()
            await traded.until(lambda: not traded.is_ready())
            await traded.until(traded.is_ready)
            traded.lane.place(approved("il1-2-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.connection for each in traded.venue.heard] == [1, 3]

    run(scenario())


def test_bytes_that_nobody_asked_for_end_the_connection_and_answer_no_later_order() -> None:
    async def scenario() -> None:
        stray = b"{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        async with trading([Act(200, stray, ("Content-Length: 2",))]) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), SilenceReported)
            await traded.until(traded.is_ready)
            traded.lane.place(approved("il1-2-0"))
            assert isinstance(await traded.hear(), AcceptReported)

    run(scenario())


@pytest.mark.parametrize("status", [429, 418])
def test_nothing_is_sent_while_the_venue_says_to_wait(status: int) -> None:
    async def scenario() -> None:
        held = refusal(-1003, "Too much request weight used.", status, "Retry-After: 30")
        async with trading([held], terms=QUICK) as traded:
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), RejectReported)
            await traded.until(traded.is_ready)
            traded.lane.place(approved("il1-2-0"))
            traded.lane.place(closing("il1-3-0"))
            traded.lane.cancel(SYMBOL, "il1-4-0")
            told = [await traded.hear() for _ in range(3)]
            assert {code_of(each) for each in told} == {not_sent.HELD_BACK.code}
            assert len(traded.venue.heard) == 1
            traded.clock.shift_ns = 31_000_000_000
            traded.lane.place(approved("il1-5-0"))
            assert isinstance(await traded.hear(), AcceptReported)

    run(scenario())


def test_what_waits_for_the_end_of_a_hold_goes_then() -> None:
    async def scenario() -> None:
        budget = Budget(RATE_LIMITS[Market.USDM])
        async with trading(budget=budget) as traded:
            budget.held_until_ns = traded.clock.now_ns() + 30_000_000
            traded.lane.place(closing("il1-1-0"))
            assert traded.is_ready()
            assert isinstance(await traded.hear(), AcceptReported)

    run(scenario())


def test_a_closed_line_sends_nothing_and_says_so() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.venue.gate.clear()
            traded.lane.place(approved("il1-1-0"))
            await traded.venue.wait_for(1)
            traded.lane.place(approved("il1-2-0"))
            traded.lane.close()
            traded.lane.place(approved("il1-3-0"))
            told = {told.order_id: told for told in [await traded.hear() for _ in range(3)]}  # type: ignore[union-attr]  # each is of an order
            assert isinstance(told["il1-1-0"], SilenceReported)
            assert code_of(told["il1-2-0"]) == code_of(told["il1-3-0"]) == not_sent.CLOSED.code

    run(scenario())


def test_an_order_that_cannot_be_said_is_not_sent() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            traded.lane.place(approved("il1-1-0", order_type=OrderType.LIMIT))
            assert code_of(await traded.hear()) == not_sent.INEXPRESSIBLE.code

    run(scenario())


def test_an_order_goes_the_way_of_its_account_and_without_one_it_is_not_sent() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            soon = asyncio.get_running_loop().call_soon
            line = OrderLine([traded.lane], traded.clock, traded.told.put_nowait, soon)
            line.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            line.place(approved("il1-2-0", account="other"))
            assert code_of(await traded.hear()) == not_sent.NO_ACCOUNT.code
            line.cancel(ACCOUNT, SYMBOL, "il1-1-0")
            assert isinstance(await traded.hear(), CancelReported)
            line.cancel("other", SYMBOL, "il1-1-0")
            assert code_of(await traded.hear()) == not_sent.NO_ACCOUNT.code

    run(scenario())
