"""The simulated feed is the same for the same seed, and believable by the rules that recordings are held to."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from interlock.market.recordings.columns import Depth, Quotes, RecordingSet, Trades
from interlock.market.recordings.tables import column_names
from interlock.market.simulated import simulate
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.messages.words import BookState
from interlock.units.faults import Fault
from interlock.units.sides import Side

E8 = 100_000_000
SHORT = 120


def digest(feed: RecordingSet) -> str:
    """Return the digest of every column of every table."""
    total = hashlib.sha256()
    for symbol, parts in feed.recordings.items():
        for part in parts:
            total.update(f"{symbol} {part.source}".encode())
            names = (column_names(Quotes), column_names(Trades), column_names(Depth))
            for table, columns in zip((part.quotes, part.trades, part.depth), names, strict=True):
                for name in columns:
                    total.update(np.ascontiguousarray(getattr(table, name)).tobytes())
    return total.hexdigest()


def test_a_seed_names_one_feed_and_another_seed_another() -> None:
    assert digest(simulate(7, SHORT)) == digest(simulate(7, SHORT))
    assert digest(simulate(7, SHORT)) != digest(simulate(8, SHORT))


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_hash_seed_does_not_change_the_feed(hash_seed: str) -> None:
    program = "from tests.unit.market.test_simulated import *; import sys; sys.stdout.write(digest(simulate(7, SHORT)))"
    path = os.pathsep.join(each for each in sys.path if each)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == digest(simulate(7, SHORT))


def test_the_feed_has_no_bad_tick_and_its_book_is_whole() -> None:
    tape = Tape(simulate(3, 600), policy.Bars(period_s=3_600))
    tape.advance(tape.end_ns)
    counts = tape.counts()
    assert (counts.bad_ticks, counts.gaps) == ({}, 0)
    assert set(counts.books.values()) == {BookState.SYNCED}
    offsets = [float(each) for each in counts.offset_ms.values() if each is not None]
    assert len(offsets) == 2
    assert all(-183 <= each <= -178 for each in offsets)  # the offset, and the fastest way to us


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_the_best_of_the_book_is_the_quote_at_every_shared_update(symbol: str) -> None:
    feed = simulate(11, SHORT)
    (made,) = feed.recordings[symbol]
    tape = Tape(feed, policy.Bars(period_s=3_600))
    place = {update_id: n for n, update_id in enumerate(made.quotes.update_id.tolist())}
    for at_ns, final_id in zip(made.depth.heard_at_ns.tolist()[2:], made.depth.final_id.tolist()[2:], strict=True):
        tape.advance(at_ns)
        n = place[final_id]
        quotes = made.quotes
        assert tape.levels(symbol, Side.BUY, 1) == [(int(quotes.bid_e8[n]), int(quotes.bid_size_e8[n]))]
        assert tape.levels(symbol, Side.SELL, 1) == [(int(quotes.ask_e8[n]), int(quotes.ask_size_e8[n]))]
    assert len(tape.levels(symbol, Side.BUY, 50)) == 10


def test_prices_and_sizes_are_on_the_venues_grid() -> None:
    for symbol, tick in (("BTCUSDT", E8 // 10), ("ETHUSDT", E8 // 100)):
        (made,) = simulate(5, SHORT).recordings[symbol]
        for prices in (made.quotes.bid_e8, made.quotes.ask_e8, made.trades.price_e8, made.depth.level_price_e8):
            assert not (prices % tick).any()
        for sizes in (made.quotes.bid_size_e8, made.trades.quantity_e8, made.depth.level_size_e8):
            assert not (sizes % (E8 // 1_000)).any()


def test_every_line_of_the_feed_is_named_once() -> None:
    feed = simulate(5, SHORT)
    lines = [table.line for parts in feed.recordings.values() for p in parts for table in (p.quotes, p.trades, p.depth)]
    assert sorted(np.concatenate(lines).tolist()) == list(range(1, sum(map(len, lines)) + 1))


def test_what_cannot_be_simulated_is_refused_by_name() -> None:
    with pytest.raises(Fault, match="DOGEUSDT"):
        simulate(1, SHORT, ("DOGEUSDT",))
    with pytest.raises(Fault, match="0 s"):
        simulate(1, 0)
