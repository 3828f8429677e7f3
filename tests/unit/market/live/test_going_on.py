"""A market that is started again goes on: from the prices that were shown, on ids that nobody has seen."""

from itertools import pairwise

import pytest

from interlock.market.live.endless import EndlessFeed
from interlock.market.live.listing import made_listing, shown_digits
from interlock.market.live.player import FeedPlayer
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.shown_market import ShownMarket
from interlock.market.live.standing.stands import BEGINNING, IDS_LEAP, MarketStanding, SymbolStanding
from interlock.market.live.ticks import BookCleared, DepthTick, QuoteTick, Tick, TradeTick
from interlock.market.recordings.columns import Recording
from interlock.market.simulated import simulate
from interlock.messages.words import BookState
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.instruments import embedded_instruments
from tests.unit.market.feeds import SPOT, USDM, diff, quotes, recording, recording_set, snapshot, trades
from tests.unit.market.live.shows import PRESENT_NS

pytestmark = pytest.mark.slow

MINUTE_NS = 60 * NS_PER_S


def shown_market(feed: EndlessFeed | RecordedFeed, stood: MarketStanding = BEGINNING, ago_ns: int = 0) -> ShownMarket:
    listing = made_listing(feed.market, embedded_instruments(feed.market.value), 0)
    player = FeedPlayer(feed, PRESENT_NS - ago_ns, lag_ms_max=10**9)
    return ShownMarket(listing, player, shown_digits(listing, feed.symbols), stood)


def endless(stood: MarketStanding = BEGINNING, history_ns: int = 0, market: Market = Market.USDM) -> EndlessFeed:
    return EndlessFeed(1, market, embedded_instruments(market.value), stood, history_ns)


def played(market: ShownMarket, duration_ns: int) -> MarketStanding:
    market.advance(PRESENT_NS + duration_ns, 10**9)
    return market.standing()


def ids_of(ticks: list[Tick]) -> tuple[list[int], list[int]]:
    """Return all ids of updates and of trades."""
    updates = [tick.update_id for tick in ticks if isinstance(tick, QuoteTick)]
    for tick in ticks:
        if isinstance(tick, DepthTick):
            updates += [tick.first_id, tick.last_id] + ([] if tick.is_snapshot else [tick.previous_id])
    return updates, [tick.trade_id for tick in ticks if isinstance(tick, TradeTick)]


@pytest.mark.parametrize("market", list(Market))
def test_a_simulated_market_goes_on_from_the_last_quote_on_higher_ids(market: Market) -> None:
    begun = played(shown_market(endless(market=market)), 5 * MINUTE_NS)
    # As if the price had doubled since.
    symbols = {
        name: SymbolStanding(2 * each.bid_e8, 2 * each.ask_e8, each.update_id, each.trade_id)
        for name, each in begun.symbols.items()
    }
    stood = MarketStanding(begun.feed_ns, 0, symbols)
    again = stood.started_again()
    ticks = endless(again, market=market).next_ticks()
    for symbol, last in stood.symbols.items():
        own = [tick for tick in ticks if tick.symbol == symbol]
        bids = [tick.bid_e8 for tick in own if isinstance(tick, QuoteTick)]
        assert bids[0] == last.bid_e8
        assert all(abs(bid - last.bid_e8) * 200 < last.bid_e8 for bid in bids[:50])
        updates, trade_ids = ids_of(own)
        assert min(updates) >= last.update_id + IDS_LEAP
        assert min(trade_ids) > last.trade_id + IDS_LEAP


def test_each_start_goes_another_way_and_both_markets_the_same() -> None:
    def steps(stood: MarketStanding, market: Market = Market.USDM) -> list[int]:
        bids = [tick.bid_e8 for tick in endless(stood, market=market).next_ticks() if isinstance(tick, QuoteTick)]
        return [round((two - one) / 10**8) for one, two in pairwise(bids[:200])]

    symbols = {name: SymbolStanding(bid_e8=61_000 * 10**8, ask_e8=61_001 * 10**8) for name in ("BTCUSDT", "ETHUSDT")}
    one, two = MarketStanding(5, 1, symbols), MarketStanding(5, 2, symbols)
    assert steps(one) != steps(two)
    spot, futures = steps(one, Market.SPOT), steps(one, Market.USDM)
    assert sum(abs(here - there) <= 1 for here, there in zip(spot, futures, strict=True)) > 190


