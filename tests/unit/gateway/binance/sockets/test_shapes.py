"""Market streams look as recorded and documented ones do: the same keys in the same order, the same kinds of values."""

import gzip
import json
from collections.abc import Callable

import pytest

from interlock.gateway.binance.sockets.streams import books, shapes
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Market, OrderForce, OrderKind, OrderState
from interlock.units.sides import Side
from tests.recordings import recording
from tests.unit.gateway.binance.sockets.fakes import (
    NOW_MS,
    NS,
    SYMBOL,
    book,
    candle,
    day,
    dec,
    depth,
    mark_shown,
    quote_shown,
    traded,
)

SPOT, USDM = Market.SPOT, Market.USDM
LEVELS = ((dec("61800.20"), dec("2.507")),)
Shape = dict[str, object]


def _recorded(name: str, stream: str) -> Shape:
    """Return the first message of a kind of stream in a recorded session."""
    with gzip.open(recording("wire-sessions") / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["t"] == "recv":
                message = json.loads(row["data"])
                if message.get("stream", "").endswith(stream):
                    data: Shape = message["data"]
                    return data
    raise AssertionError(f"no {stream} in {name}")


def _fixture(name: str) -> Shape:
    body: Shape = json.loads((recording("binance-wire") / "fixtures" / "stream" / name).read_text(encoding="utf-8"))
    data = body.get("data", body)
    assert isinstance(data, dict)
    return data


def _kinds(value: object) -> object:
    """Return keys in order and types, all the way down; of lists the first element."""
    if isinstance(value, dict):
        return [(key, _kinds(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [_kinds(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        ("@bookTicker", lambda: shapes.quote(SPOT, NOW_MS, quote_shown(1))),
        ("@aggTrade", lambda: shapes.aggregate_trade(SPOT, NOW_MS, traded(1))),
        ("@kline_1m", lambda: shapes.kline(SPOT, NOW_MS, candle())),
    ],
)
def test_spot_looks_as_recorded(stream: str, text: Callable[[], str]) -> None:
    assert _kinds(json.loads(text())) == _kinds(_recorded("binance-spot-20211012.jsonl.gz", stream))


def test_a_futures_candle_looks_as_recorded() -> None:
    shape = json.loads(shapes.kline(USDM, NOW_MS, candle()))
    assert _kinds(shape) == _kinds(_recorded("binance-usdm-20210722.jsonl.gz", "@kline_1m"))


def test_spots_depth_looks_as_recorded() -> None:
    shape = json.loads(books.depth_change(SPOT, NOW_MS, depth(1, 2, 0, LEVELS)))
    assert list(shape) == list(_recorded("binance-spot-20211012.jsonl.gz", "@depth@100ms"))
    assert shape["b"] == [["61800.20000000", "2.50700000"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("futures-book_ticker_stream.json", lambda: shapes.quote(USDM, NOW_MS, quote_shown(1))),
        ("futures-agg_trade_stream.json", lambda: shapes.aggregate_trade(USDM, NOW_MS, traded(1))),
        ("futures-kline_stream_closed.json", lambda: shapes.kline(USDM, NOW_MS, candle(is_closed=True))),
        ("futures-mark_price_stream.json", lambda: shapes.mark(NOW_MS, mark_shown())),
        ("futures-ticker_stream.json", lambda: shapes.ticker(USDM, NOW_MS, day())),
        ("ws_spot_ticker_24hr.json", lambda: shapes.ticker(SPOT, NOW_MS, day())),
        (
            "futures-depth_update_stream.json",
            lambda: books.depth_change(USDM, NOW_MS, depth(1, 2, 0, LEVELS, LEVELS)),
        ),
        ("ws_futures_depth_update.json", lambda: books.depth_top(USDM, NOW_MS, book(9), None, -1)),
    ],
)
def test_a_stream_looks_as_documented(name: str, text: Callable[[], str]) -> None:
    assert _kinds(json.loads(text())) == _kinds(_fixture(name))


@pytest.mark.parametrize(
    ("market", "folder", "file"),
    [
        (SPOT, "l1l2-binance-spot-20240808", "btcusdt-20240808.jsonl.gz"),
        (USDM, "l1l2-binance-usdm-20240808", "btcusdt.jsonl.gz"),
    ],
)
def test_a_trade_looks_as_recorded(market: Market, folder: str, file: str) -> None:
    with gzip.open(recording(folder) / file, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)["raw"]
            if raw.get("stream", "").endswith("@trade"):
                break
        else:
            raise AssertionError("no trade")
    shape = json.loads(shapes.trade(market, NOW_MS, traded(1)))
    assert _kinds(shape) == _kinds(raw["data"])
    assert len(shape["q"]) == len(raw["data"]["q"])


def test_amounts_are_what_was_shown_at_the_markets_digits() -> None:
    spot = json.loads(shapes.trade(SPOT, NOW_MS, traded(5)))
    futures = json.loads(shapes.trade(USDM, NOW_MS, traded(5)))
    assert (spot["p"], spot["q"], spot["t"]) == ("61800.30000000", "0.00600000", 5)
    assert (futures["p"], futures["q"], futures["T"], futures["E"]) == ("61800.30", "0.006", NOW_MS - 2, NOW_MS)


def test_no_amount_is_written_with_an_exponent() -> None:
    shown = depth(1, 1, 0, [(dec("1E-8"), dec("0E-8")), (dec("1E+3"), dec("0"))])
    assert json.loads(books.depth_change(USDM, NOW_MS, shown))["b"] == [["0.00000001", "0.00000000"], ["1000", "0"]]


def test_a_ticker_tells_change_percent_and_average_of_its_day() -> None:
    shape = json.loads(shapes.ticker(SPOT, NOW_MS, day()))
    assert (shape["p"], shape["P"], shape["w"]) == ("1800.30000000", "3.000", "61000.00000000")
    mini = json.loads(shapes.mini_ticker(USDM, NOW_MS, day()))
    assert list(mini) == ["e", "E", "s", "c", "o", "h", "l", "v", "q"]
    assert (mini["c"], mini["o"]) == ("61800.30", "60000.00")


def test_the_average_price_is_of_the_candles_or_the_last_price() -> None:
    shape = json.loads(shapes.average_price(NOW_MS, SYMBOL, [candle(), candle()], NOW_MS - 9))
    assert shape == {"e": "avgPrice", "E": NOW_MS, "s": SYMBOL, "i": "5m", "w": "61800.25000000", "T": NOW_MS - 9}


def test_spots_top_of_the_book_is_best_first() -> None:
    shape = json.loads(books.depth_top(SPOT, NOW_MS, book(9), None, -1))
    assert list(shape) == ["lastUpdateId", "bids", "asks"]
    assert [price for price, _ in shape["bids"]] == ["61800.20000000", "61800.10000000"]


def test_a_liquidation_is_told_with_its_average_price() -> None:
    order = OrderRow(
        market=USDM,
        account="a",
        symbol=SYMBOL,
        order_id=5,
        client_order_id="autoclose-1",
        side=Side.SELL,
        kind=OrderKind.LIQUIDATION,
        asked_kind=OrderKind.LIQUIDATION,
        time_in_force=OrderForce.IOC,
        state=OrderState.FILLED,
        quantity=dec("2.000"),
        price=dec("59000.00"),
        filled=dec("2.000"),
        filled_quote=dec("120000.00000"),
        updated_at_ns=NOW_MS * NS,
    )
    told = json.loads(shapes.liquidation(NOW_MS, order))["o"]
    assert (told["S"], told["ap"], told["p"], told["X"], told["z"]) == ("SELL", "60000", "59000", "FILLED", "2")
