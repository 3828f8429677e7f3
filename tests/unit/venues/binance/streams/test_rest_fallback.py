"""While a stream is down the market is asked for, labelled as such; what fails is told, and asked for again."""

import asyncio
import json

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.streams.facts import ReadTrouble
from interlock.venues.binance.streams.reads import NotRead
from interlock.venues.binance.streams.rest_fallback import FallbackTerms, RestFallback
from interlock.venues.binance.streams.routes import Want

WANTS = (Want.DEPTH, Want.QUOTES, Want.TRADES)


class _Clock:
    def now_ns(self) -> int:
        return 77


class _Venue:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.trade_ids = [1, 2, 3]
        self.failing = ""

    async def public(self, wanted: Wanted) -> bytes:
        path = wanted.path.decode()
        self.asked.append(path)
        if self.failing and path.endswith(self.failing):
            raise NotRead("status 503")
        if path.endswith("bookTicker"):
            quote = {"symbol": "A", "bidPrice": "1", "bidQty": "1", "askPrice": "2", "askQty": "1"}
            return json.dumps(quote).encode()
        if path.endswith("depth"):
            return b'{"lastUpdateId":5,"bids":[["1","1"]],"asks":[["2","1"]]}'
        trades = [{"id": each, "price": "1", "qty": "1", "time": 1, "isBuyerMaker": True} for each in self.trade_ids]
        return json.dumps(trades).encode()

    async def keyed(self, wanted: Wanted) -> bytes:
        raise AssertionError("nothing of an account is asked")


def _fallback(market: Market = Market.SPOT) -> tuple[RestFallback, _Venue, list[object]]:
    venue, told = _Venue(), list[object]()
    terms = FallbackTerms(trades_every=2)
    return RestFallback(market, ["A"], WANTS, venue, _Clock(), told.append, terms), venue, told


def test_all_that_is_yielded_is_labelled_as_fallback() -> None:
    fallback, _, told = _fallback()
    fallback.known("A", 2)
    asyncio.run(fallback.round())
    assert [type(each) for each in told] == [QuoteHeard, BookHeard, TradeHeard]
    assert [each.origin for each in told if not isinstance(each, ReadTrouble)] == [Origin.FALLBACK] * 3  # type: ignore[attr-defined]  # all of these have one
    assert [each.heard_at_ns for each in told] == [77] * 3  # type: ignore[attr-defined]  # as above


def test_only_trades_after_the_last_one_known_are_told_and_each_once() -> None:
    fallback, venue, told = _fallback()
    asyncio.run(fallback.trades())
    assert told == []  # nothing is known yet: what was before is history
    venue.trade_ids = [2, 3, 4, 5]
    asyncio.run(fallback.trades())
    asyncio.run(fallback.trades())
    assert [each.trade_id for each in told if isinstance(each, TradeHeard)] == [4, 5]


def test_trades_weigh_most_and_are_asked_for_less_often() -> None:
    fallback, venue, _ = _fallback(Market.USDM)
    for _ in range(4):
        asyncio.run(fallback.round())
    assert venue.asked.count("/fapi/v1/trades") == 2
    assert venue.asked.count("/fapi/v1/ticker/bookTicker") == venue.asked.count("/fapi/v1/depth") == 4


def test_one_read_that_fails_is_told_and_the_others_go_on() -> None:
    fallback, venue, told = _fallback()
    fallback.known("A", 2)
    venue.failing = "depth"
    asyncio.run(fallback.round())
    assert [type(each) for each in told] == [QuoteHeard, ReadTrouble, TradeHeard]
    assert told[1] == ReadTrouble("the depth", "A", "status 503", 77)
