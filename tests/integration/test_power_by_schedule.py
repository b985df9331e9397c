"""A power schedule at work, on real tables: who is started and stopped by it, when, and what no schedule does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.domain.cloud_pcs.action_forms import Nothing, PowerOffForm
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.operations.operation import Actor
from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import StopAction
from shared.domain.power.state import DesiredPower, ObservedPower, PowerActor, RefusedStart
from shared.errors import ConflictError, UnavailableError
from shared.services.operations.action_context import ActionContext
from shared.services.power.acting import power_due
from shared.services.power.applying import promise_first_look
from shared.services.power.by_hand import power_off, power_on
from shared.storage.due import EVERYBODY, Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, SCHEDULE, WORKS
from tests.integration.services import IdleHost, PaperServices, perform
from triggers.http.views.power import power_view

DESK, MINUTE, HOUR = "spot-1", timedelta(minutes=1), timedelta(hours=1)
VM = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-h1"
PC = edited(
    WORKS,
    resources=MADE.but(host_pool_id=desks._POOL, session_host=DESK, vm_id=VM, size="Standard_D2s_v5"),
    snapshot=things.snapshot(),
)
WITH_SCHEDULE = things.policy().but(power_schedule_id=SCHEDULE.id)


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A local time of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


@pytest.fixture
def host() -> IdleHost:
    return IdleHost()


@pytest.fixture
async def azure(contoso: PaperServices) -> PaperDesks:
    await contoso.power_schedules.insert(SCHEDULE)
    await contoso.policies.insert(WITH_SCHEDULE)
    await contoso.cloud_pcs.insert(PC)
    return on_paper(contoso, h1=Desk())


async def looked(here: PaperServices, host: IdleHost, at: datetime) -> datetime | None:
    """Have it looked at, as the sweep would, by a row of that time; return when the next look is."""
    here.hand.at = at
    due = await here.due.put(DueKind.POWER, at, PC.tenant_id, PC.id)
    later = await power_due(here, host, due)
    await (here.due.postpone(due, later) if later else here.due.drop(due))
    return later


async def begun(here: PaperServices) -> tuple[Remote, PowerActor, str] | None:
    """The remote action at work, in whose name and why."""
    action = (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    step = (await kept(here)).step
    return (action.name, step.actor, step.reason) if action and step else None


async def kept(here: PaperServices) -> CloudPcPower:
    return (await here.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


async def ended(here: PaperServices, **outcome: Any) -> None:
    action = (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    assert action is not None
    end = {"tenant_id": PC.tenant_id, "cloud_pc_id": PC.id, "operation_id": action.operation_id, "name": action.name}
    await perform(END_REMOTE_ACTION, RemoteEnd.model_validate({**end, **outcome}))


async def test_a_cloud_pc_is_on_in_working_hours_stops_in_the_evening_and_starts_in_the_morning(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await looked(contoso, host, berlin(23, 17))
    assert (await begun(contoso), (await kept(contoso)).desired) == (None, DesiredPower.ON)
    shown = power_view(await kept(contoso), berlin(23, 17))["nextChange"]
    assert (shown and (shown["wants"], shown["since"])) == ("off", "2026-11-23T18:00:00Z")
    await looked(contoso, host, berlin(23, 19, 31))
    assert await begun(contoso) == (Remote.POWER_OFF, PowerActor.SCHEDULE, "the hours of Office hours are over")
    azure.desks[DESK].power = "deallocated"
    await ended(contoso)
    next_look = await looked(contoso, host, berlin(24, 6, 30))
    assert next_look is not None
    assert await begun(contoso) is None
    assert berlin(24, 6, 45) <= next_look <= berlin(24, 7)
    await looked(contoso, host, next_look + 8 * MINUTE)
    assert await begun(contoso) == (Remote.POWER_ON, PowerActor.SCHEDULE, "these are hours of Office hours")


@pytest.mark.parametrize("state", ["Active", None])
async def test_nobody_who_works_or_may_work_is_stopped(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state is None:
        monkeypatch.setattr("shared.services.power.sessions.sessions_in", refused)
    else:
        azure.desks[DESK].sessions["ada@contoso.example"] = state
    for hour in range(20, 24):
        await looked(contoso, host, berlin(23, hour))
    assert await begun(contoso) is None
    assert (await kept(contoso)).waits == ("somebody is signed in" if state else "the sessions cannot be read")


async def refused(*_: object) -> None:
    raise UnavailableError("no list of sessions today")


async def test_without_a_schedule_there_is_no_record_and_a_schedule_that_goes_leaves_the_cloud_pc_alone(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await contoso.policies.change(PC.tenant_id, "p1", lambda policy: policy.but(power_schedule_id=None))
    await looked(contoso, host, berlin(23, 20))
    assert await contoso.cloud_pc_powers.find(PC.tenant_id, PC.id) is None
    await contoso.policies.change(PC.tenant_id, "p1", lambda _: WITH_SCHEDULE)
    await looked(contoso, host, berlin(23, 12))
    await contoso.policies.change(PC.tenant_id, "p1", lambda policy: policy.but(power_schedule_id=None))
    assert await looked(contoso, host, berlin(23, 22)) is None
    assert await begun(contoso) is None


async def test_a_change_for_everybody_looks_at_those_with_a_schedule_and_at_those_that_had_one(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    other = edited(PC, id="other", user=things.user("eve"), snapshot=things.snapshot(policy_id="none"))
    had = edited(PC, id="had", user=things.user("bob"), snapshot=things.snapshot(policy_id="none"))
    await contoso.cloud_pcs.insert(other)
    await contoso.cloud_pcs.insert(had)
    await contoso.cloud_pc_powers.insert(CloudPcPower(id="had", tenant_id=PC.tenant_id, since=berlin(23, 8)))
    contoso.hand.at = berlin(23, 12)
    assert await power_due(contoso, host, Due(DueKind.POWER, contoso.hand.at, PC.tenant_id, EVERYBODY)) is None
    rows = await contoso.due.due(DueKind.POWER, contoso.hand.at)
    assert {due.subject_id for due in rows} == {PC.id, "had"}


async def test_looks_that_are_asked_for_leave_one_row(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    for minute in (0, 1, 2, 3):
        await looked(contoso, host, berlin(23, 12, minute))
    rows = await contoso.due.due(DueKind.POWER, berlin(24, 12))
    assert [due.at for due in rows] == [berlin(23, 12, 30)]
    assert (await kept(contoso)).looks_at == berlin(23, 12, 30)


async def test_what_a_person_switches_off_stays_off_until_the_next_working_hours(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.hand.at = berlin(23, 12)
    actor, verb = Actor(id="adm", name="Adele"), "Microsoft.CloudPC/cloudPCs/powerOff"
    context = ActionContext(
        contoso, actor, things.tenant(), verb=verb, trace_id="t", now=contoso.hand.at, seed=("test", "off")
    )
    await power_off(context, host, PC.id, PowerOffForm(force=False))
    azure.desks[DESK].power = "deallocated"
    await ended(contoso)
    hold = (await kept(contoso)).hold
    assert hold is not None
    assert hold.until == berlin(24, 6, 45)
    await looked(contoso, host, berlin(23, 15))
    assert await begun(contoso) is None
    await looked(contoso, host, berlin(24, 7))
    assert await begun(contoso) == (Remote.POWER_ON, PowerActor.SCHEDULE, "these are hours of Office hours")


async def test_an_unknown_time_zone_stops_nothing_and_is_in_the_log(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = SCHEDULE.but(time_zone="Europe/Atlantis")
    await contoso.power_schedules.change(PC.tenant_id, SCHEDULE.id, lambda _: wrong)
    await looked(contoso, host, berlin(23, 22))
    assert "Europe/Atlantis" in caplog.text
    assert await contoso.cloud_pc_powers.find(PC.tenant_id, PC.id) is None


async def test_the_hours_are_those_of_the_site_where_the_schedule_names_no_zone(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await contoso.power_schedules.change(PC.tenant_id, SCHEDULE.id, lambda there: there.but(time_zone=None))
    await contoso.sites.change(PC.tenant_id, "west", lambda site: site.but(region="japaneast"))
    await looked(contoso, host, berlin(23, 17))  # it is Tuesday, one o'clock
    assert await begun(contoso) is None  # it was just seen to be on
    await looked(contoso, host, berlin(23, 18))
    found = await begun(contoso)
    assert found is not None
    assert (found[0], (await kept(contoso)).observed) == (Remote.POWER_OFF, ObservedPower.RUNNING)


async def test_a_cloud_pc_that_was_built_is_looked_at_if_its_policy_has_a_schedule(
    contoso: PaperServices, azure: PaperDesks
) -> None:
    del azure
    await promise_first_look(contoso, PC, berlin(23, 12))
    other = edited(PC, id="other", snapshot=things.snapshot(policy_id="none"))
    await promise_first_look(contoso, other, berlin(23, 12))
    assert [due.subject_id for due in await contoso.due.due(DueKind.POWER, berlin(23, 12))] == [PC.id]


async def hibernating(here: PaperServices) -> None:
    await here.power_schedules.change(
        PC.tenant_id, SCHEDULE.id, lambda there: there.but(stop_action=StopAction.HIBERNATE)
    )


async def action_at_work(here: PaperServices) -> RemoteAction:
    action = (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    assert action is not None
    return action


async def test_a_schedule_that_hibernates_keeps_the_memory_and_a_machine_that_cannot_is_stopped_from_then_on(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await hibernating(contoso)
    await looked(contoso, host, berlin(23, 17))
    await looked(contoso, host, berlin(23, 19, 31))
    assert (await action_at_work(contoso)).hibernates is True
    await ended(contoso, hibernated=False, unhibernated="made without hibernation")
    power = await kept(contoso)
    assert power.observed is ObservedPower.DEALLOCATED
    assert not power.can_hibernate(PC.current.generation)
    assert power.can_hibernate(PC.current.generation + 1)  # another machine
    await contoso.cloud_pc_powers.change(
        PC.tenant_id, PC.id, lambda there: there.but(observed=ObservedPower.RUNNING, hold=None)
    )
    await looked(contoso, host, berlin(24, 12))
    await looked(contoso, host, berlin(24, 19, 31))
    assert (await action_at_work(contoso)).hibernates is None


async def test_what_was_hibernated_is_recorded_so(contoso: PaperServices, azure: PaperDesks, host: IdleHost) -> None:
    await hibernating(contoso)
    await looked(contoso, host, berlin(23, 17))
    await looked(contoso, host, berlin(23, 19, 31))
    await ended(contoso, hibernated=True)
    assert (await kept(contoso)).observed is ObservedPower.HIBERNATED


@pytest.mark.parametrize(
    ("power", "times", "elsewhere"),
    [("deallocated", 1, None), ("deallocated", 2, True), ("hibernated", 5, None)],
)
async def test_after_the_second_refusal_other_sizes_are_tried_but_never_for_what_is_hibernated(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, power: str, times: int, elsewhere: Literal[True] | None
) -> None:
    azure.desks[DESK].power = power
    refused_start = RefusedStart(times=times, at=berlin(24, 8), code="AllocationFailed", message="no hardware")
    off = ObservedPower(power)
    await contoso.cloud_pc_powers.insert(
        CloudPcPower(id=PC.id, tenant_id=PC.tenant_id, since=berlin(23, 20), observed=off, refused=refused_start)
    )
    await looked(contoso, host, berlin(24, 8, 15))
    action = await action_at_work(contoso)
    assert (action.name, action.elsewhere) == (Remote.POWER_ON, elsewhere)


async def test_a_machine_that_started_with_another_size_returns_to_its_own(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "deallocated"
    await looked(contoso, host, berlin(24, 8, 15))
    own = PC.current.resources.size
    await ended(contoso, size="Standard_D8s_v5")
    assert (await kept(contoso)).fallback_size == "Standard_D8s_v5"
    await contoso.cloud_pc_powers.change(
        PC.tenant_id, PC.id, lambda there: there.but(observed=ObservedPower.DEALLOCATED)
    )
    await looked(contoso, host, berlin(24, 8, 30))
    assert (await action_at_work(contoso)).elsewhere is True
    await ended(contoso, size=own)
    assert (await kept(contoso)).fallback_size is None


async def test_of_two_operators_who_start_and_stop_at_once_one_is_refused(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.hand.at = berlin(23, 12)

    def acting(name: str) -> ActionContext:
        actor, verb = Actor(id=name, name=name), f"Microsoft.CloudPC/cloudPCs/{name}"
        now = contoso.hand.at
        return ActionContext(contoso, actor, things.tenant(), verb=verb, trace_id=name, now=now, seed=("test", name))

    on = power_on(acting("powerOn"), host, PC.id, Nothing())
    off = power_off(acting("powerOff"), host, PC.id, PowerOffForm(force=False))
    ends = await asyncio.gather(on, off, return_exceptions=True)
    (refused_one,) = [end for end in ends if isinstance(end, BaseException)]
    assert isinstance(refused_one, ConflictError)
    (operation,) = [end for end in ends if not isinstance(end, BaseException)]
    assert (await action_at_work(contoso)).operation_id == operation.id


async def test_a_scaling_plan_on_its_pool_ends_our_acting_and_is_named(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.scaled_by = "nights"
    await looked(contoso, host, berlin(23, 19, 31))
    shown = power_view(await kept(contoso), berlin(23, 19, 31))
    assert (await begun(contoso), shown["desired"]) == (None, "leave")
    assert shown["decidedBy"] is not None
    assert shown["decidedBy"]["rule"] == "pause"
    assert "nights, a scaling plan of Azure Virtual Desktop, switches" in shown["decidedBy"]["why"]
    assert [each["rule"] for each in shown["overruled"]] == ["schedule"]
    azure.scaled_by = None
    await looked(contoso, host, berlin(23, 19, 45))
    assert (
        await kept(contoso)
    ).desired is DesiredPower.LEAVE  # what was read less than a quarter of an hour ago counts
    await looked(contoso, host, berlin(23, 19, 47))
    assert (await kept(contoso)).desired is DesiredPower.OFF


async def test_what_nobody_could_start_is_not_stopped_and_says_why(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.directory.starts_machines = False
    azure.desks[DESK].sessions["ada@contoso.example"] = "Disconnected"
    for minute in range(0, 120, 15):
        await looked(contoso, host, berlin(23, 19) + minute * MINUTE)
    shown = power_view(await kept(contoso), berlin(23, 21))
    assert (await begun(contoso), azure.messages) == (None, [])  # nobody is warned of a stop that does not come
    assert (shown["stopsAt"], shown["waits"]) == (
        None,
        "The directory has no service principal of Azure Virtual Desktop.",
    )


async def test_a_stop_that_azure_refuses_is_shown_until_one_succeeds(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await looked(contoso, host, berlin(23, 17))
    await looked(contoso, host, berlin(23, 19, 31))
    await ended(contoso, failure={"code": "cannotStartOnConnect", "message": "it may not be started"})
    await looked(contoso, host, berlin(23, 19, 46))
    shown = power_view(await kept(contoso), berlin(23, 19, 46))
    assert (shown["powerState"], shown["waits"]) == ("running", "it may not be started")
    await ended(contoso)
    azure.desks[DESK].power = "deallocated"
    await looked(contoso, host, berlin(23, 19, 59))
    assert power_view(await kept(contoso), berlin(23, 19, 59))["waits"] is None
