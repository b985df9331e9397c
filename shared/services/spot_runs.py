"""Running the engine of a Spot Group: requesting it so that it is not lost, and what is due of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from shared.contracts.spot_engine import RUN_SPOT_ENGINE, EngineOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.services.action_context import ActionContext
from shared.services.intents import Follow
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import Due, DueKind, SpotLook
from shared.workflow import DurableClient, start


def engine_subject(group_id: str) -> str:
    """Return the subject of requests to run the engine of a group; that of its members is the group's id."""
    return f"{group_id}/hosts"


async def promise_spot_run(deps: Dependencies, tenant_id: str, group_id: str, now: datetime) -> None:
    """Have the sweep run the engine soon: written before a record that must not be saved without it."""
    await deps.due.put(DueKind.SPOT, full_minute(now) + DueKind.SPOT.checked_after, tenant_id, group_id, SpotLook.HOSTS)
    await deps.requests.add(tenant_id, now, engine_subject(group_id))


def run_after(context: ActionContext, client: DurableClient, group_id: str) -> Follow:
    """Return sequences of rows that are worked off in parallel: some of each tenant, which share its rows in order.

    The first sequence of every tenant comes before the second of any; the tenant whose oldest row is oldest is first.
    """
    tenant_id = context.tenant.id
    return {
        "promise": partial(promise_spot_run, context.deps, tenant_id, group_id, context.now),
        "start": lambda _: start_spot_run(client, tenant_id, group_id),
    }


async def request_spot_run(
    deps: Dependencies, client: DurableClient, tenant_id: str, group_id: str, now: datetime
) -> None:
    """Run the engine of a group now. A running engine runs once more."""
    await promise_spot_run(deps, tenant_id, group_id, now)
    await start_spot_run(client, tenant_id, group_id)


async def start_spot_run(client: DurableClient, tenant_id: str, group_id: str) -> bool:
    """Start a run of the engine; return False when one runs already."""
    order = EngineOrder(tenant_id=tenant_id, spot_group_id=group_id)
    return await start(client, RUN_SPOT_ENGINE, order, instance_id=_instance(tenant_id, group_id))


def _instance(tenant_id: str, group_id: str) -> str:
    return naming.instance_id(tenant_id, group_id, "engine", 0)


async def look_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Run the engine of a group because of the time, or because a request has not been handled.

    A row that is older than the latest plan's next look is forgotten: another announces that. Rows are of whole
    minutes, so that there are at most a few of a group, however often it is looked at.
    """
    now = deps.clock.now()
    requested = await deps.requests.newest(due.tenant_id, engine_subject(due.subject_id))
    state = await deps.spot_states.find(due.tenant_id, due.subject_id)
    next_look = state.value.next_look_at if state else None
    if requested is None and state is not None and state.value.planned_at and (next_look is None or next_look > now):
        return None
    if await deps.spot_groups.find(due.tenant_id, due.subject_id) is None:
        return None
    if await end_stalled(client, RUN_SPOT_ENGINE, _instance(due.tenant_id, due.subject_id), now):
        return now + AGAIN_AFTER
    await start_spot_run(client, due.tenant_id, due.subject_id)
    return full_minute(now) + DueKind.SPOT.checked_after


def full_minute(moment: datetime) -> datetime:
    """Return the minute in which *moment* is."""
    return moment.replace(second=0, microsecond=0)
