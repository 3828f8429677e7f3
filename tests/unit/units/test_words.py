"""Ids, sides, digests and faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.units.digests import commitment_hex, sha256_hex
from interlock.units.faults import Fault
from interlock.units.ids import CLIENT_ORDER_ID_LENGTH_MAX, client_order_id
from interlock.units.sides import SIGN, Side

PARTS = st.tuples(st.integers(0, 2**32), st.integers(0, 2**48), st.integers(0, 255))


@given(PARTS, PARTS)
def test_no_two_orders_of_a_log_share_an_id(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert (client_order_id(*one) == client_order_id(*other)) == (one == other)


@given(PARTS)
def test_an_id_is_one_the_venue_takes(parts: tuple[int, int, int]) -> None:
    text = client_order_id(*parts)
    assert len(text) <= CLIENT_ORDER_ID_LENGTH_MAX
    assert set(text) <= set("0123456789abcdefil-")


def test_an_id_too_long_for_the_venue_is_not_made() -> None:
    with pytest.raises(AssertionError, match="too long"):
        client_order_id(2**64, 2**64, 2**64)


def test_the_opposite_side_reduces() -> None:
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
    assert SIGN[Side.BUY] + SIGN[Side.SELL] == 0


def test_a_digest_is_sha256_in_hex() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_commitment_needs_its_key() -> None:
    assert commitment_hex(b"key", b"value") != commitment_hex(b"other", b"value")
    assert len(commitment_hex(b"key", b"value")) == 64


def test_a_fault_says_what_happened_and_what_to_do() -> None:
    fault = Fault("The file is empty.", "Write something into it.")
    assert str(fault) == "The file is empty.\nhint: Write something into it."
    assert (fault.what, fault.hint) == ("The file is empty.", "Write something into it.")
