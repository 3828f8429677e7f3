"""The pre-trade rules and their evidence: value, limit, utilisation, passed or not.

A rule that cannot be computed fails: missing quote, age, latency, ATR, equity or instrument means refused. Written
flat, with evidence that never changes made once: this is the path every order waits on.
"""

from collections import deque
from decimal import Decimal
from itertools import product

from interlock.core.risk.factors import COUNTS_KEPT, Factors, Means, counted
from interlock.core.state import Order, Owner, State
from interlock.messages.market import MarketView
from interlock.messages.orders import Check
from interlock.messages.policy import Limits, Policy
from interlock.messages.refusals import MET, UNMET
from interlock.messages.words import BookState, LatchLevel, Mode, OrderType
from interlock.units.instruments import SPOT, Instrument
from interlock.units.money import HUNDRED, ZERO, percent_of
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S

_MINUTE_NS = 60 * NS_PER_S
_HOUR_NS = 60 * _MINUTE_NS

Checks = tuple[Check, ...]


def _combinations(*codes: str) -> dict[tuple[bool, ...], Checks]:
    """Return the evidence of several conditions for every way they can come out."""
    return {
        met: tuple([MET[code] if is_met else UNMET[code] for code, is_met in zip(codes, met, strict=True)])
        for met in product((True, False), repeat=len(codes))
    }


_PERMISSION = _combinations("RISK-001", "RISK-002", "RISK-003")
_CONDITIONS = _combinations("RISK-009", "RISK-011", "RISK-012", "RISK-013", "RISK-034", "RISK-035")
_BUYS = _combinations("RISK-044")
# Looked up once: a member through its class costs as much as a sum of decimals.
_OPEN, _NORMAL, _UNSYNCED, _BUY = LatchLevel.OPEN, Mode.NORMAL, BookState.UNSYNCED, Side.BUY
_ON_LOT = Check("RISK-018", ZERO, ZERO, 100, True)
_ON_TICK = Check("RISK-019", ZERO, ZERO, 100, True)
_MEETS_NONE = Check("RISK-032", 0, 0, 100, True)
_NONE_UNKNOWN = Check("RISK-036", 0, 0, 100, True)


def permission(state: State) -> Checks:
    """May anything be opened at all: latch, arming, mode."""
    return _PERMISSION[state.latch is _OPEN, state.is_armed, state.mode is _NORMAL]


def conditions(state: State, policy: Policy, owner: Owner, view: MarketView, side: Side, traded: Instrument) -> Checks:
    """Quote sane, book whole, symbol and side allowed, instrument tradable, no flip, no other owner in the symbol.

    On spot also: it buys.
    """
    symbol = view.symbol
    held = state.positions.get((owner.account, symbol, owner.owner))
    flips, is_shared = held is not None and held.side is not side, False
    open_orders = state.open_orders.get(symbol)
    for order in open_orders.values() if open_orders else ():
        approved = order.approved
        if approved.account != owner.account:
            continue
        if approved.owner != owner.owner:
            is_shared = True  # also by a reduction: what still fills of it would reduce what this owner gets
        elif not approved.reduce_only and approved.side is not side:
            flips = True
    if len(state.positions) > (held is not None):
        is_shared = is_shared or _is_held_by_other(state, owner, symbol)
    met = _CONDITIONS[
        view.is_quote_sane,
        view.book is not _UNSYNCED and symbol not in state.gapped_symbols,
        side in policy.symbols.get(symbol, ()) and symbol in owner.symbols,
        traded.is_tradable,
        not flips,
        not is_shared,
    ]
    return met + _BUYS[(side is _BUY,)] if traded.market == SPOT else met


def _is_held_by_other(state: State, owner: Owner, symbol: str) -> bool:
    """Tell whether another owner of the account holds the symbol.

    At the venue a reduce-only order is bounded by the account's net position, not by its owner's: two reductions of one
    owner that race would sell what another one holds.
    """
    return any(
        held.symbol == symbol and held.owner != owner.owner and held.account == owner.account
        for held in state.positions.values()
    )


