"""Two whole sessions that a client recorded at the venue: frames and snapshots, in the order they came."""

import gzip
import json
from urllib.parse import parse_qs, urlsplit

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_bodies import book_body
from interlock.venues.binance.parse.market_values import BookHeard, Origin
from tests.recordings import recording

SESSIONS = {Market.SPOT: "binance-spot-20211012", Market.USDM: "binance-usdm-20210722"}


def session(market: Market) -> list[tuple[int, bytes | BookHeard]]:
    """Return (when it was heard, a frame or a snapshot) of a market's session, in order of time."""
    found: list[tuple[int, bytes | BookHeard]] = []
    path = recording("wire-sessions") / f"{SESSIONS[market]}.jsonl.gz"
    for line in gzip.decompress(path.read_bytes()).splitlines():
        row = json.loads(line)
        at_ns = int(row.get("ts", 0) * 1_000_000_000)
        if row["t"] == "recv":
            found.append((at_ns, row["data"].encode()))
        elif row["t"] == "http" and "/depth" in row["url"]:
            (symbol,) = parse_qs(urlsplit(row["url"]).query)["symbol"]
            book = book_body(symbol, row["data"].encode(), at_ns, Origin.STREAM)
            assert isinstance(book, BookHeard), book
            found.append((at_ns, book))
    return sorted(found, key=lambda each: each[0])
