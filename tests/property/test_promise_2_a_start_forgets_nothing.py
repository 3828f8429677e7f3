"""Promise 2, at a restart: what the state says is outstanding covers every effect the world has not answered."""

from hypothesis import given, settings

from interlock.core.machine import outstanding
from interlock.core.replay import rebuild
from interlock.core.state import State
from interlock.messages.effects import Effect, QueryOrder, SendCancel, SendOrder, WakeAt
from interlock.messages.events import Event
from interlock.messages.observations import CancelRejectReported
from interlock.messages.record import Input, decode
from tests.builders import Core
from tests.property.strategies import Move, play, scripts


class World:
    """What the core has asked for and the world has not answered yet."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], Effect] = {}
        self.seen = 0

    def look(self, core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        """Take the answer first: what the core asks for because of it is new."""
        if isinstance(asked, CancelRejectReported) and is_heard_of(core.state, asked.order_id):
            self.asked.pop(("cancel", asked.order_id), None)
        for effect in core.effects[self.seen :]:
            match effect:
                case SendOrder(order):
                    self.asked["place", order.order_id] = effect
                case SendCancel(order_id=order_id):
                    self.asked["cancel", order_id] = effect
                case QueryOrder(order_id=order_id):
                    self.asked["place", order_id] = effect
                case WakeAt(timer):
                    self.asked["wake", timer] = effect
        self.seen = len(core.effects)
        for kind, name in [key for key in self.asked if is_settled(core.state, *key)]:
            del self.asked[kind, name]

    def obligations(self) -> set[Effect]:
        """Return what must be outstanding: an unanswered order is asked for, never sent again."""
        return {
            QueryOrder(effect.order.account, effect.order.symbol, effect.order.order_id)
            if isinstance(effect, SendOrder)
            else effect
            for effect in self.asked.values()
        }


def is_heard_of(state: State, order_id: str) -> bool:
    """Tell whether the venue has ever told of the order."""
    order = state.orders.get(order_id)
    return order is not None and bool(order.venue_order_id or order.quantity_filled)


def is_settled(state: State, kind: str, name: str) -> bool:
    """Tell whether nothing has to be asked any more."""
    if kind == "wake":
        return name not in state.timers
    return not state.orders[name].is_open or (kind == "place" and is_heard_of(state, name))


@given(scripts)
@settings(max_examples=100)
def test_what_is_outstanding_covers_every_unanswered_effect(script: list[Move]) -> None:
    for due, told in moments(script):
        assert due - set(told) == set()


@given(scripts)
@settings(max_examples=100)
def test_no_order_is_ever_sent_again(script: list[Move]) -> None:
    for _, told in moments(script):
        assert [effect for effect in told if isinstance(effect, SendOrder)] == []


@given(scripts)
@settings(max_examples=40)
def test_a_rebuilt_state_has_the_same_obligations(script: list[Move]) -> None:
    core = play(script)
    assert outstanding(rebuild(decode(body) for body in core.bodies)) == outstanding(core.state)


def moments(script: list[Move], core: Core | None = None) -> list[tuple[set[Effect], tuple[Effect, ...]]]:
    """Return after each input of a script what must be outstanding, and what the state says is."""
    world = World()
    seen: list[tuple[set[Effect], tuple[Effect, ...]]] = []

    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        world.look(core, asked, events)
        seen.append((world.obligations(), outstanding(core.state)))

    play(script, core, after=look)
    return seen
