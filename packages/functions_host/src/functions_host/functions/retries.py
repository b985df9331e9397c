"""The retry policy of a function of a timer or a queue: its waits are in real seconds (docs/notes.md 4.2, 4.3)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invocation_context import RetryContext
from functions_host.log import log_event
from functions_host.settings.sections import parse_timespan

Call = Callable[[RetryContext], Awaitable[object]]


async def with_retries(kind: str, function: Function, call: Call) -> None:
    """Call with the function's own retry policy, if it has one; raise the last attempt's exception."""
    policy = function.retry or {}
    tries = int(policy.get("max_retry_count") or 0)
    for attempt in range(tries + 1 if tries >= 0 else 2**31):
        try:
            await call(RetryContext(attempt, tries))
        except Exception as error:
            if attempt == tries:
                raise
            log_event(kind, f"{function.name} will be retried: {error_text(error)}", logging.WARNING)
            await asyncio.sleep(_pause(policy, attempt).total_seconds())
        else:
            return


def _pause(policy: Mapping[str, str], attempt: int) -> timedelta:
    if policy.get("strategy") == "exponential_backoff":
        lowest = parse_timespan(policy.get("minimum_interval") or "00:00:04")
        highest = parse_timespan(policy.get("maximum_interval") or "00:05:00")
        grown: timedelta = lowest * 2.0 ** min(attempt, 20)
        return min(grown, highest)
    return parse_timespan(policy.get("delay_interval") or "00:00:04")
