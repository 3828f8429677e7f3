"""What the markets show, over the protocol."""

from decimal import Decimal

import msgspec
import pytest

from interlock.gateway.server.messages import Response
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.asking import KEY, Client, header, refused, told
from tests.unit.gateway.binance.fake_market import NOW_MS, listing

SYMBOL = {"symbol": "BTCUSDT"}


def test_ping_and_time_are_answered_under_every_name() -> None:
    client = Client()
    for path in ("/api/v3/ping", "/api/v1/ping", "/fapi/v1/ping", "/dapi/v1/ping"):
        assert client.get(path).body == b"{}"
    for path in ("/api/v3/time", "/api/v1/time", "/fapi/v1/time", "/dapi/v1/time"):
        assert told(client.get(path)) == {"serverTime": NOW_MS}


def test_public_answers_make_no_task() -> None:
    client = Client()
    for path, parameters in (("/api/v3/ping", {}), ("/api/v3/depth", SYMBOL), ("/fapi/v1/ticker/bookTicker", {})):
        assert isinstance(client.get(path, **parameters), Response)


def test_the_exchange_information_is_the_listing_at_this_time() -> None:
    client = Client()
    for path in ("/api/v3/exchangeInfo", "/api/v1/exchangeInfo", "/fapi/v1/exchangeInfo"):
        answer = told(client.get(path))
        assert answer == {**msgspec.json.decode(listing(Market.SPOT).body), "serverTime": NOW_MS}
        assert list(answer) == ["timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"]


def test_some_symbols_of_the_exchange_information_can_be_asked_for() -> None:
    client = Client()

    def names(query: str) -> list[str]:
        return [each["symbol"] for each in told(client.send("GET", "/api/v3/exchangeInfo", query))["symbols"]]

    assert names("symbol=ETHUSDT") == ["ETHUSDT"]
    assert names("symbols=%5B%22ETHUSDT%22%2C%22BTCUSDT%22%5D") == ["BTCUSDT", "ETHUSDT"]
    assert names("symbols=ETHUSDT&symbols=BTCUSDT") == ["BTCUSDT", "ETHUSDT"]
    assert names("permissions=MARGIN") == ["ETHUSDT"]
    assert names("permissions=%5B%22SPOT%22%2C%22MARGIN%22%5D") == ["BTCUSDT", "ETHUSDT"]
    assert names("symbolStatus=HALT") == []
    assert refused(client.get("/api/v3/exchangeInfo", symbol="NONE"))[1:] == (-1121, "Invalid symbol.")
    assert refused(client.send("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT&permissions=SPOT"))[1] == -1128


def test_a_changed_listing_shows_at_once() -> None:
    client = Client()
    client.get("/api/v3/exchangeInfo")
    client.exchange.markets[Market.SPOT].listed = listing(Market.SPOT, ("BTC", "ETH", "SOL"))
    assert len(told(client.get("/api/v3/exchangeInfo"))["symbols"]) == 3
    assert told(client.get("/api/v3/klines", symbol="SOLUSDT", interval="1m"))[0][1] == "100.00000000"


def test_a_book_has_the_digits_of_its_market() -> None:
    client = Client()
    spot = told(client.get("/api/v3/depth", symbol="BTCUSDT", limit=2))
    assert spot == {
        "lastUpdateId": 77,
        "bids": [["100.10000000", "3.50000000"], ["100.00000000", "3.50000000"]],
        "asks": [["100.20000000", "3.50000000"], ["100.30000000", "3.50000000"]],
    }
    futures = told(client.get("/fapi/v1/depth", symbol="BTCUSDT", limit=5))
    assert futures["bids"][0] == ["100.10", "3.500"]
    assert (futures["E"], futures["T"]) == (NOW_MS, NOW_MS)


def test_a_book_that_moved_is_not_answered_from_before() -> None:
    client = Client()
    client.get("/api/v3/depth", **SYMBOL)
    client.exchange.markets[Market.SPOT].update_id = 78
    assert told(client.get("/api/v3/depth", **SYMBOL))["lastUpdateId"] == 78


def test_a_book_that_is_not_known_is_no_empty_book() -> None:
    assert refused(Client().get("/api/v3/depth", symbol="ETHUSDT"))[:2] == (503, -1001)


def test_limits_weigh_and_are_checked() -> None:
    client = Client()

    def weight(path: str, **parameters: object) -> int:
        name = "X-MBX-USED-WEIGHT-1M"
        before = int(header(client.get(path.replace("depth", "time").replace("klines", "time")), name) or 0)
        return int(header(client.get(path, **parameters), name) or 0) - before

    assert [weight("/api/v3/depth", limit=each, **SYMBOL) for each in (100, 500, 1000, 5000)] == [5, 25, 50, 250]
    assert [weight("/fapi/v1/depth", limit=each, **SYMBOL) for each in (50, 100, 500, 1000)] == [2, 5, 10, 20]
    klines = {"interval": "1m", **SYMBOL}
    assert [weight("/fapi/v1/klines", limit=each, **klines) for each in (99, 499, 1000, 1500)] == [1, 2, 5, 10]
    assert refused(client.get("/fapi/v1/depth", symbol="BTCUSDT", limit=7))[1] == -4021
    assert refused(client.get("/fapi/v1/klines", interval="1m", limit=1501, **SYMBOL))[1] == -1130
    assert client.get("/api/v3/depth", symbol="BTCUSDT", limit=6000).status == 200


