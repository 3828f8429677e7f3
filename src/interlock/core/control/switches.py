"""The switches a person or a rule moves: release, arm, disarm, mode, kill. What stops is never refused."""

from interlock.core.state import State
from interlock.messages.commands import Arm, Disarm, EngageKill, Release, SetMode
from interlock.messages.events import (
    Armed,
    CommandRefused,
    Disarmed,
    Event,
    KillEngaged,
    ModeChanged,
    Released,
    TimerEnded,
)
from interlock.messages.refusals import LATCH, POLICY
from interlock.messages.words import KillWay, LatchLevel, Mode

MODE_OF_KILL = {
    KillWay.IMMEDIATE: Mode.EMERGENCY,
    KillWay.GRACEFUL: Mode.REDUCE,
    KillWay.PAUSE: Mode.PAUSE,
}


KILL_DEADLINE = "kill_deadline"
"""The timer of a graceful kill."""


def release(state: State, command: Release) -> tuple[Event, ...]:
    """Open the latch; the mode returns to Pause, arming stays an act of its own, and a kill's deadline is off."""
    events: tuple[Event, ...] = (Released(reason=command.reason),)
    if state.mode is not Mode.PAUSE:
        events += (ModeChanged(before=state.mode, after=Mode.PAUSE, reason=command.reason),)
    if KILL_DEADLINE in state.timers:
        events += (TimerEnded(timer=KILL_DEADLINE),)
    return events


def arm(state: State, command: Arm) -> tuple[Event, ...]:
    """Allow trading, if there is a policy to trade under and no kill is engaged."""
    if state.policy is None:
        return (CommandRefused(rule=POLICY.code, detail="nothing may be armed without a policy"),)
    if state.latch is not LatchLevel.OPEN:
        return (CommandRefused(rule=LATCH.code, detail=f"the latch is at {state.latch.value}; release it first"),)
    return (Armed(reason=command.reason),)


def disarm(command: Disarm) -> tuple[Event, ...]:
    """Withdraw the permission to trade."""
    return (Disarmed(reason=command.reason),)


def set_mode(state: State, command: SetMode) -> tuple[Event, ...]:
    """Change the mode. Normal needs an open latch; every other mode takes freedom away and is never refused."""
    if command.mode is Mode.NORMAL and state.latch is not LatchLevel.OPEN:
        return (CommandRefused(rule=LATCH.code, detail=f"the latch is at {state.latch.value}; release it first"),)
    if state.mode is Mode.EMERGENCY and command.mode is not Mode.EMERGENCY and state.latch is not LatchLevel.OPEN:
        return (CommandRefused(rule=LATCH.code, detail="a kill is flattening; only a release leads out of it"),)
    return (ModeChanged(before=state.mode, after=command.mode, reason=command.reason),)


def kill(state: State, command: EngageKill) -> tuple[Event, ...]:
    """Engage the kill switch: no new risk until a release, and the mode that belongs to the way.

    A weaker way does not take an immediate one back.
    """
    after = Mode.EMERGENCY if state.mode is Mode.EMERGENCY else MODE_OF_KILL[command.way]
    events: tuple[Event, ...] = (KillEngaged(way=command.way, reason=command.reason),)
    if state.mode is not after:
        events += (ModeChanged(before=state.mode, after=after, reason=command.reason),)
    return events
