"""What is shown of a market: to clients, and to whoever matches orders against it."""

from decimal import Decimal

import pytest

from interlock.market.live.endless import EndlessFeed
from interlock.market.live.listing import made_listing
from interlock.market.live.player import FeedPlayer
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.shown_market import ShownMarket
from interlock.market.recordings.columns import Marks, Recording, RecordingSet
from interlock.market.simulated import simulate
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.messages.words import BookState
from interlock.ports.exchange.market_data import Kline, MarketData, MarketTrade, MarkShown, QuoteShown
from interlock.ports.exchange.words import Market
from interlock.ports.liquidity import Liquidity
from interlock.units.faults import Fault
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.instruments import embedded_instruments
from tests.unit.market.feeds import diff, e8, ints, moments, quotes, recording, snapshot, trades
from tests.unit.market.live.shows import PRESENT_MS, PRESENT_NS, Show, by_hand, recorded_set

pytestmark = pytest.mark.slow

BTC = "BTCUSDT"
CHAINED = [(at_ms, 99.0, 101.0) for at_ms in range(0, 10_000, 100)]


def with_marks(made: Recording, rows: list[tuple[float, float, float, float]]) -> Recording:
    """Return the recording with marks (heard ms, mark, index, rate)."""
    marks = Marks(
        line=ints(range(1_000, 1_000 + len(rows))),
        heard_at_ns=moments([row[0] for row in rows]),
        venue_at_ns=moments([row[0] for row in rows]),
        mark_e8=e8([row[1] for row in rows]),
        index_e8=e8([row[2] for row in rows]),
        funding_e8=e8([row[3] for row in rows]),
    )
    return Recording(made.source, made.symbol, made.quotes, made.trades, made.depth, marks)


def check_liquidity(recordings: RecordingSet, market: Market, duration_ms: float) -> None:
    """Hold what a matching sees against what the tape shows it, after every tick."""
    show, tape = Show(RecordedFeed(recordings, market)), Tape(recordings, policy.Bars(period_s=86_400))
    shift_ns, compared = tape.start_ns - show.start_ns, 0
    for number, _ in enumerate(show.steps(duration_ms, ticks_max=10**6)):
        if show.market.due_ns() == show.now_ns or number % 3:
            continue
        tape.advance(show.now_ns + shift_ns)
        for symbol in tape.symbols:
            assert show.market.state(symbol) is tape.state(symbol)
            for side in Side:
                levels = tape.levels(symbol, side, 15)
                assert show.market.levels(symbol, side, 15) == levels
                for price_e8, _ in levels[:2] + levels[-1:]:
                    for near_e8 in (price_e8 - 10_000_000, price_e8):
                        said = tape.size_at(symbol, side, near_e8)
                        assert show.market.size_at(symbol, side, near_e8) == said
                        compared += 1
    assert compared > 1_000


@pytest.mark.parametrize(
    ("name", "market"),
    [
        ("l1l2-binance-usdm-20240808", Market.USDM),
        ("l1l2-binance-usdm-20230404", Market.USDM),
        ("l1l2-binance-spot-20240808", Market.SPOT),
        ("l1-trades-tardis-binance-usdm-20200222", Market.USDM),
    ],
)
def test_a_matching_sees_what_the_tape_shows_it(name: str, market: Market) -> None:
    check_liquidity(recorded_set(name), market, 15_000 if "tardis" not in name else 200_000)


def test_a_matching_sees_what_the_tape_shows_it_of_the_simulated_feed() -> None:
    check_liquidity(simulate(4, 120), Market.USDM, 120_000)


