"""What people and old logs rely on is written down: golden records, and the reference pages."""

from importlib import import_module
from typing import Annotated

import msgspec
import pytest

from interlock.messages.policy import Policy
from tests.architecture.sources import REPOSITORY, parsed, source_modules
from tests.architecture.written_down import (
    TAG,
    configuration_keys,
    message_tags,
    refusal_codes,
    settings_class,
    tags_in_records,
    unmentioned,
    untagged_members,
)

GOLDEN = REPOSITORY / "tests" / "replay" / "golden" / "records.jsonl"
MESSAGES = "src/interlock/messages/events.py"


def reference() -> str:
    """Return the text of every reference page."""
    pages = sorted((REPOSITORY / "docs" / "reference").glob("*.md"))
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_every_message_tag_is_written_by_hand_and_versioned() -> None:
    tags = message_tags(source_modules())
    assert tags
    assert [f"{where}: {tag}" for tag, where in tags.items() if not TAG.fullmatch(tag)] == []
    assert untagged_members(source_modules(), ("Event", "Command", "Observation", "Input")) == []


def test_no_two_messages_share_a_tag() -> None:
    written = [tag for module in source_modules() for tag in message_tags([module])]
    assert sorted(written) == sorted(set(written))


def test_every_message_has_a_golden_record() -> None:
    golden = tags_in_records(GOLDEN.read_text(encoding="utf-8").splitlines())
    assert [f"{where}: {tag}" for tag, where in message_tags(source_modules()).items() if tag not in golden] == []


def test_every_refusal_is_in_the_reference() -> None:
    (refusals,) = [module for module in source_modules() if module.name == "interlock.messages.refusals"]
    codes = refusal_codes(refusals)
    assert codes
    assert unmentioned(codes, reference()) == []


def test_every_policy_key_is_in_the_reference() -> None:
    assert unmentioned(configuration_keys(Policy), reference()) == []


def test_every_setting_is_in_the_reference() -> None:
    name = settings_class(source_modules())
    assert name, "no module of the product defines Settings"
    assert unmentioned(configuration_keys(import_module(name).Settings), reference()) == []


class Inner(msgspec.Struct):
    loss_bps_max: Annotated[int, msgspec.Meta(ge=0)] = 1


class Outer(msgspec.Struct):
    limits: Inner
    port: int = 1
    late: Inner | None = None


def test_a_message_without_a_tag_is_found() -> None:
    module = parsed(MESSAGES, "class A(Struct, tag='a.v1'): ...\nclass B(Struct): ...\nEvent = A | B")
    assert untagged_members([module], ["Event"]) == ["B"]


@pytest.mark.parametrize("tag", ["Killed.v1", "killed", "killed.v", "killed-now.v1"])
def test_a_tag_without_its_version_is_found(tag: str) -> None:
    assert list(message_tags([parsed(MESSAGES, f"class A(Struct, tag={tag!r}): ...")])) == [tag]
    assert not TAG.fullmatch(tag)


def test_tags_are_read_from_all_depths_of_a_record() -> None:
    line = '{"seq":1,"input":{"type":"a.v1"},"events":[{"type":"b.v1","order":{"type":"c.v1"}}]}'
    assert tags_in_records([line, ""]) == {"a.v1", "b.v1", "c.v1"}


def test_keys_of_a_configuration_are_dotted() -> None:
    assert configuration_keys(Outer) == ["limits.loss_bps_max", "port", "late.loss_bps_max"]


def test_a_refusal_code_is_read_from_its_module() -> None:
    assert refusal_codes(parsed(MESSAGES, "RULES = {'RISK-014': Rule(code='RISK-015', text='see RISK-016')}")) == {
        "RISK-014",
        "RISK-015",
    }


def test_only_a_whole_word_is_a_mention() -> None:
    text = "`limits.order_usdt_max` and RISK-014."
    assert unmentioned(["limits.order_usdt_max", "RISK-014"], text) == []
    assert unmentioned(["order_usdt_max", "limits.order_usdt", "RISK-01", "limits"], text) == [
        "RISK-01",
        "limits",
        "limits.order_usdt",
        "order_usdt_max",
    ]
