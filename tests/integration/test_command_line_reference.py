"""The reference pages say all that the command line can do, and nothing else."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from interlock.apps.cli import VERBS, Verb, main, parser_of
from interlock.apps.output import EXIT_CODES
from interlock.apps.verbs.replay import Different, ReplayReport
from interlock.journal.verify import Finding, VerifyReport
from interlock.messages.policy import Policy
from interlock.messages.record import Record
from interlock.messages.refusals import RULES
from interlock.views.run_summary import LogHead, Profit, RunSummary
from interlock.views.story import Happening, OrderPart, Outcome, Refusal, Trade

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
VERB_IDS = [" ".join(verb.words) for verb in VERBS]


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def leaf_parser(verb: Verb) -> argparse.ArgumentParser:
    """Return the parser of a verb."""
    parser = parser_of(verb)
    for word in verb.words:
        (actions,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        parser = actions.choices[word]
    return parser


@pytest.mark.parametrize("verb", VERBS, ids=VERB_IDS)
def test_every_verb_and_option_is_in_the_reference(verb: Verb) -> None:
    text = page("command-line.md")
    assert f"## `interlock {' '.join(verb.words)}" in text
    for action in leaf_parser(verb)._actions:
        for option in action.option_strings:
            assert option == "-h" or f"`{option}" in text, option


@pytest.mark.parametrize("verb", VERBS, ids=VERB_IDS)
def test_every_help_names_json_an_example_and_exit_codes(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb.words, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "--json" in text
    assert re.search(r"^  interlock .*" + verb.words[-1], text, re.MULTILINE)
    assert re.search(r"^exit codes: 0", text, re.MULTILINE | re.IGNORECASE)


def test_the_exit_codes_in_the_reference_are_those_of_the_code() -> None:
    _, _, section = page("command-line.md").partition("## Exit codes")
    documented = [int(code) for code in re.findall(r"^\| (\d+) \|", section.partition("\n## ")[0], re.MULTILINE)]
    assert documented == list(EXIT_CODES)


@pytest.mark.parametrize("verb", VERBS, ids=VERB_IDS)
def test_help_loads_nothing_heavy(verb: Verb) -> None:
    script = (
        "import sys\nfrom interlock.apps.cli import main\n"
        f"try:\n    main({[*verb.words, '--help']!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'apsw', 'rich'} & sys.modules.keys()\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "kind",
    [
        *(RunSummary, Profit, LogHead, Trade, OrderPart, Happening, Outcome, Refusal),
        *(ReplayReport, Different, VerifyReport, Finding, Record),
    ],
)
def test_every_field_of_every_answer_is_in_the_reference(kind: type[msgspec.Struct]) -> None:
    text = page("json.md")
    for field in kind.__struct_fields__:
        assert re.search(rf"`(\w+\.)?{field}[`.]", text), field


def test_every_rule_stands_in_the_reference_with_its_name_and_unit() -> None:
    rows = {}
    for row in re.findall(r"^\| (RISK-\d{3} \|.*) \|$", page("refusals.md"), re.MULTILINE):
        code, name, measured, unit, limit, what_to_do = (cell.strip() for cell in row.split("|"))
        assert code not in rows, f"{code} stands there twice"
        rows[code] = (name, unit, limit)
        assert measured, code
        assert what_to_do, code
    assert sorted(rows) == sorted(RULES)
    for code, rule in RULES.items():
        name, unit, limit = rows[code]
        assert (name, unit) == (rule.name, rule.unit), code
        assert limit.startswith(rule.sense), code


def test_limits_that_a_refusal_refers_to_are_keys_of_the_policy() -> None:
    keys = set(re.findall(r"`((?:bars|sizing|limits|exits|costs)\.\w+)`", page("refusals.md")))
    policy = Policy()
    assert len(keys) > 12
    for key in keys:
        group, _, name = key.partition(".")
        assert hasattr(getattr(policy, group), name), key
