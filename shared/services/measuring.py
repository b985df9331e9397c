"""Measuring what no single call sees: how many Cloud PCs of each tenant wait, and for what; how old messages are."""

from __future__ import annotations

from collections import Counter

from shared.clients.queues import oldest
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import MACHINE_GONE
from shared.domain.cloud_pcs.lifecycle import Status
from shared.services.directory_changes import POISON, QUEUE
from shared.telemetry import MACHINES_GONE, PENDING, REMOVALS_WAITING, SET_ASIDE, measure_now, measure_queue


async def measure(deps: Dependencies) -> None:
    """Measure every tenant, in six reads for all together: Table Storage gives only what waits."""
    waiting = deps.cloud_pcs.of_all(status=Status.PENDING_PROVISION.value)
    pending = Counter([stored.value.tenant_id async for stored in waiting])
    removals = Counter(stored.value.tenant_id for stored in await deps.cloud_pcs.with_removals())
    broken = [deps.cloud_pcs.of_all(status=each.value) for each in (Status.FAILED, Status.IN_GRACE_PERIOD)]
    lost = [stored.value for found in broken async for stored in found]
    gone = Counter(pc.tenant_id for pc in lost if pc.failure is not None and pc.failure.code == MACHINE_GONE)
    aside = Counter(row.tenant_id for row in await deps.due.aside.all())
    for tenant_id in sorted({stored.value.id async for stored in deps.tenants.each()} | set(aside)):
        measure_now(MACHINES_GONE, gone[tenant_id], tenant_id=tenant_id)
        measure_now(PENDING, pending[tenant_id], tenant_id=tenant_id)
        measure_now(REMOVALS_WAITING, removals[tenant_id], tenant_id=tenant_id)
        measure_now(SET_ASIDE, aside[tenant_id], tenant_id=tenant_id)


async def measure_queues(deps: Dependencies) -> None:
    """Measure how long the first message of each of the service's own queues has been there."""
    for name in (QUEUE, POISON):
        measure_queue(name, await oldest(deps.queue(name)))
