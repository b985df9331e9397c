"""Waiting: for an outcome that can be looked at, for a time, for another workflow."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from shared.contracts.definitions import Activity, PollPolicy, Workflow
from shared.contracts.waiting import AWAIT_OUTCOME, WaitOrder
from shared.domain.values import Value
from shared.workflow.calling import CallFailedError, first_line, on_the_second
from shared.workflow.orchestrating import Steps
from shared.workflow.sdk import Context

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")

LONGEST_TIMER = timedelta(days=5)
"""Durable 1.7 cannot cancel a timer of more than six days (durable-python issue 573)."""


def wait_for(ctx: Context, look: Activity[In, Out], order: In, policy: PollPolicy) -> Steps[Out]:
    """Look until the outcome is no longer pending, or *policy* times out; then the outcome is ``Pending``.

    The first look comes when it usually is done, spread by the instance's id so that a thousand waits do not look
    in the same second.
    """
    now = ctx.current_utc_datetime
    spread = policy.interval * (zlib.crc32(f"{ctx.instance_id}/{look.name}".encode()) % 100) / 400
    wait = WaitOrder(
        activity=look.name,
        payload=order.to_json(),
        next_look=on_the_second(now + policy.first + spread),
        every=policy.interval,
        until=now + policy.timeout,
    )
    raw = yield from call_sub_orchestrator(ctx, AWAIT_OUTCOME, wait)
    return look.returns.read(raw)


def call_sub_orchestrator(ctx: Context, workflow: Workflow[In, Out], order: In) -> Steps[Out]:
    """Run *workflow* as a part of this one and return what it gives. Raises: CallFailedError when it failed."""
    try:
        raw = yield ctx.call_sub_orchestrator(workflow.name, order.to_json())
    except Exception as error:
        raise CallFailedError(workflow.name, first_line(error)) from error
    return workflow.returns.read(raw)


def call_sub_orchestrators(ctx: Context, workflow: Workflow[In, Out], orders: Sequence[In]) -> Steps[list[Out]]:
    """Run *workflow* once for each order, all at once. Raises: CallFailedError when one failed."""
    tasks = [ctx.call_sub_orchestrator(workflow.name, order.to_json()) for order in orders]
    try:
        raws = [(yield tasks[0])] if len(tasks) == 1 else (yield ctx.task_all(tasks))
    except Exception as error:
        raise CallFailedError(workflow.name, first_line(error)) from error
    return [workflow.returns.read(raw) for raw in raws]


def pause(ctx: Context, length: timedelta) -> Steps[None]:
    """Let time pass, in naps that Durable can cancel."""
    end = ctx.current_utc_datetime + length
    while ctx.current_utc_datetime < end:
        yield ctx.create_timer(min(end, ctx.current_utc_datetime + LONGEST_TIMER))
