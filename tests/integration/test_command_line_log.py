"""`log show` and `log explain` on real logs, in real processes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.apps.verbs import log_show
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.units.ids import client_order_id
from tests.integration.logs import command, interlock, json_of, played_run, write_log

RUN = played_run()
BODIES = list(RUN.bodies)
ENTRY = client_order_id(0, 8, 0)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write_log(tmp_path, BODIES)
    return tmp_path


def test_json_lines_are_the_stored_records_byte_for_byte(state: Path) -> None:
    shown = subprocess.run(command(state, "log", "show", "--json"), capture_output=True, check=True)
    assert shown.stdout.splitlines() == BODIES


def test_a_line_of_text_stands_for_each_record(state: Path) -> None:
    shown = interlock(state, "log", "show")
    assert [int(line.split()[0]) for line in shown.stdout.splitlines()] == list(range(len(BODIES)))


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        (("--from", "-2"), [len(BODIES) - 2, len(BODIES) - 1]),
        (("--from", "3", "--limit", "2"), [3, 4]),
        (("--limit", "0"), []),
        (("--from", "999"), []),
        (("--kind", "raise_signal"), [8, len(BODIES) - 2]),
        (("--kind", "order_refused.v1"), [len(BODIES) - 2]),
        (("--kind", "raise_signal", "--limit", "1", "--json"), [8]),
    ],
)
def test_only_the_records_asked_for_are_shown(state: Path, words: tuple[str, ...], seqs: list[int]) -> None:
    shown = interlock(state, "log", "show", *words)
    assert shown.returncode == 0
    if "--json" in words:
        assert shown.stdout.encode().splitlines() == [BODIES[seq] for seq in seqs]
    else:
        assert [int(line.split()[0]) for line in shown.stdout.splitlines()] == seqs


def test_a_kind_written_in_a_reason_is_no_record_of_that_kind(tmp_path: Path) -> None:
    run = played_run()
    run.signal(why='"type":"kill_engaged.v1"')
    write_log(tmp_path, run.bodies)
    assert interlock(tmp_path, "log", "show", "--kind", "kill_engaged", "--json").stdout == ""


def test_following_shows_what_is_written_later_and_stops_with_the_run(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal", "interlock/test", 0)
    journal.append(BODIES[:5])
    words = command(tmp_path, "log", "show", "--follow", "--until-end", "--json")
    with subprocess.Popen(words, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert [following.stdout.readline().rstrip() for _ in range(5)] == BODIES[:5]
        journal.append(BODIES[5:])
        assert following.stdout.read().splitlines() == BODIES[5:]
        assert following.wait() == 0
    journal.close()


@pytest.mark.parametrize("count", [0, 5])
def test_following_to_the_end_stops_when_the_writer_of_a_run_without_an_end_is_gone(tmp_path: Path, count: int) -> None:
    journal = Journal.create(tmp_path / "journal", "interlock/test", 0)
    if count:
        journal.append(BODIES[:count])
    words = command(tmp_path, "log", "show", "--until-end", "--json")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        assert [following.stdout.readline().rstrip() for _ in range(count)] == BODIES[:count]
        journal.abandon()
        assert following.stdout.read() == b""
        assert following.stderr.read().startswith(b"The run did not end, and nothing writes its log any more")
        assert following.wait() == 0


def test_following_to_the_end_waits_for_a_writer_that_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(tmp_path / "journal", "interlock/test", 0)
    journal.append(BODIES[:5])
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            journal.append(BODIES[5:])

    monkeypatch.setattr("interlock.apps.verbs.log_show.time.sleep", wait)
    reader = JournalReader(tmp_path / "journal")
    assert [body for _, body in log_show._bodies(reader, 0, True, True)] == BODIES
    assert len(waits) == 5
    reader.close()
    journal.close()


# A test run in the background of a shell ignores Ctrl-C, and its children would, too: this one hears it again.
HEARS_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


def test_ctrl_c_ends_following_without_a_traceback(state: Path) -> None:
    words = [sys.executable, "-c", HEARS_CTRL_C, *command(state, "log", "show", "--follow")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        for _ in BODIES:
            following.stdout.readline()
        following.send_signal(signal.SIGINT)
        said = following.stderr.read()
        assert following.wait() == 130
    assert said.splitlines()[0].startswith(b"Interrupted.")
    assert b"a backtest that had begun its log needs another --state" in said
    assert b"Traceback" not in said


def test_a_reader_that_goes_away_ends_the_verb_quietly(tmp_path: Path) -> None:
    run = played_run()
    for _ in range(2_000):
        run.mark("60000", "60001")
        run.step(RUN.records[2].input, "test")
    write_log(tmp_path, run.bodies)
    with subprocess.Popen(command(tmp_path, "log", "show"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as showing:
        assert showing.stdout is not None
        assert showing.stderr is not None
        showing.stdout.readline()
        showing.stdout.close()
        assert showing.stderr.read() == b""
        assert showing.wait() == 141


def test_an_order_is_explained_as_a_story_and_as_json(state: Path) -> None:
    text = interlock(state, "log", "explain", ENTRY)
    assert text.returncode == 0
    assert f"Entry {ENTRY}   <- the order you asked for" in text.stdout
    answer = json_of(interlock(state, "log", "explain", ENTRY, "--json"))
    assert (answer["story"], answer["asked"]) == ("trade", ENTRY)
    outcome = answer["outcome"]
    assert isinstance(outcome, dict)
    assert outcome["fees"] == "0.6"
    assert outcome["closed_by"] == "target"


def test_a_refusal_is_explained_by_its_record_number(state: Path) -> None:
    seq = str(len(BODIES) - 2)
    assert "FAIL  RISK-007" in interlock(state, "log", "explain", seq).stdout
    assert json_of(interlock(state, "--json", "log", "explain", seq))["rules"] == ["RISK-007"]


@pytest.mark.parametrize(
    ("asked", "what"),
    [("il0-99-0", "There is no order il0-99-0"), ("999", "There is no record 999"), ("3", "Record 3 neither refuses")],
)
def test_what_cannot_be_explained_is_a_finding(state: Path, asked: str, what: str) -> None:
    told = interlock(state, "log", "explain", asked)
    assert told.returncode == 1
    assert told.stdout == ""
    first, second = told.stderr.splitlines()
    assert first.startswith(what)
    assert second.startswith("hint: ")


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bodies = [*BODIES[:9], b'{"record":"v2","seq":9,"at_ns":1}']
    write_log(tmp_path, bodies)
    for words in (("log", "show"), ("log", "explain", ENTRY), ("replay",)):
        told = interlock(tmp_path, *words)
        assert told.returncode == 4, told
        assert "Record 9: " in told.stderr
        assert "Traceback" not in told.stderr
