"""A read through the server room, beside nginx that returns the same body without looking at anything.

Client and servers share one core, since waking the other one would cost more than what is measured. The client is a
blocking socket in this process, the servers are processes of their own, and both take turns in blocks within one run.
Without nginx there is no claim.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import uvloop

from bench.figures import Figure, compared, table
from interlock.gateway.server.listener import serve
from interlock.gateway.server.messages import Channel, Request, Response
from interlock.units.faults import Fault

NAME = "server room: GET of a small body, p50"
_REQUIRED = "at most 3.0"
_BODY = b'{"serverTime":1784623200123}'
_BLOCKS = 15
_REQUESTS = 2_000
_WARM_UP = 500
_START_S_MAX = 10.0
_ASKED = (
    b"GET /api/v3/time HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n"
)
_NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; keepalive_requests 100000000; server_tokens off; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{body}'; }} }}
}}
"""


class TimeSite:
    """Answers every request at once with the same body."""

    def answer(self, request: Request) -> Response:
        return Response(200, _BODY)

    def open_socket(self, request: Request, channel: Channel) -> Response:
        return Response(404, b"{}")


async def serve_for_ever() -> None:
    """Serve, say the port, and wait to be ended."""
    listener = await serve(TimeSite(), "127.0.0.1", 0)
    sys.stdout.write(f"{listener.port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this process, and those it starts meanwhile, on its last core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def ours() -> Iterator[int]:
    """Run the server room; yields its port."""
    command = [sys.executable, "-m", "bench.server_room", "serve"]
    repository = Path(__file__).resolve().parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository) as process:
        assert process.stdout is not None, "it was asked for"
        try:
            yield int(process.stdout.readline() or 0)
        finally:
            process.terminate()


@contextmanager
def nginx(program: str) -> Iterator[int]:
    """Run nginx with one worker; yields its port."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        settings = Path(folder) / "nginx.conf"
        settings.write_text(_NGINX.format(folder=folder, port=port, body=_BODY.decode()))
        with subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL) as process:
            try:
                yield port
            finally:
                process.terminate()


def connected(port: int, who: str) -> socket.socket:
    """Return a connection to a server that may still be starting."""
    until = time.monotonic() + _START_S_MAX
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=_START_S_MAX)
        except ConnectionRefusedError as error:
            if time.monotonic() > until:
                raise Fault(
                    f"{who} did not listen within {_START_S_MAX:.0f} s.", "Start it by hand and see."
                ) from error
            time.sleep(0.01)
        else:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return client


def block_us(client: socket.socket, count: int) -> list[float]:
    """Return the microseconds of each of so many reads on a connection that is kept."""
    clock, times = time.perf_counter_ns, []
    send, receive = client.sendall, client.recv
    for _ in range(count):
        start = clock()
        send(_ASKED)
        answer = receive(65_536)
        times.append((clock() - start) / 1_000)
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(_BODY), answer
    return times


def run() -> list[Figure]:
    """Measure block by block, in turns, in about three seconds."""
    program = shutil.which("nginx")
    with ExitStack() as running:
        running.enter_context(on_one_core())
        clients = [running.enter_context(connected(running.enter_context(ours()), "The server room"))]
        if program is not None:
            clients.append(running.enter_context(connected(running.enter_context(nginx(program)), "nginx")))
        for client in clients:
            block_us(client, _WARM_UP)
        medians: list[list[float]] = [[] for _ in clients]
        for turn in range(_BLOCKS):
            for place in range(len(clients)):
                who = (place + turn) % len(clients)
                medians[who].append(median(block_us(clients[who], _REQUESTS)))
    taken_us = [median(taken) for taken in medians]
    if program is not None:
        return [compared(NAME, taken_us[0], taken_us[1], _REQUIRED, "us", "nginx return 200, one core for all")]
    return [
        Figure(
            name=NAME,
            ours=taken_us[0],
            peer=None,
            ratio=None,
            required=_REQUIRED,
            met=None,
            unit="us",
            note="nginx is not installed",
        )
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        uvloop.run(serve_for_ever())
    else:
        sys.stdout.write(table(run()) + "\n")
