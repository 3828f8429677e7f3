"""The canonical bytes of a record: plain decimals, fixed order, nothing unknown, and the same again after reading."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.messages import observations as o
from interlock.messages.record import BODY_BYTES_MAX, Record, UnreadableRecord, decode, encode
from interlock.messages.words import LatchLevel, Liquidity, Mode
from tests.builders import AUTHORITY, START_NS, changed, founded, instrument


def told(price: Decimal = Decimal("50000.1"), fee: Decimal = Decimal("0.5"), order_id: str = "il1-9-0") -> Record:
    """Return the record of a fill."""
    fill = o.FillReported(
        order_id=order_id,
        trade_id="t1",
        price=price,
        quantity=Decimal("0.010"),
        fee=fee,
        liquidity=Liquidity.MAKER,
        venue_at_ns=START_NS,
    )
    return Record(
        seq=7,
        at_ns=START_NS,
        lease_epoch=1,
        mode=Mode.NORMAL,
        latch=LatchLevel.OPEN,
        actor="venue:paper",
        authority=AUTHORITY,
        input=fill,
        events=(),
    )


def test_the_stored_order_of_fields_stays() -> None:
    assert encode(told()) == (
        b'{"record":"v1","seq":7,"at_ns":1723161255000000000,"lease_epoch":1,"mode":"normal","latch":"open",'
        b'"actor":"venue:paper","authority":{"method":"test","session":"","factor":"none"},'
        b'"input":{"type":"fill_reported.v1","order_id":"il1-9-0","trade_id":"t1","price":"50000.1",'
        b'"quantity":"0.010","fee":"0.5","liquidity":"maker","venue_at_ns":1723161255000000000},"events":[]}'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.2E-7", b'"0.00000012"'),
        ("0E-8", b'"0.00000000"'),
        ("-0", b'"0"'),
        ("-0.00", b'"0.00"'),
        ("1E+3", b'"1000"'),
        ("-1.5E-7", b'"-0.00000015"'),
        ("-0E-10", b'"0.0000000000"'),
    ],
)
def test_no_exponent_and_no_minus_zero_is_stored(value: str, text: bytes) -> None:
    body = encode(told(fee=Decimal(value)))
    assert b'"fee":' + text in body
    assert decode(body).input == told(fee=Decimal(value)).input


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=None),
    st.text(max_size=8),
)
def test_reading_gives_the_record_and_writing_gives_its_bytes(value: Decimal, text: str) -> None:
    record = told(fee=value, order_id=text)
    body = encode(record)
    assert decode(body) == record
    assert encode(decode(body)) == body


def test_text_that_looks_like_a_number_stays_as_it_is() -> None:
    record = told(fee=Decimal("1E-9"), order_id="1E-7")
    assert decode(encode(record)) == record
    assert b'"order_id":"1E-7"' in encode(record)


def test_both_ways_of_writing_give_the_same_bytes() -> None:
    """The second pass is for few records; it must not write the others differently."""
    core = founded()
    core.enter()
    for record, body in zip(core.records, core.bodies, strict=True):
        plain = msgspec.to_builtins(record, builtin_types=(Decimal,))
        assert msgspec.json.encode(plain) == body


@pytest.mark.parametrize(
    "change",
    [
        (b'"seq":7', b'"seq":7,"note":"x"'),
        (b'"trade_id":"t1"', b'"trade_id":"t1","maker":true'),
        (b"fill_reported.v1", b"fill_reported.v9"),
        (b'"record":"v1"', b'"record":"v2"'),
        (b'"liquidity":"maker"', b'"liquidity":"both"'),
        (b'"price":"50000.1"', b'"price":"much"'),
        (b'"lease_epoch":1,', b""),
        (b'"events":[]}', b'"events":['),
    ],
)
def test_bytes_that_are_no_record_are_refused_with_a_hint(change: tuple[bytes, bytes]) -> None:
    body = encode(told()).replace(*change)
    assert body != encode(told())
    with pytest.raises(UnreadableRecord) as error:
        decode(body)
    assert "interlock verify" in error.value.hint


def test_an_unreadable_record_names_the_place() -> None:
    with pytest.raises(UnreadableRecord, match=r"\$\.input"):
        decode(encode(told()).replace(b'"trade_id":"t1"', b'"trade_id":1'))


def test_the_largest_usual_record_is_far_below_the_limit_of_a_leaf() -> None:
    core = founded()
    core.enter()
    assert max(len(body) for body in core.bodies) < BODY_BYTES_MAX // 8


def test_an_amount_written_in_two_ways_is_one_value_with_two_bytes() -> None:
    """Scale is kept: what the venue wrote comes out digit by digit."""
    one, other = told(price=Decimal("50000.10")), told(price=Decimal("50000.1"))
    assert one == other
    assert encode(one) != encode(other)


def test_an_instrument_is_stored_digit_by_digit() -> None:
    small = changed(instrument(), price_tick=Decimal("1E-8"), notional_min=Decimal("5.00000000"))
    assert msgspec.json.decode(msgspec.json.encode(small), type=type(small)) == small