def test_with_a_history_a_simulated_market_still_goes_on_from_the_last_quote() -> None:
    stood = played(shown_market(endless()), 5 * MINUTE_NS)
    again = stood.started_again()
    history_ns = 30 * MINUTE_NS
    market = shown_market(endless(again, history_ns), again, history_ns)
    reached = played(market, 0)
    assert market.feed_due_ns() is not None
    for symbol, last in stood.symbols.items():
        # Within some ticks: a burst widens the spread.
        assert abs(reached.symbols[symbol].bid_e8 - last.bid_e8) * 5_000 < last.bid_e8
        assert len(market.klines(symbol, "1m", 1_000)) in (30, 31)


def test_a_history_before_the_first_start_is_of_the_feed_itself() -> None:
    market = shown_market(endless(history_ns=30 * MINUTE_NS), ago_ns=30 * MINUTE_NS)
    market.advance(PRESENT_NS, 10**9)
    assert len(market.klines("BTCUSDT", "1m", 1_000)) in (30, 31)
    assert len(market.trades("BTCUSDT", 1_000)) > 100
    (first, *_) = market.klines("BTCUSDT", "1m", 1_000)
    assert abs(first.open - 60_000) < 60
    assert PRESENT_NS // NS_PER_MS - first.open_ms <= 31 * 60_000


def made(market: Market = Market.USDM) -> Recording:
    """Return a second whose price rises by a unit each 100 ms, each step with a diff and a trade."""
    is_spot = market is Market.SPOT
    depth = [snapshot(1, 49, [(99.0, 1.0), (90.0, 4.0)], [(120.0, 1.0)])]
    for step in range(10):
        ids = (50 + 10 * step, 59 + 10 * step, -1 if is_spot else 49 + 10 * step)
        depth.append(diff(100 * step + 2, ids, [(100.0 + step, 1.0), (99.0 + step, 0.0)], line=2 + step))
    # Both sides of a futures quote come with the ids of the diffs.
    quoted = [(100 * step + 3, 100.0 + step, 120.0) for step in range(10)]
    return recording(
        quotes=quotes(quoted, update_ids=[59 + 10 * step for step in range(10)], lines=range(100, 110)),
        trades=trades([(100 * step + 4, 100.0 + step) for step in range(10)], lines=range(200, 210)),
        depth=depth,
        source=SPOT if is_spot else USDM,
    )


def recorded(
    stood: MarketStanding = BEGINNING, is_looped: bool = True, history_ns: int = 0, market: Market = Market.USDM
) -> RecordedFeed:
    return RecordedFeed(recording_set(made(market)), market, is_looped, stood, history_ns)


@pytest.mark.parametrize("market", list(Market))
@pytest.mark.parametrize("loops", [0, 2])
def test_a_recording_goes_on_from_where_it_was(market: Market, loops: int) -> None:
    period_ns = 903 * NS_PER_MS + NS_PER_S
    before = shown_market(recorded(market=market))
    stood = played(before, loops * period_ns + 450 * NS_PER_MS)
    book = before.depth("BTCUSDT", 10)
    assert book is not None
    again = stood.started_again()
    feed = recorded(again, market=market)
    after = shown_market(feed, again)
    after.advance(PRESENT_NS, 10**9)
    quote = after.quote("BTCUSDT")
    assert quote is not None
    assert quote.bid == 104, "what stood is shown at once"
    after.advance(PRESENT_NS + 100 * NS_PER_MS, 10**9)
    assert after.state("BTCUSDT") is BookState.SYNCED
    assert [str(each.price) for each in after.trades("BTCUSDT", 10)] == ["105.00"], "no trade is told twice"
    assert after.levels("BTCUSDT", Side.BUY, 9) == [(105 * 10**8, 10**8), (90 * 10**8, 4 * 10**8)]
    depth = after.depth("BTCUSDT", 10)
    assert depth is not None
    assert depth.update_id > book.update_id + IDS_LEAP
    assert after.trades("BTCUSDT", 10)[0].trade_id > stood.symbols["BTCUSDT"].trade_id + IDS_LEAP


