"""What every life shares: how it is told where the exchange is, and how it tells what became of it.

These files run in the environment of a client, not in Interlock's: they import nothing of it.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

PATIENCE_S = 60.0  # nothing takes that long: it only ends a life that would hang


class Where(NamedTuple):
    """Where the exchange listens, and the key that it is spoken to with."""

    spot: str  # host:port
    usdm: str
    key: str
    secret: str
    ed25519_key: str
    ed25519_private_pem: str


Told = dict[str, Any]


def live(life: Callable[[Where, Told], Coroutine[Any, Any, None]]) -> None:
    """Live it, and write what was told on the way as one line of JSON."""
    where, told = Where(**json.loads(sys.argv[1])), Told()
    asyncio.run(life(where, told))
    sys.stdout.write(json.dumps(told) + "\n")


async def soon(awaited: Awaitable[Any]) -> Any:
    """Return what is awaited, if it comes in time."""
    return await asyncio.wait_for(awaited, PATIENCE_S)


async def first_trade(ask: Callable[[], Awaitable[Any]]) -> None:
    """Return once the market has shown a trade; the feed begins when the exchange does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await ask():
            pass  # asking is what there is to wait with


async def refusal(awaited: Awaitable[Any], refused: type[Exception]) -> list[str]:
    """Return the class and the text of what a client raises. Errors: AssertionError when it raises nothing."""
    try:
        answer = await awaited
    except refused as error:
        return [type(error).__name__, str(error)]
    raise AssertionError(f"nothing was refused: {answer}")
