"""A run of the engine of a Spot Group: what is read, planned, saved and begun."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    BALANCE_SPOT_POOL,
    CLOSE_SPOT_ENGINE,
    OBSERVE_SPOT_HOSTS,
    TAKE_HOST_STEPS,
    BalancingOrder,
    EngineClosing,
    HostStepsOrder,
)
from shared.domain.networks.connection import HealthStatus
from shared.domain.spot.engine.state import SpotGroupStatus
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.hosts.host import HostStatus, HostTask
from shared.domain.spot.images.image_version import VersionStatus
from shared.domain.tenants.tenant import Paused
from shared.services.operations.sweeps import sweep_due
from shared.services.spot.reconciling import ENGINE, spot_due
from shared.storage.due import DueKind, SpotLook
from tests.integration import things
from tests.integration.desks import (
    GROUP_ID,
    Desk,
    member,
    off,
    on_paper,
)
from tests.integration.engine_runs import IDS, ORDER, built, furnish, hosts_of, run, state, steps
from tests.integration.services import IdleHost, PaperServices, perform

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group of thirty users, and nothing built."""
    await furnish(contoso)
    return contoso


async def test_the_hosts_of_a_new_group_are_planned_saved_and_begun(office: PaperServices) -> None:
    host = IdleHost()
    planned = await run(host)

    assert [step.action.value for step in planned.steps] == ["build"] * 3
    hosts = await hosts_of(office)
    assert {each.work.task for each in hosts.values()} == {HostTask.BUILD}
    assert {each.image.gallery_version_id for each in hosts.values()} == {"/galleries/g/images/i/versions/1.0.0"}
    assert len(host.started) == 3
    assert (await state(office)).status is SpotGroupStatus.BUILDING


async def test_a_plan_that_is_made_twice_builds_once(office: PaperServices) -> None:
    first, second = await run(), await run()
    assert len(await hosts_of(office)) == 3
    assert sorted(steps(first)) == sorted(steps(second))  # what was planned and not begun begins with the next plan


async def test_a_crash_after_the_numbers_were_taken_doubles_no_host(office: PaperServices) -> None:
    await office.spot_states.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(host_number=3))
    await run()
    assert len(await hosts_of(office)) == 3
    assert (await state(office)).host_number == 6


async def test_a_host_is_started_when_seats_run_short_and_opened_with_it(office: PaperServices) -> None:
    busy = Desk(sessions={f"user{n}@contoso.example": "Active" for n in range(7)})
    desks = await built(office, h1=busy, h2=off(), h3=off())
    host = IdleHost()
    planned = await run(host)

    assert steps(planned) == [("start", "h2")]
    assert desks.desks["spot-2"].allows
    assert (await hosts_of(office))["h2"].work.task is HostTask.START
    seen = await state(office)
    assert (seen.online, seen.active_sessions, seen.status) == (1, 7, SpotGroupStatus.LIMITED_AVAILABILITY)


async def test_a_minute_in_which_nothing_changes_writes_no_host(office: PaperServices) -> None:
    await built(office, h1=Desk(), h2=off(), h3=off())
    await run()
    before = {each.value.id: each.etag async for each in office.session_hosts.each(things.TENANT_ID)}
    office.hand.advance(MINUTE)
    desks = on_paper(office, h1=Desk(), h2=off(), h3=off())
    assert steps(await run()) == []
    assert {each.value.id: each.etag async for each in office.session_hosts.each(things.TENANT_ID)} == before
    assert desks.calls == ["list hosts", "list sessions"]  # and no machine was asked


async def test_the_host_of_who_left_is_kept_for_a_week_and_is_theirs_again_when_they_come_back(
    office: PaperServices,
) -> None:
    dedicated = {"license_type": LicenseType.PERSONAL_DEDICATED, "quantity": 1}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(**dedicated))
    await built(office, h1=off())
    await office.session_hosts.change(things.TENANT_ID, "h1", lambda there: there.but(assigned_user_id="id-ada"))
    await office.spot_members.insert(member("ada"))
    assert steps(await run()) == []

    await office.spot_members.remove(things.TENANT_ID, "m-ada")
    planned = await run()
    assert [step.action.value for step in planned.steps] == ["build"]  # the licence is free for who comes next
    kept = (await hosts_of(office))["h1"]
    assert kept.kept_until == things.NOW + timedelta(days=7)
    office.hand.advance(timedelta(days=6))
    assert ("remove", "h1") not in steps(await run())

    await office.spot_members.insert(member("ada"))
    await run()
    assert (await hosts_of(office))["h1"].kept_until is None
    await office.spot_members.remove(things.TENANT_ID, "m-ada")
    await run()
    office.hand.advance(timedelta(days=7))
    assert ("remove", "h1") in steps(await run())


