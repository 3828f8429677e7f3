"""The programs of the guide do what it says, as they stand there."""

import re
from pathlib import Path

import pytest

from tests.clients.exchange import open_exchange
from tests.clients.lives import REPOSITORY, run_in

GUIDE = REPOSITORY / "docs" / "guides" / "clients.md"
PROGRAM = re.compile(r"^## (\S+)$.*?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("client", "said"), [("ccxt", "closed True\n"), ("python-binance", "FILLED USDT\n")])
def test_a_program_of_the_guide_runs_as_it_is_written(tmp_path: Path, client: str, said: str) -> None:
    program = dict(PROGRAM.findall(GUIDE.read_text(encoding="utf-8")))[client]
    with open_exchange(tmp_path) as exchange:
        for written, actual in (
            ("127.0.0.1:8391", exchange.spot),
            ("127.0.0.1:8392", exchange.usdm),
            ('"KEY"', repr(exchange.keys["key"])),
            ('"SECRET"', repr(exchange.keys["secret"])),
        ):
            assert program.count(written) == 1
            program = program.replace(written, actual)
        assert run_in(client, "-c", program) == said
