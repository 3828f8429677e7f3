"""Whole logs on disk to run the command line on, and the command line itself."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from interlock.journal.record_store import Journal
from interlock.runtime.build import build_digest
from tests.unit.views.scripted_run import SETTINGS, ScriptedRun, view_at


def played_run() -> ScriptedRun:
    """Return a run with a trade, a refusal and an end, made by this build."""
    run = ScriptedRun(build_digest())
    run.trade_to_target()
    run.signal(view=view_at(age_ms=9_000))
    run.end()
    return run


def write_log(state: Path, bodies: Sequence[bytes]) -> None:
    """Write a log of these bodies into a state directory."""
    journal = Journal.create(state / "journal", "interlock/test", 0)
    journal.append(bodies, [SETTINGS])
    journal.close()


def edited(body: bytes, old: bytes, new: bytes) -> bytes:
    """Return a body in which the one place that holds `old` holds `new`."""
    assert body.count(old) == 1, f"{old!r} stands {body.count(old)} times in {body!r}"
    return body.replace(old, new)


def command(state: Path, *words: str) -> list[str]:
    """Return the words that run a verb on a state directory in a process of its own."""
    script = "import sys; from interlock.apps.cli import main; sys.exit(main())"
    return [sys.executable, "-c", script, "--state", str(state), *words]


def interlock(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command(state, *words), capture_output=True, text=True, check=False, env=environment)


def json_of(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Return the one JSON object that a verb wrote; nothing stands on standard error."""
    assert done.stderr == ""
    answer = msgspec.json.decode(done.stdout)
    assert isinstance(answer, dict)
    return answer
