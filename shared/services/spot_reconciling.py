"""Requesting a Spot Group's reconcile so that the request is not lost, whatever fails in between; what is due of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP, SpotGroupOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.services.action_context import ActionContext
from shared.services.intents import Follow
from shared.services.spot_runs import look_due
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import Due, DueKind, SpotLook
from shared.workflow import DurableClient, start


async def promise_spot_reconcile(deps: Dependencies, tenant_id: str, group_id: str, now: datetime) -> None:
    """Have the sweep reconcile the group soon: written before a record that must not be saved without it."""
    await deps.due.put(DueKind.SPOT, now + DueKind.SPOT.checked_after, tenant_id, group_id)
    await deps.requests.add(tenant_id, now, group_id)


def reconciled_after(context: ActionContext, client: DurableClient, group_id: str) -> Follow:
    """Return the work that reconciles a group after a change: keyword arguments for the call that makes the change."""
    tenant_id = context.tenant.id
    return {
        "promise": partial(promise_spot_reconcile, context.deps, tenant_id, group_id, context.now),
        "start": lambda _: start_spot_reconcile(client, tenant_id, group_id),
    }


async def request_spot_reconcile(
    deps: Dependencies, client: DurableClient, tenant_id: str, group_id: str, now: datetime
) -> None:
    """Reconcile the group with its members and settings, now. A running reconcile does it again."""
    await promise_spot_reconcile(deps, tenant_id, group_id, now)
    await start_spot_reconcile(client, tenant_id, group_id)


async def start_spot_reconcile(client: DurableClient, tenant_id: str, group_id: str) -> bool:
    """Start the group's reconcile; return False when it runs already."""
    order = SpotGroupOrder(tenant_id=tenant_id, spot_group_id=group_id)
    return await start(client, RECONCILE_SPOT_GROUP, order, instance_id=_instance(tenant_id, group_id))


def _instance(tenant_id: str, group_id: str) -> str:
    return naming.instance_id(tenant_id, group_id, "spot", 0)


async def spot_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at a group again: because of the time, or because a request has not been handled."""
    if due.variant is SpotLook.HOSTS:
        return await look_due(deps, client, due)
    if await deps.spot_groups.find(due.tenant_id, due.subject_id) is None:
        return None
    now = deps.clock.now()
    if await end_stalled(client, RECONCILE_SPOT_GROUP, _instance(due.tenant_id, due.subject_id), now):
        return now + AGAIN_AFTER
    started = await start_spot_reconcile(client, due.tenant_id, due.subject_id)
    requested = await deps.requests.newest(due.tenant_id, due.subject_id)
    if started and requested is None:
        return None
    return now + DueKind.SPOT.checked_after  # one that runs may have planned before
