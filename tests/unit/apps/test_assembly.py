"""What a user names becomes a plan: feed, strategy, instruments, identity."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from interlock.apps import assembly
from interlock.market.simulated import simulate
from interlock.messages.commands import RunIdentity
from interlock.research.backtest.run import Plan
from interlock.runtime.configuration.policy_file import policy_digest, read_policy
from interlock.runtime.configuration.settings import Instruments, Settings
from interlock.strategies.catalogue import STRATEGIES
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault
from interlock.venues.binance.instruments import embedded_instruments
from tests.builders import changed
from tests.command_line import SHORT_TAPE
from tests.unit.market.feeds import SPOT, quotes, recording, recording_set

FEED = simulate(1, 20)
SPOT_FEED = recording_set(recording("BTCUSDT", quotes([(0.0, 100.0, 100.1)]), source=SPOT))
GZIP = gzip.compress(b'{"symbols": []}', mtime=0)


def test_a_feed_is_named_without_a_path_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "btc 2024").mkdir()
    assert assembly.feed_name(str(tmp_path / "btc 2024")) == "btc 2024"
    assert assembly.feed_name(str(tmp_path / "btc 2024") + "/") == "btc 2024"
    assert assembly.feed_name("simulated") == "simulated"


def test_the_configured_automations_take_the_feeds_symbols_in_order() -> None:
    both = assembly.settings_in_force(Settings(), None, ("BTCUSDT", "ETHUSDT"))
    assert [(each.name, each.symbol) for each in both.automations] == [
        ("breakout", "BTCUSDT"),
        ("mean_reversion", "ETHUSDT"),
    ]
    one = assembly.settings_in_force(Settings(), None, ("ETHUSDT",))
    assert [(each.name, each.symbol) for each in one.automations] == [("breakout", "ETHUSDT")]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_a_strategy_that_is_named_runs_on_every_symbol_in_place_of_the_automations(name: str) -> None:
    in_force = assembly.settings_in_force(Settings(), name, ("BTCUSDT", "ETHUSDT"))
    assert [(each.strategy, each.symbol) for each in in_force.automations] == [(name, "BTCUSDT"), (name, "ETHUSDT")]
    assert len({each.name for each in in_force.automations}) == 2


def test_a_strategy_that_does_not_exist_is_refused_and_those_that_do_are_named() -> None:
    with pytest.raises(Fault, match="no strategy named 'martingale'") as fault:
        assembly.settings_in_force(Settings(), "martingale", ("BTCUSDT",))
    for name in STRATEGIES:
        assert name in fault.value.what


def test_what_only_this_machine_knows_is_not_in_force() -> None:
    elsewhere = changed(Settings(), recordings=changed(Settings().recordings, cache_directory="/tmp/x", cache=False))
    assert assembly.settings_in_force(elsewhere, None, ("BTCUSDT",)) == assembly.settings_in_force(
        Settings(), None, ("BTCUSDT",)
    )


def test_each_symbol_gets_the_filters_of_its_market() -> None:
    futures = assembly.instruments_for(FEED, Settings())
    assert all(each.market == "usdm" and each.is_tradable for each in futures.values())
    listed = assembly.instruments_for(SPOT_FEED, Settings())
    assert (listed["BTCUSDT"].market, listed["BTCUSDT"].is_tradable) == ("spot", True)
    unknown = recording_set(recording("NOSUCHUSDT", quotes([(0.0, 100.0, 100.1)])))
    assert assembly.instruments_for(unknown, Settings()) == {}


def test_a_feed_of_two_markets_is_refused_and_both_are_named() -> None:
    both = recording_set(
        recording("BTCUSDT", quotes([(0.0, 100.0, 100.1)]), source=SPOT),
        recording("ETHUSDT", quotes([(0.0, 100.0, 100.1)])),
    )
    with pytest.raises(Fault, match=r"two markets: BTCUSDT \(spot\), ETHUSDT \(usdm\)"):
        assembly.instruments_for(both, Settings())


def test_what_spot_sells_for_another_asset_is_not_traded(tmp_path: Path) -> None:
    listed = embedded_instruments("spot")["BTCUSDT"]
    assert assembly.traded_here(listed) == listed
    paid_in_euro = assembly.traded_here(changed(listed, symbol="BTCEUR", quote="EUR"))
    assert (paid_in_euro.is_tradable, "EUR" in paid_in_euro.why_not_tradable) == (False, True)


def spot_plan(policy: Path | None, **fees: int) -> Plan:
    settings = changed(
        Settings(), venue=changed(Settings().venue, **{name: Decimal(fee) for name, fee in fees.items()})
    )
    in_force = assembly.settings_in_force(settings, None, ("BTCUSDT",))
    instruments = assembly.instruments_for(SPOT_FEED, settings)
    return assembly.plan_backtest("spot", 1, SPOT_FEED, read_policy(policy), in_force, instruments)


def test_on_spot_the_venue_charges_spots_fees_and_the_gate_expects_no_less() -> None:
    plan = spot_plan(SHORT_TAPE, spot_maker_bps=9, spot_taker_bps=11)
    assert plan.is_spot
    assert (plan.terms.maker_bps, plan.terms.taker_bps) == (Decimal(9), Decimal(11))
    assert plan.terms.leverage == 1
    assert (plan.policy.costs.maker_bps, plan.policy.costs.taker_bps) == (Decimal(9), Decimal(11))
    assert plan.policy_digest == policy_digest(plan.policy) == plan.identity.policy
    assert plan.identity.settings != spot_plan(SHORT_TAPE).identity.settings
    again = read_policy(SHORT_TAPE)
    futures = assembly.policy_for(again, Settings(), assembly.instruments_for(FEED, Settings()))
    assert futures is again


def test_who_expects_more_than_the_venue_charges_goes_on_to(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[costs]\nmaker_bps = 20\ntaker_bps = 30\n")
    assert spot_plan(path).policy == read_policy(path).policy


@pytest.mark.parametrize(
    "body", [None, b"", b"{", b"\x1f\x8bnot gzip", GZIP[:-4], GZIP[:12] + b"\xff" + GZIP[13:], b"[1, 2]"]
)
def test_exchange_information_that_cannot_be_used_is_a_fault_that_names_the_file(
    body: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "exchangeInfo.json.gz"
    if body is not None:
        path.write_bytes(body)
    settings = changed(Settings(), instruments=Instruments(exchange_info=str(path)))
    with pytest.raises(Fault) as fault:
        assembly.instruments_for(FEED, settings)
    assert path.name in fault.value.what
    assert fault.value.hint


def plan_identity(seed: int = 1, policy: Path | None = SHORT_TAPE, strategy: str | None = None) -> RunIdentity:
    settings = assembly.settings_in_force(Settings(), strategy, tuple(FEED.recordings))
    instruments = assembly.instruments_for(FEED, Settings())
    return assembly.plan_backtest("simulated", seed, FEED, read_policy(policy), settings, instruments).identity


def test_the_identity_of_a_run_names_all_that_it_is_made_of() -> None:
    one = plan_identity()
    assert one == plan_identity()
    assert plan_identity(seed=2).seed != one.seed
    assert plan_identity(policy=None).policy != one.policy
    assert plan_identity(strategy="breakout").settings.blob != one.settings.blob
    assert one.sources == tuple(dict.fromkeys(each.source.digest for (each,) in FEED.recordings.values()))
    for digest in (one.build, one.lock, one.policy, one.schema, one.settings.blob):
        assert len(digest) == 64 == len(sha256_hex(b""))
