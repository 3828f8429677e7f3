"""Release, arm, disarm, mode and kill: what gives freedom has conditions, what takes it away has none."""

import pytest

from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.policy import Policy
from interlock.messages.words import KillWay, LatchLevel, Mode
from tests.builders import Core, founded

RELEASE, ARM = c.Release(reason="any"), c.Arm(reason="any")
SEED = c.SeedPolicy(policy=Policy(), digest="2" * 64, loosened={})


def test_a_new_state_is_stopped() -> None:
    state = State()
    assert (state.mode, state.latch, state.is_armed) == (Mode.PAUSE, LatchLevel.NO_NEW_RISK, False)
    assert state.policy is None


def test_arming_needs_a_policy() -> None:
    core = Core()
    core.tell(RELEASE)
    (refused,) = core.tell(ARM)
    assert isinstance(refused, e.CommandRefused) and refused.rule == "RISK-005"
    assert not core.state.is_armed


def test_arming_needs_an_open_latch() -> None:
    core = Core()
    core.tell(SEED)
    (refused,) = core.tell(ARM)
    assert isinstance(refused, e.CommandRefused) and refused.rule == "RISK-001"
    assert not core.state.is_armed


def test_mode_normal_needs_an_open_latch() -> None:
    core = Core()
    (refused,) = core.tell(c.SetMode(mode=Mode.NORMAL, reason="any"))
    assert isinstance(refused, e.CommandRefused) and refused.rule == "RISK-001"
    assert core.state.mode is Mode.PAUSE


@pytest.mark.parametrize("mode", [Mode.PAUSE, Mode.REDUCE, Mode.EMERGENCY])
@pytest.mark.parametrize("is_new", [True, False])
def test_every_mode_that_takes_freedom_away_is_always_granted(mode: Mode, is_new: bool) -> None:
    core = Core() if is_new else founded()
    core.tell(c.SetMode(mode=mode, reason="any"))
    assert core.state.mode is mode


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(
    ("way", "mode"),
    [(KillWay.IMMEDIATE, Mode.EMERGENCY), (KillWay.GRACEFUL, Mode.REDUCE), (KillWay.PAUSE, Mode.PAUSE)],
)
def test_every_kill_latches_disarms_and_sets_its_mode(way: KillWay, mode: Mode, is_new: bool) -> None:
    core = Core() if is_new else founded()
    core.tell(c.EngageKill(way=way, reason="any"))
    assert (core.state.latch, core.state.mode, core.state.is_armed) == (LatchLevel.NO_NEW_RISK, mode, False)


def test_a_release_returns_to_pause_and_arms_nothing() -> None:
    core = founded()
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="any"))
    core.tell(RELEASE)
    assert (core.state.latch, core.state.mode, core.state.is_armed) == (LatchLevel.OPEN, Mode.PAUSE, False)


def test_a_disarm_is_always_granted() -> None:
    core = Core()
    assert core.tell(c.Disarm(reason="any")) == (e.Disarmed(reason="any"),)
