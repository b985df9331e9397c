"""Budgets: kept, checked once an hour after the minutes are recorded, and their brake."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cost.budgets import Budget, BudgetScope, BudgetSettings, forecast_of
from shared.domain.cost.ledger import MonthOfMachine, days_of, month_of, month_start, next_month
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.cost.report import CostGrouping, CostSums, hourly_cost
from shared.domain.machines.service_plan import size_ladder
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.domain.power.state import BudgetBrake
from shared.errors import InvalidError, NotFoundError, Problem, StaleError
from shared.services.cost.prices import price_book, rate_card
from shared.services.cost.recording import months_of
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import deletion, insertion, replacement
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.cost")
_BUDGETS: TtlCache[tuple[Budget, ...]] = TtlCache(timedelta(minutes=1))
"""The budgets of a tenant: each look at a machine asks for its brake."""

_GROUPINGS = {
    BudgetScope.TENANT: CostGrouping.TENANT,
    BudgetScope.POLICY: CostGrouping.POLICY,
    BudgetScope.SPOT_GROUP: CostGrouping.SPOT_GROUP,
}


async def put_budget(
    context: ActionContext, before: Stored[Budget] | None, budget_id: str, settings: BudgetSettings
) -> Stored[Budget]:
    """Add a budget, or replace the settings of *before*. Raises: InvalidError, ConflictError, StaleError."""
    await _refuse_unknown_subject(context, settings)
    repository, tenant_id = context.deps.budgets, context.tenant.id
    budget = Budget(id=budget_id, tenant_id=tenant_id, **dict(settings))
    write = (
        replacement(before, before.value.of(settings), repository.replace)
        if before
        else insertion(context, repository, budget, budget.id)
    )
    stored = await make_change(context, Resource(ResourceType.BUDGET, budget_id), write)
    _BUDGETS.drop(context.deps, tenant_id)
    return stored


async def delete_budget(context: ActionContext, stored: Stored[Budget]) -> None:
    """Delete a budget; its brake ends. Raises: StaleError."""
    budget = stored.value
    await make_change(context, Resource(ResourceType.BUDGET, budget.id), deletion(stored, context.deps.budgets))
    _BUDGETS.drop(context.deps, budget.tenant_id)


async def delete_budgets_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the budgets of a tenant."""
    async for stored in deps.budgets.each(tenant_id):
        await deps.budgets.remove(tenant_id, stored.value.id)


