"""Reconciles of a tenant: requested so that none is lost, and the rules and builds that a plan begins with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.reconciling import RECONCILE, ReconcileOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.operations.operation import Operation, OperationStatus, reconciled
from shared.domain.operations.pausing import ServiceState, pause_reason
from shared.domain.planning.plans import Rules
from shared.domain.policies.policy import Policy, Snapshot, snapshot_of
from shared.domain.tenants.tenant import Tenant
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import open_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled, start_watched
from shared.services.policies.scripts import scripts_by_id
from shared.storage.configuration import source_of
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient, start

SWEEP_AFTER = DueKind.RECONCILE.checked_after
"""Time after which a sweep checks that a requested reconcile has been started."""

RECONCILE_OPERATION = "reconcile"

_REFUSED = timedelta(hours=1)
"""Longest time until a reconcile that a directory refuses is tried again."""


async def reconcile_for(
    context: ActionContext, client: DurableClient, resource_id: str, *, warnings: tuple[dict[str, Any], ...] = ()
) -> Operation:
    """Reconcile the tenant because *resource_id* was changed; return its operation.

    The operation is opened after the request: the sweep that ends it must not find it with nothing requested. And
    before the start: the plan is shown in it.
    """
    await promise_reconcile(context.deps, context.tenant.id, context.now)
    operation = await open_operation(context, RECONCILE_OPERATION, resource_id, warnings=warnings)
    await start_reconcile(client, context.tenant.id)
    return operation


async def request_reconcile(deps: Dependencies, client: DurableClient, tenant_id: str, now: datetime) -> None:
    """Reconcile the whole tenant with its directory and policies now.

    A reconcile that runs already sees the marker when it ends and goes round again; one that never started, or
    ended in between, is started by the sweep.
    """
    await promise_reconcile(deps, tenant_id, now)
    await start_reconcile(client, tenant_id)


async def promise_reconcile(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the sweep reconcile the tenant soon: written before a record that must not be saved without it.

    First the due row, then the marker: without the marker the sweep forgets the row.
    """
    await deps.due.put(DueKind.RECONCILE, now + SWEEP_AFTER, tenant_id, tenant_id)
    await deps.requests.add(tenant_id, now)


async def start_reconcile(client: DurableClient, tenant_id: str) -> bool:
    """Start the tenant's reconcile; return False when it runs already."""
    order = ReconcileOrder(tenant_id=tenant_id)
    return await start(client, RECONCILE, order, instance_id=_instance(tenant_id))


def _instance(tenant_id: str) -> str:
    return naming.instance_id(tenant_id, "all", "reconcile", 0)


async def reconcile_users(
    deps: Dependencies,
    client: DurableClient,
    tenant_id: str,
    user_ids: tuple[str, ...],
    *,
    origin: str,
    round_: int = 0,
) -> None:
    """Reconcile just these users; the same *origin* twice is once."""
    order = ReconcileOrder(tenant_id=tenant_id, user_ids=tuple(dict.fromkeys(user_ids)), round=round_)
    subject = naming.derived_id("change", tenant_id, origin)
    instance_id = naming.instance_id(tenant_id, subject, "reconcile", round_)
    await start_watched(deps, client, RECONCILE, order, tenant_id=tenant_id, instance_id=instance_id)


async def close_operations(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """End the operations that wait for a reconcile: everything that was requested has been reconciled."""
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = deps.operations.each(tenant_id, kind=RECONCILE_OPERATION, status=status.value)
        for stored in [each async for each in waiting]:
            await deps.operations.change(tenant_id, stored.value.id, lambda operation: reconciled(operation, now))


async def reconcile_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start a requested reconcile that has not finished; after failures, at growing intervals."""
    requested_at, now = await deps.requests.newest(due.tenant_id), deps.clock.now()
    if requested_at is None:
        await close_operations(deps, due.tenant_id, now)
        return None
    if await end_stalled(client, RECONCILE, _instance(due.tenant_id), now):
        return now + AGAIN_AFTER
    if not await start_reconcile(client, due.tenant_id):
        return now + SWEEP_AFTER
    return now + min(max(SWEEP_AFTER, now - requested_at), _REFUSED)


def rules_of(service: ServiceState, tenant: Tenant, policies: Iterable[Policy]) -> Rules:
    """Return the rules for planning."""
    paused = {policy.id: why for policy in policies if (why := pause_reason(service, tenant, policy))}
    return Rules(
        brake=tenant.settings.removal_brake,
        disabled_lose=tenant.settings.disabled_account_starts_grace,
        paused=paused,
        halted=pause_reason(service, tenant, None),
    )


async def snapshots_of(deps: Dependencies, tenant: Tenant, policies: Iterable[Policy]) -> dict[str, Snapshot]:
    """Return the snapshot of a Cloud PC built now, by policy."""
    connections = {stored.value.id: stored.value async for stored in deps.connections.each(tenant.id)}
    policies = tuple(policies)
    scripts, made = await scripts_by_id(deps, tenant.id, policies), {}
    for policy in policies:
        snapshot = snapshot_of(policy, connections, await source_of(deps.images, policy), tenant.settings, scripts)
        if snapshot is not None:
            made[policy.id] = snapshot
    return made
