"""What a socket carries comes out in order, book by book; recorded sessions come through whole."""

import json

import pytest

from interlock.ports.exchange.words import Market
from interlock.venues.binance.endpoints import Place, endpoints_of
from interlock.venues.binance.parse.market_values import Answered, BookHeard, DiffHeard, MarkPriceHeard, QuoteHeard
from interlock.venues.binance.streams.facts import DepthLost, DepthSynced, FrameUnreadable
from interlock.venues.binance.streams.routes import (
    SYMBOLS_PER_SOCKET,
    Asking,
    Want,
    market_routes,
    socket_api_url,
    user_url,
)
from interlock.venues.binance.streams.states.intake import Intake
from tests.unit.venues.binance.streams.book_reader import Reader
from tests.unit.venues.binance.streams.sessions import session

PLACE = Place("127.0.0.1", 8080, False)
PAPER = endpoints_of("paper", PLACE, PLACE)


@pytest.mark.parametrize(
    ("market", "whole", "diffs", "quotes"),
    [
        (Market.SPOT, {"BLZETH", "LRCBTC", "NKNUSDT", "RUNEEUR"}, 177, 84),
        (Market.USDM, {"AKROUSDT", "CTKUSDT", "KEEPUSDT", "SUSHIUSDT"}, 764, 613),
    ],
)
def test_a_recorded_session_gives_whole_books_whose_best_levels_are_the_quotes(
    market: Market, whole: set[str], diffs: int, quotes: int
) -> None:
    readers = {symbol: Reader() for symbol in whole}
    told: list[object] = []

    def tell(value: object) -> None:
        told.append(value)
        if isinstance(value, BookHeard | DiffHeard | DepthLost | DepthSynced):
            readers[value.symbol].take(value)

    intake = Intake(market, sorted(whole), tell, lambda: None, 0)
    snapshot_ids: dict[str, int] = {}
    heard_diffs = compared = 0
    for at_ns, what in session(market):
        if isinstance(what, BookHeard):
            snapshot_ids[what.symbol] = what.update_id
            intake.book(what)
            continue
        before = len(told)
        intake.frame(what, at_ns)
        heard_diffs += b'"depthUpdate"' in what
        for value in told[before:]:
            reader = readers[value.symbol] if isinstance(value, QuoteHeard) else None
            if isinstance(value, QuoteHeard) and reader is not None and reader.final_id == value.update_id:
                assert (max(reader.bids), min(reader.asks)) == (value.bid_e8, value.ask_e8)
                compared += 1
    assert {symbol for symbol, book in intake.books.items() if book.is_synced} == whole
    assert heard_diffs == diffs
    assert sum(isinstance(value, QuoteHeard) for value in told) == quotes
    assert [value for value in told if isinstance(value, DepthLost | FrameUnreadable)] == []
    stale = sum(book.stale_count for book in intake.books.values())
    assert sum(isinstance(value, DiffHeard) for value in told) == diffs - stale
    assert all(reader.final_id > snapshot_ids[symbol] for symbol, reader in readers.items())
    assert all(max(reader.bids) < min(reader.asks) for reader in readers.values())


def test_a_recorded_session_with_a_diff_missing_is_a_gap() -> None:
    told: list[object] = []
    intake = Intake(Market.USDM, ["SUSHIUSDT"], told.append, lambda: None, 0)
    seen = 0
    for at_ns, what in session(Market.USDM):
        if isinstance(what, BookHeard):
            if what.symbol == "SUSHIUSDT":
                intake.book(what)
        elif what.startswith(b'{"stream":"sushiusdt@depth'):
            seen += 1
            if seen != 100:
                intake.frame(what, at_ns)
    assert len([value for value in told if isinstance(value, DepthLost)]) == 1
    assert not intake.books["SUSHIUSDT"].is_synced


def test_what_was_not_asked_for_is_told_and_dropped() -> None:
    told: list[object] = []
    intake = Intake(Market.USDM, ["BTCUSDT"], told.append, lambda: None, 0)
    mark = {"e": "markPriceUpdate", "E": 1, "s": "ETHUSDT", "p": "1", "i": "1", "r": "0", "T": 1}
    intake.frame(json.dumps(mark).encode(), 5)
    intake.frame(json.dumps(mark | {"s": "BTCUSDT"}).encode(), 6)
    assert told[0] == FrameUnreadable("a markPriceUpdate message", "s is 'ETHUSDT', nothing was asked of it", 5)
    assert isinstance(told[1], MarkPriceHeard)
    assert intake.frame(b'{"result":null,"id":3}', 7) == Answered(3, 0, "")


def test_spot_is_on_one_path_and_futures_on_the_routes_that_carry_each_kind() -> None:
    (spot,) = market_routes(PAPER, Market.SPOT, ["BTCUSDT"], [Want.QUOTES, Want.DEPTH], Asking.BY_ADDRESS)
    assert spot.url == "ws://127.0.0.1:8080/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker"
    assert spot.asked == ()
    public, market = market_routes(PAPER, Market.USDM, ["BTCUSDT"], tuple(Want), Asking.IN_BAND)
    assert (public.url, market.url) == ("ws://127.0.0.1:8080/public/ws", "ws://127.0.0.1:8080/market/ws")
    assert public.asked == ("btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade")
    assert market.asked == ("btcusdt@markPrice@1s",)
    (combined,) = market_routes(PAPER, Market.SPOT, ["A"], [Want.TRADES], Asking.IN_BAND_COMBINED)
    assert combined.url == "ws://127.0.0.1:8080/stream"


def test_many_symbols_are_spread_over_sockets_each_on_one_of_them() -> None:
    symbols = [f"S{number}" for number in range(SYMBOLS_PER_SOCKET + 5)]
    routes = market_routes(PAPER, Market.SPOT, symbols, [Want.DEPTH, Want.QUOTES, Want.TRADES], Asking.IN_BAND)
    assert [len(route.symbols) for route in routes] == [SYMBOLS_PER_SOCKET, 5]
    assert [symbol for route in routes for symbol in route.symbols] == symbols
    assert max(len(route.asked) for route in routes) <= 200
    assert len({route.name for route in routes}) == 2


def test_accounts_are_heard_at_their_own_places_over_tls_at_the_testnet() -> None:
    testnet = endpoints_of("testnet")
    assert user_url(testnet, "KEY") == "wss://stream.binancefuture.com/private/ws?listenKey=KEY"
    assert socket_api_url(PAPER).startswith("ws://127.0.0.1:8080/ws-api/v3")
