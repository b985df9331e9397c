"""Measurements over many records: the work that waits in each tenant, by its reason; the age of old messages."""

from __future__ import annotations

from collections import Counter

from shared.clients.queues import oldest
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import MACHINE_GONE
from shared.domain.cloud_pcs.lifecycle import Status
from shared.services.directory_changes import POISON, QUEUE
from shared.services.maintenance_steps import TenantIds
from shared.services.spot_waiting import hosts_gone_everywhere, spot_waiting_everywhere
from shared.telemetry import (
    MACHINES_GONE,
    PENDING,
    REMOVALS_WAITING,
    SET_ASIDE,
    measure_now,
    measure_queue,
    measure_spot_waiting,
)

_MEASURED = (Status.PENDING_PROVISION, Status.FAILED, Status.IN_GRACE_PERIOD)


async def measure(deps: Dependencies, tenant_ids: TenantIds | None = None) -> None:
    """Measure every tenant: each table is read once for all of them, and Table Storage returns waiting rows only."""
    found = await deps.cloud_pcs.with_status_or_removal(*_MEASURED)
    pending = Counter(pc.tenant_id for pc in found if pc.status is Status.PENDING_PROVISION)
    removals = Counter(pc.tenant_id for pc in found if pc.removal is not None and pc.removal.waits)
    lost = [pc for pc in found if pc.status in {Status.FAILED, Status.IN_GRACE_PERIOD}]
    gone = Counter(pc.tenant_id for pc in lost if pc.failure is not None and pc.failure.code == MACHINE_GONE)
    spot = await spot_waiting_everywhere(deps)
    gone += await hosts_gone_everywhere(deps) if spot else Counter()
    aside = Counter(row.tenant_id for row in await deps.due.aside.all())
    for tenant_id in sorted({*await (tenant_ids or TenantIds(deps))(), *aside}):
        measure_now(MACHINES_GONE, gone[tenant_id], tenant_id=tenant_id)
        measure_now(PENDING, pending[tenant_id], tenant_id=tenant_id)
        measure_now(REMOVALS_WAITING, removals[tenant_id], tenant_id=tenant_id)
        measure_now(SET_ASIDE, aside[tenant_id], tenant_id=tenant_id)
    for tenant_id, waiting in spot.items():
        for what, number in waiting.to_json().items():
            measure_spot_waiting(what, number, tenant_id=tenant_id)


async def measure_queues(deps: Dependencies) -> None:
    """Measure how long the first message of each of the service's own queues has been there."""
    for name in (QUEUE, POISON):
        measure_queue(name, await oldest(deps.queue(name)))
