"""End of the comparison of a tenant's records with Azure, which follows a restore."""

from __future__ import annotations

from contextlib import suppress

from shared.dependencies import Dependencies
from shared.domain.spot.hosts.host import planned_anew
from shared.errors import NotFoundError


async def stop_comparing(deps: Dependencies, tenant_id: str) -> None:
    """Compare the records of a tenant no longer, if they were being compared: its session hosts are planned anew."""
    if tenant_id not in await deps.restores.comparing():
        return
    async for stored in deps.session_hosts.each(tenant_id):
        with suppress(NotFoundError):
            await deps.session_hosts.change(tenant_id, stored.value.id, planned_anew, known=stored)
    await deps.restores.compared(tenant_id)
