"""A whole old run folds to the state it ended in, under any hash seed, and replays where its own build runs."""

import os
import subprocess
import sys

import pytest

from interlock.core.replay import rebuild, replay
from interlock.core.state import digest
from interlock.messages.record import Record, decode
from interlock.runtime.build import build_digest
from tests.architecture.sources import REPOSITORY
from tests.replay.regenerate import RUN, lines
from tests.replay.story import whole_run

STATE_DIGEST = "01aa545a2fabd393eaa5207af2c3ae3ffc06fe1093310a763b613f4212551009"
FOLD = """
from interlock.core.replay import rebuild
from interlock.core.state import digest
from interlock.messages.record import decode
from tests.replay.regenerate import RUN, lines
print(digest(rebuild(decode(body) for body in lines(RUN))))
"""
DECIDE = """
from hashlib import sha256
from tests.replay.story import whole_run
print(sha256(b"".join(whole_run().bodies)).hexdigest())
"""


def under_hash_seed(seed: str, program: str) -> str:
    """Return what a program says in a process of its own, under a hash seed."""
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def stored() -> list[tuple[Record, bytes]]:
    return [(decode(body), body) for body in lines(RUN)]


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_a_golden_run_folds_to_its_state_under_any_hash_seed(seed: str) -> None:
    assert under_hash_seed(seed, FOLD) == STATE_DIGEST


def test_a_golden_run_folds_to_its_state() -> None:
    assert digest(rebuild(record for record, _ in stored())) == STATE_DIGEST


def test_a_golden_run_replays_where_its_own_build_runs_and_folds_elsewhere() -> None:
    log = stored()
    again = replay(log, build_digest())
    is_ours = again.builds == (build_digest(),)
    assert again.difference is None
    assert (again.decided, again.folded) == ((len(log), 0) if is_ours else (0, len(log)))
    assert digest(again.state) == STATE_DIGEST


def test_the_same_story_decided_now_replays_without_difference() -> None:
    core = whole_run(build_digest())
    again = replay([(decode(body), body) for body in core.bodies], build_digest())
    assert (again.decided, again.difference) == (len(core.bodies), None)
    assert digest(again.state) == digest(core.state)


def test_the_same_inputs_give_the_same_log_byte_for_byte_under_any_hash_seed() -> None:
    assert under_hash_seed("0", DECIDE) == under_hash_seed("4242", DECIDE)
