"""Stalled work: its instance is alive and makes no progress, as after the loss of a message of the host's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from shared.contracts.connections import CHECK_GROUP
from shared.contracts.definitions import Workflow
from shared.contracts.waiting import AWAIT_OUTCOME
from shared.dependencies import Dependencies
from shared.domain.values import Value
from shared.storage.due import DUE, PROGRESS_EVERY, Due, DueKind, Watching
from shared.telemetry import count_stalled
from shared.workflow import DurableClient, read_instance, stands_still_since, start

_log = logging.getLogger("deskwright.sweeps")

Order = TypeVar("Order", bound=Value)

SLACK = timedelta(minutes=15)
"""Longest time of the repeats of a failing call, beyond the time-out of the awaited work."""

BEGINS_WITHIN = timedelta(minutes=20)
"""Longest time that a start waits for the host; one that takes longer was lost."""

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
    """Start work that no record shows; before that, promise that a sweep checks whether it goes on.

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
