"""Keeping the lists beside the records small, and true to them (docs/decisions/0054)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from shared.dependencies import Dependencies
from shared.services.maintenance_steps import TenantIds
from shared.storage.listed import ListedRepository

_log = logging.getLogger("deskwright.maintenance")


async def fold_lists(deps: Dependencies, tenant_ids: TenantIds | None = None) -> int:
    """Put the pending changes into the lists of all tenants; return the number of changes."""
    return await _everywhere(deps, tenant_ids or TenantIds(deps), lambda rows, tenant_id: rows.fold(tenant_id))


async def repair_lists(deps: Dependencies) -> int:
    """Compare the lists of all tenants with the records, and mend them; return how many entries were wrong."""
    return await _everywhere(deps, TenantIds(deps), lambda rows, tenant_id: rows.repair(tenant_id))


async def _everywhere(
    deps: Dependencies, tenant_ids: TenantIds, keep: Callable[[ListedRepository[Any], str], Awaitable[int]]
) -> int:
    count = 0
    for tenant_id in await tenant_ids():
        for rows in (deps.cloud_pcs, deps.operations):
            try:
                count += await keep(rows, tenant_id)
            except Exception as error:  # noqa: BLE001  # the next time, then: the lists of the others do not wait for it
                _log.warning("a list of %s could not be kept: %s", tenant_id, error)
    return count
