"""Health checks of connections: begun when one is saved, when a person requests them, and when they are due."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TypeVar

from shared.contracts.connections import CHECK_CONNECTION, CheckConnectionOrder, ProbeOrder
from shared.contracts.machines import HostedNetworkOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Phase
from shared.domain.networks.connection import (
    WANTED_AFTER_DEMAND,
    WANTED_AFTER_EDIT,
    Connection,
    HealthStatus,
    check_again_after,
)
from shared.domain.networks.health import PROBE_CHECKS
from shared.domain.operations.operation import Operation, OperationStatus, ResourceType
from shared.domain.operations.pausing import pause_reason
from shared.domain.tenants.tenant import Site, Tenant
from shared.services.networks.join_passwords import forget_earlier_passwords
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import BegunOperation, Promise, Resource, begin_operation, make_change
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import RecordWrite
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient, start

CHECK_OPERATION = "checkConnection"

_PROBE_NAME = "CPC-HTH-%RAND:5%"

R = TypeVar("R")


async def begin_check(
    context: ActionContext,
    client: DurableClient,
    connection: Connection,
    site: Site,
    write: RecordWrite[R],
    *,
    first: Promise | None = None,
) -> BegunOperation[R]:
    """Make a change and begin the health checks of the changed *connection*, with a probe; return the operation.

    *first*: what is done between the two.
    Checks that run already come to their end first; the sweep begins these after them. Two that wait are one.
    """
    deps, tenant = context.deps, context.tenant
    resource = Resource(ResourceType.CONNECTION, connection.id)
    promise = partial(
        deps.due.put, DueKind.RECHECK, context.now + DueKind.RECHECK.checked_after, tenant.id, connection.id
    )
    waiting = await unfinished_check(deps, connection, OperationStatus.NOT_STARTED)
    operation_id = waiting.id if waiting else context.operation_id

    async def begin(_: R) -> None:
        if first is not None:
            await first()
        await start_check(deps, client, tenant, site, connection, operation_id, requested=True)

    if waiting is None:
        return await begin_operation(context, CHECK_OPERATION, resource, write, promise=promise, start=begin)
    return BegunOperation(waiting, await make_change(context, resource, write, promise=promise, start=begin))


async def start_check(
    deps: Dependencies,
    client: DurableClient,
    tenant: Tenant,
    site: Site,
    connection: Connection,
    operation_id: str | None = None,
    *,
    requested: bool,
) -> bool:
    """Start the health checks of a connection; return False when they run already."""
    hosted = None
    if connection.network.hosted:
        hosted = HostedNetworkOrder(
            tenant_id=tenant.id,
            subscription_id=connection.subscription_id,
            resource_group=site.resource_group,
            region=site.region,
            address_space=naming.regional_address_space(site.address_space, 0),
        )
    order = CheckConnectionOrder(
        tenant_id=tenant.id,
        connection_id=connection.id,
        operation_id=operation_id,
        hosted_network=hosted,
        probe=probe_for(connection, site, requested=requested, at=deps.clock.now()),
    )
    return await start(client, CHECK_CONNECTION, order, instance_id=_instance(connection))


def _instance(connection: Connection) -> str:
    return naming.instance_id(connection.tenant_id, connection.id, "check", 0)


def probe_for(connection: Connection, site: Site, *, requested: bool, at: datetime) -> ProbeOrder | None:
    """Return the order of a probe, or of the clean-up after earlier ones; None if neither is needed."""
    wanted = probe_wanted(connection, requested=requested)
    if not wanted and not connection.probe_computer_names:
        return None
    seed = f"{connection.tenant_id}/{connection.id}/{at.isoformat()}"
    return ProbeOrder(
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        subscription_id=connection.subscription_id,
        resource_group=site.resource_group,
        region=site.region,
        zones=site.zones,
        address_space=site.address_space,
        network=connection.network,
        join_type=connection.join_type,
        domain=connection.domain,
        computer_name=naming.computer_name(_PROBE_NAME, "", seed=seed),
        earlier=connection.probe_computer_names,
        unsettled=connection.probe_accounts_unsettled,
        clean_only=not wanted,
    )


def probe_wanted(connection: Connection, *, requested: bool) -> bool:
    """Whether to spend minutes and money on a probe (docs/decisions).

    Unless a person requests it, only what a probe has found wrong is probed again. A hosted network is ours and the
    same everywhere: it is probed on request, not when its connection is saved.
    """
    if requested:
        return not connection.network.hosted or connection.checked_date_time is not None
    return any(f.display_name in PROBE_CHECKS and f.status is HealthStatus.FAILED for f in connection.health_checks)


async def check_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Check a connection whose checks are old, were requested, never began, or broke off.

    While one runs, its instance is alive and nothing is started; the sweep after its end sees when the next is due. A
    tenant that is paused, or the whole service, builds nothing: the connections are checked when it is resumed.
    """
    tenant = await deps.tenants.find(due.tenant_id)
    found = await deps.connections.find(due.tenant_id, due.subject_id)
    if tenant is None or found is None:
        return None
    connection, now = found.value, deps.clock.now()
    every = check_again_after(connection.health_check_status, tenant.value.settings.connection_recheck)
    operation = await unfinished_check(deps, connection, OperationStatus.NOT_STARTED, OperationStatus.RUNNING)
    if operation is None:
        if connection.checked_date_time and now - connection.checked_date_time < every:
            return connection.checked_date_time + every
        halted = pause_reason(await deps.service_state.get(), tenant.value, None)
        if halted or await _paused(deps, connection, now):
            return now + every
        if connection.usable:  # no build that reads the password of an account before is under way any more
            connection = await forget_earlier_passwords(deps, connection)
    site = await deps.sites.find(due.tenant_id, connection.site_id)
    if site is None:
        return now + every
    if await end_stalled(client, CHECK_CONNECTION, _instance(connection), now):
        return now + AGAIN_AFTER
    operation_id = operation.id if operation else None
    requested = operation is not None
    await start_check(deps, client, tenant.value, site.value, connection, operation_id, requested=requested)
    return now + DueKind.RECHECK.checked_after