def market(limits: Limits, view: MarketView) -> Checks:
    """Is the market known well enough: age of the quote, feed latency, spread."""
    age, latency, spread = view.age_ms, view.latency_ms, view.spread_bps
    age_max, latency_max, spread_max = limits.quote_age_ms_max, limits.latency_ms_max, limits.spread_bps_max
    return (
        Check("RISK-007", age, age_max, age * 100 // age_max, 0 <= age <= age_max),
        Check("RISK-008", 0, latency_max, 0, False)
        if latency is None
        else Check("RISK-008", latency, latency_max, latency * 100 // latency_max, latency <= latency_max),
        _most("RISK-010", spread, spread_max),
    )


def pace(state: State, by: Factors, owner: Owner, symbol: str, at_ns: int) -> Checks:
    """How much is going on: open orders and positions, orders a minute, signals an hour, orders of unknown fate."""
    orders, limits, kept = state.orders_open + 1, by.policy.limits, COUNTS_KEPT
    minute = count_since(state.orders_at_ns, at_ns - _MINUTE_NS) + 1
    hour = count_since(owner.signals_at_ns, at_ns - _HOUR_NS) + 1
    positions = _positions_asked(state, owner, symbol)
    unknown = state.unknown_symbols.get(symbol, 0) if state.unknown_symbols else 0
    return (
        by.orders_open[orders] if orders < kept else counted("RISK-026", orders, limits.orders_open_max),
        by.orders_minute[minute] if minute < kept else counted("RISK-027", minute, limits.orders_minute_max),
        by.signals_hour[hour] if hour < kept else counted("RISK-028", hour, limits.signals_hour_max),
        by.positions_open[positions] if positions < kept else counted("RISK-025", positions, limits.positions_open_max),
        Check("RISK-036", unknown, 0, unknown * 100, False) if unknown else _NONE_UNKNOWN,
    )


def count_since(times: deque[int], since_ns: int) -> int:
    """Count the times after `since_ns` in a deque that the fold keeps short and sorted: few are to be left out."""
    if not times or times[0] > since_ns:
        return len(times)
    past = 0
    for time_ns in times:
        if time_ns > since_ns:
            break
        past += 1
    return len(times) - past


def _positions_asked(state: State, owner: Owner, symbol: str) -> int:
    """Count the positions there would be: held, asked for by open entries, and this one."""
    key = (owner.account, symbol, owner.owner)
    keys = len(state.positions) + (key not in state.positions)
    if state.accounts[owner.account].reserved:
        asked = {
            (order.approved.account, order.approved.symbol, order.approved.owner)
            for orders in state.open_orders.values()
            for order in orders.values()
            if order.reserved
        }
        keys += sum([other != key and other not in state.positions for other in sorted(asked)])
    return keys


def duplicate(state: State, by: Factors, owner: str, symbol: str, side: Side, quantity: Decimal, at_ns: int) -> Check:
    """How long ago the owner entered the same symbol, side and size; the window itself when it did not."""
    last = state.last_entries.get((owner, symbol, side))
    if last is None or last.quantity != quantity:
        return by.not_duplicated
    window, since = by.policy.limits.duplicate_window_ms, (at_ns - last.at_ns) // NS_PER_MS
    return Check("RISK-031", since, window, window * 100 // since if since else 100, since >= window)


def _most(code: str, value: Decimal, limit: Decimal) -> Check:
    return Check(code, value, limit, value * HUNDRED // limit if limit else percent_of(value, limit), value <= limit)


def value(
    by: Factors, means: Means, order_usdt: Decimal, held_usdt: Decimal, committed_usdt: Decimal, loss_usdt: Decimal
) -> Checks:
    """Order value, position, exposure, leverage and planned loss, in USDT, this order included.

    `held_usdt` is what the owner holds and has asked for in the symbol, `committed_usdt` the same of the account.
    """
    most, position, position_max = by.policy.limits.order_usdt_max, held_usdt + order_usdt, means.position
    exposure, exposure_max, leverage_max, loss_max = (
        committed_usdt + order_usdt,
        means.exposure,
        means.leverage,
        means.loss,
    )
    if not (most and position_max and exposure_max and leverage_max and loss_max):
        return (
            _most("RISK-021", order_usdt, most),
            _most("RISK-022", position, position_max),
            _most("RISK-023", exposure, exposure_max),
            _most("RISK-024", exposure, leverage_max),
            _most("RISK-029", loss_usdt, loss_max),
        )
    exposed = exposure * HUNDRED
    return (
        Check("RISK-021", order_usdt, most, order_usdt * HUNDRED // most, order_usdt <= most),
        Check("RISK-022", position, position_max, position * HUNDRED // position_max, position <= position_max),
        Check("RISK-023", exposure, exposure_max, exposed // exposure_max, exposure <= exposure_max),
        Check("RISK-024", exposure, leverage_max, exposed // leverage_max, exposure <= leverage_max),
        Check("RISK-029", loss_usdt, loss_max, loss_usdt * HUNDRED // loss_max, loss_usdt <= loss_max),
    )


def price(own: Decimal | None, side: Side, limit_price: Decimal, mid: Decimal, room: Decimal) -> Checks:
    """How far the price stands from the mid, either way, and whether it meets an own order."""
    meets = own is not None and (limit_price >= own if side is _BUY else limit_price <= own)
    return (
        _most("RISK-030", abs(limit_price - mid), room),
        Check("RISK-032", 1, 0, 100, False) if meets else _MEETS_NONE,
    )


def edge(edge_bps: Decimal, edge_bps_min: Decimal) -> Check:
    """What is left of the claimed edge after costs. A threshold of zero asks for none and still shows the figure."""
    used = edge_bps_min * HUNDRED // edge_bps if edge_bps > ZERO else ZERO
    return Check("RISK-033", edge_bps, edge_bps_min, used, edge_bps >= edge_bps_min or not edge_bps_min)


def filters(
    traded: Instrument, quantity: Decimal, held: Decimal, order_price: Decimal, worth: Decimal | None = None
) -> Checks:
    """The venue's filters: quantity, lot, tick, least value.

    The most is judged with what is `held` and asked for already, since one stop at market must be able to close it all.
    The least value is judged by `worth` where one is given, else by the order's own.
    """
    quantity_max, quantity_min, notional_min = traded.market_quantity_max, traded.quantity_min, traded.notional_min
    if traded.quantity_max < quantity_max:
        quantity_max = traded.quantity_max
    notional = quantity * order_price if worth is None else worth
    off_lot, off_tick = quantity % traded.quantity_step, order_price % traded.price_tick
    return (
        Check(
            "RISK-016",
            quantity,
            quantity_min,
            quantity_min * HUNDRED // quantity if quantity else ZERO,
            quantity >= quantity_min,
        ),
        _most("RISK-017", held + quantity, quantity_max),
        Check("RISK-018", off_lot, ZERO, 100, False) if off_lot else _ON_LOT,
        Check("RISK-019", off_tick, ZERO, 100, False) if off_tick else _ON_TICK,
        Check(
            "RISK-020",
            notional,
            notional_min,
            notional_min * HUNDRED // notional if notional else ZERO,
            notional >= notional_min,
        ),
    )


def own_best_opposite(state: State, account: str, symbol: str, side: Side) -> Decimal | None:
    """Return the best own resting price that an order on `side` would meet, None when there is none."""
    best: Decimal | None = None
    open_orders = state.open_orders.get(symbol)
    for order in open_orders.values() if open_orders else ():
        rests_at = resting_price(order)
        if rests_at is None or order.approved.side is side or order.approved.account != account:
            continue
        if best is None or (rests_at < best if side is _BUY else rests_at > best):
            best = rests_at
    return best


def resting_price(order: Order) -> Decimal | None:
    """Return the price at which an order rests on the book, None when it does not."""
    return order.approved.limit_price if order.approved.order_type is OrderType.LIMIT else None
