"""Starting the builds that a plan has saved: all of a tenant at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shared.contracts.provisioning import order_for
from shared.contracts.reconciling import START_PROVISIONING, Started, StartOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pc import CloudPc, Failure
from shared.domain.connection import Connection
from shared.domain.lifecycle import Event
from shared.domain.queueing import waits
from shared.domain.tenant import Tenant
from shared.services.starting import start_build
from shared.storage.due import start_due
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What builds of one tenant stand on, read once for all of them."""

    tenant: Tenant
    connections: dict[str, Connection | None]


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(START_PROVISIONING)
async def start_provisioning(order: StartOrder, client: DurableClient) -> Started:
    """Start the builds of these Cloud PCs, as their records say; what runs already runs once."""
    found = await dependencies().tenants.find(order.tenant_id)
    if found is None:
        return Started(count=0)
    ground = _Ground(found.value, {})
    started = await asyncio.gather(*(_start(ground, pc_id, client) for pc_id in order.cloud_pc_ids))
    return Started(count=sum(started))


async def _start(ground: _Ground, cloud_pc_id: str, client: DurableClient) -> bool:
    here, tenant = dependencies(), ground.tenant
    stored = await here.cloud_pcs.find(tenant.id, cloud_pc_id)
    if stored is None or not waits(stored.value) or stored.value.snapshot is None:
        return False
    pc, connection_id = stored.value, stored.value.snapshot.connection_id
    if connection_id not in ground.connections:
        there = await here.connections.find(tenant.id, connection_id)
        ground.connections[connection_id] = there.value if there else None
    connection = ground.connections[connection_id]
    site = await here.sites.find(tenant.id, connection.site_id) if connection else None
    if connection is None or site is None:
        await _cannot_start(pc)
        return False
    await start_build(here, client, pc, order_for(pc, tenant, site.value, connection), at=here.clock.now())
    return True


async def _cannot_start(pc: CloudPc) -> None:
    failure = Failure(
        code="connectionGone",
        message="The connection or the site that the Cloud PC was to be built with is gone.",
        advice="Give the policy a connection that is there; then retry.",
        retriable=False,
    )
    at = dependencies().clock.now()

    def edit(there: CloudPc) -> CloudPc | None:
        if there.generation != pc.generation or not waits(there):
            return None
        return there.after(Event.GAVE_UP, at=at, last_error=failure, reason=None)

    await dependencies().cloud_pcs.change(pc.tenant_id, pc.id, edit)
    await dependencies().due.drop(start_due(pc))
