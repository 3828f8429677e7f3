"""A paper exchange running as a process of its own, and a plain signing client for it."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
INTERLOCK = str(Path(sys.executable).with_name("interlock"))


class VenueProcess:
    """`interlock venue` with the JSON line it said when it was ready."""

    def __init__(self, state: Path, process: subprocess.Popen[str], ready: Json) -> None:
        self.state, self.process, self.ready = state, process, ready
        keys = json.loads((state / "venue" / "keys.json").read_text())["accounts"][0]
        self.key, self.secret = keys["key"], keys["secret"]

    def ask(
        self, method: str, path: str, parameters: Mapping[str, object] | None = None, signed: bool = False
    ) -> tuple[int, Any]:
        """Return (status, body) of a request; signed by HMAC where asked for. Errors: OSError without an answer."""
        port = self.ready["port_usdm" if path.startswith(("/fapi", "/futures")) else "port_spot"]
        given = dict(parameters or {})
        if signed:
            given |= {"timestamp": time.time_ns() // 1_000_000, "recvWindow": 10_000}
        query = urllib.parse.urlencode(given)
        if signed:
            query += "&signature=" + hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"http://127.0.0.1:{port}{path}?{query}"
        request = urllib.request.Request(url, method=method, headers={"X-MBX-APIKEY": self.key})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `interlock` on the same state directory."""
        line = [INTERLOCK, "--state", str(self.state), *words]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    def book(self) -> Json:
        """Return the whole book of record."""
        done = self.command("venue", "book", "--since", "0", "--json")
        assert done.returncode == 0, done.stderr
        book: Json = json.loads(done.stdout)
        return book


@contextmanager
def running_venue(state: Path, *options: str) -> Iterator[VenueProcess]:
    """Start an exchange on free ports; it is killed at the end if it still runs."""
    line = [INTERLOCK, "--state", str(state), "venue", "--json"]
    line += ["--port-spot", "0", "--port-usdm", "0", *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    try:
        said = process.stdout.readline()
        assert said, process.stderr.read()
        assert "error" not in json.loads(said), said
        yield VenueProcess(state, process, json.loads(said))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
