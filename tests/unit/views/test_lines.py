from decimal import Decimal
from typing import cast, get_args

import msgspec
import pytest
from msgspec import Struct

from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.policy import Policy
from interlock.messages.words import KillWay
from interlock.units.faults import Fault
from interlock.views.kinds import EVENT_KINDS, INPUT_KINDS, kinds_matching, short
from interlock.views.lines import event_text, line
from tests.unit.views.scripted_run import ScriptedRun, view_at


def test_a_record_is_one_line_with_number_time_actor_kind_and_words() -> None:
    run = ScriptedRun()
    entry = run.trade_to_target()
    lines = [line(record) for record in run.records]
    assert all("\n" not in text and text.isprintable() for text in lines)
    assert lines[0].split()[:4] == ["0", "2023-11-14", "22:13:20.001Z", "test"]
    (signal,) = [text for text in lines if " raise_signal " in text]
    assert f"entry {entry.order_id} approved: buy {entry.quantity} BTCUSDT, limit" in signal
    assert any("BTCUSDT closed by target, profit" in text for text in lines)


def test_a_refusal_names_its_rules() -> None:
    run = ScriptedRun()
    run.signal(view=view_at(age_ms=9_000))
    assert line(run.records[-1]).endswith("refused buy BTCUSDT by RISK-007 quote_age")


def example(kind: type[Struct]) -> Event:
    """Return some event of a kind, made from its schema."""
    schema = msgspec.json.schema(kind)
    definitions = schema["$defs"]

    def value(of: dict[str, object]) -> object:
        match of:
            case {"$ref": str() as name}:
                return value(definitions[name.rpartition("/")[2]])
            case {"enum": list() as allowed}:
                return allowed[0]
            case {"properties": dict() as properties}:
                return {name: value(inner) for name, inner in properties.items()}
            case {"anyOf": list() as ways}:
                return value(ways[0])
            case {"type": "array", "prefixItems": list() as items}:
                return [value(item) for item in items]
            case {"type": "array"}:
                return []
            case {"type": "object"}:
                return {}
            case {"type": "integer"}:
                return 7
            case {"type": "boolean"}:
                return True
            case {"type": "string", "format": "decimal"}:
                return "1.5"
            case _:
                return "text"

    made = value(schema)
    assert isinstance(made, dict)
    return cast(Event, msgspec.convert(made, kind, strict=False))


@pytest.mark.parametrize("kind", [kind for kind in get_args(Event) if kind is not e.PolicySeeded])
def test_every_event_has_words_of_its_own(kind: type[Struct]) -> None:
    text = event_text(example(kind))
    assert text
    assert "Struct" not in text
    assert f"{kind.__name__}(" not in text


def test_a_seeded_policy_says_how_much_of_it_is_looser() -> None:
    event = e.PolicySeeded(policy=Policy(), digest="a" * 64, loosened={"limits.leverage_max": "because"})
    assert event_text(event) == "policy aaaaaaaaaaaa in force, 1 value(s) looser than default"


def test_a_kill_cannot_be_overlooked() -> None:
    assert event_text(e.KillEngaged(way=KillWay.GRACEFUL, reason="enough")) == "KILL graceful: enough"


def test_amounts_have_no_exponent() -> None:
    event = e.UnownedFillFound(order_id="x", trade_id="1", price=Decimal("1E-8"), quantity=Decimal("1E+3"), detail="d")
    assert "1000 at 0.00000001" in event_text(event)


def test_a_kind_is_found_with_and_without_its_version() -> None:
    assert kinds_matching("order_filled") == kinds_matching("order_filled.v1") == ("order_filled.v1",)
    assert all(kinds_matching(short(kind)) for kind in INPUT_KINDS + EVENT_KINDS)


def test_an_unknown_kind_names_the_nearest_and_all_others() -> None:
    with pytest.raises(Fault) as fault:
        kinds_matching("order_fill")
    assert "Did you mean order_filled?" in fault.value.hint
    assert all(short(kind) in fault.value.hint for kind in INPUT_KINDS + EVENT_KINDS)