async def check_budgets(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Compare each budget of a tenant with its costs; write its notices, and set its brake.

    One check of a budget counts: of two that run at once, the later write is refused.
    """
    budgets = [stored async for stored in deps.budgets.each(tenant_id)]
    if not budgets:
        return
    month = month_of(now.date())
    machines = await months_of(deps, tenant_id, month)
    book = await price_book(deps, tenant_id)
    begins = _counted_from(machines, month)
    for stored in budgets:
        sums = CostSums(_GROUPINGS[stored.value.scope], (begins.date(), now.date()))
        sums.add(machines, days_of(month), book.rate)
        rows = {row.id: row for row in sums.rows(book, {})}
        row = rows.get(stored.value.subject_id or CostGrouping.TENANT.value)
        spent = row.cost if row else 0.0
        forecast = None if spent is None else round(forecast_of(spent, begins, now, next_month(now)), 2)
        hourly = hourly_cost(machines, _GROUPINGS[stored.value.scope], row.id if row else "", now.date(), book)
        await _settle(deps, stored, stored.value.checked(spent, forecast, month, now, hourly), book.card.currency)
    _BUDGETS.drop(deps, tenant_id)


async def brake_of(deps: Dependencies, pc: CloudPc) -> BudgetBrake | None:
    """Return the brake of the budgets that a Cloud PC belongs to, the oldest one; None while none is on."""
    brakes = [found for each in await _covering(deps, pc) if (found := each.brake()) is not None]
    return min(brakes, key=lambda brake: brake.since, default=None)


async def why_new_builds_wait(deps: Dependencies, pc: CloudPc) -> str | None:
    """Return why a Cloud PC that has no machine yet waits for a budget, or None if it may be built: then it counts.

    Near the amount of a budget each build is noted in its record, one after the other: builds that begin at once would
    otherwise each see the room that is left for one.
    """
    now = deps.clock.now()
    covering = [each for each in await _covering(deps, pc) if each.brakes]
    full = next((each for each in covering if each.parks(now)), None)
    if full is None and covering:
        price = _highest_price(pc, await price_book(deps, pc.tenant_id), now)
        for budget in covering:
            if not budget.is_far(price, now) and (full := await _noted(deps, budget, price, now)) is not None:
                break
    return None if full is None else full.why_parked((await rate_card(deps, pc.tenant_id)).currency)


async def why_pools_wait(deps: Dependencies, tenant_id: str, policy_id: str) -> str | None:
    """Return why the warm pools of a policy are not refilled, or None if they are."""
    braking = (each for each in await _covering_policy(deps, tenant_id, policy_id) if each.brake() is not None)
    found = next(braking, None)
    if found is None:
        return None
    return f"nothing is built: the budget {found.display_name} of this month brakes"


async def _noted(deps: Dependencies, budget: Budget, price: float, now: datetime) -> Budget | None:
    """Count a build that begins; return the budget where it may not begin."""
    refused = False

    def edit(there: Budget) -> Budget | None:
        nonlocal refused
        refused = there.parks(now)
        return None if refused else there.with_begun(price)

    try:
        after = await deps.budgets.change(budget.tenant_id, budget.id, edit)
    except NotFoundError:  # deleted meanwhile
        return None
    return after if refused else None


def _highest_price(pc: CloudPc, book: PriceBook, now: datetime) -> float:
    """Return the price of an hour of a machine: of its dearest size and region, because neither is decided yet."""
    meters = [meter_of(size.name) for size in size_ladder(pc.plan)]
    known = (book.rate(region, meter, now.date()) for region in book.regions for meter in meters)
    return max((each for each in known if each is not None), default=0.0)


async def _covering(deps: Dependencies, pc: CloudPc) -> list[Budget]:
    return await _covering_policy(deps, pc.tenant_id, pc.current.policy_id)


async def _covering_policy(deps: Dependencies, tenant_id: str, policy_id: str | None) -> list[Budget]:
    async def read() -> tuple[Budget, ...]:
        return tuple([stored.value async for stored in deps.budgets.each(tenant_id)])

    month = month_of(deps.clock.now().date())
    found = await _BUDGETS.get_or(deps, tenant_id, read)
    return [each for each in found if each.use is not None and each.use.month == month and each.covers(policy_id)]


async def _settle(deps: Dependencies, stored: Stored[Budget], after: Budget, currency: str) -> None:
    """Write the notices, each once by its id, then the state that has them."""
    use = after.use
    if use is None:
        return
    known = stored.value.use.notices if stored.value.use and stored.value.use.month == use.month else ()
    for notice in use.notices[len(known) :]:
        about = {
            "notice": notice,
            "month": use.month,
            "spent": use.spent,
            "forecast": use.forecast,
            "amount": after.amount,
            "currency": currency,
        }
        resource, run = (ResourceType.BUDGET.value, after.id), f"{use.month}/{notice}"
        await deps.audit.append(
            AuditEvent.of_service(after.tenant_id, resource, "reached", about, at=use.checked_at, run=run)
        )
    try:
        await deps.budgets.replace_known(stored, after)
    except StaleError:
        _log.info("the budget %s/%s was changed or checked meanwhile", after.tenant_id, after.id)


def _counted_from(machines: list[MonthOfMachine], month: str) -> datetime:
    """Return the first moment of the first day of a month of which there are minutes."""
    days = [number for each in machines for number, kept in enumerate(each.kept) if kept]
    return month_start(month) + timedelta(days=min(days, default=0))


async def _refuse_unknown_subject(context: ActionContext, settings: BudgetSettings) -> None:
    """Refuse a budget of a policy or Spot Group that does not exist. Raises: InvalidError."""
    deps, tenant_id, subject = context.deps, context.tenant.id, settings.subject_id
    if subject is None:
        return
    policy = settings.scope is BudgetScope.POLICY
    found = await (deps.policies.find(tenant_id, subject) if policy else deps.spot_groups.find(tenant_id, subject))
    if found is None:
        raise InvalidError(Problem("/subjectId", f"there is no such {'policy' if policy else 'Spot Group'}"))