async def promise_checks(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the sweep check a tenant's connections soon: none was checked while it was paused."""
    async for stored in deps.connections.each(tenant_id):
        await deps.due.put(DueKind.RECHECK, now, tenant_id, stored.value.id)


async def unfinished_check(deps: Dependencies, connection: Connection, *statuses: OperationStatus) -> Operation | None:
    """Return the first operation that waits for a connection's health checks and has one of *statuses*."""
    for status in statuses:
        filters = {"kind": CHECK_OPERATION, "resource_id": connection.id, "status": status.value}
        async for stored in deps.operations.each(connection.tenant_id, **filters):
            return stored.value
    return None


async def users_of(deps: Dependencies, connection: Connection) -> tuple[list[str], int]:
    """Return the names of the policies that name a connection, and how many Cloud PCs are built through it."""
    policies = [
        stored.value.display_name
        async for stored in deps.policies.each(connection.tenant_id)
        if connection.id in stored.value.connection_ids
    ]
    return policies, await cloud_pcs_of(deps, connection)


async def spot_groups_of(deps: Dependencies, connection: Connection) -> list[str]:
    """Return the names of the Spot Groups whose hosts join by a connection."""
    groups = deps.spot_groups.each(connection.tenant_id, connection_id=connection.id)
    return [stored.value.display_name async for stored in groups]


async def cloud_pcs_of(deps: Dependencies, connection: Connection) -> int:
    """Return how many Cloud PCs are, or are being, built through a connection."""
    return len([1 async for pc in deps.cloud_pcs.each(connection.tenant_id) if built_through(pc.value, connection.id)])


def built_through(pc: CloudPc, connection_id: str) -> bool:
    """Whether a Cloud PC is, or is being, built through a connection."""
    return any(
        build.phase is not Phase.NONE and build.snapshot is not None and build.snapshot.connection_id == connection_id
        for build in pc.builds
    )


def wanted_for_now(connection: Connection, now: datetime, *, edited: bool) -> datetime:
    """Return until when the checks are repeated by time, now that somebody has used the connection."""
    until = now + (WANTED_AFTER_EDIT if edited else WANTED_AFTER_DEMAND)
    return max(until, connection.checks_wanted_until or until)


async def _paused(deps: Dependencies, connection: Connection, now: datetime) -> bool:
    """Whether the checks may pause; checks of a connection in use continue for four more weeks."""
    if not connection.checks_paused(now, in_use=False):
        return False
    policies, cloud_pcs = await users_of(deps, connection)
    if not (policies or cloud_pcs):
        return True
    until = now + WANTED_AFTER_EDIT
    await deps.connections.change(
        connection.tenant_id, connection.id, lambda there: there.but(checks_wanted_until=until)
    )
    return False
