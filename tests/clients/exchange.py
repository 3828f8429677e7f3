"""A paper exchange run as `interlock venue` runs it: a process with a folder and free ports of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from interlock.venues.paper.bourse.store.book import BookDump
from tests.command_line import MAIN, environment

HOST = "127.0.0.1"


class Exchange(NamedTuple):
    """One that is open: where it listens, its keys, and its folder."""

    home: Path
    spot: str
    usdm: str
    keys: dict[str, str]

    def where(self) -> str:
        """Return what a life needs to know, as JSON."""
        return json.dumps({"spot": self.spot, "usdm": self.usdm, **self.keys})

    def book(self) -> BookDump:
        """Return its book of record, as the command line prints it."""
        done = subprocess.run(
            [*command(self.home), "venue", "book", "--json", "--since", "0"],
            env=environment(self.home),
            capture_output=True,
            check=True,
        )
        return msgspec.json.decode(done.stdout, type=BookDump)


def command(home: Path) -> list[str]:
    """Return how the command line is called in a folder."""
    return [sys.executable, "-c", MAIN, "--state", str(home / "state")]


@contextmanager
def open_exchange(home: Path, speed: int = 1) -> Iterator[Exchange]:
    """Run an exchange with a simulated feed until the block ends. It must end well, and say nothing on its way."""
    arguments = ["venue", "--seed", "7", "--speed", str(speed), "--port-spot", "0", "--port-usdm", "0", "--json"]
    with (home / "said").open("w+b") as said:
        process = subprocess.Popen(
            [*command(home), *arguments], env=environment(home), stdout=subprocess.PIPE, stderr=said
        )
        assert process.stdout is not None
        try:
            with process.stdout as out:
                line = out.readline()
                assert line, (home / "said").read_text()
                yield _opened(home, json.loads(line))
        finally:
            process.terminate()
            code = process.wait(10)
        text = (home / "said").read_text()
        assert (text, code) == ("", 0), f"the exchange ended with {code} and said: {text}"


def _opened(home: Path, ready: dict[str, Any]) -> Exchange:
    (drawn,) = ready["drawn"]
    keys = {name: value for name, value in drawn.items() if name != "account"}
    return Exchange(home, f"{HOST}:{ready['port_spot']}", f"{HOST}:{ready['port_usdm']}", keys)
