"""Silence on a stream whose socket answers every ping: told from a quiet market by asking the venue."""

from interlock.venues.binance.streams.facts import ReadTrouble, StreamBack, StreamLost, SymbolQuiet, SymbolSilent
from interlock.venues.binance.streams.reads import NotRead
from interlock.venues.binance.streams.routes import Want
from tests.integration.market_bench import MarketBench, run_bounded
from tests.integration.scripted_venue import quote_body, running


def test_a_stream_that_does_not_follow_the_venues_book_is_given_up() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            bench.update_id += 50  # the book moves on, and nothing is said of it
            reads = bench.reads.count("depth")
            bench.hands.at_ns += 3_600 * 1_000_000_000
            await bench.checks_until(SymbolSilent)
            (silent,) = bench.told.of(SymbolSilent)
            assert silent.silent_ns >= 3_600 * 1_000_000_000
            assert bench.reads.count("depth") > reads
            assert (await bench.told.until(StreamLost)).at_ns >= silent.at_ns
            await bench.venue.connected(2)
            await bench.synced(2, count=2)

    run_bounded(test)


def test_a_look_that_our_own_rate_limits_held_back_does_not_give_the_stream_up() -> None:
    bench = MarketBench()
    answer = bench.reads.answers["depth"]

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            bench.reads.answers["depth"] = lambda: NotRead("held back", is_held_back=True)
            bench.update_id += 50
            bench.hands.at_ns += 3_600 * 1_000_000_000
            await bench.checks_until(ReadTrouble, 3)
            assert bench.told.of(SymbolSilent) == bench.told.of(SymbolQuiet) == bench.told.of(StreamLost) == []
            bench.reads.answers["depth"] = answer
            await bench.checks_until(SymbolSilent)

    run_bounded(test)


def test_a_quiet_market_is_told_from_a_dead_stream_by_the_venues_own_book() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            bench.hands.at_ns += 3_600 * 1_000_000_000
            await bench.checks_until(SymbolQuiet)

            await bench.venue.tell(1, bench.diff())
            assert len(bench.venue.connections) == 1
            assert bench.told.of(SymbolSilent) == bench.told.of(StreamLost) == []

    run_bounded(test)


def test_quotes_that_never_came_are_quiet_until_the_venue_shows_another() -> None:
    bench = MarketBench()
    bench.reads.answers["bookTicker"] = lambda: quote_body("BTCUSDT")

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES)):
            await bench.told.until(StreamBack)
            for count in (1, 2):
                bench.hands.at_ns += 3_600 * 1_000_000_000
                await bench.checks_until(SymbolQuiet, count)
            bench.reads.answers["bookTicker"] = lambda: quote_body("BTCUSDT", bid="99")
            bench.hands.at_ns += 24 * 3_600 * 1_000_000_000
            await bench.checks_until(SymbolSilent)

            await bench.venue.connected(2)

    run_bounded(test)
