"""`interlock venue book`: the paper exchange's book of record."""

import argparse
from typing import TYPE_CHECKING

from interlock.apps import output
from interlock.units.faults import Fault

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.venues.paper.bourse.store.book import BookDump

SUMMARY = "print the paper exchange's book of record"
DESCRIPTION = """\
Prints what the paper exchange itself has on its books: accounts, balances, positions, open orders, and with --since
the orders, trades and income from then on. It reads the book on disk, so the exchange may run, or have been killed.

examples:
  interlock venue book
  interlock venue book --since 0 --json

exit codes: 0 printed; 3 there is no book; 4 it cannot be read.
"""
_MS_MAX = 4_000_000_000_000  # in the year 2096; in ns it still fits the book's columns


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "book", SUMMARY, DESCRIPTION)
    parser.add_argument("--since", type=int, metavar="MS", help="ended orders, trades and income from then on, UTC ms")


def run(arguments: argparse.Namespace) -> int:
    """Print the book."""
    from interlock.venues.paper.bourse.store.book import book_json, read_book

    folder = output.state_directory(arguments) / "venue"
    since_ms: int | None = arguments.since
    if since_ms is not None and not 0 <= since_ms <= _MS_MAX:
        raise Fault(f"--since {since_ms} is no time in UTC milliseconds; 0 to {_MS_MAX} is allowed.", "0 shows all.")
    dump = read_book(folder, _MS_MAX if since_ms is None else since_ms)
    if arguments.json:
        output.write_bytes(book_json(dump))
    else:
        output.write_text(_text(dump, since_ms is not None))
    return output.OK


def _text(dump: "BookDump", has_history: bool) -> str:
    from interlock.units.money import trimmed
    from interlock.units.time import utc_text_ms

    lines = [f"The book as of {utc_text_ms(dump.at_ns)}"]
    for account in dump.accounts:
        lines.append(f"\naccount {account.account}")
        for asset in dump.assets:
            if asset.account == account.account:
                lines.append(f"  spot     {asset.asset:<8} free {trimmed(asset.free)}, locked {trimmed(asset.locked)}")
        for wallet in dump.wallets:
            if wallet.account == account.account:
                lines.append(f"  futures  USDT     wallet {trimmed(wallet.wallet)}")
        for held in dump.standings:
            if held.account == account.account and held.quantity:
                lines.append(f"  position {held.symbol:<10} {trimmed(held.quantity)} for {trimmed(held.cost)} USDT")
        for order in dump.open_orders():
            if order.account == account.account:
                lines.append(
                    f"  open     {order.symbol:<10} {order.market.value} {order.side.value} {order.kind.value} "
                    f"{trimmed(order.quantity)} at {trimmed(order.price)}, filled {trimmed(order.filled)}, "
                    f"id {order.order_id} ({order.client_order_id})"
                )
    if has_history:
        lines.append(
            f"\n{len(dump.orders)} order(s), {len(dump.algos)} conditional order(s), {len(dump.trades)} trade(s)"
        )
        for trade in dump.trades:
            lines.append(
                f"  {utc_text_ms(trade.at_ns)} {trade.account} {trade.symbol} {trade.side.value} "
                f"{trimmed(trade.quantity)} at {trimmed(trade.price)}, fee {trimmed(trade.commission)} "
                f"{trade.commission_asset}, order {trade.order_id}"
            )
    return "\n".join(lines)
