"""Stream names: each asks for what it asks for upstream, and no name is an error."""

import pytest

from interlock.gateway.binance.sockets.streams.names import StreamKind, parse_stream
from interlock.ports.exchange.words import Market


@pytest.mark.parametrize(
    ("market", "name", "kind", "every_ms"),
    [
        (Market.SPOT, "btcusdt@trade", StreamKind.TRADE, 0),
        (Market.SPOT, "btcusdt@aggTrade", StreamKind.AGGREGATE_TRADE, 0),
        (Market.SPOT, "btcusdt@bookTicker", StreamKind.QUOTE, 0),
        (Market.SPOT, "btcusdt@depth", StreamKind.DEPTH_CHANGE, 1_000),
        (Market.SPOT, "btcusdt@depth@100ms", StreamKind.DEPTH_CHANGE, 100),
        (Market.USDM, "btcusdt@depth", StreamKind.DEPTH_CHANGE, 250),
        (Market.USDM, "btcusdt@depth@500ms", StreamKind.DEPTH_CHANGE, 500),
        (Market.USDM, "btcusdt@depth@0ms", StreamKind.DEPTH_CHANGE, 0),
        (Market.SPOT, "btcusdt@depth5", StreamKind.DEPTH_TOP, 1_000),
        (Market.USDM, "btcusdt@depth20@100ms", StreamKind.DEPTH_TOP, 100),
        (Market.SPOT, "btcusdt@kline_1m", StreamKind.KLINE, 2_000),
        (Market.SPOT, "btcusdt@kline_1s", StreamKind.KLINE, 1_000),
        (Market.USDM, "btcusdt@kline_4h", StreamKind.KLINE, 250),
        (Market.SPOT, "btcusdt@miniTicker", StreamKind.MINI_TICKER, 1_000),
        (Market.USDM, "btcusdt@ticker", StreamKind.TICKER, 2_000),
        (Market.SPOT, "btcusdt@avgPrice", StreamKind.AVERAGE_PRICE, 1_000),
        (Market.USDM, "btcusdt@markPrice", StreamKind.MARK, 3_000),
        (Market.USDM, "btcusdt@markPrice@1s", StreamKind.MARK, 1_000),
        (Market.USDM, "btcusdt@forceOrder", StreamKind.LIQUIDATION, 0),
        (Market.USDM, "btcusdt_perpetual@continuousKline_1m", StreamKind.CONTINUOUS_KLINE, 250),
    ],
)
def test_a_symbols_stream_is_known_with_its_speed(market: Market, name: str, kind: StreamKind, every_ms: int) -> None:
    stream = parse_stream(market, name)
    assert (stream.kind, stream.symbol, stream.every_ms) == (kind, "BTCUSDT", every_ms)


@pytest.mark.parametrize(
    ("market", "name", "kind", "every_ms", "is_array"),
    [
        (Market.SPOT, "!miniTicker@arr", StreamKind.MINI_TICKER, 1_000, True),
        (Market.USDM, "!ticker@arr", StreamKind.TICKER, 1_000, True),
        (Market.SPOT, "!bookTicker", StreamKind.QUOTE, 0, False),
        (Market.USDM, "!markPrice@arr", StreamKind.MARK, 3_000, True),
        (Market.USDM, "!markPrice@arr@1s", StreamKind.MARK, 1_000, True),
        (Market.USDM, "!forceOrder@arr", StreamKind.LIQUIDATION, 0, True),
    ],
)
def test_a_stream_of_all_symbols_is_known(
    market: Market, name: str, kind: StreamKind, every_ms: int, is_array: bool
) -> None:
    stream = parse_stream(market, name)
    assert (stream.kind, stream.symbol, stream.every_ms, stream.is_array) == (kind, "", every_ms, is_array)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "@",
        "!",
        "BTCUSDT@trade",
        "btcusdt",
        "btcusdt@trade@1s",
        "btcusdt@kline_7m",
        "btcusdt@kline_1M",
        "btcusdt_perpetual@continuousKline_1m",
        "btcusdt@depth7",
        "btcusdt@depth@250ms",
        "btcusdt@markPrice",
        "!markPrice@arr",
        "btcusdt@forceOrder",
        "0123456789abcdef",
        '"quoted@trade',
    ],
)
def test_a_name_that_is_no_stream_of_spot_is_heard_in_silence(name: str) -> None:
    assert parse_stream(Market.SPOT, name).kind is StreamKind.NOTHING
