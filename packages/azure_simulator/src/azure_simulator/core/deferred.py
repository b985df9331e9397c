"""Answers that wait for another process, such as a receiver in a handshake.

A handler stays synchronous: it leaves `Answer.later`, the server awaits `Reply.later`. What was
learnt meanwhile reaches the world as a journalled request to ourselves.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.core.requests import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from azure_simulator.core.answers import Answer
    from azure_simulator.core.planes import Plane

    Later = Callable[[], Awaitable[Answer]]
    Handshake = Callable[[str, str], Awaitable[None]]


async def unreachable(url: str, token: str) -> None:
    """Refuse a handshake while no socket is open; `Cloud.handshake` until the server starts."""
    del token
    raise Problem(400, "ValidationError", f"Subscription validation request failed: {url} cannot be reached from here.")


def defer(later: Later, plane: Plane, sent: Callable[[Answer], Reply]) -> Reply:
    """Return a reply without content; awaiting its `later` gives the real one."""
    return Reply(202, {}, b"", later=partial(_resolved, later, plane, sent))


async def _resolved(later: Later, plane: Plane, sent: Callable[[Answer], Reply]) -> Reply:
    try:
        answer = await later()
    except Problem as problem:
        answer = plane.render(problem)
    return sent(answer)
