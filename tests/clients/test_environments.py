"""The environments of the clients: made once, and excused only where no package index answers."""

import os
import subprocess
from pathlib import Path

from tests.clients.lives import NO_NETWORK, SET_UP

CLOSED = "http://127.0.0.1:9/simple"  # nothing listens there


def set_up(client: str, folder: Path) -> subprocess.CompletedProcess[str]:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": CLOSED, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    environment = {**alone, **offline, "INTERLOCK_CLIENTS": str(folder)}
    return subprocess.run([SET_UP, client], env=environment, capture_output=True, text=True, check=False)


def test_an_environment_that_cannot_be_made_for_want_of_an_index_is_excused(tmp_path: Path) -> None:
    made = set_up("ccxt", tmp_path)
    assert made.returncode == NO_NETWORK, made.stderr
    assert "No package index answers." in made.stderr


def test_an_environment_that_stands_needs_no_index_and_one_of_another_lock_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "ccxt"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to("/bin/true")
    kept = home / "made-from.lock"
    kept.write_bytes((SET_UP.parent / "ccxt.lock").read_bytes())
    assert set_up("ccxt", tmp_path).returncode == 0
    kept.write_text("another")
    assert set_up("ccxt", tmp_path).returncode == NO_NETWORK


def test_a_client_without_a_lock_is_a_mistake(tmp_path: Path) -> None:
    made = set_up("nobody", tmp_path)
    assert (made.returncode, made.stderr) == (1, "There is no tests/clients/environments/nobody.lock.\n")
