"""What the endpoints work with: the exchange, what it lists, and what they hand out; and one request let in to them."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Protocol

from msgspec import Struct

from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.limits.allowances import Allowances
from interlock.gateway.binance.render.exchange_info import ExchangeInfo
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.symbols import Symbols
from interlock.ports.exchange.backend import Exchange
from interlock.ports.exchange.words import Market


class ListenKeys(Protocol):
    """Keys that open an account's event stream."""

    def create(self, market: Market, account: str) -> str:
        """Return the account's key, a new one where it has none, good for the full time from now."""
        ...

    def keep_alive(self, market: Market, account: str, key: str | None = None) -> bool:
        """Extend a key, the account's own where none is named; false when the account has none such."""
        ...

    def close(self, market: Market, account: str, key: str | None = None) -> bool:
        """End a key, the account's own where none is named; false when the account has none such."""
        ...


class Desk:
    """One exchange with what the protocol keeps beside it."""

    def __init__(
        self, exchange: Exchange, listen_keys: ListenKeys, allowances: Allowances, client_ids: ClientIds
    ) -> None:
        self.exchange = exchange
        self.listen_keys = listen_keys
        self.allowances = allowances
        self.client_ids = client_ids
        self.exchange_info = {market: ExchangeInfo() for market in Market}
        self.depths: dict[tuple[Market, str, int], tuple[tuple[int, int], bytes]] = {}
        self._symbols = {market: Symbols(exchange.data(market)) for market in Market}

    def symbols(self, market: Market) -> Symbols:
        """Return what a market lists."""
        return self._symbols[market]


class Asked:
    """One request let in: its parameters, whose it is, and headers that its answer is to carry."""

    __slots__ = ("account", "given", "headers", "market")

    def __init__(self, market: Market, given: Parameters, account: str) -> None:
        self.market = market
        self.given = given
        self.account = account
        self.headers: tuple[tuple[str, str], ...] = ()


class Security(Enum):
    """What a request must prove."""

    NONE = "NONE"
    KEY = "KEY"  # no signature: MARKET_DATA and USER_STREAM upstream
    SIGNED = "USER_DATA"
    TRADE = "TRADE"  # signed, by a key that may trade


Handler = Callable[[Desk, Asked], bytes | Awaitable[bytes]]
Weight = int | Callable[[Parameters], int]


class Route(Struct, frozen=True):
    """One endpoint. `weight_text` says a weight that depends on the parameters."""

    method: str
    path: str
    market: Market
    security: Security
    weight: Weight
    handler: Handler
    weight_text: str = ""

    @property
    def is_strict(self) -> bool:
        """Whether parameters that the endpoint does not know are refused, as spot does and nobody else."""
        return self.path.startswith("/api/")
