"""ccxt, asynchronous and pro, as it is installed, lives a full life against `interlock venue`."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.book_agrees import check_futures, check_spot, check_states_heard, check_trades
from tests.clients.lives import Life, lived

CLIENT = "ccxt"
SPEED = 5  # what waits for the market does not wait long
CLOCK_MS_MAX = 250
SYMBOLS = ["BTC/USDT", "BTC/USDT:USDT", "ETH/USDT", "ETH/USDT:USDT"]


@pytest.fixture(scope="module")
def futures_life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return lived(tmp_path_factory.mktemp("futures_life"), CLIENT, "ccxt_futures")


def status(order: dict[str, Any]) -> tuple[str, float, float]:
    """Return a unified order's status, what was asked for and what is filled."""
    return order["status"], order["amount"], order["filled"]


def check_market(told: dict[str, Any]) -> None:
    assert told["markets"] == SYMBOLS
    before_ms, venue_ms, after_ms = told["clock_ms"]
    assert before_ms - CLOCK_MS_MAX <= venue_ms <= after_ms + CLOCK_MS_MAX
    book = told["book"]
    prices = [[price for price, _ in book[side]] for side in ("bids", "asks")]
    assert prices == [sorted(prices[0], reverse=True), sorted(prices[1])]
    assert book["bids"][0][0] < book["asks"][0][0]
    for _, first, high, low, last, _ in told["candles"]:
        assert low <= min(first, last)
        assert max(first, last) <= high
    assert sum(volume for *_, volume in told["candles"]) > 0
    assert told["public_trades"]
    assert told["balance_before"] == {"free": 10_000, "used": 0, "total": 10_000}


def test_spot_over_rest(tmp_path: Path) -> None:
    told, book = lived(tmp_path, CLIENT, "ccxt_spot")
    check_market(told)
    assert told["precision"] == {"amount": 1e-05, "price": 0.01, "base": 1e-08, "quote": 1e-08}
    assert told["tickers"] == told["bids_asks"] == ["BTC/USDT", "ETH/USDT"]
    assert (told["fee"]["maker"], told["fee"]["taker"], told["status"]) == (0.001, 0.001, "ok")
    assert status(told["market_buy"]) == ("closed", 0.02, 0.02)
    assert 99 < told["by_cost"]["cost"] <= 100
    assert status(told["market_sell"]) == ("closed", 0.005, 0.005)
    assert told["of_order"][0]["takerOrMaker"] == "taker"
    assert status(told["limit"]) == status(told["queried"]) == ("open", 0.01, 0)
    assert told["queried"]["clientOrderId"] == "limit-of-mine"
    assert told["open"] == [told["limit"]["id"]]
    assert status(told["edited"]) == ("open", 0.02, 0)
    assert status(told["canceled"]) == ("canceled", 0.02, 0)
    assert told["post_only"]["postOnly"] is True
    conditional = [told["post_only"], told["stop"], told["take_profit"]]
    assert told["canceled_all"] == [order["id"] for order in conditional]
    assert [order["triggerPrice"] is None for order in conditional] == [True, False, False]
    assert told["open_after"] == []
    assert told["away"]["status"] == "expired"
    check_spot(told["believed"], book)


def test_futures_over_rest(futures_life: Life) -> None:
    told, book = futures_life
    check_market(told)
    assert told["precision"] == {"amount": 0.001, "price": 0.1, "base": 1e-08, "quote": 1e-08}
    assert told["mark_candles"]
    assert told["funding_rate"]["fundingRate"] == 0.0001
    assert told["tiers"][0]["maxLeverage"] == 125
    assert (told["fee"]["maker"], told["fee"]["taker"], told["mode"]["hedged"]) == (0.0002, 0.0004, False)
    assert told["leverage"]["leverage"] == 5
    assert status(told["market_buy"]) == ("closed", 0.02, 0.02)
    (position,) = told["positions"]
    assert (position["side"], position["contracts"], position["marginMode"]) == ("long", 0.02, "isolated")
    assert position["entryPrice"] == told["market_buy"]["average"]
    assert 0 < position["liquidationPrice"] < position["entryPrice"]
    assert [each["marginMode"] for each in told["margin_and_leverage"]] == ["isolated", "isolated"]
    assert told["margin_and_leverage"][1]["longLeverage"] == 5
    assert status(told["limit"]) == status(told["queried"]) == ("open", 0.01, 0)
    assert (told["amended"]["id"], *status(told["amended"])) == (told["limit"]["id"], "open", 0.02, 0)
    assert status(told["canceled"]) == ("canceled", 0.02, 0)
    assert [order["status"] for order in told["batch"]] == ["open", "open"]
    assert [order["status"] for order in told["batch_canceled"]] == ["canceled"]
    assert told["open"] == [told["batch"][1]["id"]]
    assert told["countdown"] == {"symbol": "BTCUSDT", "countdownTime": "200"}
    assert told["counted_down"]["status"] == "canceled"
    assert status(told["market_sell"]) == ("closed", 0.012, 0.012)
    check_futures(told["believed"], book)


