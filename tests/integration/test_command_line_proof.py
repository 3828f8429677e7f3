"""`verify` and `replay` on whole and on changed logs, and how every error reaches people and programs."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from interlock.journal.record_store import Journal
from interlock.journal.schema import DATABASE_NAME, GUARDS
from interlock.journal.tree import leaf_hash
from interlock.runtime.build import build_digest
from tests.integration.logs import command, edited, interlock, json_of, played_run, write_log
from tests.unit.views.scripted_run import SETTINGS

RUN = played_run()
BODIES = list(RUN.bodies)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write_log(tmp_path, BODIES)
    return tmp_path


def test_a_whole_log_is_verified(state: Path) -> None:
    told = interlock(state, "verify")
    assert (told.returncode, told.stderr) == (0, "")
    assert f"holds {len(BODIES)} record(s)" in told.stdout
    assert "The log is whole" in told.stdout
    answer = json_of(interlock(state, "verify", "--json"))
    assert (answer["ok"], answer["size"], answer["findings"]) == (True, len(BODIES), [])


def test_a_changed_byte_is_a_finding_with_its_record_and_time(state: Path) -> None:
    connection = apsw.Connection(str(state / "journal" / DATABASE_NAME))
    for guard in GUARDS:
        connection.execute(f"DROP TRIGGER {guard}")
    connection.execute(
        "UPDATE body SET bytes = ? WHERE seq = 9", (edited(BODIES[9], b'"method":"test"', b'"method":"tesu"'),)
    )
    for statement in GUARDS.values():
        connection.execute(statement)
    connection.close()
    told = interlock(state, "verify")
    assert told.returncode == 1
    assert "Records 0 to 8 are not in doubt." in told.stdout
    assert "record 9, after 2023-11-14 22:13:2" in told.stdout
    answer = json_of(interlock(state, "verify", "--json"))
    assert (answer["ok"], answer["trustworthy_until"]) == (False, 9)


def test_a_log_elsewhere_is_verified_by_its_folder_or_its_state_directory(state: Path, tmp_path: Path) -> None:
    for named in (state, state / "journal"):
        assert interlock(tmp_path / "none", "verify", "--log", str(named)).returncode == 0


def test_a_log_that_a_crash_left_is_told_as_far_as_its_head_goes(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal", "interlock/test", 0)
    journal.append(BODIES[:5], [SETTINGS])
    head = (tmp_path / "journal" / "head.jsonl").read_bytes()
    journal.append(BODIES[5:7])
    (tmp_path / "journal" / "head.jsonl").write_bytes(head)
    beside = interlock(tmp_path, "verify")
    journal.abandon()
    told = interlock(tmp_path, "verify")
    assert (beside.returncode, told.returncode) == (0, 0)
    assert "The last 2 record(s) came after the head was read: a writer is at work." in beside.stdout
    for done in (beside, told):
        assert "The log is whole as far as its head goes: records 0 to 4 are what was written." in done.stdout
    assert "After a crash, not covered by the head: 2 record(s)" in told.stdout
    answer = json_of(interlock(tmp_path, "verify", "--json"))
    assert (answer["ok"], answer["uncovered"], answer["trustworthy_until"]) == (True, 2, 5)


def test_a_record_forged_onto_a_closed_log_is_a_finding_and_is_not_opened(state: Path) -> None:
    connection = apsw.Connection(str(state / "journal" / DATABASE_NAME))
    seq = len(BODIES)
    body = BODIES[-1].replace(b'"seq":%d' % (seq - 1), b'"seq":%d' % seq).replace(b'"at_ns":1', b'"at_ns":2')
    connection.execute("INSERT INTO body VALUES (?, ?)", (seq, body))
    connection.execute("INSERT INTO leaf VALUES (?, ?)", (seq, leaf_hash(body)))
    connection.close()
    told = interlock(state, "verify")
    assert told.returncode == 1
    assert f"1 record(s) after the end that was sealed at {seq} records" in told.stdout
    assert f"Records 0 to {seq - 1} are not in doubt." in told.stdout
    assert "After a crash" not in told.stdout


def test_every_record_of_this_build_is_decided_again(state: Path) -> None:
    answer = json_of(interlock(state, "replay", "--json"))
    assert (answer["ok"], answer["decided"], answer["folded"]) == (True, len(BODIES), 0)
    assert answer["decided_all"] is True
    told = interlock(state, "replay")
    assert told.returncode == 0
    assert f"All {len(BODIES)} records" in told.stdout
    assert "a second." in told.stdout


def test_a_decision_that_does_not_come_out_again_is_shown_with_its_place(tmp_path: Path) -> None:
    bodies = list(BODIES)
    bodies[8] = edited(bodies[8], b'"reduce_only":false', b'"reduce_only":true')
    write_log(tmp_path, bodies)
    assert interlock(tmp_path, "verify").returncode == 0
    told = interlock(tmp_path, "replay")
    assert told.returncode == 1
    assert "Record 8 of 2023-11-14 22:13:2" in told.stdout
    assert "it differs at $.events[1].order.reduce_only:" in told.stdout
    assert "recorded  true" in told.stdout
    assert "again     false" in told.stdout
    difference = json_of(interlock(tmp_path, "replay", "--json"))["difference"]
    assert isinstance(difference, dict)
    assert (difference["seq"], difference["recorded"], difference["again"]) == (8, "true", "false")


def test_records_of_another_build_are_folded_and_their_build_is_named(tmp_path: Path) -> None:
    other = "c0ffee" + "0" * 58
    bodies = [body.replace(build_digest().encode(), other.encode()) for body in BODIES]
    write_log(tmp_path, bodies)
    told = interlock(tmp_path, "replay")
    assert told.returncode == 0
    first = f"Nothing was decided again: all {len(BODIES)} records were made by other builds (c0ffee000000); the fold "
    assert told.stdout.startswith(first)
    assert "came out again" not in told.stdout
    answer = json_of(interlock(tmp_path, "replay", "--json"))
    assert (answer["ok"], answer["decided"], answer["decided_all"]) == (True, 0, False)


def test_an_empty_log_is_not_said_to_have_come_out_again(tmp_path: Path) -> None:
    Journal.create(tmp_path / "journal", "interlock/test", 0).close()
    assert interlock(tmp_path, "replay").stdout.startswith("Nothing was decided again: the log is empty.")


def test_a_log_that_does_not_fold_is_named_and_no_traceback(tmp_path: Path) -> None:
    other = "c0ffee" + "0" * 58
    bodies = [body.replace(build_digest().encode(), other.encode()) for body in BODIES]
    bodies[9] = bodies[9].replace(b'"il0-8-0"', b'"il0-7-0"')
    write_log(tmp_path, bodies)
    for words in (("replay",), ("log", "explain", "il0-8-0")):
        told = interlock(tmp_path, *words)
        assert told.returncode == 4
        assert "Record 9 does not fit the records before it" in told.stderr
        assert "Traceback" not in told.stderr


@pytest.mark.parametrize("words", [("verify",), ("replay",), ("log", "show"), ("log", "explain", "x")])
def test_no_log_is_bad_input_in_words_and_in_json(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = interlock(tmp_path, *words)
    assert told.returncode == 3
    assert told.stdout == ""
    assert [line.startswith("hint: ") for line in told.stderr.splitlines()] == [False, True]
    failed = interlock(tmp_path, *words, "--json")
    assert failed.returncode == 3
    error = json_of(failed)["error"]
    assert isinstance(error, dict)
    assert list(error) == ["what", "hint"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "VERB"),
        (("log",), "VERB"),
        (("verfy",), "invalid choice: 'verfy'"),
        (("verify", "--lgo", "x"), "Unrecognized arguments: --lgo x"),
        (("log", "show", "--limit", "-1"), "-1 is below 0"),
        (("log", "show", "--from", "soon"), "invalid int value: 'soon'"),
        (("replay", "--full"), "--full and --feed go together"),
    ],
)
def test_wrong_usage_ends_with_two_and_a_hint(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    told = interlock(tmp_path, *words)
    assert told.returncode == 2
    first, second = told.stderr.splitlines()
    assert said in first
    assert second.startswith("hint: ")


def test_output_that_cannot_be_written_is_told_and_no_traceback(state: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(command(state, "log", "show"), stdout=full, stderr=subprocess.PIPE, check=False)
    assert told.returncode == 4
    first, second = told.stderr.splitlines()
    assert first.startswith(b"The output of this command could not be read or written: No space left on device")
    assert second.startswith(b"hint: ")


def test_a_path_that_is_no_folder_is_told_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in (("verify", "--log", str(tmp_path / "file" / "deeper")), ("verify", "--log", "x" * 300)):
        told = interlock(tmp_path, *words)
        assert told.returncode in (3, 4)
        assert len(told.stderr.splitlines()) == 2, told.stderr


def test_a_defect_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom interlock.apps import cli\nfrom interlock.apps.verbs import verify\n"
        "def broken(arguments):\n    raise AssertionError('a broken promise')\n"
        "verify.run = broken\nsys.exit(cli.main())"
    )
    told = subprocess.run([sys.executable, "-c", script, "verify"], capture_output=True, text=True, check=False)
    assert told.returncode == 70
    assert "a broken promise" in told.stderr
    assert "This is a defect in Interlock: AssertionError." in told.stderr


def test_an_unknown_kind_is_bad_input_with_the_nearest_one(state: Path) -> None:
    told = interlock(state, "log", "show", "--kind", "order_fileld")
    assert told.returncode == 3
    assert "Did you mean order_filled?" in told.stderr
