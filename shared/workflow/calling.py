"""Calling activities: retries with doubling pauses, waiting for rate limits.

Not the SDK's ``*_with_retry``: its pauses do not double, it costs one timer more than it has attempts, and it must
not meet ``task_any`` (docs/notes/host.md 0.3, 1.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.contracts.definitions import Activity, Retry
from shared.domain.values import Value
from shared.workflow.orchestrating import Steps
from shared.workflow.sdk import Context

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")


class CallFailedError(Exception):
    """An activity failed as often as it may; *reason* is what it last said."""

    def __init__(self, activity: str, reason: str) -> None:
        super().__init__(f"{activity} failed: {reason}")
        self.activity = activity
        self.reason = reason


def call(ctx: Context, activity: Activity[In, Out], order: In) -> Steps[Out]:
    """Call *activity* and return its outcome.

    Raises: CallFailedError when it failed more often than its contract allows.
    """
    raw = yield from call_raw(ctx, activity.name, order.to_json(), activity.retry)
    return activity.returns.read(raw)


def call_raw(ctx: Context, name: str, order: dict[str, Any], retry: Retry) -> Steps[dict[str, Any]]:
    """Call the activity *name* with JSON, return JSON."""
    (raw,) = yield from _call_each(ctx, name, [order], retry)
    return raw


def call_all(ctx: Context, activity: Activity[In, Out], orders: Sequence[In]) -> Steps[list[Out]]:
    """Call *activity* once for each order, all at once; return the outcomes in the order of *orders*."""
    raws = yield from _call_each(ctx, activity.name, [order.to_json() for order in orders], activity.retry)
    return [activity.returns.read(raw) for raw in raws]


def _call_each(ctx: Context, name: str, orders: list[dict[str, Any]], retry: Retry) -> Steps[list[dict[str, Any]]]:
    outcomes: dict[int, dict[str, Any]] = {}
    tickets: dict[int, list[Any]] = {}
    failures = 0
    while missing := [n for n in range(len(orders)) if n not in outcomes]:
        tasks = [ctx.call_activity(name, {"order": orders[n], "tickets": tickets.get(n, [])}) for n in missing]
        try:
            raws = [(yield tasks[0])] if len(tasks) == 1 else (yield ctx.task_all(tasks))
        except Exception as error:
            failures += 1
            if failures >= retry.attempts:
                raise CallFailedError(name, first_line(error)) from error
            yield ctx.create_timer(ctx.current_utc_datetime + retry.pause(failures))
            continue
        rest = 0.0
        for n, raw in zip(missing, raws, strict=True):
            if raw.get("kind") == "later":
                tickets[n] = raw.get("tickets", [])
                rest = max(rest, raw["after"])
            else:
                outcomes[n] = raw
        if len(outcomes) < len(orders):
            yield ctx.create_timer(on_the_second(ctx.current_utc_datetime + timedelta(seconds=max(rest, 0.1))))
    return [outcomes[n] for n in range(len(orders))]


def on_the_second(at: datetime) -> datetime:
    """Return *at*, rounded up to whole seconds.

    What sleeps until the same moment is woken together: one batch for the host where there were hundreds of single
    turns. And nobody who takes his place in a rate limit a little late takes somebody else's.
    """
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)


def first_line(error: Exception) -> str:
    """Return the activity's own words; Durable appends the details in a second line."""
    return str(error).split("\n", 1)[0].strip()
