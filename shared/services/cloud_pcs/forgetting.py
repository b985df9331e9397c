"""Removal of the record of a Cloud PC that has no machine, together with the record of its power."""

from __future__ import annotations

from shared.dependencies import Dependencies


async def forget_cloud_pc(deps: Dependencies, tenant_id: str, cloud_pc_id: str, *, seen: str | None = None) -> None:
    """Remove the records of a Cloud PC and of its power. Raises: StaleError if the first no longer has the ETag *seen*.

    The record of power goes first: one that stayed would have no Cloud PC by which it is found.
    """
    await deps.cloud_pc_powers.remove(tenant_id, cloud_pc_id)
    await deps.cloud_pcs.remove(tenant_id, cloud_pc_id, seen=seen)
