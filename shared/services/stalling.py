"""Work that stands still: its instance is alive and goes no further, as after a message of the host's was lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from shared.contracts.bulk import BULK
from shared.contracts.changes import SETTLE_CHANGES
from shared.contracts.cleaning import CLEAN_UP
from shared.contracts.configuration import RERUN_STEPS
from shared.contracts.connections import CHECK_CONNECTION, CHECK_GROUP
from shared.contracts.definitions import Workflow
from shared.contracts.deprovisioning import DEPROVISION
from shared.contracts.image_removals import REMOVE_IMAGE
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.contracts.images import BUILD_IMAGE
from shared.contracts.orphans import FIND_ORPHANS, REMOVE_ORPHAN
from shared.contracts.provisioning import PROVISION, REPLACE
from shared.contracts.reconciling import RECONCILE
from shared.contracts.remote_actions import RUN_REMOTE_ACTION
from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_engine import RUN_SPOT_ENGINE
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP
from shared.contracts.waiting import AWAIT_OUTCOME
from shared.dependencies import Dependencies
from shared.domain.values import Value
from shared.storage.due import PROGRESS_EVERY, STANDS_STILL, Due, DueKind
from shared.telemetry import count_stalled
from shared.workflow import DurableClient, read_instance, stands_still_since, start

_log = logging.getLogger("deskwright.sweeps")

Order = TypeVar("Order", bound=Value)

SLACK = timedelta(minutes=15)
"""What the repeats of a call that fails may take, beyond the time-out of what it waits for."""

BEGINS_WITHIN = timedelta(minutes=20)
"""How long a start may wait for the host; one that takes longer was lost."""

AGAIN_AFTER = timedelta(minutes=1)
"""When what was ended is started again: by then its instance has ended."""

FOUND_BY: Mapping[Workflow[Any, Any], tuple[DueKind, ...]] = MappingProxyType(
    {
        PROVISION: (DueKind.WATCH,),
        REPLACE: (DueKind.WATCH,),
        BUILD_IMAGE: (DueKind.BUILD,),
        REMOVE_IMAGE: (DueKind.PROGRESS,),
        CHECK_CONNECTION: (DueKind.RECHECK,),
        CLEAN_UP: (DueKind.CLEAN_UP,),  # alone; in a build it is a part of it
        DEPROVISION: (DueKind.PROGRESS, DueKind.DEPROVISION),  # that writes its row only when it has begun
        RECONCILE: (DueKind.RECONCILE, DueKind.PROGRESS),  # of everybody; of single users
        SETTLE_CHANGES: (DueKind.CHANGES,),
        BULK: (DueKind.BULK,),
        RUN_REMOTE_ACTION: (DueKind.ACT,),
        RERUN_STEPS: (DueKind.PROGRESS,),
        FIND_ORPHANS: (DueKind.ORPHANS,),
        REMOVE_ORPHAN: (DueKind.PROGRESS,),
        RECONCILE_SPOT_GROUP: (DueKind.SPOT,),
        RUN_SPOT_ENGINE: (DueKind.SPOT,),
        RUN_HOST_TASK: (DueKind.HOST,),
        BUILD_VERSION: (DueKind.IMAGE_VERSION,),
        SEAL_VERSION: (DueKind.IMAGE_VERSION,),
        REMOVE_VERSION: (DueKind.IMAGE_VERSION,),
        RUN_VERSION_ACTION: (DueKind.IMAGE_VERSION,),
    }
)
"""The due rows by which a sweep finds that an instance stands still."""

PARTS = frozenset({AWAIT_OUTCOME, CHECK_GROUP})
"""What runs only as a part of another orchestration, and ends with it."""

_AGAIN: Mapping[str, Workflow[Any, Any]] = MappingProxyType(
    {workflow.name: workflow for workflow, kinds in FOUND_BY.items() if DueKind.PROGRESS in kinds}
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
    """End an instance that stands still, and start it again with its order; one that has ended is looked at no more."""
    found, now = await read_instance(client, due.subject_id), deps.clock.now()
    workflow = _AGAIN.get(found.name) if found else None
    if found is None or workflow is None:
        return None
    if found.alive:
        if await end_stalled(client, workflow, due.subject_id, now):
            await deps.due.put(DueKind.PROGRESS, now + AGAIN_AFTER, due.tenant_id, due.subject_id, STANDS_STILL)
            return None
        return now + (AGAIN_AFTER if due.generation == STANDS_STILL else PROGRESS_EVERY)
    if due.generation == STANDS_STILL:
        order = workflow.accepts.model_validate(found.order)
        await start_watched(deps, client, workflow, order, tenant_id=due.tenant_id, instance_id=due.subject_id)
    return None
