"""Reports of cost: the recorded minutes of some months, priced, beside their bill."""

from __future__ import annotations

from datetime import date

from shared.dependencies import Dependencies
from shared.domain.cost.ledger import days_of, months_between
from shared.domain.cost.report import CostGrouping, CostRow, CostSums
from shared.services.cost.actuals import actual_month
from shared.services.cost.prices import price_book
from shared.services.cost.recording import months_of


async def cost_report(
    deps: Dependencies, tenant_id: str, grouping: CostGrouping, span: tuple[date, date]
) -> list[CostRow]:
    """Return the cost of a tenant from the first to the last day of *span*, by subject."""
    book, sums = await price_book(deps, tenant_id), CostSums(grouping, span)
    for month in months_between(*span):
        actual = await actual_month(deps, tenant_id, month) if book.card.cost_export_url else None
        sums.add(await months_of(deps, tenant_id, month), days_of(month), book.rate, actual)
    return sums.rows(book, await _names(deps, tenant_id, grouping))


async def _names(deps: Dependencies, tenant_id: str, grouping: CostGrouping) -> dict[str, str]:
    """Return the names of the subjects that are policies or Spot Groups."""
    if grouping is CostGrouping.POLICY:
        return {each.value.id: each.value.display_name async for each in deps.policies.each(tenant_id)}
    if grouping is CostGrouping.SPOT_GROUP:
        return {each.value.id: each.value.display_name async for each in deps.spot_groups.each(tenant_id)}
    return {}