def test_cancel_all_leaves_conditional_futures_orders_until_they_are_asked_for(futures_life: Life) -> None:
    told, _ = futures_life
    conditional = [told["stop"]["id"], told["take_profit"]["id"]]
    assert told["algos"] == conditional
    assert told["queried_algo"]["triggerPrice"] == told["stop"]["triggerPrice"]
    assert told["open_after_plain"] == []
    assert told["algos_after_plain"] == conditional
    assert told["algos_after_both"] == []


def check_shown(told: dict[str, Any]) -> None:
    assert told["book_watched"] == told["book_asked"]
    assert all(len(side) == 5 for side in told["book_asked"])
    assert told["bids_asks"]["bid"] < told["bids_asks"]["ask"]
    assert told["ticker"]["low"] <= told["ticker"]["last"] <= told["ticker"]["high"]
    assert told["trades"][-1]["price"] > 0
    assert told["candle"][3] <= told["candle"][4] <= told["candle"][2]


def test_spot_over_sockets(tmp_path: Path) -> None:
    told, book = lived(tmp_path, CLIENT, "ccxt_sockets", "spot", speed=SPEED)
    check_shown(told)
    assert told["balance_asked"]["balances"][0]["asset"] == "USDT"
    assert status(told["placed"]) == status(told["queried"]) == ("open", 0.01, 0)
    assert status(told["edited"]) == ("open", 0.02, 0)
    assert status(told["canceled"]) == ("canceled", 0.02, 0)
    assert sorted(told["conditional"].values()) == ["FILLED", "NEW"]
    check_spot(told["believed"], book)
    check_states_heard(told["states"], int(told["placed"]["id"]), book, "spot")
    check_trades(told["trades_heard"], book, "spot")
    assert told["balance_heard"] == {each.asset: float(each.free + each.locked) for each in book.assets}


def test_futures_over_sockets(tmp_path: Path) -> None:
    told, book = lived(tmp_path, CLIENT, "ccxt_sockets", "future", speed=SPEED)
    check_shown(told)
    assert told["balance_asked"]["totalWalletBalance"] == "10000.00000000"
    assert status(told["placed"]) == status(told["queried"]) == ("open", 0.01, 0)
    assert (told["edited"]["id"], *status(told["edited"])) == (told["placed"]["id"], "open", 0.02, 0)
    assert status(told["canceled"]) == ("canceled", 0.02, 0)
    assert sorted(told["conditional"].values()) == ["FILLED", "NEW"]
    check_states_heard(told["states"], int(told["placed"]["id"]), book, "usdm")
    check_trades(told["trades_heard"], book, "usdm")
    (wallet,) = book.wallets
    (standing,) = (each for each in book.standings if each.quantity)
    assert told["balance_heard"] == {"USDT": float(wallet.wallet)}
    side, size = told["positions_heard"][-1]
    assert (side, float(size)) == ("long", float(standing.quantity))
    assert len(told["listen_key"]) == 64


def test_refusals_become_the_classes_that_ccxt_has_for_them(tmp_path: Path) -> None:
    """At a bare address ccxt has its own general table alone; the guide says how a bot gets the futures' table back."""
    told, _ = lived(tmp_path, CLIENT, "ccxt_refused")
    classes = {
        where: {name: refused[0] for name, refused in told[where].items()}
        for where in ("spot", "futures", "with its table", "keys")
    }
    assert classes["spot"] == {
        "poor": "InsufficientFunds",
        "small": "BadRequest",
        "takes": "OrderImmediatelyFillable",
        "at once": "OrderImmediatelyFillable",
        "gone": "OrderNotFound",
        "unknown": "OrderNotFound",
        "off tick": "InvalidOrder",
        "no symbol": "BadSymbol",
    }
    assert told["tables"] == 0
    assert set(classes["futures"].values()) == {"ExchangeError"}
    assert classes["with its table"] == {
        "poor": "InsufficientFunds",
        "reduces nothing": "InvalidOrder",
        "small": "InvalidOrder",
        "at once": "OrderImmediatelyFillable",
    }
    assert classes["keys"] == {
        "forged": "AuthenticationError",
        "strange": "AuthenticationError",
        "late": "InvalidNonce",
    }
    assert told["ed25519"] == 10_000
