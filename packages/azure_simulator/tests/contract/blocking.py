"""The same blocking interface for the sync and the aio clients, so that a contract is written once for both.

A `Blocking` wraps a client and its operation groups. It awaits what an aio method returns, iterates its pages and wraps
its pollers. Sync methods pass through. Every operation that is called is recorded, as `compute.disks.get`.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack
from typing import Any

from azure.core.async_paging import AsyncItemPaged
from azure.core.polling import AsyncLROPoller

from packages.azure_simulator.tests.contract.connections import close_connections


class Pages:
    """Pages of an aio list, read one by one."""

    def __init__(self, pages: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._pages = pages
        self._loop = loop

    def __iter__(self) -> Iterator[Any]:
        return _steps(self._pages, self._loop)

    def by_page(self, continuation_token: str | None = None) -> Iterator[Iterator[Any]]:
        for page in _steps(self._pages.by_page(continuation_token), self._loop):
            yield _steps(page, self._loop)


def _steps(source: Any, loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    steps = aiter(source)
    while True:
        try:
            yield loop.run_until_complete(anext(steps))
        except StopAsyncIteration:
            return


async def _awaited(promise: Awaitable[Any]) -> Any:
    return await promise


class Blocking:
    """A client, one of its operation groups, or a poller."""

    def __init__(self, inner: Any, name: str, loop: asyncio.AbstractEventLoop | None, seen: set[str]) -> None:
        self._inner = inner
        self._name = name
        self._loop = loop
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        full = f"{self._name}.{name}"
        if type(value).__name__.endswith("Operations"):
            return Blocking(value, full, self._loop, self._seen)
        if not inspect.ismethod(value):
            return value

        def call(*args: Any, **options: Any) -> Any:
            self._seen.add(full)
            return self._plain(value(*args, **options))

        return call

    def _plain(self, result: Any) -> Any:
        if self._loop is None:
            return result
        if inspect.isawaitable(result) and not isinstance(result, AsyncLROPoller):
            result = self._loop.run_until_complete(_awaited(result))
        if isinstance(result, AsyncItemPaged):
            return Pages(result, self._loop)
        if isinstance(result, AsyncLROPoller) or type(result).__name__.endswith("PollingMethod"):
            return Blocking(result, "poller", self._loop, self._seen)
        return result


class BlockingClients:
    """Wraps the clients of one flavour, sync or aio, and closes them at the end."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.seen: set[str] = set()
        self.loop = asyncio.new_event_loop() if flavour == "aio" else None
        self._stack = ExitStack()

    def wrap(self, name: str, client: Any) -> Blocking:
        """Wrap a client."""
        self._stack.callback(self._close, client)
        return Blocking(client, name, self.loop, self.seen)

    def _close(self, client: Any) -> None:
        closed = client.close()
        if self.loop is not None and inspect.iscoroutine(closed):
            self.loop.run_until_complete(closed)

    def close(self) -> None:
        """Close every client, and the loop."""
        self._stack.close()
        if self.loop is not None:
            self.loop.run_until_complete(close_connections())
            self.loop.close()
