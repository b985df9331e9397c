"""Starting the builds that a plan has saved: all of a tenant at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from activities.cloud_pcs.records import give_up_current
from shared.contracts.builds import FailedRecord
from shared.contracts.provisioning import order_for
from shared.contracts.reconciling import START_PROVISIONING, Started, StartOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.networks.connection import Connection
from shared.domain.planning.queueing import waits
from shared.domain.tenants.tenant import Tenant
from shared.services.cloud_pcs.builds import start_build
from shared.storage.due import start_due
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()


_CONNECTION_GONE = Failure.model_construct(
    code="connectionGone",
    message="The connection or the site that the Cloud PC was to be built with is gone.",
    advice="Give the policy a connection that is there; then retry.",
    retriable=False,
)


@dataclass(frozen=True, slots=True)
class _TenantData:
    """Data for the builds of one tenant, read once for all of them."""

    tenant: Tenant
    connections: dict[str, Connection | None]


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(START_PROVISIONING)
async def start_provisioning(order: StartOrder, client: DurableClient) -> Started:
    """Start the builds of these Cloud PCs, as their records say; a running build is not started again."""
    found = await dependencies().tenants.find(order.tenant_id)
    if found is None:
        return Started(count=0)
    tenant_data = _TenantData(found.value, {})
    started = await asyncio.gather(*(_start(tenant_data, pc_id, client) for pc_id in order.cloud_pc_ids))
    return Started(count=sum(started))


async def _start(tenant_data: _TenantData, cloud_pc_id: str, client: DurableClient) -> bool:
    deps, tenant = dependencies(), tenant_data.tenant
    stored = await deps.cloud_pcs.find(tenant.id, cloud_pc_id)
    if stored is None or stored.value.current.snapshot is None:
        return False
    pc, connection_id = stored.value, stored.value.current.snapshot.connection_id
    if not waits(pc):
        if pc.current.last_error == _CONNECTION_GONE:  # this activity is repeated, and may not have come to its end
            await _give_up(stored)
        return False
    if connection_id not in tenant_data.connections:
        found = await deps.connections.find(tenant.id, connection_id)
        tenant_data.connections[connection_id] = found.value if found else None
    connection = tenant_data.connections[connection_id]
    site = await deps.sites.find(tenant.id, connection.site_id) if connection else None
    if connection is None or site is None:
        await _give_up(stored)
        return False
    order = order_for(pc, pc.current, tenant, site.value, connection)
    await start_build(deps, client, pc, order, at=deps.clock.now())
    return True


async def _give_up(stored: Stored[CloudPc]) -> None:
    """End a build that cannot begin, as every build that fails: with its audit event, its clean-up, its operation."""
    pc, build = stored.value, stored.value.current
    failed = FailedRecord(
        tenant_id=pc.tenant_id,
        cloud_pc_id=pc.id,
        generation=build.generation,
        attempt=build.attempt,
        failure=_CONNECTION_GONE,
        last=True,
        warnings=build.warnings,
    )
    await give_up_current(stored, build, failed)
    await dependencies().due.drop(start_due(pc))
