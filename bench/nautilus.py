"""NautilusTrader beside us: its own interpreter, kept running for one bench, asked block by block.

Unset means no peer, and so no claim. Nothing of it is imported here: its library is no dependency of ours.
"""

import os
import subprocess
from pathlib import Path
from types import TracebackType

import msgspec

from interlock.units.faults import Fault

VARIABLE = "INTERLOCK_BENCH_NAUTILUS_PYTHON"
_SCRIPT = Path(__file__).with_name("nautilus_peer.py")


_HINT = "Name an interpreter that has nautilus_trader 1.221.0, or unset the variable: then nothing is claimed."


def _started(interpreter: str) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen([interpreter, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise Fault(f"The peer in {VARIABLE} cannot be started: {error.strerror}: {interpreter}.", _HINT) from error


class NautilusPeer:
    """A running peer, or none. `version` is empty without one."""

    def __init__(self) -> None:
        self.version = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "NautilusPeer":
        interpreter = os.environ.get(VARIABLE)
        if interpreter:
            self._process = _started(interpreter)
            self.version = msgspec.json.decode(self._line(), type=str)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()

    def block(self, count: int) -> dict[str, float]:
        """Return the median microseconds of `count` calls of its risk engine, "passes" and "denies"; empty without."""
        if self._process is None or self._process.stdin is None:
            return {}
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=dict[str, float])

    def _line(self) -> str:
        assert self._process is not None and self._process.stdout is not None, "only a running peer answers"
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise Fault(f"The peer in {VARIABLE} ended with code {code} before it answered.", _HINT)
        return line
