"""Forecasts of cost: of the machines that saving a form would build, or a change add and remove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cost.forecast import CostChange, forecast, forecast_everywhere
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.wizards.reviews import Review
from shared.services.cost.prices import renewed_book
from shared.services.operations.action_context import ActionContext


async def with_cost(
    context: ActionContext, reviewed: Review, region: str | None, plans: Sequence[ServicePlan]
) -> Review:
    """Return a review with the cost of a month of a machine for each of *plans* among the numbers of its forecast.

    Prices that were not read today are read now, so that the review of a size that nobody has yet has its price.
    """
    if reviewed.would_happen is None or region is None or not plans:
        return reviewed
    sizes = {(region, size_ladder(plan)[0].name) for plan in plans if size_ladder(plan)}
    book = await renewed_book(context.deps, context.tenant.id, sizes, context.now)
    found = forecast(plans, region, book, context.now.date())
    details = {**reviewed.would_happen.details, "monthlyCost": found.to_json()}
    return reviewed.but(would_happen=reviewed.would_happen.but(details=details))


async def cost_change(
    context: ActionContext, added: Sequence[tuple[str, ServicePlan]], removed: Sequence[tuple[str, ServicePlan]]
) -> CostChange | None:
    """Return the effect on a month's cost of machines by region and plan; None where there are none of either."""
    machines = [each for each in (*added, *removed) if size_ladder(each[1])]
    if not machines:
        return None
    sizes = {(region, size_ladder(plan)[0].name) for region, plan in machines}
    book, day = await renewed_book(context.deps, context.tenant.id, sizes, context.now), context.now.date()
    found = [[each for each in part if size_ladder(each[1])] for part in (added, removed)]
    return CostChange(added=forecast_everywhere(found[0], book, day), removed=forecast_everywhere(found[1], book, day))


async def placed(context: ActionContext, cloud_pcs: Iterable[CloudPc]) -> list[tuple[str, ServicePlan]]:
    """Return the region and the plan of Cloud PCs: of one without a machine, the region of its connection's site."""
    deps, tenant_id, found = context.deps, context.tenant.id, list[tuple[str, ServicePlan]]()
    regions: dict[str, str] = {}
    for pc in cloud_pcs:
        region = pc.current.resources.region
        connection_id = pc.current.snapshot.connection_id if pc.current.snapshot else None
        if region is None and connection_id is not None and connection_id not in regions:
            connection = await deps.connections.find(tenant_id, connection_id)
            site = await deps.sites.find(tenant_id, connection.value.site_id) if connection else None
            regions[connection_id] = site.value.region if site else ""
        if where := region or regions.get(connection_id or ""):
            found.append((where, pc.plan))
    return found
