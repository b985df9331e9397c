"""Erasure of a person from rows whose contents are packed: the ledger of costs, and Cloud PCs by day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from shared.domain.cloud_pcs import day, load, use
from shared.domain.usage import UsageDay, page_named
from shared.errors import StaleError
from shared.storage.records import Records


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


_BY_CLOUD_PC: Mapping[str, tuple[Callable[[UsageDay], dict[str, Any]], Callable[..., UsageDay]]] = MappingProxyType(
    {
        use.SUBJECT: (use.uses_in, use.page_of),
        day.SUBJECT: (day.stretches_in, day.page_of),
        load.SUBJECT: (load.loads_in, load.page_of),
    }
)
"""Reader and maker of the rows of several Cloud PCs, by their subject."""


async def forget_use(records: Records, tenant_id: str, pc_ids: Collection[str], *, apply: bool) -> int:
    """Take the person's Cloud PCs out of the days that have their use; return the number of rows."""
    count = 0
    async for stored in records.usage.each(tenant_id):
        page = stored.value
        subject, number = page_named(page)
        if subject not in _BY_CLOUD_PC:
            continue
        contents, page_of = _BY_CLOUD_PC[subject]
        there = contents(page)
        kept = {pc_id: each for pc_id, each in there.items() if pc_id not in pc_ids}
        if len(kept) == len(there):
            continue
        count += 1
        if apply:
            with suppress(StaleError):  # the same
                await records.usage.replace(page_of(tenant_id, page.day, number, kept), seen=stored.etag)
    return count
