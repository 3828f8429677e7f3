"""The exchange information as served: the listing's own bytes, with the present time, or some of its symbols."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from interlock.gateway.binance.render.figures import encode
from interlock.ports.exchange.market_data import Listing


class _Symbol(Struct):
    symbol: str
    status: str = ""
    permissions: list[str] = []
    permission_sets: list[list[str]] = msgspec.field(name="permissionSets", default_factory=list)


_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_symbols = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_symbol = msgspec.json.Decoder(_Symbol).decode
_EMPTY = msgspec.Raw(b"[]")
_TIME = "serverTime"

Chosen = Callable[[str, str, list[list[str]]], bool]
"""Whether to show a symbol, by its name, status and permission sets."""


class ExchangeInfo:
    """The bodies of one market, cut once for each listing."""

    def __init__(self) -> None:
        self._listing: Listing | None = None
        self._head = b""
        self._tail = b""
        self._fields: dict[str, msgspec.Raw] = {}
        self._symbols: list[tuple[_Symbol, msgspec.Raw]] = []

    def whole(self, listing: Listing, now_ms: int) -> bytes:
        """Return everything that is listed, as the listing has it, told at this time."""
        self._read(listing)
        return b"%b%d%b" % (self._head, now_ms, self._tail)

    def chosen(self, listing: Listing, now_ms: int, chosen: Chosen) -> bytes:
        """Return the exchange information with these symbols only."""
        self._read(listing)
        symbols = [
            raw
            for symbol, raw in self._symbols
            if chosen(symbol.symbol, symbol.status, symbol.permission_sets or [symbol.permissions])
        ]
        return encode(self._fields | {_TIME: msgspec.Raw(b"%d" % now_ms), "symbols": msgspec.Raw(encode(symbols))})

    def _read(self, listing: Listing) -> None:
        if listing is self._listing:
            return
        self._fields = {"timezone": msgspec.Raw(b'"UTC"'), _TIME: msgspec.Raw(b"0"), **_decode_fields(listing.body)}
        self._symbols = [(_decode_symbol(raw), raw) for raw in _decode_symbols(self._fields.get("symbols", _EMPTY))]
        before = list(self._fields).index(_TIME)
        fields = list(self._fields.items())
        # Cut around the time: `{"timezone":"UTC","serverTime":` and all that follows the number.
        head, tail = encode(dict(fields[:before])), encode(dict(fields[before + 1 :]))
        self._head = head[:-1] + (b"," if before else b"") + b'"serverTime":'
        self._tail = (b"," if len(fields) > before + 1 else b"") + tail[1:]
        self._listing = listing
