"""The records of power: read, changed, and made where a Cloud PC has none yet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.power.record import CloudPcPower
from shared.errors import ConflictError


async def change_power(
    deps: Dependencies,
    tenant_id: str,
    cloud_pc_id: str,
    at: datetime,
    edit: Callable[[CloudPcPower], CloudPcPower | None],
) -> CloudPcPower:
    """Change the record of a Cloud PC's power; a missing record is made *at* a time."""
    known = await deps.cloud_pc_powers.find(tenant_id, cloud_pc_id)
    if known is None:
        with suppress(ConflictError):  # another worker was first
            await deps.cloud_pc_powers.insert(CloudPcPower(id=cloud_pc_id, tenant_id=tenant_id, since=at))
    return await deps.cloud_pc_powers.change(tenant_id, cloud_pc_id, edit, known=known)