async def test_azure_that_does_not_answer_takes_nothing(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=Desk(), h3=Desk())
    await run()
    desks.silent = True
    office.hand.advance(timedelta(hours=5))
    assert steps(await run()) == []
    assert (await state(office)).cause == "Azure did not tell the state of any host."


async def test_a_host_that_a_list_leaves_out_is_asked_for_by_its_name(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=off(), h3=off())
    desks.left_out = {"spot-1"}
    await run()
    assert "get spot-1" in desks.calls
    assert (await hosts_of(office))["h1"].seen.state == "running"
    del desks.desks["spot-1"]
    await run()
    assert (await hosts_of(office))["h1"].seen.state == "broken"


async def test_a_host_that_azure_started_for_a_user_is_seen_and_counted(office: PaperServices) -> None:
    desks = await built(office, h1=off(), h2=off(), h3=off())
    await run()
    desks.desks["spot-2"] = Desk(sessions={"ada@contoso.example": "Active"})
    office.hand.advance(5 * MINUTE)
    await run()
    assert ((await state(office)).online, (await state(office)).active_sessions) == (1, 1)


@pytest.mark.parametrize("why", ["connection", "group", "tenant"])
async def test_a_group_that_may_do_nothing_says_why_and_is_looked_at_again(office: PaperServices, why: str) -> None:
    pause = Paused(by="ada", at=things.NOW, reason="moving")
    if why == "connection":
        unhealthy = {"health_check_status": HealthStatus.FAILED}
        await office.connections.change(things.TENANT_ID, "c1", lambda there: there.but(**unhealthy))
    elif why == "group":
        await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(paused=pause))
    else:
        await office.tenants.change(things.TENANT_ID, lambda there: there.but(paused=pause))
    assert steps(await run()) == []
    seen = await state(office)
    assert seen.status is SpotGroupStatus.PARKED
    assert ("Hosted is failed" if why == "connection" else "is paused: moving") in (seen.cause or "")
    assert seen.next_look_at == things.NOW + timedelta(minutes=10)


async def test_a_group_that_is_paused_is_looked_at_seldom_also_while_users_work(office: PaperServices) -> None:
    await built(office, h1=Desk(sessions={"ada@contoso.example": "Active"}), h2=off(), h3=off())
    pause = Paused(by="ada", at=things.NOW, reason="moving")
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(paused=pause))
    await run()
    assert (await state(office)).next_look_at == things.NOW + timedelta(minutes=10)


async def test_a_group_whose_first_hosts_are_built_is_being_built_also_while_nobody_is_expected(
    office: PaperServices,
) -> None:
    rests = {"schedule": {"time_zone": "UTC", "phases": [{"begins": "00:00", "rests": True}]}}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(capacity=rests))
    await run()
    assert (await state(office)).status is SpotGroupStatus.BUILDING
    await run()
    assert (await state(office)).status is SpotGroupStatus.BUILDING


async def test_an_image_version_that_is_not_usable_stops_builds_alone(office: PaperServices) -> None:
    await office.image_versions.change(
        things.TENANT_ID, "set-1.0.0", lambda there: there.but(status=VersionStatus.REPLICATING)
    )
    busy = Desk(sessions={f"user{n}@contoso.example": "Active" for n in range(7)})
    await built(office, h1=busy, h2=off())
    assert steps(await run()) == [("start", "h2")]
    assert "1.0.0 is replicating: no host can be built" in ((await state(office)).cause or "")


