"""Which order, and which rows of a history, are asked for."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.values import client_id, integer, limit
from interlock.gateway.binance.symbols import Symbols
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, History, OrderKey

HOUR_MS = 3_600_000
SPOT_HOURS_MAX = 24
FUTURES_HOURS_MAX = 168


def order_key(given: Parameters, symbols: Symbols, *, is_spot: bool) -> OrderKey:
    """Return the order named by `orderId`, `origClientOrderId` or both at once. Errors: -1102, -1121."""
    listed = words.instrument(given, symbols)
    order_id = integer(given, "orderId")
    client_order_id = client_id(given, "origClientOrderId", is_spot=is_spot)
    if order_id is None and client_order_id is None:
        raise refusals.missing_both("origClientOrderId", "orderId")
    return OrderKey(symbol=listed.symbol, order_id=order_id, client_order_id=client_order_id)


def algo_key(given: Parameters) -> AlgoKey:
    """Return the conditional order named by `algoId`, `clientAlgoId` or both at once. Errors: -1102."""
    algo_id = integer(given, "algoId")
    client_algo_id = client_id(given, "clientAlgoId", is_spot=False)
    if algo_id is None and client_algo_id is None:
        raise refusals.missing_both("clientAlgoId", "algoId")
    return AlgoKey(algo_id=algo_id, client_algo_id=client_algo_id)


def optional_symbol(given: Parameters, symbols: Symbols) -> str | None:
    """Return the listed `symbol`, None when it was not sent. Errors: -1100, -1121."""
    text = given.get("symbol")
    return None if text is None else symbols.need(text).symbol


def order_history(given: Parameters, symbols: Symbols, *, is_spot: bool, id_name: str = "orderId") -> History:
    """Return which orders are asked for: from an id on, or within times. Errors: -1102, -1121, -1127, -1130."""
    symbol = words.instrument(given, symbols).symbol
    start_ms, end_ms = times(given, SPOT_HOURS_MAX if is_spot else FUTURES_HOURS_MAX, is_spot=is_spot)
    return History(
        symbol=symbol,
        from_id=integer(given, id_name),
        start_ms=start_ms,
        end_ms=end_ms,
        limit=limit(given, 500, 1_000),
    )


def trade_history(given: Parameters, symbols: Symbols, *, is_spot: bool) -> History:
    """Return which fills are asked for: of an order, from an id on, or within times. Errors: as above, and -1128."""
    symbol = words.instrument(given, symbols).symbol
    start_ms, end_ms = times(given, SPOT_HOURS_MAX if is_spot else FUTURES_HOURS_MAX, is_spot=is_spot)
    from_id = integer(given, "fromId")
    if from_id is not None and (start_ms is not None or end_ms is not None):
        raise refusals.bad_combination()
    return History(
        symbol=symbol,
        from_id=from_id,
        order_id=integer(given, "orderId"),
        start_ms=start_ms,
        end_ms=end_ms,
        limit=limit(given, 500, 1_000),
    )


def times(given: Parameters, hours_max: int | None, *, is_spot: bool) -> tuple[int | None, int | None]:
    """Return `startTime` and `endTime`. Errors: -1127 when they are further apart than allowed, -1023 when crossed."""
    start_ms, end_ms = integer(given, "startTime"), integer(given, "endTime")
    if start_ms is not None and end_ms is not None:
        if start_ms > end_ms and not is_spot:
            raise ExchangeError(-1023, "Start time is greater than end time.")
        if hours_max is not None and end_ms - start_ms > hours_max * HOUR_MS:
            raise refusals.too_long(hours_max)
    return start_ms, end_ms