def test_all_ids_after_a_start_are_above_those_before() -> None:
    before, after = recorded(), recorded(MarketStanding(0, 1, {"BTCUSDT": SymbolStanding(1, 2, 10_000, 500)}))
    old, new = ([each for _ in range(3) for each in feed.next_ticks()] for feed in (before, after))
    assert any(isinstance(tick, BookCleared) for tick in new)
    assert max(ids_of(old)[0]) < 10_000 < min(ids_of(new)[0])
    assert min(ids_of(new)[1]) > 500
    cleared = next(place for place, tick in enumerate(new) if isinstance(tick, BookCleared))
    assert max(ids_of(new[:cleared])[0]) < min(ids_of(new[cleared:])[0])


def test_standing_in_the_pause_of_a_loop_it_begins_again_after_it() -> None:
    stood = played(shown_market(recorded()), 950 * NS_PER_MS)
    feed = recorded(stood.started_again())
    ticks = [*feed.next_ticks(), *feed.next_ticks()]
    cleared = next(tick for tick in ticks if isinstance(tick, BookCleared))
    assert cleared.at_ns - feed.start_ns == NS_PER_S


def test_a_recording_has_as_much_history_as_there_is() -> None:
    stood = MarketStanding(recorded().start_ns + 450 * NS_PER_MS, 1, {})
    feed = recorded(stood, history_ns=200 * NS_PER_MS)
    assert (feed.history_ns, feed.start_ns) == (200 * NS_PER_MS, stood.feed_ns - 200 * NS_PER_MS)
    feed = recorded(stood, history_ns=10 * NS_PER_S)
    assert (feed.history_ns, feed.start_ns) == (450 * NS_PER_MS, recorded().start_ns)


def test_a_recording_played_to_its_end_is_not_begun_again_unasked() -> None:
    stood = played(shown_market(recorded(is_looped=False)), NS_PER_S)
    with pytest.raises(Fault, match="played to their end"):
        recorded(stood.started_again(), is_looped=False)
    anew = recorded(stood.begun_anew(), is_looped=False)
    assert anew.start_ns == recorded().start_ns
    assert min(ids_of(anew.next_ticks())[0]) > stood.symbols["BTCUSDT"].update_id


def test_quotes_without_ids_are_counted_on() -> None:
    rows = recording_set(recording(quotes=quotes([(0, 99.0, 101.0), (9, 99.1, 101.0)], update_ids=[0, 0])))
    stood = MarketStanding(0, 1, {"BTCUSDT": SymbolStanding(1, 2, 7_000, 0), "GONE": SymbolStanding(1, 2, 3, 4)})
    market = shown_market(RecordedFeed(rows, Market.USDM, False, stood), stood)
    market.advance(PRESENT_NS, 10**9)
    quote = market.quote("BTCUSDT")
    assert quote is not None
    assert quote.update_id == 7_001
    assert market.standing().symbols["GONE"] == SymbolStanding(1, 2, 3, 4), "what is no longer shown is kept"


def test_a_simulated_recording_is_skipped_to_the_very_book_it_had() -> None:
    recordings = simulate(5, 40, ("BTCUSDT",))
    whole = shown_market(RecordedFeed(recordings, Market.USDM))
    stood = played(whole, 20 * NS_PER_S)
    again = stood.started_again()
    rest = shown_market(RecordedFeed(recordings, Market.USDM, False, again), again)
    passed_ns = stood.feed_ns - RecordedFeed(recordings, Market.USDM).start_ns
    whole.advance(PRESENT_NS + passed_ns + 5 * NS_PER_S, 10**9)
    rest.advance(PRESENT_NS + 5 * NS_PER_S, 10**9)
    for side in Side:
        assert whole.levels("BTCUSDT", side, 99) == rest.levels("BTCUSDT", side, 99) != []
