"""Changed users of a directory: reported by notifications and builds, and settled by one workflow of a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.reconciling import SETTLE_CHANGES, ChangesOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.storage.due import DueKind
from shared.workflow import DurableClient, start


async def report_changes(
    deps: Dependencies,
    client: DurableClient,
    tenant_id: str,
    user_ids: Iterable[str],
    now: datetime,
    *,
    expected: bool = False,
) -> None:
    """Plan users anew who have changed: they are written down first, so that none is lost.

    However many messages come, a tenant has one workflow that settles them, and one due row. *expected*: they have
    joined a group or have a licence, so that a directory that does not show it yet lags.
    """
    await promise_settling(deps, tenant_id, now)
    await deps.changes.add(tenant_id, user_ids, now, expected=expected)
    await settle_changes(client, tenant_id)


async def promise_settling(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Write a row by which a sweep checks that all changes are settled: one row for all reports of a minute."""
    soon = now.replace(second=0, microsecond=0) + DueKind.CHANGES.checked_after
    await deps.due.put(DueKind.CHANGES, soon, tenant_id, tenant_id)


async def settle_changes(client: DurableClient, tenant_id: str) -> bool:
    """Start to settle the reported changes; return False if that runs already: it repeats until none is left."""
    return await start(client, SETTLE_CHANGES, ChangesOrder(tenant_id=tenant_id), instance_id=settling_id(tenant_id))


def settling_id(tenant_id: str) -> str:
    """Return the id of the workflow that settles the changes of a tenant."""
    return naming.instance_id(tenant_id, "all", "changes", 0)
