"""A listing is what clients read: made with the venue's fields, or kept as it was given."""

import gzip
import json
from typing import Any

import pytest

from interlock.market.live.listing import given_listing, made_listing, shown_digits
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.venues.binance.filters import instruments_of
from interlock.venues.binance.instruments import embedded_instruments
from tests.recordings import recording

# As the venue's documents list them today; not all are in the recorded bodies, which are older.
SPOT_FILTERS = {
    "PRICE_FILTER",
    "LOT_SIZE",
    "ICEBERG_PARTS",
    "MARKET_LOT_SIZE",
    "TRAILING_DELTA",
    "PERCENT_PRICE_BY_SIDE",
    "NOTIONAL",
    "MAX_NUM_ORDERS",
    "MAX_NUM_ALGO_ORDERS",
}


def made(market: Market) -> Any:
    return json.loads(made_listing(market, embedded_instruments(market.value), 1_700_000_000_123).body)


@pytest.mark.parametrize("market", list(Market))
def test_what_is_read_from_a_made_body_are_the_instruments_it_was_made_of(market: Market) -> None:
    instruments = embedded_instruments(market.value)
    read = instruments_of(made_listing(market, instruments, 0).body)
    assert list(read) == list(instruments)
    for symbol, instrument in instruments.items():
        assert read[symbol] == instrument


@pytest.mark.parametrize(("market", "name"), [(Market.USDM, "usdm-20210721"), (Market.SPOT, "spot-20230410")])
def test_a_made_body_has_every_field_of_a_recorded_one(market: Market, name: str) -> None:
    path = recording("binance-wire") / "exchange-info" / f"{name}.json.gz"
    recorded, body = json.loads(gzip.decompress(path.read_bytes())), made(market)
    assert set(recorded) <= set(body)
    assert set(body["rateLimits"][0]) == set(recorded["rateLimits"][0])
    (theirs,) = [each for each in recorded["symbols"] if each["symbol"] == "BTCUSDT"]
    (ours,) = [each for each in body["symbols"] if each["symbol"] == "BTCUSDT"]
    assert set(theirs) <= set(ours)
    filters = {each["filterType"]: each for each in ours["filters"]}
    for each in theirs["filters"]:
        name = "NOTIONAL" if each["filterType"] == "MIN_NOTIONAL" and market is Market.SPOT else each["filterType"]
        fields = set(each) - ({"applyToMarket"} if name == "NOTIONAL" else set())
        assert fields <= set(filters[name])
        assert all(type(filters[name][field]) is type(each[field]) for field in fields)


def test_spot_is_listed_with_todays_fields() -> None:
    body = made(Market.SPOT)
    for symbol in body["symbols"]:
        assert {each["filterType"] for each in symbol["filters"]} == SPOT_FILTERS
        assert symbol["permissionSets"] == [["SPOT"]]
        assert symbol["status"] == "TRADING"
    assert body["symbols"][0]["filters"][0]["tickSize"] == "0.01000000"
    assert body["serverTime"] == 1_700_000_000_123


def test_futures_are_listed_as_perpetuals_with_their_precisions() -> None:
    for symbol in made(Market.USDM)["symbols"]:
        assert (symbol["contractType"], symbol["marginAsset"], symbol["status"]) == ("PERPETUAL", "USDT", "TRADING")
        assert (symbol["pricePrecision"], symbol["quantityPrecision"]) == (2, 3)


def test_an_instrument_of_another_market_is_not_listed() -> None:
    with pytest.raises(Fault, match="BTCUSDT is traded on spot and cannot be listed on usdm"):
        made_listing(Market.USDM, embedded_instruments("spot"), 0)


def test_a_given_body_is_served_as_it_is_and_says_the_digits() -> None:
    path = recording("binance-wire") / "exchange-info" / "usdm-20210721.json.gz"
    body = gzip.decompress(path.read_bytes())
    listing = given_listing(Market.USDM, instruments_of(body), body)
    assert listing.body is body
    assert len(listing.instruments) > 100
    digits = shown_digits(listing, ["BTCUSDT", "XRPUSDT"])
    assert {name: (each.price_digits, each.quantity_digits) for name, each in digits.items()} == {
        "BTCUSDT": (2, 3),
        "XRPUSDT": (4, 1),
    }


def test_digits_stated_too_few_for_the_tick_are_not_believed() -> None:
    body = b'{"symbols":[{"symbol":"BTCUSDT","pricePrecision":1,"quantityPrecision":12}]}'
    listing = given_listing(Market.USDM, embedded_instruments("usdm"), body)
    digits = shown_digits(listing, ["BTCUSDT"])["BTCUSDT"]
    assert (digits.price_digits, digits.quantity_digits) == (2, 8)


def test_without_stated_digits_they_are_those_of_tick_and_step() -> None:
    digits = shown_digits(made_listing(Market.SPOT, embedded_instruments("spot"), 0), ["BTCUSDT", "ETHUSDT"])
    assert [(each.price_digits, each.quantity_digits) for each in digits.values()] == [(2, 5), (2, 4)]


def test_a_body_of_another_market_or_none_at_all_is_refused() -> None:
    body = made_listing(Market.SPOT, embedded_instruments("spot"), 0).body
    with pytest.raises(Fault, match="lists no symbol of usdm"):
        given_listing(Market.USDM, instruments_of(body), body)
    listing = given_listing(Market.SPOT, embedded_instruments("spot"), b"{}")
    with pytest.raises(Fault, match="cannot be read"):
        shown_digits(listing, ["BTCUSDT"])
