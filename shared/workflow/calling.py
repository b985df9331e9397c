"""Calling activities and waiting, for a poll, a time or another workflow: retries, pauses, rate limits.

Not the SDK's ``*_with_retry``: its pauses do not double, it costs one timer more than it has attempts, and it must
not meet ``task_any`` (docs/notes/host.md 0.3, 1.8).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.contracts.calls import AWAIT_OUTCOME, RECORD_SILENCE, SilenceRecord, WaitingWork, WaitOrder
from shared.contracts.definitions import Activity, Json, Poll, PollPolicy, Retry, Workflow
from shared.contracts.outcomes import Pending
from shared.domain.destroying import Confirmation
from shared.domain.values import Value
from shared.workflow.orchestrating import Steps, predates
from shared.workflow.sdk import Context

Order = TypeVar("Order", bound=Value)
Ok = TypeVar("Ok")
Refusal = TypeVar("Refusal")


class CallFailedError(Exception):
    """A call failed as often as it may; *reason* is the message of the last failure."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} failed: {reason}")
        self.name = name
        self.reason = reason


def call(
    ctx: Context,
    activity: Activity[Order, Ok, Refusal],
    order: Order,
    waiting: WaitingWork | None = None,
    confirmation: Confirmation | None = None,
) -> Steps[Ok | Refusal]:
    """Call *activity* and return its outcome.

    *confirmation*: that it may be done; once that is old the activity asks again just before it acts, and refuses.

    Raises: CallFailedError when it failed more often than its contract allows, or a cloud was silent so often; with
    *waiting* the work waits for the cloud.
    """
    raw = yield from call_raw(ctx, activity.name, order.to_json(), activity.retry, waiting, confirmation)
    return activity.returns.read(raw)


def call_raw(
    ctx: Context,
    name: str,
    order: dict[str, Any],
    retry: Retry,
    waiting: WaitingWork | None = None,
    confirmation: Confirmation | None = None,
) -> Steps[Json]:
    """Call the activity *name* with JSON, return JSON."""
    (raw,) = yield from _call_each(ctx, name, [order], retry, waiting, confirmation)
    return raw


def call_all(
    ctx: Context, activity: Activity[Order, Ok, Refusal], orders: Sequence[Order], waiting: WaitingWork | None = None
) -> Steps[list[Ok | Refusal]]:
    """Call *activity* once for each order, all at once; return the outcomes in the order of *orders*."""
    payloads = [order.to_json() for order in orders]
    raws = yield from _call_each(ctx, activity.name, payloads, activity.retry, waiting)
    return [activity.returns.read(raw) for raw in raws]


def _call_each(
    ctx: Context,
    name: str,
    orders: list[dict[str, Any]],
    retry: Retry,
    waiting: WaitingWork | None,
    confirmation: Confirmation | None = None,
) -> Steps[list[dict[str, Any]]]:
    confirmed = {"confirmation": confirmation.to_json()} if confirmation else {}
    outcomes: dict[int, dict[str, Any]] = {}
    tickets: dict[int, list[Any]] = {}
    failures, silence = 0, _Silence(ctx, waiting)
    while missing := [n for n in range(len(orders)) if n not in outcomes]:
        also = {"orderedAt": ctx.current_utc_datetime.isoformat(), **confirmed}  # the moment of each call anew
        tasks = [ctx.call_activity(name, {"order": orders[n], "tickets": tickets.get(n, []), **also}) for n in missing]
        try:
            raws = [(yield tasks[0])] if len(tasks) == 1 else (yield ctx.task_all(tasks))
        except Exception as error:
            failures += 1
            if failures >= retry.attempts:
                raise CallFailedError(name, in_words(error)) from error
            yield ctx.create_timer(ctx.current_utc_datetime + retry.pause(failures))
            continue
        rest, silent = 0.0, None
        for n, raw in zip(missing, raws, strict=True):
            if raw.get("kind") == "later":
                tickets[n] = raw.get("tickets", [])
                rest, silent = max(rest, raw["after"]), raw.get("silent") or silent
            else:
                outcomes[n] = raw
        if silent is not None:
            rest = max(rest, retry.pause(silence.times + 1).total_seconds())
            if waiting is None and silence.times + 1 >= retry.attempts:
                raise CallFailedError(name, silent)
            yield from silence.goes_on(silent, timedelta(seconds=rest))
        elif silence.times:
            yield from silence.ends()
        if len(outcomes) < len(orders):
            yield ctx.create_timer(on_the_second(ctx.current_utc_datetime + timedelta(seconds=max(rest, 0.1))))
    return [outcomes[n] for n in range(len(orders))]


class _Silence:
    """A cloud that does not answer one call: how often in a row, since when, and the record of it."""

    _SHORT = 4
    """Number of silent answers in a row that are not recorded (about two minutes)."""

    def __init__(self, ctx: Context, waiting: WaitingWork | None) -> None:
        self._ctx, self._waiting, self._why = ctx, waiting, ""
        self._since = ctx.current_utc_datetime
        self.times = 0

    def goes_on(self, why: str, pause: timedelta) -> Steps[None]:
        """Count one more silent answer; record it when there were many."""
        if not self.times:
            self._since = self._ctx.current_utc_datetime
        self.times, self._why = self.times + 1, why
        yield from self._record(self._ctx.current_utc_datetime + pause)

    def ends(self) -> Steps[None]:
        """Record that the cloud answers again."""
        yield from self._record(None)
        self.times = 0

    def _record(self, next_at: datetime | None) -> Steps[None]:
        if self._waiting is None or self.times <= self._SHORT or predates(self._ctx, "1.1"):
            return
        record = SilenceRecord(work=self._waiting, why=self._why, since=self._since, next_at=next_at)
        yield from call(self._ctx, RECORD_SILENCE, record)


def on_the_second(at: datetime) -> datetime:
    """Return *at*, rounded up to whole seconds.

    What sleeps until the same moment is woken together: one batch for the host instead of hundreds of single turns.
    Who uses a token of a rate limit a little late takes nobody else's.
    """
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)


_FUNCTION = re.compile(r"^(?:Activity|Orchestrator) function '[^']*' failed:\s*")
_CLASS = re.compile(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception)):?\s*")
_OURS = frozenset({"UnavailableError", "UnansweredError", "OutageError", "ThrottledError", "RefusedError"})


def in_words(error: Exception) -> str:
    """Return a failure for people: the message of the activity's own error, without names of functions and classes.

    Durable appends the details in a second line. What is no error of ours says nothing to a person: the log has it.
    """
    text = str(error).split("\n", 1)[0].strip()
    while found := _FUNCTION.match(text):
        text = text[found.end() :]
    found = _CLASS.match(text)
    if found is None:
        return text
    return text[found.end() :] if found.group(1) in _OURS else "it failed unexpectedly; the log has the details"


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