def test_nothing_is_to_be_had_after_a_quote_that_the_book_denies_until_the_next_good_one() -> None:
    rows = [(at_ms, 99.9, 100.1) for at_ms in range(2, 1_000, 50)]
    rows[10] = (rows[10][0], 97.9, 98.1)
    depth = [snapshot(0, 5, [(99.9, 1.0)], [(100.1, 1.0)]), diff(1, (5, 6, 4))]
    depth += [diff(at_ms, (final, final, final - 1)) for final, at_ms in enumerate(range(20, 1_000, 50), start=7)]
    show = Show(by_hand(recording(quotes=quotes(rows, update_ids=range(5, 25)), depth=depth)))
    seen: dict[int, list[tuple[int, int]]] = {}
    for at_ms in (500, 510, 560):
        show.play(at_ms - (show.now_ns - PRESENT_NS) / NS_PER_MS)
        seen[at_ms] = show.market.levels(BTC, Side.BUY, 1)
        assert (show.market.size_at(BTC, Side.BUY, 9_990_000_000) is None) is (at_ms == 510)
    assert [bool(levels) for levels in seen.values()] == [True, False, True]
    quote = show.market.quote(BTC)
    assert quote is not None
    assert quote.bid == Decimal("99.9")


def test_it_is_what_its_ports_ask_for() -> None:
    market: ShownMarket = Show(EndlessFeed(1, Market.USDM, embedded_instruments("usdm"))).market
    data: MarketData = market
    liquidity: Liquidity = market
    assert data.market is Market.USDM
    assert liquidity.state(BTC) is None


