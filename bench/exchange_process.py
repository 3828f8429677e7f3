"""`interlock venue` as a process with accounts of a bench, and the requests that a client signs for it."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from interlock.units.faults import Fault

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SYMBOLS = ("BTCUSDT", "ETHUSDT")
_RECV_WINDOW_MS = 5_000


class Trader:
    """An account with its key: makes signed requests, ready for a connection."""

    def __init__(self, name: str, key: str, secret: str) -> None:
        self.name = name
        self._secret = secret.encode()
        self._head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: {key}\r\n"

    def signed(self, method: str, path: str, parameters: dict[str, str]) -> bytes:
        """Return a request of this moment."""
        given = {**parameters, "recvWindow": str(_RECV_WINDOW_MS), "timestamp": str(time.time_ns() // 1_000_000)}
        query = urlencode(given)
        signature = hmac.new(self._secret, query.encode(), hashlib.sha256).hexdigest()
        return f"{method} {path}?{query}&signature={signature}{self._head}\r\n".encode()

    def keyed(self, method: str, path: str) -> bytes:
        """Return a request with the key alone."""
        return f"{method} {path}{self._head}\r\n".encode()


class ExchangeProcess:
    """A running exchange: its futures' port, its traders, and what it costs."""

    def __init__(self, pid: int, port: int, traders: list[Trader], book: Path) -> None:
        self.pid = pid
        self.port = port
        self.traders = traders
        self._book = book

    def rss_mib(self) -> float:
        """Return how much memory it holds now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES / 2**20

    def cpu_s(self) -> float:
        """Return how much processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def book_mib(self) -> float:
        """Return how much its book takes on disk."""
        return sum(path.stat().st_size for path in self._book.iterdir() if path.is_file()) / 2**20


@contextmanager
def running_exchange(folder: Path, accounts: int, speed: int = 1) -> Iterator[ExchangeProcess]:
    """Run an exchange on the simulated feed, its book in `folder`. Errors: Fault when it does not start."""
    settings = folder / "settings.toml"
    settings.write_text(
        "".join(
            f'[[venue.accounts]]\nname = "bench{number}"\nfutures_usdt = 1_000_000_000\n' for number in range(accounts)
        )
    )
    program = str(Path(sys.executable).with_name("interlock"))
    command = [program, "--state", str(folder / "state"), "venue", "--json", "--settings", str(settings)]
    command += ["--port-spot", "0", "--port-usdm", "0", "--speed", str(speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None, "both were asked for"
        try:
            said = process.stdout.readline()
            ready = json.loads(said or "{}")
            if "port_usdm" not in ready:
                why = said.strip() or process.stderr.read().strip()
                raise Fault(f"The exchange did not start: {why}", "Start `interlock venue` by hand and see.")
            traders = [Trader(each["account"], each["key"], each["secret"]) for each in ready["drawn"]]
            yield ExchangeProcess(process.pid, int(ready["port_usdm"]), traders, folder / "state" / "venue")
        finally:
            process.terminate()
