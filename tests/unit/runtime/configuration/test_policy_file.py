"""A policy is read exactly, checked as a whole, and never loosened without a reason."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from interlock.messages.policy import Policy
from interlock.runtime.configuration.faults import ConfigurationFault, Problem
from interlock.runtime.configuration.loosening import is_looser
from interlock.runtime.configuration.policy_file import SeededPolicy, policy_digest, read_policy
from interlock.runtime.configuration.policy_rules import POLICY_LIMITS
from interlock.runtime.configuration.schema import allowed_number, leaves
from interlock.units.sides import Side

REASON = '"a reason that is long enough"'


def read(folder: Path, text: str) -> SeededPolicy:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return read_policy(path)


def problems(folder: Path, text: str) -> dict[str, Problem]:
    with pytest.raises(ConfigurationFault) as caught:
        read(folder, text)
    found = {problem.key: problem for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), "a key was told twice"
    assert all(str(problem) in caught.value.what for problem in found.values())
    return found


def test_without_a_file_the_policy_is_the_default() -> None:
    seeded = read_policy(None)
    assert seeded.policy == Policy()
    assert seeded.digest == policy_digest(Policy())
    assert seeded.loosened == {}
    assert seeded.notes == ()


def test_a_key_left_out_keeps_its_default(tmp_path: Path) -> None:
    policy = read(tmp_path, "[limits]\nleverage_max = 2\n").policy
    assert policy.limits.leverage_max == 2
    assert msgspec.structs.replace(policy, limits=Policy().limits) == Policy()


def test_decimals_never_pass_through_binary(tmp_path: Path) -> None:
    policy = read(tmp_path, "[sizing]\nrisk_bps = 0.12345678\n[limits]\norder_usdt_max = 9999.9\n").policy
    assert (policy.sizing.risk_bps, policy.limits.order_usdt_max) == (Decimal("0.12345678"), Decimal("9999.9"))


@pytest.mark.parametrize("written", ["200", "200.0", "2e2", "2_00.000000000", "0xC8", "+200"])
def test_one_value_has_one_digest_however_it_is_written(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"[sizing]\nrisk_bps = {written}\n").digest == policy_digest(Policy())


@pytest.mark.parametrize("written", ["-0.0", "0e-999999999", "0E5", "-0"])
def test_zero_is_plain_zero(tmp_path: Path, written: str) -> None:
    assert str(read(tmp_path, f"[sizing]\nrisk_bps = {written}\n").policy.sizing.risk_bps) == "0"


def test_order_in_the_file_does_not_reach_the_log(tmp_path: Path) -> None:
    turned = '[symbols]\nETHUSDT = ["sell", "buy"]\nBTCUSDT = ["sell", "buy"]\n'
    assert msgspec.json.encode(read(tmp_path, turned).policy) == msgspec.json.encode(Policy())


def test_all_errors_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "[limits]\nleverage_max = 500\norder_usdt = 5\nquote_age_ms_max = 1.5\n"
        "[costs]\nmaker_bps = -1\n[sizing]\nrisk_bps = nan\n",
    )
    assert {(key, problem.line, problem.value) for key, problem in found.items()} == {
        ("limits.leverage_max", 2, "500"),
        ("limits.order_usdt", 3, "not known"),
        ("limits.quote_age_ms_max", 4, "1.5"),
        ("costs.maker_bps", 6, "-1"),
        ("sizing.risk_bps", 8, "NaN"),
    }
    assert found["limits.leverage_max"].allowed == "a number from 1 to 125"
    assert found["limits.order_usdt"].suggestion == "Did you mean order_usdt_max?"
    assert all(problem.file == str(tmp_path / "policy.toml") for problem in found.values())


def test_a_file_full_of_errors_does_not_flood_the_screen(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        read(tmp_path, "\n".join(f"key_{number} = 1" for number in range(500)))
    assert len(caught.value.problems) == 500
    assert len(caught.value.what.splitlines()) == 52
    assert caught.value.what.endswith("... and 450 more")


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("limits.order_usdt_max", "inf"),
        ("limits.order_usdt_max", "-inf"),
        ("limits.order_usdt_max", "1e999999999999999999999"),
        ("limits.order_usdt_max", "1e999999999"),
        ("limits.order_usdt_max", "1e-999999999"),
        ("limits.order_usdt_max", "0.123456789"),
        ("limits.order_usdt_max", '"100"'),
        ("limits.order_usdt_max", "true"),
        ("limits.order_usdt_max", "[1]"),
        ("limits.order_usdt_max", "2024-08-08"),
        ("limits.positions_open_max", "true"),
        ("limits.positions_open_max", "5.0"),
        ("limits.positions_open_max", "-1"),
        ("limits.positions_open_max", "0"),
        ("limits.positions_open_max", "9" * 400),
        ("limits.positions_open_max", "0x" + "f" * 5_000),
        ("exits.close_collar_bps", "[]"),
        ("exits.close_collar_bps", "50"),
        ("exits.close_collar_bps", "[1, 2, 3, 4, 5, 6, 7, 8, 9]"),
        ("exits.close_collar_bps", "[50, 50]"),
        ("exits.close_collar_bps", "[200, 100]"),
        ("exits.stop_bps_min", "0"),
        ("sizing.risk_bps", "500.00000001"),
        ("bars.period_s", "0"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, key: str, written: str) -> None:
    table, name = key.split(".")
    assert list(problems(tmp_path, f'[{table}]\n{name} = {written}\n[loosened]\n"{key}" = {REASON}\n')) == [key]


def test_risk_is_never_above_five_percent_whatever_the_reason(tmp_path: Path) -> None:
    text = "[sizing]\nrisk_bps = 600\n[limits]\nloss_trade_bps_max = 700\n[loosened]\n"
    text += f'"sizing.risk_bps" = {REASON}\n"limits.loss_trade_bps_max" = {REASON}\n'
    assert problems(tmp_path, text)["sizing.risk_bps"].allowed == "a number from 0 to 500"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[limits]\nloss_trade_bps_max = 150\n", "sizing.risk_bps"),
        ("[sizing]\nexposure_bps_max = 1999\n", "sizing.position_bps_max"),
        ("[exits]\nstop_bps_max = 99\n", "exits.stop_bps_min"),
        (f'[bars]\natr_periods = 97\n[loosened]\n"bars.atr_periods" = {REASON}\n', "bars.atr_periods"),
        (f'[bars]\nperiod_s = 700000\n[loosened]\n"bars.period_s" = {REASON}\n', "bars.period_s"),
        (
            f"[exits]\nhold_periods_max = 100000\n[bars]\nperiod_s = 86400\n[loosened]\n"
            f'"bars.period_s" = {REASON}\n"exits.hold_periods_max" = {REASON}\n',
            "exits.hold_periods_max",
        ),
        ('[symbols]\nBTCUSDT = ["buy", "buy"]\n', "symbols"),
    ],
)
def test_values_must_fit_one_another(tmp_path: Path, text: str, key: str) -> None:
    assert list(problems(tmp_path, text)) == [key]


def test_a_rule_is_silent_about_a_key_that_is_wrong_itself(tmp_path: Path) -> None:
    assert list(problems(tmp_path, "[exits]\nstop_bps_max = 0\n")) == ["exits.stop_bps_max"]
    assert list(problems(tmp_path, "exits = 5\n")) == ["exits"]
    text = f'[exits]\nstop_bps_max = 0\nstop_bps_min = 600\n[loosened]\n"exits.stop_bps_min" = {REASON}\n'
    assert list(problems(tmp_path, text)) == ["exits.stop_bps_max"]


def test_every_looser_value_needs_its_reason_and_the_error_shows_the_line(tmp_path: Path) -> None:
    found = problems(tmp_path, "[limits]\nleverage_max = 4\nduplicate_window_ms = 999\n[exits]\nstop_bps_min = 90\n")
    assert set(found) == {"limits.leverage_max", "limits.duplicate_window_ms", "exits.stop_bps_min"}
    assert '"limits.leverage_max" = "' in found["limits.leverage_max"].suggestion


def test_a_tighter_value_needs_no_reason(tmp_path: Path) -> None:
    seeded = read(tmp_path, "[limits]\nleverage_max = 2\nduplicate_window_ms = 2000\n[symbols]\nBTCUSDT = ['buy']\n")
    assert seeded.loosened == {}
    assert seeded.notes == ("ETHUSDT is in the default policy and may not be traded.",)


@pytest.mark.parametrize("line", ['"limits.leverage_max" = ', "limits.leverage_max = "])
def test_the_reason_stands_with_the_policy(tmp_path: Path, line: str) -> None:
    seeded = read(tmp_path, f"[limits]\nleverage_max = 4\n[loosened]\n{line}{REASON}\n")
    assert seeded.loosened == {"limits.leverage_max": "a reason that is long enough"}


@pytest.mark.parametrize("reason", ['"too short"', '"          "', "5", '"two\\nlines of it"', f'"{"x" * 401}"'])
def test_a_reason_must_say_something(tmp_path: Path, reason: str) -> None:
    text = f'[limits]\nleverage_max = 4\n[loosened]\n"limits.leverage_max" = {reason}\n'
    assert list(problems(tmp_path, text)) == ["loosened.limits.leverage_max"]


@pytest.mark.parametrize("value", ["3", "2"])
def test_a_stale_reason_is_refused(tmp_path: Path, value: str) -> None:
    text = f'[limits]\nleverage_max = {value}\n[loosened]\n"limits.leverage_max" = {REASON}\n'
    assert problems(tmp_path, text)["loosened.limits.leverage_max"].suggestion == "Remove the line."


def test_a_stale_reason_that_says_nothing_is_told_once(tmp_path: Path) -> None:
    assert list(problems(tmp_path, '[loosened]\n"limits.leverage_max" = "short"\n')) == ["loosened.limits.leverage_max"]


def test_a_reason_for_an_unknown_key_gets_a_suggestion(tmp_path: Path) -> None:
    found = problems(tmp_path, f'[loosened]\n"limits.leverage" = {REASON}\n')
    assert found["loosened.limits.leverage"].suggestion == "Did you mean limits.leverage_max?"


def test_a_symbol_or_side_added_is_looser(tmp_path: Path) -> None:
    text = '[symbols]\nBTCUSDT = ["buy", "sell"]\nSOLUSDT = ["sell"]\n'
    assert list(problems(tmp_path, text)) == ["symbols.SOLUSDT"]
    seeded = read(tmp_path, f'{text}[loosened]\n"symbols.SOLUSDT" = {REASON}\n')
    assert seeded.policy.symbols == {"BTCUSDT": (Side.BUY, Side.SELL), "SOLUSDT": (Side.SELL,)}
    assert list(seeded.loosened) == ["symbols.SOLUSDT"]


@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ('btcusdt = ["buy"]', "Did you mean BTCUSDT?"),
        ('"BTC/USDT" = ["buy"]', ""),
        ('BTCUSDT = ["by"]', "Did you mean buy?"),
    ],
)
def test_a_wrong_symbol_or_side_is_named(tmp_path: Path, written: str, suggestion: str) -> None:
    (problem,) = problems(tmp_path, f"[symbols]\n{written}\n").values()
    assert (problem.key.startswith("symbols."), problem.line, problem.suggestion) == (True, 2, suggestion)


def test_a_policy_that_can_trade_nothing_says_so(tmp_path: Path) -> None:
    notes = read(tmp_path, "[limits]\norder_usdt_max = 0\n[symbols]\nBTCUSDT = []\n").notes
    assert "limits.order_usdt_max is 0: no entry can pass the gate." in notes
    assert "BTCUSDT has no side that may open." in notes


def test_every_number_of_the_policy_has_bounds_a_direction_and_a_default_within() -> None:
    keys = leaves(Policy)
    for leaf in keys:
        if isinstance(leaf.kind, msgspec.inspect.IntType | msgspec.inspect.DecimalType):
            limits = allowed_number(leaf.key, leaf.kind, POLICY_LIMITS)
            assert isinstance(leaf.default, int | Decimal)
            assert limits.least <= leaf.default <= limits.most, leaf.key
        assert leaf.looser in ("higher", "lower", "any") or leaf.key == "symbols", leaf.key
    assert {key.removesuffix("[]") for key in POLICY_LIMITS} <= {leaf.key for leaf in keys}, "bounds for no key"


def test_the_looser_side_is_strict() -> None:
    one, two = Decimal(1), Decimal(2)
    assert is_looser(two, one, "higher") and is_looser(one, two, "lower")
    assert is_looser(one, two, "any") and is_looser(two, one, "any")
    assert not any(is_looser(one, one, looser) for looser in ("higher", "lower", "any"))
    assert not is_looser(one, two, "higher") and not is_looser(two, one, "lower")