def test_trades_and_aggregates_come_oldest_first() -> None:
    client = Client()
    rows = told(client.get("/api/v3/trades", limit=2, **SYMBOL))
    assert rows[0] == {
        "id": 1,
        "price": "100.10000000",
        "qty": "0.25000000",
        "quoteQty": "25.02500000",
        "time": NOW_MS - 2_000,
        "isBuyerMaker": False,
        "isBestMatch": True,
    }
    from_one = told(client.get("/api/v3/aggTrades", fromId=1, **SYMBOL))
    assert [row["a"] for row in from_one] == [1, 2]
    late = told(client.get("/api/v3/aggTrades", startTime=NOW_MS - 1_000, **SYMBOL))
    assert [row["a"] for row in late] == [2]
    with_key = client.send("GET", "/fapi/v1/historicalTrades", "symbol=BTCUSDT", headers={"x-mbx-apikey": KEY})
    assert [row["id"] for row in told(with_key)] == [0, 1, 2]
    assert refused(client.get("/fapi/v1/historicalTrades", **SYMBOL))[:2] == (401, -2014)


def test_candles_are_lists_of_twelve() -> None:
    client = Client()
    row = told(client.get("/api/v3/klines", interval="1h", limit=1, **SYMBOL))[0]
    assert row[1:6] == ["100.00000000", "102.00000000", "99.00000000", "101.00000000", "2.00000000"]
    assert (len(row), row[6] - row[0], row[7:]) == (
        12,
        3_599_999,
        ["201.00000000", 3, "1.00000000", "100.50000000", "0"],
    )
    for path, name in (("markPriceKlines", "symbol"), ("indexPriceKlines", "pair")):
        mark = told(client.get(f"/fapi/v1/{path}", interval="1h", **{name: "BTCUSDT"}))[0]
        assert (mark[1], mark[5], mark[7]) == ("100.00", "0", "0")
    continuous = {"pair": "BTCUSDT", "contractType": "PERPETUAL", "interval": "1m"}
    assert len(told(client.get("/fapi/v1/continuousKlines", **continuous))) == 3


@pytest.mark.parametrize(
    ("path", "interval"), [("/api/v3/klines", "1"), ("/fapi/v1/klines", "1s"), ("/api/v3/klines", "1M")]
)
def test_an_interval_that_is_not_served_is_refused(path: str, interval: str) -> None:
    assert refused(Client().get(path, interval=interval, **SYMBOL)) == (400, -1120, "Invalid interval.")


def test_tickers_answer_for_one_several_or_all() -> None:
    client = Client()
    day = told(client.get("/api/v3/ticker/24hr", **SYMBOL))
    assert (day["priceChange"], day["priceChangePercent"], day["weightedAvgPrice"]) == (
        "20.00000000",
        "25.000",
        "90.50000000",
    )
    assert [each["lastPrice"] for each in told(client.get("/fapi/v1/ticker/24hr"))] == ["100.00", "0.00"]
    two = client.send("GET", "/api/v3/ticker/price", 'symbols=["ETHUSDT","BTCUSDT"]')
    assert told(two) == [
        {"symbol": "ETHUSDT", "price": "0.00000000"},
        {"symbol": "BTCUSDT", "price": "100.00000000"},
    ]
    assert told(client.get("/fapi/v2/ticker/price", **SYMBOL)) == {
        "symbol": "BTCUSDT",
        "price": "100.00",
        "time": NOW_MS,
    }
    assert told(client.get("/fapi/v1/ticker/bookTicker", **SYMBOL))["askQty"] == "3.500"
    assert "bidPrice" not in told(client.get("/api/v3/ticker/24hr", type="MINI", **SYMBOL))
    assert told(client.get("/api/v3/avgPrice", **SYMBOL))["price"] == "100.50000000"


def test_a_rolling_window_sums_its_candles() -> None:
    answer = told(Client().get("/api/v3/ticker", windowSize="2h", **SYMBOL))
    assert (answer["volume"], answer["highPrice"], answer["count"]) == ("6.00000000", "102.00000000", 9)
    assert answer["closeTime"] - answer["openTime"] == 7_200_000
    assert refused(Client().get("/api/v3/ticker", windowSize="8d", **SYMBOL))[1] == -1130


def test_marks_and_funding_are_told() -> None:
    client = Client()
    mark = told(client.get("/fapi/v1/premiumIndex", **SYMBOL))
    assert (mark["markPrice"], mark["lastFundingRate"]) == ("100.15000000", "0.00010000")
    assert [each["symbol"] for each in told(client.get("/fapi/v1/premiumIndex"))] == ["BTCUSDT"]
    assert refused(client.get("/fapi/v1/premiumIndex", symbol="ETHUSDT"))[:2] == (503, -1001)
    rows = told(client.get("/fapi/v1/fundingRate", startTime=1, limit=1, **SYMBOL))
    assert rows == [
        {"symbol": "BTCUSDT", "fundingTime": 28_800_000, "fundingRate": "0.00010000", "markPrice": "100.00000000"}
    ]
    assert told(client.get("/fapi/v1/openInterest", **SYMBOL))["openInterest"] == "0.000"


def test_small_numbers_have_no_exponent() -> None:
    client = Client()
    client.exchange.markets[Market.SPOT].size = Decimal("1E-8")
    assert told(client.get("/api/v3/ticker/bookTicker", **SYMBOL))["bidQty"] == "0.00000001"


def test_spot_refuses_parameters_that_it_does_not_know_and_futures_do_not() -> None:
    client = Client()
    assert refused(client.get("/api/v3/ping", x=1))[1:] == (
        -1101,
        "Too many parameters; expected '0' and received '1'.",
    )
    assert refused(client.get("/api/v3/depth", x=1, **SYMBOL))[1] == -1101
    assert client.get("/fapi/v1/depth", x=1, **SYMBOL).status == 200
