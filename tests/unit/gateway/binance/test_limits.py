"""Weight, bans and the counting of orders, on a clock that tests move."""

import pytest

from interlock.gateway.binance.limits.allowances import LIMITS, Allowances
from interlock.gateway.binance.limits.bans import BAN_S_MAX
from interlock.gateway.binance.limits.counters import Limited
from interlock.gateway.server.messages import Request, Response
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.asking import Client, header, refused

MINUTE_MS = 60_000


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.ms = 1_700_000_040_000  # at the start of a minute

    def __call__(self) -> int:
        return self.ms


def test_weight_is_counted_by_address_and_market_and_starts_again_each_minute() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    spot, futures = allowances.of(Market.SPOT), allowances.of(Market.USDM)
    assert [spot.spend("a", 5), spot.spend("a", 5), spot.spend("b", 5), futures.spend("a", 1)] == [5, 10, 5, 1]
    clock.ms += MINUTE_MS - 1
    assert spot.spend("a", 1) == 11
    clock.ms += 1
    assert spot.spend("a", 1) == 1


@pytest.mark.parametrize(
    ("market", "text"),
    [
        (Market.SPOT, "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "),
        (Market.USDM, "Too many requests; current limit is 2400 requests per minute. "),
    ],
)
def test_too_much_weight_is_refused_until_the_minute_ends(market: Market, text: str) -> None:
    clock = Clock()
    clock.ms += 20_500
    allowance = Allowances(clock).of(market)
    allowance.spend("a", LIMITS[market].weight_minute_max)
    with pytest.raises(Limited) as error:
        allowance.spend("a", 1)
    assert (error.value.status, error.value.code, error.value.retry_after_s) == (429, -1003, 40)
    assert error.value.text.startswith(text)
    allowance.spend("b", 1)


def overrun(allowances: Allowances) -> Limited:
    """Go on asking until banned, and return the last refusal."""
    allowance = allowances.of(Market.SPOT)
    for _ in range(12):
        try:
            allowance.spend("a", 6_001)
        except Limited as error:
            if error.status == 418:
                return error
    raise AssertionError("twelve requests over the limit, and no ban")


def test_who_goes_on_asking_is_banned_for_longer_each_time() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    lengths = []
    for _ in range(14):
        lengths.append(overrun(allowances).retry_after_s)
        clock.ms += lengths[-1] * 1_000
        allowances.of(Market.SPOT).spend("b", 1)
    assert lengths[:4] == [120, 240, 480, 960]
    assert lengths[-1] == BAN_S_MAX == max(lengths)


def test_a_ban_holds_on_its_market_alone_and_says_until_when() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    allowances.of(Market.USDM).bans.ban("a", 90)
    assert allowances.of(Market.SPOT).spend("a", 1) == 1
    clock.ms += 500
    with pytest.raises(Limited) as error:
        allowances.of(Market.USDM).spend("a", 1)
    assert (error.value.status, error.value.retry_after_s) == (418, 90)
    assert f"IP banned until {clock.ms + 89_500}. " in error.value.text
    clock.ms += 89_500
    assert allowances.of(Market.USDM).spend("a", 1) == 1


def test_a_refusal_over_the_limit_travels_with_its_headers() -> None:
    client = Client()
    client.allowances.of(Market.SPOT).spend("127.0.0.1", 6_000)
    answer = client.get("/api/v3/ping")
    assert refused(answer)[:2] == (429, -1003)
    assert header(answer, "Retry-After") == "40"
    assert header(answer, "X-MBX-USED-WEIGHT-1M") == "6001"


def test_a_ban_by_hand_shuts_an_address_out_whatever_its_port() -> None:
    client = Client(peer="10.0.0.9:1234")
    client.site.ban("10.0.0.9", 60)
    answer = client.get("/fapi/v1/ping")
    assert (refused(answer)[:2], header(answer, "Retry-After")) == ((418, -1003), "60")
    assert client.get("/api/v3/ping").status == 418
    client.peer = "10.0.0.8:1234"
    assert client.get("/fapi/v1/ping").status == 200
    client.peer = "10.0.0.9:4321"
    client.site.ban("10.0.0.9", 0)
    assert client.get("/fapi/v1/ping").status == 200
    client.site.ban("10.0.0.9", 60, Market.SPOT)
    assert (client.get("/fapi/v1/ping").status, client.get("/api/v3/ping").status) == (200, 418)


class FakeChannel:
    """A channel that nothing is sent on."""

    peer = "10.0.0.9:1234"

    def send(self, text: bytes) -> None:
        raise AssertionError("nothing is sent")

    def send_frame(self, frame: bytes) -> None:
        raise AssertionError("nothing is sent")

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("nothing is closed")

    def abort(self) -> None:
        raise AssertionError("nothing is reset")


def test_who_is_banned_opens_no_socket() -> None:
    client = Client()
    channel = FakeChannel()
    request = Request("GET", "/ws", b"", {}, b"", channel.peer)
    client.site.ban("10.0.0.9", 60, Market.USDM)
    assert client.site.open_socket(request, channel) == Response(404, b"no sockets")
    client.site.ban("10.0.0.9", 60)
    refusal = client.site.open_socket(request, channel)
    assert isinstance(refusal, Response)
    assert (refused(refusal)[:2], header(refusal, "Retry-After")) == ((418, -1003), "60")
    client.site.ban("10.0.0.9", 0)
    assert client.site.open_socket(request, channel) == Response(404, b"no sockets")


def test_orders_are_counted_in_both_intervals_or_in_none() -> None:
    clock = Clock()
    allowance = Allowances(clock).of(Market.USDM)
    for _ in range(4):
        allowance.take_orders("main", 300)
        clock.ms += 10_000
    assert [count for _, count in allowance.order_counts("main")] == [0, 1_200]
    with pytest.raises(Limited, match="current limit is 1200 orders per 1 MINUTE"):
        allowance.take_orders("main")
    assert [count for _, count in allowance.order_counts("main")] == [0, 1_200]
    assert allowance.take_orders("other") == (("X-MBX-ORDER-COUNT-10S", "1"), ("X-MBX-ORDER-COUNT-1M", "1"))
