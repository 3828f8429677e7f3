"""The wire as bots speak it that are too large to install here: their requests, byte for byte as they were logged."""

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.sync.client import ClientConnection, connect

from tests.clients.exchange import Exchange

FORM = "application/x-www-form-urlencoded"
PATIENCE_S = 20.0  # nothing takes that long: it only ends a test that would hang


class RawBot:
    """A bot on one market. Every request must be answered 200."""

    def __init__(self, exchange: Exchange, address: str) -> None:
        self._keys = exchange.keys
        self._address = address
        self._connection = http.client.HTTPConnection(address, timeout=PATIENCE_S)

    def get(self, path: str, **parameters: str) -> Any:
        """Ask for something public."""
        return self._ask("GET", path, urlencode(parameters))

    def with_key(self, method: str, path: str) -> Any:
        """Ask with the key alone, unsigned."""
        return self._ask(method, path)

    def signed(self, method: str, path: str, **parameters: str) -> Any:
        """Ask with the signature in the query, whatever the method."""
        return self._ask(method, path, self._signed(parameters))

    def signed_body(self, method: str, path: str, content_type: str = FORM, **parameters: str) -> Any:
        """Ask with the signature in the body."""
        return self._ask(method, path, body=self._signed(parameters), content_type=content_type)

    def socket(self, path: str, headers: Mapping[str, str] | None = None) -> ClientConnection:
        """Open a socket."""
        return connect(f"ws://{self._address}{path}", additional_headers=dict(headers or {}), open_timeout=PATIENCE_S)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _signed(self, parameters: Mapping[str, str]) -> str:
        payload = urlencode({**parameters, "timestamp": str(time.time_ns() // 1_000_000)}, quote_via=quote)
        return f"{payload}&signature={self.hmac(payload)}"

    def hmac(self, payload: str) -> str:
        """Return the signature of the account's secret."""
        return hmac.new(self._keys["secret"].encode(), payload.encode(), hashlib.sha256).hexdigest()

    def logon(self) -> dict[str, Any]:
        """Return the parameters of a session logon, signed by Ed25519."""
        parameters = {"apiKey": self._keys["ed25519_key"], "timestamp": time.time_ns() // 1_000_000}
        private = load_pem_private_key(self._keys["ed25519_private_pem"].encode(), None)
        assert isinstance(private, Ed25519PrivateKey)
        signature = private.sign("&".join(f"{name}={value}" for name, value in sorted(parameters.items())).encode())
        return {**parameters, "signature": base64.b64encode(signature).decode()}

    def subscription(self) -> dict[str, Any]:
        """Return the parameters of a subscription by signature."""
        parameters: dict[str, Any] = {"apiKey": self._keys["key"], "timestamp": time.time_ns() // 1_000_000}
        return {**parameters, "signature": self.hmac(urlencode(sorted(parameters.items())))}

    def _ask(self, method: str, path: str, query: str = "", body: str = "", content_type: str = FORM) -> Any:
        headers = {"X-MBX-APIKEY": self._keys["key"], "Content-Type": content_type}
        self._connection.request(method, f"{path}?{query}" if query else path, body or None, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == 200, f"{method} {path} was answered {answer.status}: {text.decode()}"
        assert int(answer.headers.get("x-mbx-used-weight-1m", 0)) >= 0
        return json.loads(text)


def call(socket: ClientConnection, method: str, params: Any, call_id: Any) -> Any:
    """Return the answer to one call on a socket, whatever else comes before it."""
    socket.send(json.dumps({"id": call_id, "method": method, "params": params}))
    while (answer := heard(socket)).get("id") != call_id:
        assert "error" not in answer
    assert answer.get("status", 200) == 200, answer
    return answer["result"]


def heard(socket: ClientConnection) -> Any:
    """Return the next message."""
    return json.loads(socket.recv(PATIENCE_S))