def test_a_matching_hears_each_tick_while_it_is_what_is_shown_and_before_clients() -> None:
    made = recording(quotes=quotes([(0, 99.0, 101.0), (10, 99.5, 101.0)]), trades=trades([(10, 101.0)], lines=[7]))
    show = Show(by_hand(made))
    heard: list[tuple[object, ...]] = []

    def on_quote(market: Market, symbol: str, at_ns: int, *values: int) -> None:
        quote = show.market.quote(symbol)
        assert quote is not None
        heard.append((market, at_ns - PRESENT_NS, *values, quote.bid, len(show.told)))

    def on_trade(market: Market, symbol: str, at_ns: int, *values: int) -> None:
        heard.append((market, at_ns - PRESENT_NS, *values, show.market.trades(symbol, 1)[0].price, len(show.told)))

    show.market.hear(on_quote, on_trade)
    show.play(100)
    unit = 10**8
    assert heard == [
        (Market.USDM, 0, 99 * unit, 101 * unit, unit, 2 * unit, Decimal(99), 0),
        (Market.USDM, 10**7, 99 * unit + unit // 2, 101 * unit, unit, 2 * unit, Decimal("99.5"), 0),
        (Market.USDM, 10**7, 101 * unit, unit, True, Decimal(101), 0),
    ]
    assert [type(event) for event in show.play(0)] == []


def test_quotes_only_are_a_book_of_one_level() -> None:
    show = Show(by_hand(recording(quotes=quotes([(0, 99.0, 101.0)]))))
    assert show.market.depth(BTC, 5) is None
    show.play(10)
    shown = show.market.depth(BTC, 5)
    assert shown is not None
    assert [[str(value) for value in level] for level in (*shown.bids, *shown.asks)] == [
        ["99.00", "1.000"],
        ["101.00", "2.000"],
    ]
    assert show.market.state(BTC) is BookState.QUOTES_ONLY
    assert show.market.levels(BTC, Side.SELL, 5) == [(101 * 10**8, 2 * 10**8)]


def test_a_symbol_that_is_listed_and_not_played_shows_nothing_and_one_not_listed_is_an_error() -> None:
    market = Show(by_hand(recording(quotes=quotes([(0, 99.0, 101.0)])))).market
    assert market.symbols == (BTC,)
    assert (market.depth("ETHUSDT", 5), market.quote("ETHUSDT"), market.day("ETHUSDT"), market.mark("ETHUSDT")) == (
        None,
        None,
        None,
        None,
    )
    assert (market.trades("ETHUSDT", 5), market.klines("ETHUSDT", "1m", 5), market.funding("ETHUSDT", 5)) == (
        [],
        [],
        [],
    )
    for ask in (
        lambda: market.depth("XRPUSDT", 5),
        lambda: market.quote("XRPUSDT"),
        lambda: market.trades("XRPUSDT", 5),
        lambda: market.klines("XRPUSDT", "1m", 5),
        lambda: market.klines(BTC, "7m", 5),
        lambda: market.klines("ETHUSDT", "7m", 5),
        lambda: market.day("XRPUSDT"),
        lambda: market.mark("XRPUSDT"),
        lambda: market.funding("XRPUSDT", 5),
    ):
        with pytest.raises(KeyError):
            ask()


def test_trades_are_kept_by_number_and_found_by_id() -> None:
    count = 2_500
    show = Show(by_hand(recording(trades=trades([(n, 100.0 + n % 2 / 10) for n in range(count)]))))
    show.play(count)
    ids = [trade.trade_id for trade in show.market.trades(BTC, 10_000)]
    assert ids == list(range(count - 2_000 + 1, count + 1))
    assert [trade.trade_id for trade in show.market.trades(BTC, 3)] == [2_498, 2_499, 2_500]
    assert [trade.trade_id for trade in show.market.trades(BTC, 2, from_id=1_000)] == [1_000, 1_001]
    assert show.market.trades(BTC, 2, from_id=3_000) == []


def test_a_trade_told_after_its_second_was_closed_is_shown_in_the_next() -> None:
    # Told 100 ms late, over the end of a second that its candle closed with.
    rows = [(at_ms, 100.0) for at_ms in range(0, 3_000, 10)]
    venue = [at_ms if at_ms < 1_000 or at_ms > 1_100 else 995 for at_ms, _ in rows]
    show = Show(by_hand(recording(trades=trades(rows, venue_ms=venue))))
    events = show.play(3_000)
    second_ns = PRESENT_NS + NS_PER_S
    late = [each for each in events if isinstance(each, MarketTrade) and each.trade_id in range(101, 112)]
    assert {trade.at_ns for trade in late} == {second_ns}
    closed = [each for each in events if isinstance(each, Kline) and each.is_closed and each.interval == "1s"]
    assert [each.trades for each in closed] == [100, 100, 100]


def test_the_mark_price_is_the_mid_where_none_is_recorded_and_funding_falls_due_every_eight_hours() -> None:
    show = Show(by_hand(recording(quotes=quotes(CHAINED))))
    assert show.market.mark(BTC) is None
    events = show.play(1_000)
    marks = [event for event in events if isinstance(event, MarkShown)]
    assert [(mark.at_ns - PRESENT_NS) / NS_PER_S for mark in marks] == [1]
    show.market.set_funding_rate(BTC, Decimal("-0.0003"))
    midnight_ms = PRESENT_MS + 2_000
    assert [marks[0].mark, marks[0].index, marks[0].funding_rate] == [100, 100, Decimal("0.0001")]
    assert marks[0].funding_at_ms == midnight_ms
    assert show.market.funding(None, 10) == []
    show.play(1_500)
    (paid,) = show.market.funding(BTC, 10)
    assert [paid.rate, paid.mark, paid.at_ms] == [Decimal("-0.0003"), 100, midnight_ms]
    mark = show.market.mark(BTC)
    assert mark is not None
    assert mark.funding_at_ms == midnight_ms + 28_800_000
    assert show.market.funding(None, 10) == [paid]


def test_fundings_fall_due_each_at_its_time_also_when_nothing_was_shown_for_a_day() -> None:
    show = Show(by_hand(recording(quotes=quotes(CHAINED))))
    show.play(1_000)
    show.play(86_400_000)
    times = [(paid.at_ms - PRESENT_MS - 2_000) / 3_600_000 for paid in show.market.funding(BTC, 10)]
    assert times == [0, 8, 16]
    assert len(show.market.funding(BTC, 2)) == 2


def test_recorded_marks_are_shown_unless_far_from_the_quotes() -> None:
    made = with_marks(
        recording(quotes=quotes(CHAINED)),
        [(500, 100.5, 100.25, 0.0002), (600, 60.0, 100.0, 0.0009), (700, 100.0, 140.0, 0.0009)],
    )
    show = Show(by_hand(made))
    events = show.play(1_200)
    (shown,) = [event for event in events if isinstance(event, MarkShown)]
    assert (shown.mark, shown.index, shown.funding_rate) == (Decimal("100.5"), Decimal("100.25"), Decimal("0.0002"))
    now = show.market.mark(BTC)
    assert now is not None
    assert (now.mark, now.funding_rate) == (Decimal("100.5"), Decimal("0.0002"))


def test_spot_has_no_mark_price_and_no_funding() -> None:
    show = Show(EndlessFeed(1, Market.SPOT, embedded_instruments("spot")))
    events = show.play(10_000)
    assert not [event for event in events if isinstance(event, MarkShown)]
    assert show.market.mark(BTC) is None
    assert show.market.funding(None, 10) == []


def test_the_day_begins_with_the_first_quote() -> None:
    made = recording(
        quotes=quotes(CHAINED), trades=trades([(50, 100.0), (150, 102.0), (250, 101.0)], lines=[200, 201, 202])
    )
    show = Show(by_hand(made))
    assert show.market.day(BTC) is None
    show.play(10)
    day = show.market.day(BTC)
    assert day is not None
    assert [day.last, day.volume, day.trades, day.first_trade_id] == [99, 0, 0, -1]
    show.play(500)
    day = show.market.day(BTC)
    assert day is not None
    assert [day.open, day.high, day.low, day.last, day.last_quantity] == [100, 102, 100, 101, 1]
    assert [day.volume, day.quote, day.trades, day.first_trade_id, day.last_trade_id] == [3, 303, 3, 1, 3]
    assert day.quoted == show.market.quote(BTC)
    assert day.close_ms == PRESENT_MS + 510


def test_it_is_due_at_least_as_often_as_candles_are_told() -> None:
    show = Show(
        by_hand(recording(quotes=quotes(CHAINED), trades=trades([(10, 100.0), (1_130, 100.0)], lines=[200, 201])))
    )
    told = []
    for events in show.steps(1_300):
        told += [
            (show.now_ns - PRESENT_NS) // NS_PER_MS for each in events if isinstance(each, Kline) and not each.is_closed
        ]
    assert sorted(set(told)) == [250, 1_250]


def test_when_the_feed_is_over_what_was_shown_stays() -> None:
    show = Show(by_hand(recording(quotes=quotes([(0, 99.0, 101.0)]))))
    show.play(10)
    assert show.market.has_ended
    assert show.market.due_ns() > show.now_ns
    assert isinstance(show.market.quote(BTC), QuoteShown)


def test_a_feed_of_another_market_or_of_nothing_listed_is_refused() -> None:
    player = FeedPlayer(by_hand(recording(quotes=quotes([(0, 99.0, 101.0)]))), PRESENT_NS)
    spot = made_listing(Market.SPOT, embedded_instruments("spot"), 0)
    with pytest.raises(Fault, match="plays BTCUSDT of usdm; none of these is listed on spot"):
        ShownMarket(spot, player)
    ether = made_listing(Market.USDM, {"ETHUSDT": embedded_instruments("usdm")["ETHUSDT"]}, 0)
    with pytest.raises(Fault, match="nothing to show"):
        ShownMarket(ether, player)


def test_other_filters_can_be_listed_while_it_runs() -> None:
    market = Show(by_hand(recording(quotes=quotes([(0, 99.0, 101.0)])))).market
    listing = made_listing(Market.USDM, {BTC: embedded_instruments("usdm")[BTC]}, 1)
    market.relist(listing)
    assert market.listing() is listing
