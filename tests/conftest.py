"""What holds for every test run: steady random tests, and no skip without its cause.

A test may be skipped only for what this machine lacks. Its reason begins with the name of the lack, a colon and the
details (`needs recordings: ...`), and the run fails if that lack is not real here, or has no name in `LACKS`.
"""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; never a time limit. `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("steady")

REPOSITORY = Path(__file__).resolve().parent.parent


def recordings_are_missing() -> bool:
    """Return whether the folder of recorded market data is absent."""
    named = os.environ.get("INTERLOCK_DATA")
    return not (Path(named) if named else REPOSITORY.parent / "shared" / "data").is_dir()


def mounting_is_impossible() -> bool:
    """Return whether no tmpfs can be mounted here, neither by root nor in a user namespace."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return True
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
    tries = ([unshare, "--mount", *mount], [unshare, "--user", "--map-root-user", "--mount", *mount])
    return all(subprocess.run(command, capture_output=True, check=False).returncode != 0 for command in tries)


def clients_are_missing() -> bool:
    """Return whether the environment of a client can neither be found nor made, since no package index answers."""
    set_up = REPOSITORY / "tests" / "clients" / "environments" / "set-up"
    clients = sorted(lock.stem for lock in set_up.parent.glob("*.lock"))
    return any(subprocess.run([set_up, name], capture_output=True, check=False).returncode == 69 for name in clients)


def nautilus_is_missing() -> bool:
    """Return whether the speed peer is not installed."""
    return find_spec("nautilus_trader") is None


LACKS: dict[str, Callable[[], bool]] = {
    "needs recordings": recordings_are_missing,
    "needs mount": mounting_is_impossible,
    "needs clients": clients_are_missing,
    "needs nautilus": nautilus_is_missing,
    "needs strace": lambda: shutil.which("strace") is None,
    "needs root": lambda: os.geteuid() != 0,
    "needs no root": lambda: os.geteuid() == 0,
}


def skip_reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Return why a test was skipped, in the words of whoever skipped it."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def unfounded_skips(reasons: Iterable[str], lacks: dict[str, Callable[[], bool]]) -> list[str]:
    """Return one sentence for each distinct reason that names no lack, or one that is not real here."""
    findings = []
    for reason in sorted(set(reasons)):
        lack = reason.split(":", 1)[0]
        if lack not in lacks:
            findings.append(f"skipped for no known lack: {reason!r} (it must begin with one of: {', '.join(lacks)})")
        elif not lacks[lack]():
            findings.append(f"skipped, though nothing is lacking here: {reason!r}")
    return findings


def reasons_of(config: pytest.Config) -> list[str]:
    """Return the reason of every skip of this run; empty when nothing is reported."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [skip_reason(report) for report in reporter.stats.get("skipped", [])] if reporter else []


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run, otherwise fine, that skipped what it could have tested."""
    is_worker = hasattr(session.config, "workerinput")
    if exitstatus == pytest.ExitCode.OK and not is_worker and unfounded_skips(reasons_of(session.config), LACKS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests ran and were skipped, for which lack, and which skips are not accepted."""
    stats = terminalreporter.stats
    ran = sum(len(stats.get(outcome, [])) for outcome in ("passed", "failed", "xfailed", "xpassed"))
    reasons = reasons_of(config)
    by_lack = Counter(reason.split(":", 1)[0] for reason in reasons)
    lacking = "".join(f", {count} {lack}" for lack, count in sorted(by_lack.items()))
    terminalreporter.write_line(f"{ran} tests ran, {len(reasons)} were skipped{lacking}")
    for finding in unfounded_skips(reasons, LACKS):
        terminalreporter.write_line(f"ERROR {finding}", red=True)
