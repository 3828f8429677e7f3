"""What a client says on a stream's connection: understood, or refused in the venue's words, whatever the bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.gateway.binance.sockets.streams.control import Asked, Refused, accepted, parse_control

BAD_ID = "Invalid request: request ID must be an unsigned integer"
KNOWN = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('{"method":"SUBSCRIBE","params":["a@trade","b@depth"],"id":1}', Asked("SUBSCRIBE", 1, ("a@trade", "b@depth"))),
        ('{"id":"x-1","method":"UNSUBSCRIBE","params":["a@trade"]}', Asked("UNSUBSCRIBE", "x-1", ("a@trade",))),
        ('{"method":"LIST_SUBSCRIPTIONS","id":null}', Asked("LIST_SUBSCRIPTIONS", None)),
        ('{"method":"SET_PROPERTY","params":["combined",true],"id":5}', Asked("SET_PROPERTY", 5, is_combined=True)),
        ('{"method":"GET_PROPERTY","params":["combined"],"id":0}', Asked("GET_PROPERTY", 0)),
    ],
)
def test_a_request_is_understood(text: str, asked: Asked) -> None:
    assert parse_control(text.encode()) == asked


@pytest.mark.parametrize(
    ("text", "code", "words", "asked_id"),
    [
        ("?", 3, "Invalid JSON: expected value at line 1 column 1", ...),
        ('{"method":\n ?', 3, "Invalid JSON: expected value at line 2 column 2", ...),
        ('{"id":1}', 2, "Invalid request: missing field `method` at line 1 column 8", ...),
        (
            '{"method":"SUBSCRIB","id":1}',
            2,
            f"Invalid request: unknown variant `SUBSCRIB`, expected one of {KNOWN} at line 1 column 20",
            ...,
        ),
        ('{"method":"SUBSCRIBE","params":["a"]}', 2, BAD_ID, ...),
        (
            '{"method":"SUBSCRIBE","params":["a"],"id":1.5}',
            2,
            "Invalid request: request ID must be an unsigned integer",
            ...,
        ),
        ('{"method":"LIST_SUBSCRIPTIONS","params":[1],"id":3}', 2, "Invalid request: too many parameters", 3),
        ('{"method":"GET_PROPERTY","params":["combined",1],"id":3}', 2, "Invalid request: too many parameters", 3),
        ('{"method":"GET_PROPERTY","params":[7],"id":3}', 2, "Invalid request: property name must be a string", 3),
        ('{"method":"GET_PROPERTY","params":["speed"],"id":3}', 0, "Unknown property", 3),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":3}', 1, "Invalid value type: expected Boolean", 3),
    ],
)
def test_a_request_that_is_wrong_is_told_so_in_the_venues_words(
    text: str, code: int, words: str, asked_id: object
) -> None:
    with pytest.raises(Refused) as refused:
        parse_control(text.encode())
    answer = json.loads(refused.value.answer())
    assert answer["error"] == {"code": code, "msg": words}
    assert answer.get("id", ...) == asked_id


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_understood_or_refused(text: bytes) -> None:
    try:
        asked = parse_control(text)
    except Refused as refused:
        assert json.loads(refused.answer())["error"]["code"] in (0, 1, 2, 3)
    else:
        assert asked.method


def test_a_deep_nesting_is_refused_and_not_followed() -> None:
    with pytest.raises(Refused):
        parse_control(b"[" * 100_000)


def test_an_answer_gives_the_id_back_as_it_came() -> None:
    assert accepted(None, 7) == b'{"result":null,"id":7}'
    assert accepted(["a@trade"], "x") == b'{"result":["a@trade"],"id":"x"}'
