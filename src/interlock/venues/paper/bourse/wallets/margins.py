"""Margins of a futures account, at given mark prices: what positions and orders bind, and when they are lost."""

from collections.abc import Callable
from decimal import Decimal

from interlock.ports.exchange.rows import AssetRow, FuturesAccount, PositionRow
from interlock.units.money import ZERO, divide, money
from interlock.venues.paper.bourse.wallets.brackets import bracket_at, maintenance, notional_cap
from interlock.venues.paper.bourse.wallets.futures import MARGIN_ASSET, FuturesWallet, Standing

Marks = Callable[[str], Decimal | None]
"""A symbol's mark price now, None before any."""


def mark_of(standing: Standing, marks: Marks) -> Decimal:
    """Return the mark price, the entry price where none is known."""
    mark = marks(standing.symbol)
    return mark if mark is not None else standing.position.entry_average()


def unrealised(standing: Standing, mark: Decimal) -> Decimal:
    """Return what the position would realise at the mark."""
    position = standing.position
    return position.quantity * mark - position.cost


def exposure(standing: Standing, mark: Decimal, buys: Decimal = ZERO, sells: Decimal = ZERO) -> Decimal:
    """Return the worst value if all open buys or all open sells, and these more, were filled."""
    value = standing.position.quantity * mark
    return max(abs(value + standing.bids() + buys), abs(value - standing.asks() - sells))


def initial(standing: Standing, mark: Decimal, buys: Decimal = ZERO, sells: Decimal = ZERO) -> Decimal:
    """Return the margin that position and open orders, and these more, bind."""
    return divide(exposure(standing, mark, buys, sells), Decimal(standing.leverage))


def position_initial(standing: Standing, mark: Decimal) -> Decimal:
    """Return the margin the position alone binds."""
    return divide(abs(standing.position.quantity * mark), Decimal(standing.leverage))


def kept_by(standing: Standing, mark: Decimal) -> Decimal:
    """Return the margin the position must not fall under."""
    notional = abs(standing.position.quantity * mark)
    return maintenance(standing.symbol, notional) if notional else ZERO


def available(wallet: FuturesWallet, marks: Marks) -> Decimal:
    """Return what is free for new orders; below zero when more is bound than there is."""
    free = wallet.cross()
    for standing in wallet.standings.values():
        if not standing.counts:
            continue
        mark = mark_of(standing, marks)
        free -= initial(standing, mark)
        if standing.is_isolated:
            free += position_initial(standing, mark)
        else:
            free += unrealised(standing, mark)
    return free


def liquidation_price(wallet: FuturesWallet, standing: Standing, marks: Marks) -> Decimal:
    """Return the mark price at which the position's margin is gone, the others' marks as now; zero for none."""
    quantity = standing.position.quantity
    if not quantity:
        return ZERO
    if standing.is_isolated:
        balance = standing.isolated
    else:
        balance = wallet.cross()
        for other in wallet.standings.values():
            if other is not standing and other.position.quantity and not other.is_isolated:
                mark = mark_of(other, marks)
                balance += unrealised(other, mark) - kept_by(other, mark)
    bracket = bracket_at(standing.symbol, abs(quantity * mark_of(standing, marks)))
    slope = abs(quantity) * bracket.maintenance_ratio - quantity
    if not slope:
        return ZERO
    price = divide(balance + bracket.maintenance_deduction - standing.position.cost, slope)
    return money(price) if price > ZERO else ZERO


def position_row(wallet: FuturesWallet, standing: Standing, marks: Marks) -> PositionRow:
    """Return a position with all its figures, rounded to 1e-8."""
    mark = mark_of(standing, marks)
    position = standing.position
    quantity, notional = position.quantity, position.quantity * mark
    bound, of_position = initial(standing, mark), position_initial(standing, mark)
    profit = unrealised(standing, mark)
    return PositionRow(
        symbol=standing.symbol,
        quantity=quantity,
        entry_price=money(position.entry_average()),
        break_even_price=money(divide(position.cost + standing.charged, quantity)) if quantity else ZERO,
        mark_price=mark,
        unrealised=money(profit),
        liquidation_price=liquidation_price(wallet, standing, marks),
        leverage=standing.leverage,
        margin_type=standing.margin_type,
        isolated_wallet=standing.isolated,
        isolated_margin=money(standing.isolated + profit) if standing.is_isolated else ZERO,
        initial_margin=money(bound),
        maintenance_margin=money(kept_by(standing, mark)),
        position_initial_margin=money(of_position),
        open_order_initial_margin=money(bound - of_position),
        notional=money(notional),
        notional_max=notional_cap(standing.symbol, standing.leverage),
        bid_notional=standing.bids(),
        ask_notional=standing.asks(),
        adl_quantile=0,
        updated_at_ns=standing.updated_at_ns,
    )


def account_view(wallet: FuturesWallet, marks: Marks, maker_bps: Decimal, taker_bps: Decimal) -> FuturesAccount:
    """Return the account as shown: every symbol it stands in, by name."""
    rows = tuple(position_row(wallet, standing, marks) for _, standing in sorted(wallet.standings.items()))
    crossed = [row for row in rows if not wallet.standings[row.symbol].is_isolated]
    profit = sum([row.unrealised for row in rows], ZERO)
    cross = wallet.cross()
    free = max(money(available(wallet, marks)), ZERO)
    withdrawable = max(min(free, cross, cross + sum([min(row.unrealised, ZERO) for row in crossed], ZERO)), ZERO)
    asset = AssetRow(
        asset=MARGIN_ASSET,
        wallet=wallet.balance,
        cross_wallet=cross,
        unrealised=profit,
        margin_balance=wallet.balance + profit,
        initial_margin=sum([row.initial_margin for row in rows], ZERO),
        maintenance_margin=sum([row.maintenance_margin for row in rows], ZERO),
        position_initial_margin=sum([row.position_initial_margin for row in rows], ZERO),
        open_order_initial_margin=sum([row.open_order_initial_margin for row in rows], ZERO),
        available=free,
        withdrawable=withdrawable,
        updated_at_ns=wallet.updated_at_ns,
    )
    return FuturesAccount(
        maker_bps=maker_bps,
        taker_bps=taker_bps,
        assets=(asset,),
        positions=rows,
        updated_at_ns=wallet.updated_at_ns,
    )
