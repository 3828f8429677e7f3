"""Where Binance is reached, by environment: the paper exchange, the testnet, or live, which is refused for now."""

from enum import Enum
from typing import Final

from msgspec import Struct

from interlock.units.faults import Fault

_TLS_PORT: Final = 443
_LIVE_LACKS: Final = (
    "EXE-10 (the check of a key's rights), CTL-5 (the watchdog), CTL-6 (approval by a person), SEC-1 to SEC-3 (keys, "
    "sign-in and roles) and STR-7 (validation on paper)"
)


class Environment(Enum):
    """Which exchange is meant."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class LiveRefused(Fault):
    """Live trading was asked for and is not built far enough."""


class Place(Struct, frozen=True):
    """A host and port that speaks HTTP or WebSocket. `host` is a name or an address, without brackets."""

    host: str
    port: int
    is_tls: bool

    @property
    def authority(self) -> str:
        """What the Host header says: the port is left out where it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (_TLS_PORT if self.is_tls else 80) else f"{host}:{self.port}"


class Endpoints(Struct, frozen=True, kw_only=True):
    """All places of one environment: requests, market and user streams, and spot's WebSocket API."""

    environment: Environment
    spot: Place
    usdm: Place
    spot_streams: Place
    usdm_streams: Place
    spot_socket_api: Place


def endpoints_of(environment: str, paper_spot: Place | None = None, paper_usdm: Place | None = None) -> Endpoints:
    """Return the places of "paper" (one of each market, for all it serves), or of "testnet", built and untried.

    Errors: LiveRefused for "live", a Fault for any other word, or for paper without its places.
    """
    if environment == Environment.LIVE.value:
        raise LiveRefused(
            f"The environment live is refused: {_LIVE_LACKS} do not stand yet. Nothing was connected.",
            "Use paper, which speaks the same protocol, or the testnet.",
        )
    if environment == Environment.TESTNET.value:
        return Endpoints(
            environment=Environment.TESTNET,
            spot=Place("testnet.binance.vision", _TLS_PORT, True),
            usdm=Place("testnet.binancefuture.com", _TLS_PORT, True),
            spot_streams=Place("stream.testnet.binance.vision", _TLS_PORT, True),
            usdm_streams=Place("stream.binancefuture.com", _TLS_PORT, True),
            spot_socket_api=Place("ws-api.testnet.binance.vision", _TLS_PORT, True),
        )
    if environment != Environment.PAPER.value:
        raise Fault(
            f"The environment '{environment}' is not known; allowed are paper, testnet and live.",
            "Name one of them.",
        )
    if paper_spot is None or paper_usdm is None:
        raise Fault("The paper exchange's hosts and ports are not given.", "Name where `interlock venue` listens.")
    return Endpoints(
        environment=Environment.PAPER,
        spot=paper_spot,
        usdm=paper_usdm,
        spot_streams=paper_spot,
        usdm_streams=paper_usdm,
        spot_socket_api=paper_spot,
    )
