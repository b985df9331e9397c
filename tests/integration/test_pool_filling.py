"""Warm pools on real tables: members are built, judged, retired and removed."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from shared.contracts.builds import BEGIN_ATTEMPT, RECORD_PROVISIONED, AttemptOrder, ProvisionedRecord
from shared.contracts.outcomes import MissingError, NoCapacity, Refused
from shared.contracts.pools import RECORD_READY
from shared.contracts.provisioning import ProvisionOrder
from shared.domain.alerts.alert import AlertRuleTemplate, AlertStatus
from shared.domain.cloud_pcs.build import Resources, Step
from shared.domain.cloud_pcs.lifecycle import Event, Phase, Status
from shared.domain.cost.budgets import Budget, BudgetScope
from shared.domain.cost.ledger import month_of
from shared.domain.policies.warm_pool import PoolKey, PoolSchedule, SizePhase
from shared.domain.pools.plan import MOST_FAILURES
from shared.domain.tenants.tenant import Paused
from shared.domain.usage import Interval
from shared.services.alerts.judging import judge_tenant
from shared.services.cost.budgets import check_budgets
from shared.services.cost.recording import months_of, record_cost
from shared.services.pools.filling import pool_due, pool_record
from shared.services.pools.setting import PoolForm, PoolsForm, set_pools
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.pool_things import (
    LOOK,
    MINUTE,
    PaperHosts,
    begun,
    failed,
    failed_members,
    here,
    hosts,
    members,
    pool,
    ready,
)
from tests.integration.services import IdleHost, PaperMachines, PaperServices, perform
from tests.integration.test_pool_reports import context
from tests.integration.test_reconciliation import plan
from tests.measured import measured

__all__ = ["here", "hosts"]


KEY = PoolKey("p1", "sku-1")


async def look(here: PaperServices, host: Any = None) -> Any:
    return await pool_due(here, host or IdleHost(), LOOK)


async def test_missing_members_are_planned_and_their_builds_begin(here: PaperServices) -> None:
    host = IdleHost()
    again_at = await look(here, host)
    there = await members(here)
    assert (len(there), again_at) == (2, things.NOW + MINUTE)
    orders = [ProvisionOrder.model_validate(order) for order in host.orders]
    assert {order.cloud_pc_id for order in orders} == set(there)
    assert all(order.in_pool and not order.user.id for order in orders)
    assert all(each.endswith(f"-prepare-{orders[0].generation}") for each in host.started)
    await look(here, IdleHost())
    assert await members(here) == there


async def test_members_are_no_cloud_pcs(here: PaperServices) -> None:
    member = await ready(here)
    assert [each async for each in here.cloud_pcs.each("contoso")] == []
    assert await here.cloud_pcs.find("contoso", member.id) is None
    assert await here.cloud_pcs.entries("contoso") == []
    found = await here.machines.find("contoso", member.id)
    assert found is not None
    assert found.value == member
    assert [each.value.id async for each in here.machines.each("contoso")] == [member.id]


async def test_a_member_counts_when_its_session_host_is_available(here: PaperServices) -> None:
    await look(here)
    member = next(iter((await members(here)).values()))
    there = await begun(here, member)
    record = ProvisionedRecord(
        tenant_id="contoso",
        cloud_pc_id=member.id,
        generation=member.current.generation,
        attempt=1,
        resources=there.current.resources.but(session_host="host-1"),
    )
    assert not (await members(here))[member.id].is_ready
    await perform(RECORD_READY, record)
    await perform(RECORD_READY, record)
    after = (await members(here))[member.id]
    assert (after.is_ready, after.status, after.current.phase) == (True, Status.PROVISIONED, Phase.BUILT)


async def test_a_failed_build_is_removed_and_building_pauses_and_stops(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=(pool(desired=1),)))
    for number in range(1, MOST_FAILURES + 1):
        await look(here)
        (member,) = [each for each in (await members(here)).values() if not each.is_going]
        await failed(here, member)
        assert (await here.due.due(DueKind.CLEAN_UP, here.clock.now()))[-1].subject_id == member.id
        await look(here)
        record = await pool_record(here, "contoso", KEY)
        assert record.failures == number
        await look(here)
        assert [each for each in (await members(here)).values() if not each.is_going] == []
        here.hand.advance(number * 5 * MINUTE)
    here.hand.advance(timedelta(days=1))
    await look(here)
    await look(here)
    assert all(each.is_going for each in (await members(here)).values())
    assert (await pool_record(here, "contoso", KEY)).told
    assert record.last_error is not None
    assert record.last_error.code == "joinFailed"


async def test_a_halted_pool_is_an_alert_until_it_is_saved_again(here: PaperServices) -> None:
    await here.policies.remove("contoso", "p1")
    await failed_members(here, MOST_FAILURES)
    (raised,) = await judge_tenant(here, "contoso")
    assert (raised.alert_rule_template, raised.status) == (AlertRuleTemplate.POOL_HALTED, AlertStatus.ACTIVE)
    assert await judge_tenant(here, "contoso") == []
    stored = await here.policies.get("contoso", "p1")
    await set_pools(context(here), stored, PoolsForm(pools=(PoolForm(service_plan_id="sku-1", desired=1),)))
    (resolved,) = await judge_tenant(here, "contoso")
    assert resolved.status is AlertStatus.RESOLVED


async def test_the_record_of_a_pool_goes_with_it(here: PaperServices) -> None:
    """A pool that was halted and is no longer there is no alert for ever."""
    await here.policies.remove("contoso", "p1")
    await failed_members(here, MOST_FAILURES)
    await here.policies.remove("contoso", "p1")
    for member in await members(here):
        await here.pool_members.change("contoso", member, lambda there: there.with_current(resources=Resources()))
    assert await look(here) is not None
    assert await look(here) is None
    assert [each.value.id async for each in here.pools.each("contoso")] == []


async def test_the_numbers_of_a_pool_are_measured(here: PaperServices, hosts: PaperHosts) -> None:
    del hosts
    pool_facts = KEY.attributes("contoso")
    with measured() as seen:
        member = await ready(here)
        await look(here)
        await plan("ada")
        await plan("bob")
        ada = (await here.cloud_pcs.get("contoso", member.id)).value
        busy = ada.after(Event.STARTED, at=things.NOW).with_current(attempt=1, step=Step.ASSIGN_USER)
        await here.cloud_pcs.change("contoso", ada.id, lambda _: busy)
        made = busy.current.resources.but(assigned_at=things.NOW + timedelta(seconds=20))
        which = AttemptOrder(
            tenant_id="contoso",
            cloud_pc_id=ada.id,
            generation=ada.current.generation,
            attempt=1,
            connection_id="c1",
        ).which
        await perform(RECORD_PROVISIONED, ProvisionedRecord(**which, resources=made))
        names = ("created", "claimed", "misses", "desired", "running", "eligible", "halted", "claim.duration")
        points = {name: seen.points(f"deskwright.pools.{name}") for name in names}
    assert {dict(point.attributes) == pool_facts for each in points.values() for point in each} == {True}
    sums = {name: [getattr(each, "value", None) or each.sum for each in found] for name, found in points.items()}
    assert sums == {
        "created": [1],
        "claimed": [1],
        "misses": [1],
        "desired": [2],
        "running": [1],
        "eligible": [1],
        "halted": [0],
        "claim.duration": [20],
    }


@pytest.mark.usefixtures("hosts")
async def test_a_smaller_pool_lets_members_go_at_once_and_forgets_them(here: PaperServices) -> None:
    await ready(here, 1)
    await ready(here, 2)
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=()))
    assert await look(here) == things.NOW + MINUTE
    assert {each.status for each in (await members(here)).values()} == {Status.DEPROVISIONING}
    await look(here)
    leaving = await members(here)
    assert {each.current.phase for each in leaving.values()} == {Phase.LEAVING}
    due = await here.due.due(DueKind.CLEAN_UP, things.NOW)
    assert {each.subject_id for each in due} == set(leaving)


async def test_a_member_that_somebody_has_assigned_is_never_removed(here: PaperServices, hosts: PaperHosts) -> None:
    first, second = await ready(here, 1), await ready(here, 2)
    hosts.users["host-1"] = "eve@contoso.example"
    await look(here)
    there = await members(here)
    assert (there[first.id].parked_at, there[second.id].parked_at) == (things.NOW, None)
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=()))
    await look(here)
    assert (await members(here))[first.id].status is Status.PROVISIONED
    hosts.users["host-2"] = "eve@contoso.example"
    await look(here)
    assert (await members(here))[second.id].current.phase is not Phase.LEAVING


async def test_an_unhealthy_member_is_given_to_nobody_and_goes_after_a_while(
    here: PaperServices, hosts: PaperHosts
) -> None:
    member = await ready(here)
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=(pool(desired=1),)))
    hosts.status["host-1"] = "Unavailable"
    here.azure.gone.add("cpc-1")

    async def gone(*_: Any) -> Any:
        raise MissingError(Refused(code="ResourceNotFound", message="cpc-1"))

    PaperMachines.instance_view = gone  # type: ignore[attr-defined]
    try:
        await look(here)
        assert (await members(here))[member.id].unhealthy_since == things.NOW
        here.hand.advance(30 * MINUTE)
        await look(here)
    finally:
        del PaperMachines.instance_view  # type: ignore[attr-defined]
    there = await members(here)
    assert (there[member.id].status, there[member.id].current.reason) == (
        Status.DEPROVISIONING,
        "it was unhealthy; cpc-1 is gone",
    )
    assert len(there) == 2


async def test_an_unhealthy_member_that_recovers_counts_again(here: PaperServices, hosts: PaperHosts) -> None:
    member = await ready(here, unhealthy_since=things.NOW, unhealthy_why="host-1 is Unavailable")
    await look(here)
    assert (await members(here))[member.id].is_ready
    assert hosts.status == {}


@pytest.mark.usefixtures("hosts")
async def test_a_policy_that_is_deleted_drains_its_pools(here: PaperServices) -> None:
    await ready(here, 1)
    await here.policies.remove("contoso", "p1")
    await look(here)
    assert {each.status for each in (await members(here)).values()} == {Status.DEPROVISIONING}


async def test_a_paused_policy_builds_no_members(here: PaperServices) -> None:
    paused = Paused(at=things.NOW, by="admin", reason="")
    await here.policies.change("contoso", "p1", lambda policy: policy.but(paused=paused))
    host = IdleHost()
    await look(here, host)
    assert (host.started, await members(here)) == ([], {})


async def test_a_template_with_the_name_of_the_user_prepares_nothing(here: PaperServices) -> None:
    await here.policies.change(
        "contoso", "p1", lambda p: p.but(configuration=p.configuration.but(naming_template="C-%USERNAME:4%-%RAND:5%"))
    )
    await look(here)
    assert await members(here) == {}


def parked(here: PaperServices) -> Any:
    at = here.clock.now()
    waiting = things.cloud_pc("eve", status=Status.PENDING_PROVISION, attempt=1, snapshot=things.snapshot())
    return waiting.with_current(parked_since=at, reason="no capacity")


async def test_while_people_wait_for_capacity_no_member_is_planned(here: PaperServices) -> None:
    pc = parked(here)
    await here.cloud_pcs.insert(pc)
    await look(here)
    assert await members(here) == {}
    await here.cloud_pcs.remove("contoso", pc.id)
    await look(here)
    assert len(await members(here)) == 2


async def test_a_member_whose_build_begins_lets_people_have_the_capacity(here: PaperServices) -> None:
    await look(here)
    member = next(iter((await members(here)).values()))
    await here.cloud_pcs.insert(parked(here))
    order = AttemptOrder(
        tenant_id="contoso",
        cloud_pc_id=member.id,
        generation=member.current.generation,
        attempt=1,
        connection_id="c1",
    )
    answer = await perform(BEGIN_ATTEMPT, order)
    assert isinstance(answer, NoCapacity)
    assert (answer.code, answer.message) == ("peopleFirst", "1 Cloud PC of people waits for capacity first")


async def test_a_budget_that_brakes_stops_the_refill_and_takes_no_member_away(
    here: PaperServices, hosts: PaperHosts
) -> None:
    del hosts  # asked about the member's health an hour later
    here.hand.at = Interval.HOUR.begin(here.hand.at)
    member = await ready(here)
    await here.budgets.insert(
        Budget(id="all", tenant_id="contoso", display_name="All", scope=BudgetScope.TENANT, amount=0.01, brakes=True)
    )
    here.hand.advance(timedelta(hours=1))
    await record_cost(here, "contoso", here.clock.now())
    await check_budgets(here, "contoso", here.clock.now())
    await look(here)
    assert set(await members(here)) == {member.id}


async def test_the_minutes_of_a_member_are_counted(here: PaperServices) -> None:
    here.hand.at = Interval.HOUR.begin(here.hand.at)
    await ready(here)
    here.hand.advance(timedelta(hours=1))
    await record_cost(here, "contoso", here.clock.now())
    (machine,) = await months_of(here, "contoso", month_of(here.clock.now().date()))
    assert (machine.machine.group_id, machine.machine.size) == ("p1", "Standard_D2s_v5")


async def test_a_schedule_sets_the_size_before_its_phase_begins(here: PaperServices) -> None:
    """Members of a size of ten are begun a time of building before."""
    begins = (things.NOW + timedelta(hours=3)).astimezone(UTC)
    phases = (SizePhase(begins=begins.time(), size=3), SizePhase(begins=(begins - timedelta(hours=9)).time(), size=0))
    scheduled = pool(schedule=PoolSchedule(time_zone="UTC", phases=phases))
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=(scheduled,)))
    await look(here)
    assert await members(here) == {}
    here.hand.advance(timedelta(hours=1, minutes=31))
    await look(here)
    assert len(await members(here)) == 3
