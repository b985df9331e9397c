"""CPU time that a GET of a known machine takes in the simulated cloud (goal: 2,000 a second on one core).

CPU of the server's process, not time: other work on the machine changes it little. Servers are measured in turn, over
persistent TLS connections, with the headers of the SDK's clients.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.cloud_app import MACHINES
from bench.figures import Figure, paired
from bench.hosting import cpu_seconds

_ROOT = Path(__file__).resolve().parent.parent
_PAIRS, _CONNECTIONS = 5, 8
_FEW = 100
_GOAL_MS = 0.5


def main(requests: str = "4000", machines: str = "100000") -> list[Figure]:
    """Measure the bare server, the cloud with few machines and with many."""
    number = int(requests)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as until:
        bare, few, many = (until.enter_context(_server(folder, what)) for what in ("bare", str(_FEW), machines))
        for server in (bare, few, many):
            _cost_ms(server, number // 4, folder)  # warm
        rounds = [[_cost_ms(server, number, folder) for server in (bare, few, many)] for _ in range(_PAIRS)]
    floor, ours, crowd = (list(each) for each in zip(*rounds, strict=True))
    goal = [_GOAL_MS] * len(ours)
    about = f"{number} requests on {_CONNECTIONS} connections"
    return [
        paired("cloud: GET of a machine / 0.5 ms (2,000 a second on one core)", ours, goal, "ms of CPU", goal=1.0),
        paired("cloud: GET of a machine / bare aiohttp over TLS", ours, floor, "ms of CPU", note=about),
        paired(f"cloud: GET among {int(machines):,} machines / among {_FEW}", crowd, ours, "ms of CPU", goal=1.1),
    ]


@contextmanager
def _server(folder: str, what: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "bench.cloud_app", folder, what]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE)
    try:
        if process.stdout is None:
            raise SystemExit("no pipe")
        with process.stdout as said:
            line = said.readline()
        if not line:
            raise SystemExit(f"{' '.join(command)} did not start")
        yield {**json.loads(line), "pid": process.pid}
    finally:
        process.terminate()
        process.wait()


def _cost_ms(server: dict[str, Any], number: int, folder: str) -> float:
    before = cpu_seconds(server["pid"])
    asyncio.run(_ask(server, number, ssl.create_default_context(cafile=f"{folder}/ca.pem")))
    return (cpu_seconds(server["pid"]) - before) * 1000 / number


async def _ask(server: dict[str, Any], number: int, context: ssl.SSLContext) -> None:
    each = number // _CONNECTIONS
    await asyncio.gather(*(_connection(server, each, context, n * each) for n in range(_CONNECTIONS)))


async def _connection(server: dict[str, Any], number: int, context: ssl.SSLContext, first: int) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", server["port"], ssl=context, server_hostname="localhost"
    )
    for n in range(first, first + number):
        writer.write(_request(server, f"{MACHINES}/cpc-{n % _FEW}?api-version=2024-11-01", n))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"answered {head.decode()}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


def _request(server: dict[str, Any], path: str, number: int) -> bytes:
    headers = {
        "Host": f"127.0.0.1:{server['port']}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "keep-alive",
        "User-Agent": "azsdk-python-mgmt-compute/39.0.0 Python/3.11.7",
        "x-ms-client-request-id": f"00000000-0000-4000-8000-{number:012}",
        "Authorization": f"Bearer {server['token']}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()
