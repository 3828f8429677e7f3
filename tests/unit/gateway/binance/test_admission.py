"""Keys, signatures over the bytes as received, and the window of time."""

import base64
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.gateway.binance.keys import signatures
from interlock.gateway.binance.keys.table import ApiKey
from interlock.ports.exchange.refusals import ExchangeError
from tests.unit.gateway.binance.asking import KEY, SECRET, Client, refused, sign, told
from tests.unit.gateway.binance.fake_market import NOW_MS

ACCOUNT = "/api/v3/account"
HEADERS = {"x-mbx-apikey": KEY}
BAD_SIGNATURE = (400, -1022, "Signature for this request is not valid.")


def ask(query: str, body: str = "", method: str = "GET") -> int:
    """Return the code of the refusal of a request for the account sent so; 0 when it is let in."""
    path = ACCOUNT if method == "GET" else "/api/v3/order"
    answer = Client().send(method, path, query, body, HEADERS)
    return 0 if answer.status == 200 else refused(answer)[1]


def test_the_documented_example_is_signed_as_documented() -> None:
    """The venue's own example of query and body run together, without anything between them."""
    secret = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    query = b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
    body = b"quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    signature = b"0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
    payload, found = signatures.cut(query, body + b"&signature=" + signature)
    assert payload == query + body
    signatures.check(ApiKey(key="k", account="a", secret=secret), payload, found)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"a=1&b=2&signature=S", b""),
        (b"a=1&signature=S&b=2", b""),
        (b"signature=S&a=1&b=2", b""),
        (b"a=1&b=2", b"signature=S"),
        (b"signature=S", b"a=1&b=2"),
        (b"a=1&", b"b=2&signature=S"),
    ],
)
def test_a_signature_is_cut_out_wherever_it_stands(query: bytes, body: bytes) -> None:
    assert signatures.cut(query, body) == (b"a=1&b=2", b"S")


def test_another_parameter_whose_name_ends_so_is_left_alone() -> None:
    assert signatures.cut(b"mysignature=x&signature=S", b"") == (b"mysignature=x", b"S")


def test_two_signatures_or_none_are_refused() -> None:
    with pytest.raises(ExchangeError, match="-1101"):
        signatures.cut(b"signature=S", b"signature=S")
    with pytest.raises(ExchangeError, match=r"-1102 .*'signature'"):
        signatures.cut(b"a=1", b"")


def test_the_bytes_as_received_are_signed_not_what_they_mean() -> None:
    text = f"timestamp={NOW_MS}&recvWindow=%35000"
    assert ask(f"{text}&signature={sign(text)}") == 0
    assert ask(f"{text}&signature={sign(text.replace('%35', '5'))}") == -1022
    assert ask(f"{text}&signature={sign(text).upper()}") == 0


def test_a_changed_request_or_another_secret_is_refused() -> None:
    text = f"timestamp={NOW_MS}"
    answer = Client().send("GET", ACCOUNT, f"{text}&signature={sign(text + '0')}", headers=HEADERS)
    assert refused(answer) == BAD_SIGNATURE
    assert ask(f"{text}&signature={sign(text, SECRET + b'x')}") == -1022
    assert ask(f"{text}&signature=") == -1102
    assert ask(f"{text}&signature=é") == -1022


def test_a_body_is_signed_whatever_its_content_type() -> None:
    order = "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.25"
    body = f"{order}&timestamp={NOW_MS}"
    headers = {**HEADERS, "content-type": "application/json"}
    answer = Client().send("POST", "/api/v3/order", "", f"{body}&signature={sign(body)}", headers)
    assert told(answer)["status"] == "FILLED"


def test_an_ed25519_signature_is_checked_with_the_public_key() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    key = ApiKey(key="k", account="a", secret=private.public_key())
    payload = b"timestamp=1"
    signature = base64.b64encode(private.sign(payload))
    signatures.check(key, payload, signature)
    signatures.check(key, payload, quote(signature, safe="").encode())
    for wrong in (base64.b64encode(private.sign(b"timestamp=2")), b"%%%", signature[:-4], b"\xff"):
        with pytest.raises(ExchangeError, match="-1022"):
            signatures.check(key, payload, wrong)


@pytest.mark.parametrize(
    ("headers", "code", "status"),
    [
        ({}, -2014, 401),
        ({"x-mbx-apikey": ""}, -2014, 401),
        ({"x-mbx-apikey": "with space"}, -2014, 401),
        ({"x-mbx-apikey": "K" * 200}, -2014, 401),
        ({"x-mbx-apikey": "U" * 64}, -2015, 401),
    ],
)
def test_a_key_that_cannot_be_or_is_not_known_is_refused(headers: dict[str, str], code: int, status: int) -> None:
    text = f"timestamp={NOW_MS}"
    answer = Client().send("GET", ACCOUNT, f"{text}&signature={sign(text)}", headers=headers)
    assert refused(answer)[:2] == (status, code)


def test_a_key_does_not_show_its_secret() -> None:
    shown = repr(ApiKey(key=KEY, account="a", secret=SECRET))
    assert SECRET.decode() not in shown
    assert KEY not in shown


# --- Time ----------------------------------------------------------------------------------------------------------


def at(offset_ms: int, window: str = "") -> tuple[int, str]:
    """Return code and text of the refusal of a request stamped so long after now; (0, "") when it is let in."""
    text = f"timestamp={NOW_MS + offset_ms}{window}"
    answer = Client().send("GET", ACCOUNT, f"{text}&signature={sign(text)}", headers=HEADERS)
    return (0, "") if answer.status == 200 else refused(answer)[1:]


def test_a_request_is_good_within_its_window() -> None:
    late = (-1021, "Timestamp for this request is outside of the recvWindow.")
    early = (-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    assert [at(0)[0], at(-5_000)[0], at(999)[0]] == [0, 0, 0]
    assert (at(-5_001), at(1_000)) == (late, early)
    assert at(-10_000, "&recvWindow=10000") == (0, "")
    assert at(-10_001, "&recvWindow=10000") == late
    assert at(-1, "&recvWindow=0.5") == late
    assert at(0, "&recvWindow=60000") == (0, "")
    assert at(0, "&recvWindow=60001") == (-1131, "recvWindow must be less than 60000.")


def test_a_timestamp_may_be_in_microseconds() -> None:
    text = f"timestamp={NOW_MS * 1_000}"
    assert ask(f"{text}&signature={sign(text)}") == 0


@pytest.mark.parametrize(("stamp", "code"), [("", -1102), ("timestamp=", -1105), ("timestamp=now", -1100)])
def test_a_request_without_a_right_timestamp_is_refused(stamp: str, code: int) -> None:
    assert ask(f"{stamp}&signature={sign(stamp)}") == code