async def test_a_host_of_which_a_person_has_taken_hold_is_left_alone(office: PaperServices) -> None:
    busy = Desk(sessions={f"user{n}@contoso.example": "Active" for n in range(7)})
    await built(office, h1=busy, h2=off())
    planned = await run()
    await office.session_hosts.change(things.TENANT_ID, "h2", lambda there: there.but(excluded=True))
    begin = [step for step in planned.steps if step.session_host_id == "h2"]
    taken = await perform(TAKE_HOST_STEPS, HostStepsOrder(**IDS, steps=tuple(begin)), IdleHost())
    assert (taken.taken, taken.left) == (0, 1)


async def test_a_build_that_found_no_capacity_begins_again_after_a_while(office: PaperServices) -> None:
    await run()
    wait = {"parked_since": things.NOW, "parked_because": "westeurope has no D8s_v5.", "attempt": 1}
    for host_id in await hosts_of(office):
        await office.session_hosts.change(things.TENANT_ID, host_id, lambda there: there.but(**wait))
    assert steps(await run()) == []
    assert (await state(office)).cause == "westeurope has no D8s_v5."
    office.hand.advance(10 * MINUTE)
    assert len(steps(await run())) == 3


async def test_users_are_told_before_they_are_signed_off(office: PaperServices) -> None:
    ada = Desk(allows=False, sessions={"ada@contoso.example": "Active"})
    desks = await built(office, h1=Desk(), h2=ada, h3=off())
    host = IdleHost()
    await run(host)
    ada.status = "NoHeartbeat"
    assert steps(await run(host)) == []  # it has been silent for no time at all
    office.hand.advance(11 * MINUTE)
    assert ("notify", "h2") in steps(await run(host))
    assert [user for user, _ in desks.messages] == ["ada@contoso.example"]
    assert "about 5 minutes" in desks.messages[0][1]
    office.hand.advance(4 * MINUTE)
    assert ("signOff", "h2") not in steps(await run(host))
    office.hand.advance(MINUTE)
    assert ("signOff", "h2") in steps(await run(host))


async def test_decisions_are_kept_with_their_reasons_the_newest_first(office: PaperServices) -> None:
    await run()
    await run()
    kept = (await office.spot_decisions.get(things.TENANT_ID, GROUP_ID)).value.decisions
    assert [(each.action.value, each.reason.value) for each in kept] == [("build", "hostsMissing")] * 3
    assert kept[0].text == "The group has 0 of the 3 hosts that its licences need."


async def test_the_schedule_decides_how_sessions_are_distributed(office: PaperServices) -> None:
    phases = [{"begins": "00:00", "load_balancing": "depthFirst", "minimum_online": 1}]
    capacity = {"schedule": {"time_zone": "UTC", "phases": phases}}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(capacity=capacity))
    desks = await built(office, h1=Desk(), h2=off(), h3=off())
    planned = await run()
    assert planned.balancing is LoadBalancing.DEPTH_FIRST
    assert await perform(BALANCE_SPOT_POOL, BalancingOrder(**IDS, balancing=planned.balancing)) == Done()
    assert desks.pool == {"loadBalancerType": "DepthFirst"}
    assert (await run()).balancing is None


async def test_a_group_without_need_is_announced_once_and_its_older_rows_are_forgotten(office: PaperServices) -> None:
    await built(office, h1=off(), h2=off(), h3=off())
    rests = {"schedule": {"time_zone": "UTC", "phases": [{"begins": "00:00", "rests": True}]}}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(capacity=rests))
    await office.due.put(DueKind.SPOT, things.NOW, things.TENANT_ID, GROUP_ID, SpotLook.HOSTS)
    await run()
    host: Any = IdleHost()
    await sweep_due(host, {DueKind.SPOT: spot_due})
    assert host.started == []
    later = await office.due.due(DueKind.SPOT, things.NOW + timedelta(days=1))
    assert [due.at for due in later] == [things.NOW + 5 * MINUTE]


async def test_a_run_that_is_due_starts_and_stays_announced_until_it_has_planned(office: PaperServices) -> None:
    await office.due.put(DueKind.SPOT, things.NOW, things.TENANT_ID, GROUP_ID, SpotLook.HOSTS)
    host: Any = IdleHost()
    await sweep_due(host, {DueKind.SPOT: spot_due})
    assert len(host.started) == 1
    assert [due.at for due in await office.due.due(DueKind.SPOT, things.NOW + timedelta(days=1))] == [
        things.NOW + 2 * MINUTE
    ]


