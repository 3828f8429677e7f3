"""Frames of accounts' streams, in the venue's shapes, with made-up contents."""

from typing import Any

AT_MS = 1_700_000_000_000


def futures_order(execution: str, state: str, **changed: object) -> dict[str, Any]:
    """Return an order's update on futures."""
    order: dict[str, object] = {
        "s": "BTCUSDT",
        "c": "il1-2-0",
        "S": "BUY",
        "o": "LIMIT",
        "f": "GTC",
        "q": "0.010",
        "p": "61800.20",
        "x": execution,
        "X": state,
        "i": 77,
        "l": "0",
        "z": "0",
        "L": "0",
        "n": "0.5",
        "N": "USDT",
        "T": AT_MS,
        "t": 0,
        "m": False,
        "R": False,
        "ps": "BOTH",
    }
    return {"e": "ORDER_TRADE_UPDATE", "T": AT_MS, "E": AT_MS, "o": order | changed}


def spot_order(execution: str, state: str, **changed: object) -> dict[str, Any]:
    """Return an order's update on spot."""
    order: dict[str, object] = {
        "e": "executionReport",
        "E": AT_MS,
        "s": "ETHUSDT",
        "c": "il1-3-0",
        "S": "SELL",
        "q": "1.00000000",
        "C": "",
        "x": execution,
        "X": state,
        "r": "NONE",
        "i": 78,
        "l": "0.00000000",
        "z": "0.00000000",
        "L": "0.00000000",
        "n": "0",
        "N": None,
        "T": AT_MS,
        "t": -1,
        "m": False,
    }
    return order | changed


def algo(state: str, **changed: object) -> dict[str, Any]:
    """Return a conditional order's update."""
    order: dict[str, object] = {
        "caid": "il1-2-1",
        "aid": 5,
        "at": "CONDITIONAL",
        "o": "STOP_MARKET",
        "s": "BTCUSDT",
        "S": "SELL",
        "ps": "BOTH",
        "q": "0.010",
        "X": state,
        "ai": "",
    }
    return {"e": "ALGO_UPDATE", "T": AT_MS, "E": AT_MS, "o": order | changed}
