"""Settings are read and checked as a whole, strategies included."""

from decimal import Decimal
from pathlib import Path

import pytest

from interlock.runtime.configuration.faults import ConfigurationFault, Problem
from interlock.runtime.configuration.settings import (
    Automation,
    Recordings,
    Settings,
    cache_directory,
    in_home,
    read_settings,
    settings_digest,
    symbol_of,
)

HOME = Path("/home/somebody")


def read(folder: Path, text: str) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def problems(folder: Path, text: str) -> dict[str, Problem]:
    with pytest.raises(ConfigurationFault) as caught:
        read(folder, text)
    return {problem.key: problem for problem in caught.value.problems}


def automation(rest: str, name: str = "one") -> str:
    return f'[[automations]]\nname = "{name}"\nstrategy = "breakout"\nsymbol = "first"\n{rest}\n'


def test_without_a_file_two_automations_run_on_the_first_two_symbols() -> None:
    settings = read_settings(None)
    assert settings == Settings()
    assert [(one.strategy, one.symbol) for one in settings.automations] == [
        ("breakout", "first"),
        ("mean_reversion", "second"),
    ]


def test_automations_of_a_file_replace_the_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, automation("settings = { lookback_bars = 30 }"))
    assert settings.automations == (
        Automation(name="one", strategy="breakout", symbol="first", settings={"lookback_bars": Decimal(30)}),
    )
    assert read(tmp_path, "automations = []\n").automations == ()


def test_the_digest_tells_settings_apart_and_not_their_writing(tmp_path: Path) -> None:
    default = settings_digest(Settings())
    assert settings_digest(read(tmp_path, "[account]\nbalance_usdt = 1e4\n")) == default
    assert settings_digest(read(tmp_path, "[account]\nbalance_usdt = 10001\n")) != default


def test_the_order_of_a_strategys_settings_does_not_reach_the_log(tmp_path: Path) -> None:
    head = '[[automations]]\nname = "one"\nstrategy = "mean_reversion"\nsymbol = "first"\n'
    one = read(tmp_path, f"{head}settings = {{ window_bars = 30, deviations_min = 1.5 }}\n")
    other = read(tmp_path, f"{head}settings = {{ deviations_min = 1.50, window_bars = 30 }}\n")
    assert settings_digest(one) == settings_digest(other)


def test_all_errors_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "[acount]\n[paper]\nleverage = true\nlatency_entry_ms_median = -1\n[recordings]\ncache = 1\n"
        + automation("color = 1")
        + '[[automations]]\nname = "B"\nstrategy = "breakot"\n',
    )
    assert {(key, problem.line) for key, problem in found.items()} == {
        ("acount", 1),
        ("paper.leverage", 3),
        ("paper.latency_entry_ms_median", 4),
        ("recordings.cache", 6),
        ("automations[0].color", 11),
        ("automations[1].name", 13),
        ("automations[1].strategy", 14),
        ("automations[1].symbol", 12),
    }
    assert found["acount"].suggestion == "Did you mean account?"
    assert found["automations[1].strategy"].suggestion == "Did you mean breakout?"
    assert found["automations[1].symbol"].value == "missing"


def test_two_automations_never_share_a_name(tmp_path: Path) -> None:
    assert list(problems(tmp_path, automation("") + automation(""))) == ["automations[1].name"]
    assert len(read(tmp_path, automation("") + automation("", name="two")).automations) == 2


def test_a_strategy_judges_its_settings_before_anything_starts(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, automation("settings.lookback_bars = 5000")).values()
    assert (problem.key, problem.allowed) == ("automations[0].settings", "a whole number from 2 to 1000")
    assert "5000" in problem.value


def test_a_setting_that_the_strategy_does_not_know_gets_a_suggestion(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, automation("settings.lookback_bar = 50")).values()
    assert (problem.key, problem.suggestion) == ("automations[0].settings.lookback_bar", "Did you mean lookback_bars?")


@pytest.mark.parametrize(
    "text",
    [
        "automations = 5\n",
        "automations = [5]\n",
        automation("settings = 5"),
        automation("settings.lookback_bars = 'x'"),
        automation("settings.lookback_bars = inf"),
        automation("settings.'LOOK BACK' = 5"),
        "[account]\nname = 5\n",
        "[account]\nname = 'two words'\n",
        "[account]\nbalance_usdt = 0\n",
        "[journal]\nlow_water_mib = 0\n",
        '[instruments]\nexchange_info = "a\\u0000b"\n',
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, text)) == 1


@pytest.mark.parametrize(
    ("symbol", "symbols", "traded"),
    [
        ("first", ("BTCUSDT", "ETHUSDT"), "BTCUSDT"),
        ("second", ("BTCUSDT", "ETHUSDT"), "ETHUSDT"),
        ("second", ("BTCUSDT",), None),
        ("first", (), None),
        ("ETHUSDT", ("BTCUSDT", "ETHUSDT"), "ETHUSDT"),
        ("SOLUSDT", ("BTCUSDT", "ETHUSDT"), None),
    ],
)
def test_an_automation_without_its_symbol_trades_nothing(
    symbol: str, symbols: tuple[str, ...], traded: str | None
) -> None:
    assert symbol_of(Automation(name="one", strategy="breakout", symbol=symbol), symbols) == traded


@pytest.mark.parametrize(
    ("recordings", "environment", "directory"),
    [
        (Recordings(), {}, HOME / ".cache" / "interlock"),
        (Recordings(), {"XDG_CACHE_HOME": "/var/cache"}, Path("/var/cache/interlock")),
        (Recordings(), {"XDG_CACHE_HOME": "relative"}, HOME / ".cache" / "interlock"),
        (Recordings(cache_directory="~/ticks"), {"XDG_CACHE_HOME": "/var/cache"}, HOME / "ticks"),
        (Recordings(cache=False, cache_directory="ticks"), {}, None),
    ],
)
def test_the_cache_is_where_the_settings_or_the_desktop_rules_put_it(
    recordings: Recordings, environment: dict[str, str], directory: Path | None
) -> None:
    assert cache_directory(recordings, environment, HOME) == directory


def test_only_a_leading_tilde_is_the_home_directory() -> None:
    assert [in_home(path, HOME) for path in ("~/a", "a/~/b", "/a")] == [HOME / "a", Path("a/~/b"), Path("/a")]
