"""Budgets are checked after the minutes are counted; their brake reaches the engine of power and new builds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.contracts.builds import BEGIN_ATTEMPT, RECORD_PARKED, AttemptOrder, ParkedRecord
from shared.contracts.outcomes import NoCapacity
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.budgets import BrakeStep, Budget, BudgetScope
from shared.domain.usage import Interval
from shared.services.cost.budgets import brake_of, check_budgets, why_new_builds_wait, why_pools_wait
from shared.services.cost.recording import record_cost
from tests.integration import things
from tests.integration.services import PaperServices, perform

HOUR = timedelta(hours=1)
MADE = Resources(region="westeurope", size="Standard_D2s_v5", vm_id="/vm", resource_group="desks")
DESK = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=MADE)
BUDGET = Budget(id="all", tenant_id="contoso", display_name="All", scope=BudgetScope.TENANT, amount=0.3, brakes=True)


@pytest.fixture
async def desk(contoso: PaperServices) -> PaperServices:
    await contoso.cloud_pcs.insert(DESK)
    contoso.hand.at = Interval.HOUR.begin(contoso.hand.at)
    return contoso


async def hours(services: PaperServices, count: int) -> Budget:
    for _ in range(count):
        services.hand.advance(HOUR)
        await record_cost(services, "contoso", services.hand.now())
        await check_budgets(services, "contoso", services.hand.now())
    return (await services.budgets.get("contoso", "all")).value


async def reached(services: PaperServices) -> list[str]:
    events = services.audit.among("contoso", top=100)
    found = [stored.value async for _, stored in events]
    return [str((each.after or {})["notice"]) for each in found if each.activity == "Microsoft.CloudPC/budgets/reached"]


async def test_notices_are_audit_events_each_once(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET.but(brakes=False))
    found = await hours(desk, 4)
    assert found.use is not None
    assert (found.use.step, found.use.spent is not None and found.use.spent > 0.3) == (BrakeStep.NONE, True)
    assert sorted(await reached(desk)) == ["100", "50", "80", "forecast"]


async def test_checks_of_one_budget_at_once_give_a_notice_once(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET.but(amount=0.1))
    await record_cost(desk, "contoso", desk.hand.now())
    await asyncio.gather(*(check_budgets(desk, "contoso", desk.hand.now()) for _ in range(5)))
    assert sorted(await reached(desk)) == ["100", "50", "80"]


async def test_the_brake_reaches_unused_machines_of_its_scope(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET)
    assert await brake_of(desk, DESK) is None
    await hours(desk, 4)
    brake = await brake_of(desk, DESK)
    assert brake is not None
    assert brake.idle_in_minutes == 15
    policy_id = DESK.current.snapshot.policy_id if DESK.current.snapshot else ""
    await desk.budgets.change("contoso", "all", lambda each: each.but(scope="policy", subject_id=f"not {policy_id}"))
    desk.hand.advance(timedelta(minutes=2))
    assert await brake_of(desk, DESK) is None


async def test_a_new_build_waits_with_the_reason_and_an_existing_machine_does_not(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET)
    await hours(desk, 4)
    new = things.cloud_pc("grace", status=Status.PENDING_PROVISION)
    await desk.cloud_pcs.insert(new)
    assert new.current.snapshot is not None
    order = AttemptOrder(
        tenant_id="contoso",
        cloud_pc_id=new.id,
        generation=new.current.generation,
        attempt=1,
        connection_id=new.current.snapshot.connection_id,
    )
    outcome = await perform(BEGIN_ATTEMPT, order)
    assert isinstance(outcome, NoCapacity)
    assert (outcome.code, "used up" in outcome.message) == ("budget", True)
    await desk.budgets.change("contoso", "all", lambda each: each.but(amount=1000, use=None))
    desk.hand.advance(timedelta(minutes=2))
    assert await why_new_builds_wait(desk, new) is None


async def test_builds_that_begin_at_once_do_not_each_take_the_room_of_one(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET.but(amount=0.5))
    found = await hours(desk, 3)
    assert found.use is not None
    assert (found.use.step, found.use.spent is not None and found.use.spent < 0.5) == (BrakeStep.TIGHTENED, True)
    new = [things.cloud_pc(f"grace{n}", status=Status.PENDING_PROVISION) for n in range(8)]
    desk.hand.advance(timedelta(minutes=20))
    said = await asyncio.gather(*(why_new_builds_wait(desk, each) for each in new))
    begun = sum(each is None for each in said)
    noted = (await desk.budgets.get("contoso", "all")).value.use
    assert noted is not None
    assert begun == 1
    assert noted.begun == pytest.approx(0.115)
    assert sorted(each or "" for each in said)[1].startswith("the budget All of this month")


async def test_a_budget_that_brakes_fills_no_pool(desk: PaperServices) -> None:
    policy_id = DESK.current.snapshot.policy_id if DESK.current.snapshot else ""
    assert await why_pools_wait(desk, "contoso", policy_id) is None
    await desk.budgets.insert(BUDGET)
    await hours(desk, 4)
    assert "the budget All" in (await why_pools_wait(desk, "contoso", policy_id) or "")
    await desk.budgets.change("contoso", "all", lambda each: each.but(scope="policy", subject_id="another"))
    desk.hand.advance(timedelta(minutes=2))
    assert await why_pools_wait(desk, "contoso", policy_id) is None


async def test_a_build_that_waits_for_days_is_told_once(desk: PaperServices) -> None:
    new = things.cloud_pc("grace", status=Status.PENDING_PROVISION)
    await desk.cloud_pcs.insert(new)
    reason = NoCapacity(code="budget", message="used up", elsewhere=False)
    for n in range(3):
        at = desk.hand.now() + timedelta(minutes=10 * n)
        record = ParkedRecord(
            tenant_id="contoso",
            cloud_pc_id=new.id,
            generation=new.current.generation,
            attempt=1,
            reason=reason,
            since=at,
        )
        await perform(RECORD_PARKED, record)
        parked = (await desk.cloud_pcs.get("contoso", new.id)).value
        assert (parked.status, parked.current.parked_since) == (Status.PENDING_PROVISION, at)
    events = [stored.value async for _, stored in desk.audit.among("contoso", top=100)]
    assert len(events) <= 1


async def test_a_new_month_begins_without_a_brake(desk: PaperServices) -> None:
    await desk.budgets.insert(BUDGET)
    await hours(desk, 4)
    desk.hand.advance(timedelta(days=31))
    assert await brake_of(desk, DESK) is None


async def test_without_prices_there_is_no_brake(desk: PaperServices) -> None:
    desk.prices.away = True
    await desk.budgets.insert(BUDGET)
    found = await hours(desk, 4)
    assert found.use is not None
    assert (found.use.spent, found.use.step, await reached(desk)) == (None, BrakeStep.NONE, [])
