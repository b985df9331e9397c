"""Forgetting at night what nobody asks for any more: operations, bulk actions, answered Idempotency-Keys.

Records, their timelines and the audit log stay. What is forgotten is in the exports for as long as these are kept.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.bulk import OVER
from shared.domain.operation import ENDED
from shared.errors import StaleError
from shared.storage.idempotency import KEPT
from shared.wiring import Services


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each."""

    operations: int
    bulk_actions: int
    idempotency_keys: int


async def forget_old(wired: Services, now: datetime) -> Forgotten:
    """Remove what ended longer ago than the settings say, and keys older than the day for which they hold."""
    before = now - timedelta(days=wired.settings.operations_kept_in_days)
    return Forgotten(
        operations=await _forget_operations(wired, before),
        bulk_actions=await _forget_bulk_actions(wired, before),
        idempotency_keys=await wired.idempotency.forget(now - KEPT),
    )


async def _forget_operations(wired: Services, before: datetime) -> int:
    count = 0
    for status in ENDED:
        async for stored in wired.operations.of_all(status=status.value):
            old = stored.value
            if old.last_modified_date_time < before:  # as it ended: it is not changed afterwards
                with suppress(StaleError):
                    await wired.operations.remove(old.tenant_id, old.id, seen=stored.etag)
                    count += 1
    return count


async def _forget_bulk_actions(wired: Services, before: datetime) -> int:
    """Remove what is over; the items first: without their bulk action nothing would find them."""
    count = 0
    for status in OVER:
        async for stored in wired.bulk_actions.of_all(status=status.value):
            old = stored.value
            if old.last_modified_date_time >= before:
                continue
            for item in await wired.bulk_items.of(old.tenant_id, old.id):
                await wired.bulk_items.remove(old.tenant_id, item.value.id)
            with suppress(StaleError):
                await wired.bulk_actions.remove(old.tenant_id, old.id, seen=stored.etag)
                count += 1
    return count
