"""Work that dies, or is overtaken by other work, after a request of it that has had its effect.

What is killed gets no answer, and is done once more, as the host delivers an order again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from aiohttp import ClientSession

from tests.integration.lives import Given, Life

Dies = Callable[[int, int], bool]
"""Whether a worker dies at a request: by its number among all, and by its number in its activity."""

T = TypeVar("T")


class KilledError(BaseException):
    """The worker dies: nothing in it can catch this."""


def never(_total: int, _within: int) -> bool:
    """Nobody dies."""
    return False


def at_request(number: int) -> Dies:
    """One worker dies, at this request among all."""
    return lambda total, _within: total == number


def at_each(number: int) -> Dies:
    """Each worker dies at the request with this number in its activity, if it makes as many."""
    return lambda _total, within: within == number


@dataclass
class Killer:
    """Counts the requests of work, and kills it at some; killed work is done once more, and is not killed again."""

    dies: Dies
    requests: int = 0
    kills: int = 0
    killed: set[str] = field(default_factory=set)
    _within: int = 0
    _works: bool = False

    async def twice(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do *work*; where it is killed, do it again."""
        self._within, self._works = 0, True
        try:
            return await work()
        except KilledError:
            self.kills += 1
            self.killed.add(name)
        finally:
            self._works = False
        return await work()

    def asked(self) -> bool:
        """Count a request that has had its effect; return whether the worker dies."""
        if not self._works:
            return False
        total, within = self.requests, self._within
        self.requests, self._within = total + 1, within + 1
        return self.dies(total, within)


@contextmanager
def killing(dies: Dies, life: Life | None = None) -> Iterator[Killer]:
    """Kill the activities of *life*, and the work of ``Killer.twice``, where *dies* says so."""
    killer, request = Killer(dies), ClientSession._request

    async def counted(session: ClientSession, *given: Any, **more: Any) -> Any:
        answer = await request(session, *given, **more)
        if killer.asked():
            answer.close()
            raise KilledError
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientSession, "_request", counted)
        if life is not None:
            deliver = life.deliver

            async def delivered(given: Given) -> Any:
                return await killer.twice(given.name, lambda: deliver(given))

            patch.setattr(life, "deliver", delivered)
        yield killer


@dataclass
class Race:
    """Work that was overtaken by other work after one of its requests; *requests*: of the first, if nothing came."""

    requests: int = 0
    overtaken: bool = False


async def race(work: Callable[[], Awaitable[Any]], other: Callable[[], Awaitable[Any]], at: int | None) -> Race:
    """Do *work*, and all of *other* after the request number *at* of it has had its effect; None: never."""
    seen, request, counting = Race(), ClientSession._request, [True]

    async def counted(session: ClientSession, *given: Any, **more: Any) -> Any:
        answer = await request(session, *given, **more)
        if counting[0]:
            seen.requests += 1
            if seen.requests - 1 == at:
                counting[0], seen.overtaken = False, True
                await other()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientSession, "_request", counted)
        await work()
    return seen
