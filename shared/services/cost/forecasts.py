"""Forecasts of cost in reviews: of the machines that saving a form would build."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.cost.forecast import forecast
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
