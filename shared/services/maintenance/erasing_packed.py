"""Erasure of a person from rows whose contents are packed: the ledger of costs, and Cloud PCs by day."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any

from shared.domain.cloud_pcs.day import STRETCHES
from shared.domain.cloud_pcs.load import LOADS
from shared.domain.cloud_pcs.use import USES
from shared.domain.usage import DaysByCloudPc
from shared.errors import StaleError
from shared.storage.records import Records

_BY_CLOUD_PC: tuple[DaysByCloudPc[Any], ...] = (USES, STRETCHES, LOADS)


async def rename_machines(
    records: Records, tenant_id: str, pc_ids: Collection[str], pseudonym: str, *, apply: bool
) -> int:
    """Put the pseudonym in place of the names of the person's machines in the ledger; return the number of rows."""
    count = 0
    async for stored in records.ledger.each(tenant_id):
        months = stored.value.months()
        if not any(each.machine.id in pc_ids and each.machine.name != pseudonym for each in months):
            continue
        count += 1
        renamed = [
            replace(each, machine=replace(each.machine, name=pseudonym)) if each.machine.id in pc_ids else each
            for each in months
        ]
        if apply:
            with suppress(StaleError):  # the hour was recorded just now: the next run finds it
                row = stored.value.with_months(renamed, stored.value.until)
                await records.ledger.replace(row, seen=stored.etag)
    return count


async def forget_use(records: Records, tenant_id: str, pc_ids: Collection[str], *, apply: bool) -> int:
    """Take the person's Cloud PCs out of the days that have their use; return the number of rows."""
    count = 0
    async for stored in records.usage.each(tenant_id):
        row = stored.value
        for kind in _BY_CLOUD_PC:
            row = kind.without(row, pc_ids)
        if row == stored.value:
            continue
        count += 1
        if apply:
            with suppress(StaleError):  # the same
                await records.usage.replace(row, seen=stored.etag)
    return count
