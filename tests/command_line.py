"""The command line as a user meets it: a real process, with a home and a cache of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

REPOSITORY = Path(__file__).resolve().parent.parent
MAIN = "import sys; from interlock.apps.cli import main; sys.exit(main())"
SHORT_TAPE = REPOSITORY / "examples" / "policy-short-tape.toml"


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """Return the one JSON document that it wrote."""
        return cast(dict[str, object], json.loads(self.out))


class Summary(msgspec.Struct):
    """What `backtest --json` answers, as far as tests ask for it."""

    ticks: int
    gaps: int
    bad_ticks: dict[str, int]
    signals: int
    orders: int
    fills: int
    refusals: dict[str, int]
    exits: dict[str, int]
    log: dict[str, int | str]
    notes: list[str]

    def note(self, wanted: str) -> str:
        """Return the first note that holds these words. Errors: AssertionError with all notes."""
        found = [note for note in self.notes if wanted in note]
        assert found, f"no note says {wanted!r}: {self.notes}"
        return found[0]


def environment(home: Path, hash_seed: str = "0") -> dict[str, str]:
    """Return the environment of a command: nothing of this user's but the path to programs."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(REPOSITORY / "src"),
        "PYTHONHASHSEED": hash_seed,
        "PYTHONWARNINGS": "error",
    }


def command(*words: str | Path) -> list[str]:
    """Return the whole command for these words."""
    return [sys.executable, "-c", MAIN, *map(str, words)]


def interlock(home: Path, *words: str | Path, hash_seed: str = "0") -> Done:
    """Run a command to its end. Whatever it ends with, it must not be a traceback."""
    done = subprocess.run(
        command(*words), env=environment(home, hash_seed), cwd=home, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def backtest(home: Path, state: Path, *words: str | Path, hash_seed: str = "0") -> Summary:
    """Run a backtest that must succeed, and return its summary."""
    done = interlock(home, "--state", state, "backtest", *words, "--json", hash_seed=hash_seed)
    assert done.code == 0, (done.out, done.err)
    return msgspec.json.decode(done.out, type=Summary)
