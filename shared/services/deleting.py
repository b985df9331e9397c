"""Nightly deletion of old operations, bulk actions and answered Idempotency-Keys.

Records, their timelines and the audit log stay. What is deleted is in the exports for as long as these are kept.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.operations.bulk import OVER
from shared.domain.operations.operation import ENDED
from shared.errors import StaleError
from shared.storage.idempotency import KEPT


@dataclass(frozen=True, slots=True)
class Deleted:
    """Numbers of deleted rows."""

    operations: int
    bulk_actions: int
    idempotency_keys: int


async def delete_old(deps: Dependencies, now: datetime) -> Deleted:
    """Remove operations and bulk actions that ended longer ago than the settings say, and keys older than a day."""
    before = now - timedelta(days=deps.settings.operations_kept_in_days)
    return Deleted(
        operations=await _delete_operations(deps, before),
        bulk_actions=await _delete_bulk_actions(deps, before),
        idempotency_keys=await deps.idempotency.delete_before(now - KEPT),
    )


async def _delete_operations(deps: Dependencies, before: datetime) -> int:
    count = 0
    for status in ENDED:
        async for stored in deps.operations.of_all(status=status.value):
            old = stored.value
            if old.last_modified_date_time < before:  # as it ended: it is not changed afterwards
                with suppress(StaleError):
                    await deps.operations.remove(old.tenant_id, old.id, seen=stored.etag)
                    count += 1
    return count


async def _delete_bulk_actions(deps: Dependencies, before: datetime) -> int:
    """Remove ended bulk actions, each after its items: without the bulk action nothing would find them.

    Return their number.
    """
    count = 0
    for status in OVER:
        async for stored in deps.bulk_actions.of_all(status=status.value):
            old = stored.value
            if old.last_modified_date_time >= before:
                continue
            for item in await deps.bulk_items.of(old.tenant_id, old.id):
                await deps.bulk_items.remove(old.tenant_id, item.value.id)
            with suppress(StaleError):
                await deps.bulk_actions.remove(old.tenant_id, old.id, seen=stored.etag)
                count += 1
    return count
