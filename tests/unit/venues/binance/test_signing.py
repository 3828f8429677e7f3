from base64 import b64decode
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from interlock.units.faults import Fault
from interlock.venues.binance.signing import Ed25519Signer, HmacSigner


def test_hmac_is_the_example_of_the_venues_documents() -> None:
    signer = HmacSigner(
        "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
    )
    payload = (
        b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
        b"&price=0.1&recvWindow=5000&timestamp=1499827319559"
    )
    assert signer.sign(payload) == b"c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


def test_ed25519_is_base64_that_a_query_carries_and_the_public_half_proves() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signer = Ed25519Signer("key", private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for number in range(20):
        payload = b"timestamp=%d" % number
        signature = signer.sign(payload)
        assert not set(b"+/=&") & set(signature)
        private.public_key().verify(b64decode(unquote(signature.decode()), validate=True), payload)


@pytest.mark.parametrize("kind", ["no key", "another kind", "locked"])
def test_a_private_key_that_cannot_be_used_is_a_fault_that_does_not_tell_it(kind: str) -> None:
    made = {
        "no key": b"-----BEGIN SECRET-----",
        "another kind": generate_private_key(65_537, 1_024).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        "locked": Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
        ),
    }
    with pytest.raises(Fault) as fault:
        Ed25519Signer("key", made[kind])
    assert "SECRET" not in str(fault.value)


@pytest.mark.parametrize("api_key", ["", "a b", "a\r\nX-Other:1", "a\tb", "clé"])
def test_an_api_key_that_no_header_takes_is_a_fault(api_key: str) -> None:
    with pytest.raises(Fault, match="API key"):
        HmacSigner(api_key, "secret")
