"""Small recordings written by hand, for the tests of this room."""

import gzip
from pathlib import Path

HEARD = 1_700_000_000_000_000_000
VENUE_MS = 1_700_000_001_000
TARDIS_QUOTES = b"exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
TARDIS_TRADES = b"exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"


def line(message: str, heard: int = HEARD) -> bytes:
    """Return a recorded line that holds the message as it is written."""
    return b'{"recv_ns":%d,"raw":%s}\n' % (heard, message.encode())


def quote(
    bid: str = "100.10", ask: str = "100.20", bid_size: str = "1.5", ask_size: str = "2", at: int = HEARD
) -> bytes:
    """Return a futures bookTicker line."""
    return line(
        '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":7,"s":"BTCUSDT",'
        f'"b":"{bid}","B":"{bid_size}","a":"{ask}","A":"{ask_size}","T":{VENUE_MS - 1},"E":{VENUE_MS}}}}}',
        at,
    )


def spot_quote(bid: str = "100.10", symbol: str = "BTCUSDT") -> bytes:
    """Return a spot bookTicker line: no event name and no time."""
    return line(
        '{"stream":"btcusdt@bookTicker","data":'
        f'{{"u":8,"s":"{symbol}","b":"{bid}","B":"1.00000000","a":"100.20000000","A":"3.00000000"}}}}'
    )


def trade(price: str = "100.15", quantity: str = "0.004", maker: str = "true", print_type: str = "MARKET") -> bytes:
    """Return a futures trade line."""
    return line(
        f'{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{VENUE_MS},"T":{VENUE_MS},"s":"BTCUSDT","t":42,'
        f'"p":"{price}","q":"{quantity}","X":"{print_type}","m":{maker}}}}}'
    )


def depth(bids: str, asks: str, first: int = 11, final: int = 12, previous: int | None = 10) -> bytes:
    """Return a depthUpdate line; a spot one where `previous` is None."""
    chain = "" if previous is None else f'"pu":{previous},'
    return line(
        f'{{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{VENUE_MS},"s":"BTCUSDT","U":{first},'
        f'"u":{final},{chain}"b":{bids},"a":{asks}}}}}'
    )


def snapshot(bids: str = '[["100.1", "5"]]', asks: str = '[["100.2", "6"], ["100.3", "7"]]') -> bytes:
    """Return a REST snapshot line, written with spaces as the venue's REST interface does at times."""
    return line(f'{{"lastUpdateId": 11, "E": {VENUE_MS}, "bids": {bids}, "asks": {asks}}}')


def mark(funding: str = "-0.00002754") -> bytes:
    """Return a markPriceUpdate line."""
    return line(
        f'{{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":{VENUE_MS},"s":"BTCUSDT",'
        f'"p":"28147.27373413","P":"1.0","i":"28159.75642857","r":"{funding}","T":{VENUE_MS}}}}}'
    )


def tardis_quote(bid: str = "9681.92", ask: str = "9682", exchange: str = "binance-futures") -> bytes:
    """Return a row of Tardis quotes."""
    return f"{exchange},BTCUSDT,1582329601096000,1582329603502092,0.84,{ask},{bid},0.67\n".encode()


def tardis_trade(side: str = "buy", amount: str = "0.132") -> bytes:
    """Return a row of Tardis trades."""
    return f"binance-futures,BTCUSDT,1582329602111000,1582329602418379,42377944,{side},9682,{amount}\n".encode()


def written(path: Path, *parts: bytes) -> Path:
    """Write the parts to a file, as gzip when its name says so, and return the path."""
    text = b"".join(parts)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path
