"""Waiting: for the outcome of a poll, for a time, for another workflow."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from shared.contracts.definitions import Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Pending
from shared.contracts.silences import WaitingWork
from shared.contracts.waiting import AWAIT_OUTCOME, WaitOrder
from shared.domain.asking import Confirmation
from shared.domain.values import Value
from shared.workflow.calling import CallFailedError, in_words, on_the_second
from shared.workflow.orchestrating import Steps
from shared.workflow.sdk import Context

Order = TypeVar("Order", bound=Value)
Ok = TypeVar("Ok")
Refusal = TypeVar("Refusal")
Outcome = TypeVar("Outcome")

LONGEST_TIMER = timedelta(days=5)
"""Durable 1.7 cannot cancel a timer of more than six days
(https://github.com/Azure/azure-functions-durable-python/issues/573)."""


def wait_for(
    ctx: Context,
    poll: Poll[Order, Ok, Refusal],
    order: Order,
    policy: PollPolicy,
    waiting: WaitingWork | None = None,
    confirmation: Confirmation | None = None,
) -> Steps[Ok | Refusal | Pending]:
    """Poll until the outcome is no longer pending, or *policy* times out; then the outcome is ``Pending``.

    The first poll comes when it usually is done, spread by the instance's id so that a thousand waits do not poll in
    the same second.

    Raises: CallFailedError when a poll failed more often than it may; with *waiting* a silent cloud is waited for, and
    that time does not count.
    """
    wait = _wait_order(ctx, poll, order, policy, waiting, confirmation)
    raw = yield from call_sub_orchestrator(ctx, AWAIT_OUTCOME, wait)
    return poll.returns.read(raw)


def wait_for_all(
    ctx: Context,
    poll: Poll[Order, Ok, Refusal],
    orders: Sequence[Order],
    policy: PollPolicy,
    waiting: WaitingWork | None = None,
) -> Steps[list[Ok | Refusal | Pending]]:
    """Do the same as ``wait_for`` for each order, all at once; return the outcomes in the order of *orders*."""
    if not orders:
        return []
    waits = [_wait_order(ctx, poll, order, policy, waiting) for order in orders]
    raws = yield from call_sub_orchestrators(ctx, AWAIT_OUTCOME, waits)
    return [poll.returns.read(raw) for raw in raws]


def _wait_order(
    ctx: Context,
    poll: Poll[Order, Ok, Refusal],
    order: Order,
    policy: PollPolicy,
    waiting: WaitingWork | None,
    confirmation: Confirmation | None = None,
) -> WaitOrder:
    now = ctx.current_utc_datetime
    spread = policy.interval * (zlib.crc32(f"{ctx.instance_id}/{poll.name}".encode()) % 100) / 400
    return WaitOrder(
        activity=poll.name,
        payload=order.to_json(),
        next_poll=on_the_second(now + policy.first + spread),
        interval=policy.interval,
        until=now + policy.timeout,
        waiting=waiting,
        confirmation=confirmation,
    )


def call_sub_orchestrator(ctx: Context, workflow: Workflow[Order, Outcome], order: Order) -> Steps[Outcome]:
    """Run *workflow* as a part of this one and return its outcome. Raises: CallFailedError when it failed."""
    try:
        raw = yield ctx.call_sub_orchestrator(workflow.name, order.to_json())
    except Exception as error:
        raise CallFailedError(workflow.name, in_words(error)) from error
    return workflow.returns.read(raw)


def call_sub_orchestrators(
    ctx: Context, workflow: Workflow[Order, Outcome], orders: Sequence[Order]
) -> Steps[list[Outcome]]:
    """Run *workflow* once for each order, all at once. Raises: CallFailedError when one failed."""
    tasks = [ctx.call_sub_orchestrator(workflow.name, order.to_json()) for order in orders]
    try:
        raws = [(yield tasks[0])] if len(tasks) == 1 else (yield ctx.task_all(tasks))
    except Exception as error:
        raise CallFailedError(workflow.name, in_words(error)) from error
    return [workflow.returns.read(raw) for raw in raws]


def pause(ctx: Context, length: timedelta) -> Steps[None]:
    """Let time pass, in timers that Durable can cancel."""
    end = ctx.current_utc_datetime + length
    while ctx.current_utc_datetime < end:
        yield ctx.create_timer(min(end, ctx.current_utc_datetime + LONGEST_TIMER))