async def test_however_often_a_group_is_looked_at_it_has_two_rows_at_most(office: PaperServices) -> None:
    await built(office, h1=Desk(), h2=off(), h3=off())
    await office.due.put(DueKind.SPOT, things.NOW, things.TENANT_ID, GROUP_ID, SpotLook.HOSTS)
    host: Any = IdleHost()
    for _ in range(10):
        await sweep_due(host, {DueKind.SPOT: spot_due})
        await run()
        assert len(await office.due.due(DueKind.SPOT, things.NOW + timedelta(days=1))) <= 2
        office.hand.advance(MINUTE + timedelta(seconds=1))


async def test_what_is_requested_while_the_engine_runs_is_not_lost(office: PaperServices) -> None:
    await ENGINE.promise(office, things.TENANT_ID, GROUP_ID, things.NOW)
    observed = await perform(OBSERVE_SPOT_HOSTS, ORDER)
    await ENGINE.promise(office, things.TENANT_ID, GROUP_ID, things.NOW)
    closing = EngineClosing(**IDS, requested_at=observed.requested_at)
    assert await perform(CLOSE_SPOT_ENGINE, closing) == NewerRequest()
    newest = await office.requests.newest(things.TENANT_ID, ENGINE.subject(GROUP_ID))
    assert await perform(CLOSE_SPOT_ENGINE, closing.but(requested_at=newest)) == Done()


async def test_a_group_that_is_gone_or_going_does_nothing(office: PaperServices) -> None:
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(deleting_since=things.NOW))
    assert steps(await run()) == []
    await office.spot_groups.remove(things.TENANT_ID, GROUP_ID)
    assert isinstance(await perform(OBSERVE_SPOT_HOSTS, ORDER), Refused)


async def test_a_host_whose_task_has_begun_is_not_given_another(office: PaperServices) -> None:
    host = IdleHost()
    busy = Desk(sessions={f"user{n}@contoso.example": "Active" for n in range(7)})
    await built(office, h1=busy, h2=off(), h3=off())
    assert steps(await run(host)) == [("start", "h2")]
    assert steps(await run(host)) == []
    assert len(host.started) == 1
    assert (await hosts_of(office))["h2"].status is HostStatus.READY


async def test_a_dedicated_host_that_its_repair_has_closed_is_opened_by_the_next_plan(office: PaperServices) -> None:
    dedicated = {"license_type": LicenseType.PERSONAL_DEDICATED, "quantity": 1}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(**dedicated))
    desks = await built(office, h1=Desk(allows=False))  # as its restart has left it
    await office.spot_members.insert(member("ada"))
    theirs = {"assigned_user_id": "id-ada", "restarts": 1}
    await office.session_hosts.change(things.TENANT_ID, "h1", lambda there: there.but(**theirs))
    assert steps(await run(IdleHost())) == [("undrain", "h1")]
    assert desks.desks["spot-1"].allows
    await office.session_hosts.change(things.TENANT_ID, "h1", lambda there: there.but(drained_by_hand=True))
    desks.desks["spot-1"].allows = False
    office.hand.advance(MINUTE)
    assert steps(await run(IdleHost())) == []


async def test_of_two_hosts_that_are_gone_one_is_replaced_at_a_time(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=Desk(), h3=off())
    host = IdleHost()
    await run(host)
    del desks.desks["spot-2"], desks.desks["spot-3"]
    desks.desks["spot-1"].sessions = {"ada@contoso.example": "Active"}
    office.hand.advance(MINUTE)
    first = [each for each in steps(await run(host)) if each[0] == "replace"]
    assert len(first) == 1
    office.hand.advance(MINUTE)
    assert [each for each in steps(await run(host)) if each[0] == "replace"] == []  # the first is being removed


async def test_what_was_drained_by_hand_is_closed_though_azure_has_it_open(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=Desk(), h3=off())
    await office.session_hosts.change(things.TENANT_ID, "h2", lambda there: there.but(drained_by_hand=True))
    planned = await run(IdleHost())
    assert ("drain", "h2") in steps(planned)
    assert not desks.desks["spot-2"].allows
