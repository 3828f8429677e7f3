"""Lives of real clients: each is a program that runs in the environment of its client and tells what became of it."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from interlock.venues.paper.bourse.store.book import BookDump
from tests.clients.exchange import open_exchange

REPOSITORY = Path(__file__).resolve().parents[2]
SET_UP = Path(__file__).parent / "environments" / "set-up"
CLIENTS = REPOSITORY / os.environ.get("INTERLOCK_CLIENTS", ".venv-clients")
NO_NETWORK = 69
LIFE_S_MAX = 180


def python_of(client: str) -> Path:
    """Return the interpreter of a client's environment, made if it is not there; skips where no network lets it."""
    made = set_up(client)
    if made.returncode == NO_NETWORK:
        pytest.skip(f"needs clients: no package index answers, so {client} cannot be installed")
    assert made.returncode == 0, made.stderr
    return CLIENTS / client / "bin" / "python"


@cache
def set_up(client: str) -> subprocess.CompletedProcess[str]:
    """Return how the making of a client's environment ended; it is tried once in a run."""
    return subprocess.run([SET_UP, client], capture_output=True, text=True, check=False)


def run_in(client: str, *arguments: str) -> str:
    """Return what a program writes that runs in a client's environment. Errors: AssertionError with what went wrong."""
    done = subprocess.run(
        [python_of(client), *arguments],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=LIFE_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Life(NamedTuple):
    """What a life told, and the exchange's book at its end."""

    told: dict[str, Any]
    book: BookDump


def lived(home: Path, client: str, life: str, *words: str, speed: int = 1) -> Life:
    """Live in an exchange of its own, in this folder, and return what came of it."""
    with open_exchange(home, speed) as exchange:
        told = run_in(client, "-m", f"tests.clients.life.{life}", exchange.where(), *words)
        return Life(json.loads(told), exchange.book())
