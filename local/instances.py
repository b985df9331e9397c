"""A second instance beside the host of a stack, and one address before both, as a load balancer gives on Azure.

The embedded host keeps its state file for itself: the second process answers requests only, and uses the task hub of
the first (``--joins``), which runs timers, queues and orchestrations. Flex Consumption divides them in the same way
([decision 133](../docs/decisions/0133-a-second-instance-answers-requests.md)).
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle

from local.processes import Part, answers, free_port
from local.stack import Stack, StackError

_READY_WITHIN_SECONDS = 90.0
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Instances:
    """The addresses of two instances, and the one behind which they take turns, a connection each."""

    first: str
    second: str
    both: str


@contextmanager
def two_instances(stack: Stack) -> Iterator[Instances]:
    """Run a second instance beside the host of a stack that runs. Raises: StackError for Core Tools' host."""
    if stack.options.host != "embedded":
        raise StackError("two instances of Core Tools' host share a hub by themselves: start func twice")
    ports = [stack.addresses.api.rpartition(":")[2], str(free_port()), str(free_port())]
    first, second, both = (f"http://127.0.0.1:{port}" for port in ports)
    app, logs = str(stack.options.app), stack.folder / "logs"
    host = [sys.executable, "-m", "functions_host", "start", "--app", app, "--port", ports[1], "--rpc-port", "0"]
    host += ["--db", str(stack.folder / "second.db"), "--joins", str(stack.folder / "host.db")]
    balance = [sys.executable, "-m", "local.instances", ports[2], *ports[:2]]
    environment = stack.environment()
    parts = (
        Part("Second instance", host, environment, logs / "second.log", stack.options.app),
        Part("Balancer", balance, environment, logs / "balancer.log", stack.options.app),
    )
    try:
        for part, at in zip(parts, (second, both), strict=True):
            part.start()
            part.wait_until(lambda at=at: answers(f"{at}/admin/host/ping"), _READY_WITHIN_SECONDS)  # type: ignore[misc] # the default binds it
        yield Instances(first, second, both)
    finally:
        for part in reversed(parts):
            part.stop()


async def balance(port: int, targets: Sequence[int]) -> None:
    """Hand each new connection on to the next target."""
    turns = cycle(targets)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", next(turns))
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", port, reuse_address=True) as server:
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
    sink.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(balance(int(sys.argv[1]), [int(each) for each in sys.argv[2:]]))
