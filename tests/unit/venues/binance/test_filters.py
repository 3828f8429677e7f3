"""Exchange information into instruments, or one clear sentence."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.units.faults import Fault
from interlock.units.money import install_context
from interlock.venues.binance.filters import instruments_of

install_context()

Body = dict[str, Any]  # any JSON is to be broken in any way


def body() -> Body:
    return {
        "futuresType": "U_MARGINED",
        "symbols": [
            {
                "symbol": "BTCUSDT",
                "contractType": "PERPETUAL",
                "status": "TRADING",
                "baseAsset": "BTC",
                "quoteAsset": "USDT",
                "marginAsset": "USDT",
                "filters": [
                    {"filterType": "PRICE_FILTER", "minPrice": "556.80", "maxPrice": "4529764", "tickSize": "0.10"},
                    {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.00100000"},
                    {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
                    {"filterType": "MIN_NOTIONAL", "notional": "100"},
                    {"filterType": "PERCENT_PRICE", "multiplierDown": "0.95", "multiplierDecimal": 4},
                ],
            }
        ],
    }


def numbers(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def encoded(changed: Body) -> bytes:
    return json.dumps(changed).encode()


def test_a_futures_symbol_becomes_an_instrument() -> None:
    (found,) = instruments_of(encoded(body())).values()
    assert (found.symbol, found.market, found.base, found.quote) == ("BTCUSDT", "usdm", "BTC", "USDT")
    assert (found.price_tick, found.price_min, found.price_max) == numbers("0.1", "556.8", "4529764")
    assert (found.quantity_step, found.quantity_min, found.quantity_max) == numbers("0.001", "0.001", "1000")
    assert (found.market_quantity_max, found.notional_min) == numbers("120", "100")
    assert found.is_tradable
    assert str(found.quantity_step) == "0.001"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("status", "SETTLING", "SETTLING"),
        ("contractType", "CURRENT_QUARTER", "CURRENT_QUARTER"),
        ("marginAsset", "USDC", "USDC"),
        ("contractSize", 100, "coin"),
    ],
)
def test_what_a_usdt_account_cannot_trade_is_listed_and_says_why(field: str, value: str | int, said: str) -> None:
    changed = body()
    changed["symbols"][0][field] = value
    (found,) = instruments_of(encoded(changed)).values()
    assert not found.is_tradable
    assert said in found.why_not_tradable


def test_spot_is_told_by_having_no_contract_and_its_newer_notional_filter_is_read() -> None:
    changed = body()
    del changed["symbols"][0]["contractType"]
    changed["symbols"][0]["filters"][3] = {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9"}
    (found,) = instruments_of(encoded(changed)).values()
    assert (found.market, found.is_tradable, found.notional_min) == ("spot", True, Decimal(5))


def without(filter_type: str) -> Callable[[Body], None]:
    def change(changed: Body) -> None:
        filters = changed["symbols"][0]["filters"]
        filters[:] = [each for each in filters if each["filterType"] != filter_type]

    return change


def with_tick(value: object) -> Callable[[Body], None]:
    return lambda changed: changed["symbols"][0]["filters"][0].update(tickSize=value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("PRICE_FILTER"), "no filter PRICE_FILTER for BTCUSDT"),
        (without("LOT_SIZE"), "no filter LOT_SIZE for BTCUSDT"),
        (without("MIN_NOTIONAL"), "no filter MIN_NOTIONAL or NOTIONAL for BTCUSDT"),
        (with_tick("0"), "tickSize 0; it must be above 0"),
        (with_tick("NaN"), "tickSize 'NaN'"),
        (with_tick("-0.1"), "tickSize '-0.1'"),
        (with_tick("0.000000001"), "at most 8 digits"),
        (with_tick("9" * 5_000), "tickSize '999"),
        (with_tick(None), "no PRICE_FILTER.tickSize for BTCUSDT"),
        (with_tick(0.1), r"\$.symbols\[0\].filters\[0\].tickSize"),
        (lambda changed: changed["symbols"].append(changed["symbols"][0]), "lists BTCUSDT twice"),
        (lambda changed: changed["symbols"][0].pop("baseAsset"), "baseAsset"),
        (lambda changed: changed.pop("symbols"), "symbols"),
    ],
)
def test_what_cannot_be_read_is_named_by_symbol_and_field(change: Callable[[Body], None], said: str) -> None:
    changed = body()
    change(changed)
    with pytest.raises(Fault, match=said) as caught:
        instruments_of(encoded(changed))
    assert "exchangeInfo" in caught.value.hint


@pytest.mark.parametrize("junk", [b"", b"<html>503</html>", b"[]", b"\xff\xfe", b'{"symbols":[', b"[" * 100_000])
def test_a_body_that_is_no_exchange_information_is_a_fault(junk: bytes) -> None:
    with pytest.raises(Fault, match="cannot be read"):
        instruments_of(junk)


@given(st.integers(0, len(encoded(body())) - 1), st.binary(max_size=3))
def test_any_damage_gives_instruments_or_a_fault(at: int, put: bytes) -> None:
    whole = encoded(body())
    try:
        found = instruments_of(whole[:at] + put + whole[at + 1 :])
    except Fault as fault:
        assert fault.what and fault.hint
    else:
        assert all(each.price_tick > 0 and each.quantity_step > 0 for each in found.values())
