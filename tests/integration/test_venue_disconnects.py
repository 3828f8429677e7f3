"""Connections that a running exchange ends on purpose, as a client on the other side of a real socket meets it."""

from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.venue_process import VenueProcess, running_venue

PATIENCE_S = 20
MESSAGES_MAX = 20  # more than can be on the way when a connection is reset


def opened(venue: VenueProcess, market: str, path: str) -> ClientConnection:
    """Return a WebSocket to a market's port."""
    return connect(f"ws://127.0.0.1:{venue.ready[f'port_{market}']}{path}", open_timeout=PATIENCE_S)


def injected(venue: VenueProcess, *words: str) -> None:
    done = venue.command("venue", "fault", *words)
    assert done.returncode == 0, done.stderr


def is_reset(socket: ClientConnection) -> bool:
    """Read until the connection is over, and tell whether it ended without a farewell."""
    with pytest.raises(ConnectionClosedError) as ended:
        for _ in range(MESSAGES_MAX):
            socket.recv(timeout=PATIENCE_S)
    return ended.value.rcvd is None


def test_disconnect_ends_who_hears_the_stream_and_a_ban_ends_and_refuses_its_market_alone(tmp_path: Path) -> None:
    with (
        running_venue(tmp_path) as venue,
        opened(venue, "usdm", "/ws/btcusdt@bookTicker") as quotes,
        opened(venue, "usdm", "/ws/btcusdt_perpetual@continuousKline_1m") as candles,
        opened(venue, "spot", "/ws/btcusdt@bookTicker") as spot,
    ):
        injected(venue, "disconnect", "--calls", "*@bookTicker", "--market", "usdm")
        assert is_reset(quotes)
        assert candles.recv(timeout=PATIENCE_S)
        injected(venue, "ban", "--market", "usdm")
        assert is_reset(candles)
        with pytest.raises(InvalidStatus) as refused, opened(venue, "usdm", "/ws/btcusdt@bookTicker"):
            pass
        assert refused.value.response.status_code == 418
        assert refused.value.response.headers["Retry-After"]
        assert spot.recv(timeout=PATIENCE_S)
