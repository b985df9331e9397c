"""Actual costs of a tenant: read from its export of Cost Management a few times a day, and kept by month."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cost.actual import READ_EVERY, ActualMonth, ActualRow, month_of_rows, rows_of
from shared.domain.cost.export import Billed, files_of, months_to_read, whole_until
from shared.domain.cost.rate_card import RateCard
from shared.errors import DeskwrightError
from shared.services.cost.prices import rate_card
from shared.services.cost.recording import months_of
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.cost")
_AT_ONCE = 1000
_READ_WITHIN_S = 120.0


async def read_actual_costs(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Read the tenant's export, if it names one; a fault is kept, and stops nothing else."""
    card = await rate_card(deps, tenant_id)
    if card.cost_export_url is None:
        return
    for month in months_to_read(now):
        head = await _head(deps, tenant_id, month)
        if head is not None and now - head.read_at < READ_EVERY:
            continue
        before = head.written if head else None
        head = (head or ActualRow(tenant_id=tenant_id, month=month, number=0, read_at=now)).but(read_at=now)
        try:
            async with asyncio.timeout(_READ_WITHIN_S):
                rows = await _read(deps, card, head)
        except (DeskwrightError, DeclinedError, ValueError, TimeoutError) as error:
            why = str(error) or f"the export could not be read within {_READ_WITHIN_S:.0f} seconds"
            _log.warning("the export of %s for %s gives nothing: %s", tenant_id, month, type(error).__name__)
            rows = [head.but(fault=why[:500])]
        await deps.actual_costs.save_all([Stored(each, "*") for each in rows])
        if len(rows) > 1 or (rows[0].fault is None and rows[0].written != before):
            await _forget_others(deps, rows[-1])


async def actual_month(deps: Dependencies, tenant_id: str, month: str) -> ActualMonth:
    """Return the actual costs of a month, with one query."""
    found = [stored.value async for _, stored in deps.actual_costs.between(tenant_id, _span(month), _AT_ONCE)]
    return month_of_rows(found)


async def export_fault(deps: Dependencies, tenant_id: str, now: datetime) -> str | None:
    """Return why the export of this month gave nothing new at its last reading, or None if it did."""
    if (await rate_card(deps, tenant_id)).cost_export_url is None:
        return None
    head = await _head(deps, tenant_id, f"{now:%Y-%m}")
    return head.fault if head else None


async def _forget_others(deps: Dependencies, last: ActualRow) -> None:
    """Remove the rows of an earlier reading that had more machines."""
    span = (f"{last.id}~", f"{last.month};")
    for _, row in [each async for each in deps.actual_costs.between(last.tenant_id, span, _AT_ONCE)]:
        await deps.actual_costs.remove(last.tenant_id, row.value.id)


def _span(month: str) -> tuple[str, str]:
    return f"{month}:", f"{month};"


async def _head(deps: Dependencies, tenant_id: str, month: str) -> ActualRow | None:
    found = await deps.actual_costs.find(tenant_id, f"{month}:0000")
    return found.value if found else None


async def _read(deps: Dependencies, card: RateCard, head: ActualRow) -> list[ActualRow]:
    """Return the rows of a month as its export has them now. Raises: DeskwrightError, DeclinedError, ValueError."""
    known = {each.machine.id for each in await months_of(deps, card.tenant_id, head.month)}
    export = await deps.cost_export(card.tenant_id, str(card.cost_export_url))
    try:
        files = files_of(await export.files(), head.month)
        if not files:
            raise ValueError(f"the folder has no CSV file of {head.month}")
        newest = max(files, key=lambda each: each.written)
        if head.fault is None and (head.source, head.written) == (newest.name, newest.written):
            return [head]
        billed = Billed(head.month, known)
        for file in files:
            await export.read(file, billed.add)
    finally:
        await export.close()
    if others := billed.currencies - {card.currency.value}:
        raise ValueError(f"it is billed in {', '.join(sorted(others))}, and the rate card is in {card.currency.value}")
    read = head.but(
        until=whole_until(billed.last, newest.written),
        currency=card.currency.value,
        source=newest.name,
        written=newest.written,
        skipped=billed.skipped,
        fault=None,
    )
    return list(rows_of(billed.machines, read))
