"""Measuring what no single call sees: how many Cloud PCs of each tenant wait, and for what."""

from __future__ import annotations

from shared.domain.lifecycle import Status
from shared.telemetry import PENDING, REMOVALS_WAITING, measure_now
from shared.wiring import Services


async def measure(wired: Services) -> None:
    """Measure every tenant. Table Storage filters, so that only the Cloud PCs that wait are read."""
    async for tenant in wired.tenants.each():
        waiting = wired.cloud_pcs.each(tenant.value.id, status=Status.PENDING_PROVISION.value)
        pending = [stored async for stored in waiting]
        removals = await wired.cloud_pcs.with_removals(tenant.value.id)
        measure_now(PENDING, len(pending), tenant_id=tenant.value.id)
        measure_now(REMOVALS_WAITING, len(removals), tenant_id=tenant.value.id)
