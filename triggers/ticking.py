"""Common parts of timers: a run that ended well is counted, and an alert asks for the last one of each."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

from shared.telemetry import count_tick

P = ParamSpec("P")


def ticks(run: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """Count each run of a timer's function that ends well. The worker sees the parameters of *run*."""

    @functools.wraps(run)
    async def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        await run(*args, **kwargs)
        count_tick(run.__name__)

    return counted
