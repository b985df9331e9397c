"""Sweeps: every due row is checked against its record and acted on, and stalled work is ended.

Some rows are acted on at a time, and tenants take turns; a tick that has used its time leaves the rest to the next. A
row whose rule fails is pushed back, ever further; what fails for good, or cannot be read, is set aside and shown
(docs/decisions/0094).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from shared.contracts.calls import AWAIT_OUTCOME
from shared.contracts.connections import CHECK_GROUP
from shared.contracts.definitions import Workflow
from shared.dependencies import Dependencies, dependencies
from shared.domain.values import Value
from shared.errors import DeskwrightError, ThrottledError, UnavailableError, UnreadableError
from shared.storage.due import DUE, PROGRESS_EVERY, Due, DueKind, Watching
from shared.telemetry import count_stalled
from shared.workflow import DurableClient, read_instance, stands_still_since, start

_log = logging.getLogger("deskwright.sweeps")

Order = TypeVar("Order", bound=Value)

SLACK = timedelta(minutes=15)
"""Longest time of the repeats of a failing call, beyond the time-out of the awaited work."""

BEGINS_WITHIN = timedelta(minutes=20)
"""Longest time that a start waits for the host; after that the start counts as lost."""

AGAIN_AFTER = timedelta(minutes=1)
"""Time until ended work is started again: by then its instance has ended."""

FOUND_BY: Mapping[Workflow[Any, Any], tuple[DueKind, ...]] = MappingProxyType(
    {
        workflow: tuple(kind for kind, facts in DUE.items() if workflow in facts.watches)
        for workflow in dict.fromkeys(each for facts in DUE.values() for each in facts.watches)
    }
)
"""The due rows by which a sweep finds that an instance stands still."""

PARTS = frozenset({AWAIT_OUTCOME, CHECK_GROUP})
"""Orchestrations that run only as parts of another one, and end with it."""

_AGAIN: Mapping[str, Workflow[Any, Any]] = MappingProxyType(
    {workflow.name: workflow for workflow in DUE[DueKind.PROGRESS].watches}
)


async def end_stalled(
    client: DurableClient,
    workflow: Workflow[Any, Any],
    instance_id: str,
    now: datetime,
    longest_wait: timedelta | None = None,
) -> bool:
    """End an instance that has gone no further for longer than it may, so that a sweep starts it again.

    *longest_wait*: of what it does now, where that is known; else it is that of *workflow*. What it had begun in Azure
    goes on; whoever starts it again begins with what the record knows, and cleans up the rest.
    """
    still = await stands_still_since(client, instance_id)
    if still is None:
        return False
    if now - still.since <= ((longest_wait or workflow.longest_wait) + SLACK if still.begun else BEGINS_WITHIN):
        return False
    _log.warning("%s stands still since %s: ended, to be started again", instance_id, still.since.isoformat())
    count_stalled(workflow.name)
    await client.terminate(instance_id, f"it has stood still since {still.since.isoformat()}")
    with suppress(DeskwrightError):  # the health page shows it; the work goes on without
        await dependencies().stalled_work.note(workflow.name, instance_id, now)
    return True


async def start_watched(
    deps: Dependencies,
    client: DurableClient,
    workflow: Workflow[Order, Any],
    order: Order,
    *,
    tenant_id: str,
    instance_id: str,
) -> bool:
    """Start work that no record shows, after writing a due row so that a sweep checks that it runs.

    False: it runs already. The order is read from the instance when it has to be started again.
    """
    await deps.due.put(DueKind.PROGRESS, deps.clock.now() + PROGRESS_EVERY, tenant_id, instance_id)
    return await start(client, workflow, order, instance_id=instance_id)


async def progress_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """End a stalled instance, and start it again with its order; an instance that has ended is not looked at again.

    An instance of a newer release, which a rollback has failed, is started again too: no record shows its work.
    """
    found, now = await read_instance(client, due.subject_id), deps.clock.now()
    workflow = _AGAIN.get(found.name) if found else None
    if found is None or workflow is None:
        return None
    if found.alive:
        if await end_stalled(client, workflow, due.subject_id, now):
            await deps.due.put(
                DueKind.PROGRESS, now + AGAIN_AFTER, due.tenant_id, due.subject_id, Watching.STANDS_STILL
            )
            return None
        return now + (AGAIN_AFTER if due.variant is Watching.STANDS_STILL else PROGRESS_EVERY)
    if due.variant is Watching.STANDS_STILL or found.rolled_back:
        order = workflow.accepts.model_validate(found.order)
        await start_watched(deps, client, workflow, order, tenant_id=due.tenant_id, instance_id=due.subject_id)
    return None


_COMPARED_FIRST = timedelta(minutes=5)
"""Time until the next check of due rows of a tenant whose restored records are being compared with Azure."""

Rule = Callable[[Dependencies, DurableClient, Due], Awaitable[datetime | None]]
"""Acts on one due row; returns when to look again, None when it is done or no longer wanted."""

AT_ONCE, OF_ONE_TENANT = 16, 4
"""Number of rows of a kind that are acted on at a time, and the most of one tenant."""

BUDGET_S = 40.0
"""For so long a tick begins with rows of a kind: the next tick is a minute after it."""

ROW_S = 90.0
"""The most that one row may take. A call to a cloud ends after 60 s (``shared/clients/pipeline.py``)."""

MOST_FAILURES = 5
"""A row whose rule fails this often in succession is set aside, unless a cloud or the storage did not answer."""

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(minutes=15)


async def sweep_due(client: DurableClient, rules: Mapping[DueKind, Rule], *, budget_s: float | None = None) -> None:
    """Act on everything of some kinds that is due, with one read.

    Each kind has its own places and its own time, so that a slow one holds up no other.
    """
    deps = dependencies()
    found = await deps.due.due_among(rules, deps.clock.now())
    held = await deps.restores.comparing() if found else frozenset()
    until = asyncio.get_running_loop().time() + (BUDGET_S if budget_s is None else budget_s)
    of = {kind: [due for due in found if due.kind is kind] for kind in {due.kind for due in found}}
    rule_of = {kind: partial(_unless_compared_first, held, rules[kind]) for kind in of}
    await asyncio.gather(*(_act_on(deps, client, dues, rule_of[kind], until) for kind, dues in of.items()))


async def _unless_compared_first(
    comparing: frozenset[str], rule: Rule, deps: Dependencies, client: DurableClient, due: Due
) -> datetime | None:
    """Act on a row; postpone rows of a tenant whose restored records are being compared with Azure."""
    if due.tenant_id in comparing and due.kind is not DueKind.ORPHANS:
        return deps.clock.now() + _COMPARED_FIRST
    return await rule(deps, client, due)


async def _act_on(deps: Dependencies, client: DurableClient, dues: Sequence[Due], rule: Rule, until: float) -> None:
    """Act on the rows of one kind, tenants in turns, until the time is used up."""
    loop, places, left = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE), len(dues)

    async def share(rows: Iterator[Due]) -> None:
        """Act on rows of one tenant, one after the other; the tenants get places in the order of their requests."""
        nonlocal left
        for due in rows:
            async with places:
                if loop.time() >= until:
                    return
                left -= 1
                await _act(deps, client, due, rule)

    await asyncio.gather(*map(share, shares(dues)))
    if left:
        _log.warning("%d rows of %s are left to the next tick", left, dues[0].kind.value)


def shares(dues: Sequence[Due]) -> list[Iterator[Due]]:
    """Return sequences of rows to be worked off in parallel: some of each tenant, which share its rows in order.

    The first sequence of every tenant comes before the second of any; the tenant whose oldest row is oldest is first.
    """
    of_tenants: dict[str, list[Due]] = {}
    for due in dues:
        of_tenants.setdefault(due.tenant_id, []).append(due)
    shared = [(iter(rows), min(len(rows), OF_ONE_TENANT)) for rows in of_tenants.values()]
    return [rows for number in range(OF_ONE_TENANT) for rows, count in shared if number < count]


async def _act(deps: Dependencies, client: DurableClient, due: Due, rule: Rule) -> None:
    try:
        async with asyncio.timeout(ROW_S):
            again_at = await rule(deps, client, due)
        await (deps.due.drop(due) if again_at is None else deps.due.postpone(due, again_at))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others do not wait for it
        _log.warning("%s of %s/%s failed: %s", due.kind.value, due.tenant_id, due.subject_id, _words(error))
        await _put_off(deps, due, error)


async def _put_off(deps: Dependencies, due: Due, error: Exception) -> None:
    """Postpone a row whose rule has failed, or set it aside; if the storage fails too, the row is unchanged."""
    now, for_a_while = deps.clock.now(), isinstance(error, UnavailableError | TimeoutError)
    try:
        if isinstance(error, UnreadableError) or (due.failures + 1 >= MOST_FAILURES and not for_a_while):
            await deps.due.set_aside(due, _words(error), now)
        else:
            await deps.due.push_back(due, now + _pause(due, error), now)
    except Exception as second:  # noqa: BLE001 - as above
        _log.warning("%s of %s/%s stays due: %s", due.kind.value, due.tenant_id, due.subject_id, _words(second))


def _pause(due: Due, error: Exception) -> timedelta:
    growing: timedelta = min(_FIRST_PAUSE * 2 ** min(due.failures, 10), _LONGEST_PAUSE)
    return max(growing, error.after) if isinstance(error, ThrottledError) else growing


def _words(error: Exception) -> str:
    """Return the message for a person: our own errors are worded for people, of others only the type is named."""
    if isinstance(error, DeskwrightError):
        return str(error) or "The record is not in a state in which this can be done."
    return f"An error of the service ({type(error).__name__}); its log says more."
