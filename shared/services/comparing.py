"""After a restore, a tenant begins nothing that rests on its records until they were compared with Azure.

The scan for orphans compares them: it adopts the machines that the records do not know, and finds what is gone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.orphans import LAST, OrphanScan
from shared.domain.spot.host import planned_anew
from shared.domain.tenants.tenant import Paused, Tenant
from shared.errors import NotFoundError
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.records import Records
from shared.storage.repository import Stored

RESTORED = "restore"
"""Actor of the pause of a tenant while its restored records are compared."""


async def compare_first(records: Records, tenant: Tenant, at: datetime) -> None:
    """Want the records of a tenant compared before anything else: due rows wait, and the tenant is paused.

    *at*: the time of the export. One that somebody has paused stays so.
    """
    await records.restores.compare(tenant.id, at)
    reason = "its records were restored; they are being compared with what is in Azure"

    def edit(there: Tenant) -> Tenant | None:
        return None if there.paused else there.but(paused=Paused(by=RESTORED, at=at, reason=reason))

    await records.tenants.change(tenant.id, edit)
    found = await records.orphan_scans.find(tenant.id, LAST)
    scan = found.value if found else OrphanScan(id=LAST, tenant_id=tenant.id, started_at=at)
    await records.orphan_scans.save_all([Stored(scan.but(wanted_at=at, ended_at=None, restored_at=at), "*")])


async def end_comparison(deps: Dependencies, tenant_id: str, at: datetime) -> None:
    """End the pause of a restored tenant, whose records now match Azure."""
    await deps.due.put(DueKind.REREAD, at, tenant_id, EVERYBODY)

    def edit(there: Tenant) -> Tenant | None:
        return there.but(paused=None) if there.paused and there.paused.by == RESTORED else None

    await stop_comparing(deps, tenant_id)
    await deps.tenants.change(tenant_id, edit)


async def stop_comparing(deps: Dependencies, tenant_id: str) -> None:
    """Compare the records of a tenant no longer, if they were being compared: its session hosts are planned anew."""
    if tenant_id not in await deps.restores.comparing():
        return
    async for stored in deps.session_hosts.each(tenant_id):
        with suppress(NotFoundError):
            await deps.session_hosts.change(tenant_id, stored.value.id, planned_anew, known=stored)
    await deps.restores.compared(tenant_id)
