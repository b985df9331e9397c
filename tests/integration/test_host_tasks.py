"""The record of a session host's task: its beginning, its replacement by another, and its end."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.joining import RECORD_ACCOUNT, AccountRecord
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.session_hosts import (
    BEGIN_HOST_TASK,
    END_HOST_TASK,
    HIBERNATION_NOT_ENABLED,
    POLL_EARLIER_TASK,
    RECORD_HOST_BUILT,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    RECORD_HOST_REMOVED,
    RECORD_HOST_STEP,
    HostBuiltRecord,
    HostEndRecord,
    HostFailedRecord,
    HostJob,
    HostParkedRecord,
    HostStepRecord,
    HostTaskOrder,
    OfHostTask,
)
from shared.domain.cloud_pcs.build import MACHINE_GONE, Failure, Resources, Warn
from shared.domain.networks.connection import HealthStatus
from shared.domain.operations.operation import OperationStatus
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.engine.seeing import observed_host, target_of
from shared.domain.spot.groups.group import HostSettings, LicenseType
from shared.domain.spot.hosts.host import HostSeen, HostStatus, HostStep, HostTask, SessionHost, begin_task
from shared.errors import UnavailableError
from shared.services.operations.sweeps import AGAIN_AFTER, sweep_due
from shared.services.spot.session_hosts import host_task_due, start_host_task
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.desks import GROUP_ID, session_host, spot_group
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_stalling import StuckHost

T = things.TENANT_ID
_LONG_AGO = things.NOW - timedelta(hours=2)
MADE = Resources(
    subscription_id=things.SUBSCRIPTION, resource_group="g", region="westeurope", computer_name="SPOT-1", vm_id="/vm"
)
WHICH: dict[str, Any] = {"tenant_id": T, "session_host_id": "h1", "run": 1}
FAILURE = Failure(code="agentNeverReady", message="it did not answer")
FULL = NoCapacity(code="AllocationFailed", message="none left", elsewhere=False)


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group."""
    await contoso.spot_groups.insert(spot_group())
    return contoso


async def begun(office: PaperServices, task: HostTask = HostTask.BUILD, **changes: Any) -> SessionHost:
    """Return a host that does *task*, as its run 1, for an operation."""
    status = HostStatus.PENDING if task is HostTask.BUILD else HostStatus.READY
    resources = {} if task is HostTask.BUILD else {"resources": MADE}
    host = session_host(1, **{"status": status, "proven": None, "resources": Resources(), **resources, **changes})
    working = begin_task(host, task, at=things.NOW, operation_id="o1")
    assert working is not None
    await office.operations.insert(things.operation(kind=f"{task.value}SessionHost", resource_id="h1"))
    await office.session_hosts.insert(working)
    return working


async def now(office: PaperServices) -> SessionHost:
    return (await office.session_hosts.get(T, "h1")).value


async def operation(office: PaperServices) -> Any:
    return (await office.operations.get(T, "o1")).value


def order(task: HostTask = HostTask.BUILD, **changes: Any) -> HostTaskOrder:
    return HostTaskOrder(tenant_id=T, spot_group_id=GROUP_ID, session_host_id="h1", task=task, run=1).but(**changes)


# What a task is about
async def test_a_build_is_what_group_site_and_connection_say(office: PaperServices) -> None:
    await begun(office)
    job = await perform(BEGIN_HOST_TASK, order())

    assert isinstance(job, HostJob)
    assert job.build is not None
    assert (job.build.plan.v_cpu_count, job.build.plan.vm_sizes) == (8, None)
    assert job.build.network_group == "desks"
    assert job.machine.resource_group == f"deskwright-contoso-spot-{GROUP_ID}"
    assert job.machine.tags["deskwright:spotgroup"] == GROUP_ID
    assert job.build.windows.kerberos is True
    (name,) = [each.value async for each in office.computer_names.each(T)]
    assert (name.name, name.cloud_pc_id, name.of_host) == (job.machine.computer_name, "h1", True)
    assert ((await now(office)).status, (await now(office)).attempt) == (HostStatus.BUILDING, 1)


async def test_the_sizes_of_a_group_count_also_where_they_are_small(office: PaperServices) -> None:
    await begun(office, sizes=("Standard_D2s_v5",))
    job = await perform(BEGIN_HOST_TASK, order())

    assert job.build.plan.vm_sizes == ("Standard_D2s_v5",)
    assert job.build.plan.v_cpu_count == 1


async def test_each_attempt_has_a_name_of_its_own_and_finds_what_the_one_before_left(office: PaperServices) -> None:
    await begun(office)
    first = await perform(BEGIN_HOST_TASK, order())
    await perform(
        RECORD_HOST_FAILED, HostFailedRecord(**WHICH, failure=FAILURE, last=False, resources=MADE), IdleHost()
    )
    second = await perform(BEGIN_HOST_TASK, order(attempt=2))

    assert first.machine.computer_name != second.machine.computer_name
    assert second.left is not None
    assert second.left.computer_name == "SPOT-1"
    assert (await perform(BEGIN_HOST_TASK, order())).attempt == 2  # begun again after a crash: where it was


async def test_an_unhealthy_connection_lets_a_build_wait_and_nothing_else(office: PaperServices) -> None:
    await office.connections.change(T, "c1", lambda c: c.but(health_check_status=HealthStatus.FAILED))
    await begun(office)
    parked = await perform(BEGIN_HOST_TASK, order())
    assert isinstance(parked, NoCapacity)
    assert parked.code == "connectionUnhealthy"

    await office.session_hosts.change(T, "h1", lambda h: begin_task(h, HostTask.REMOVE, at=things.NOW))
    assert isinstance(await perform(BEGIN_HOST_TASK, order(HostTask.REMOVE, run=2)), HostJob)


async def test_a_task_that_was_overtaken_begins_nothing(office: PaperServices) -> None:
    await begun(office)
    await office.session_hosts.change(T, "h1", lambda h: begin_task(h, HostTask.REMOVE, at=things.NOW))
    assert isinstance(await perform(BEGIN_HOST_TASK, order()), Superseded)


# What is written on the way
@pytest.mark.parametrize(
    ("contract", "record"),
    [
        (RECORD_HOST_STEP, HostStepRecord(**WHICH, step=HostStep.CREATE_VM, resources=MADE)),
        (RECORD_HOST_PARKED, HostParkedRecord(**WHICH, reason=FULL, since=things.NOW)),
        (RECORD_HOST_FAILED, HostFailedRecord(**WHICH, failure=FAILURE, last=False, resources=MADE)),
        (RECORD_HOST_FAILED, HostFailedRecord(**WHICH, failure=FAILURE, last=True, resources=MADE)),
        (RECORD_HOST_BUILT, HostBuiltRecord(**WHICH, resources=MADE, proven=True)),
        (END_HOST_TASK, HostEndRecord(**WHICH)),
        (RECORD_HOST_REMOVED, OfHostTask(**WHICH)),
    ],
    ids=["step", "parked", "failed", "given-up", "built", "ended", "removed"],
)
async def test_who_was_overtaken_writes_nothing(office: PaperServices, contract: Any, record: Any) -> None:
    await begun(office)
    await office.session_hosts.change(T, "h1", lambda h: begin_task(h, HostTask.REMOVE, at=things.NOW))
    before = await now(office)
    arguments = () if contract is RECORD_HOST_STEP else (IdleHost(),)

    assert isinstance(await perform(contract, record, *arguments), Superseded)
    assert await now(office) == before
    assert (await operation(office)).status is OperationStatus.NOT_STARTED


async def test_a_step_shows_what_there_is_and_moves_the_operation_on(office: PaperServices) -> None:
    await begun(office)
    left = Failure(code="busy", message="try later")
    record = HostStepRecord(**WHICH, step=HostStep.ENROLL_IN_INTUNE, resources=MADE, password_left=left)
    assert isinstance(await perform(RECORD_HOST_STEP, record), Done)

    host = await now(office)
    assert (host.step, host.resources.vm_id) == ("enrollInIntune", "/vm")
    assert "password encrypted" in host.warnings[0].message
    assert (await operation(office)).open_step == "enrollInIntune"


async def test_a_parked_host_says_since_when_and_why_and_tells_the_group_once(office: PaperServices) -> None:
    await begun(office)
    await perform(BEGIN_HOST_TASK, order())
    host, record = IdleHost(), HostParkedRecord(**WHICH, reason=FULL, since=things.NOW)
    for _ in range(2):
        await perform(RECORD_HOST_PARKED, record, host)

    parked = await now(office)
    assert (parked.status, parked.parked_since) == (HostStatus.PENDING, things.NOW)
    assert parked.parked_because == "AllocationFailed: none left"
    assert parked.work is not None
    assert len(host.started) == 1
    again = await perform(BEGIN_HOST_TASK, order())
    assert again.attempt == 1
    assert (await now(office)).status is HostStatus.BUILDING


async def test_a_host_that_was_built_is_ready_once_however_often_it_is_said(office: PaperServices) -> None:
    await begun(office)
    await perform(BEGIN_HOST_TASK, order())
    warning = Warn(step="reachProfiles", message="FSLogixHealthCheck: failed")
    record = HostBuiltRecord(**WHICH, resources=MADE, warnings=(warning,), proven=False)
    host = IdleHost()
    outcomes = [await perform(RECORD_HOST_BUILT, record, host) for _ in range(2)]

    ready = await now(office)
    assert [type(each) for each in outcomes] == [Done, Superseded]
    assert (ready.status, ready.proven, ready.work, ready.warnings) == (HostStatus.READY, False, None, (warning,))
    assert (await operation(office)).status is OperationStatus.SUCCEEDED
    assert len(host.started) == 1
    events = [each.value.activity async for each in office.audit.each(T, resource_id="h1")]
    assert events == ["Microsoft.CloudPC/sessionHosts/build"]


async def test_a_build_that_was_given_up_says_why_to_everybody(office: PaperServices) -> None:
    await begun(office)
    await perform(BEGIN_HOST_TASK, order())
    record = HostFailedRecord(**WHICH, failure=FAILURE, last=True, resources=Resources())
    await perform(RECORD_HOST_FAILED, record, IdleHost())

    failed = await now(office)
    assert (failed.status, failed.work, failed.resources) == (HostStatus.FAILED, None, Resources())
    assert failed.failure == FAILURE
    assert (await operation(office)).error == FAILURE


async def test_what_was_not_done_leaves_the_host_as_it_was(office: PaperServices) -> None:
    await begun(office, HostTask.STOP)
    why = Failure(code="sessionsInTheWay", message="1 session would be lost")
    await perform(END_HOST_TASK, HostEndRecord(**WHICH, failure=why), IdleHost())

    host = await now(office)
    assert (host.status, host.work, host.failure) == (HostStatus.READY, None, why)
    assert (await operation(office)).status is OperationStatus.FAILED


async def test_a_host_that_was_made_without_hibernation_has_one_warning_and_is_stopped_from_then_on(
    office: PaperServices,
) -> None:
    before = Warn(step="joinDirectory", message="stays")
    await begun(office, HostTask.HIBERNATE, warnings=(before,), assigned_user_id="ada")
    why = Failure(code=HIBERNATION_NOT_ENABLED, message="host-h1 was made without hibernation")
    for run in (1, 2):
        await perform(END_HOST_TASK, HostEndRecord(**{**WHICH, "run": run}, failure=why), IdleHost())
        host = await now(office)
        assert (host.work, host.failure) == (None, why)
        assert host.warnings == (before, Warn(step="hibernate", message=why.message))
        await office.session_hosts.change(T, "h1", lambda there: begin_task(there, HostTask.HIBERNATE, at=things.NOW))

    group = spot_group(license_type=LicenseType.PERSONAL_DEDICATED, hosts=HostSettings(hibernate=True))
    empty = HostSeen(
        at=things.NOW, state="running", agent="Available", since=_LONG_AGO, empty_since=_LONG_AGO, online_at=_LONG_AGO
    )
    resting = host.but(seen=empty)
    for each, action in ((resting.but(warnings=(before,)), "hibernate"), (resting, "stop")):
        steps = plan(target_of(group, None, None), [observed_host(each, group)], things.NOW).steps
        assert [step.action.value for step in steps if step.host_id == "h1"] == [action]


async def test_a_task_that_fails_finds_at_once_that_the_machine_is_gone(office: PaperServices) -> None:
    seen = HostSeen(at=things.NOW, state="stopped", agent="Shutdown", since=things.NOW)
    await begun(office, HostTask.START, seen=seen, resources=session_host(1).resources)
    office.azure.gone = {"*"}
    await perform(END_HOST_TASK, HostEndRecord(**WHICH, failure=FAILURE), IdleHost())
    host = await now(office)
    assert (host.status, host.work, host.machine_gone) == (HostStatus.READY, None, True)
    assert host.seen is not None
    assert host.seen.state == "broken"
    assert "404" in ((host.failure and host.failure.evidence) or "")
    assert (await operation(office)).error.code == MACHINE_GONE


async def test_a_task_that_fails_though_the_machine_is_there_keeps_its_failure(office: PaperServices) -> None:
    await begun(office, HostTask.START, resources=session_host(1).resources)
    await perform(END_HOST_TASK, HostEndRecord(**WHICH, failure=FAILURE), IdleHost())
    assert (await now(office)).failure == FAILURE


async def test_a_host_of_which_nothing_is_left_has_no_record(office: PaperServices) -> None:
    await begun(office, HostTask.REMOVE)
    host = IdleHost()
    assert isinstance(await perform(RECORD_HOST_REMOVED, OfHostTask(**WHICH), host), Done)
    assert isinstance(await perform(RECORD_HOST_REMOVED, OfHostTask(**WHICH), host), Done)

    assert await office.session_hosts.find(T, "h1") is None
    assert (await operation(office)).status is OperationStatus.SUCCEEDED
    assert len(host.started) == 1


async def test_an_account_that_was_disabled_is_disabled_once(office: PaperServices) -> None:
    await begun(office, HostTask.REMOVE, resources=MADE.but(domain_connection_id="c1"))
    machine = Machine(
        tenant_id=T,
        owner=Owner(kind=OwnerKind.SESSION_HOST, id="h1"),
        subscription_id="s",
        resource_group="g",
        region="westeurope",
        computer_name="SPOT-1",
    )
    await perform(RECORD_ACCOUNT, AccountRecord(machine=machine, connection_id="c1"))
    assert (await now(office)).resources.domain_connection_id is None
    refused = Refused(code="machineStopped", message="it does not answer")
    await perform(RECORD_ACCOUNT, AccountRecord(machine=machine, connection_id="c1", refused=refused))
    (orphan,) = [each.value async for each in office.orphans.each(T)]
    assert "its session host is removed" in orphan.why


# What broke off, or stands still
async def test_a_removal_waits_for_the_task_it_has_overtaken_and_ends_one_that_does_not_notice(
    office: PaperServices,
) -> None:
    await begun(office, HostTask.REMOVE)
    busy = StuckHost()
    which = OfHostTask(**{**WHICH, "run": 1})
    assert isinstance(await perform(POLL_EARLIER_TASK, which, IdleHost()), Done)
    assert isinstance(await perform(POLL_EARLIER_TASK, which, busy), Pending)
    assert busy.ended == []


async def test_a_task_whose_start_was_lost_is_begun_by_the_sweep(office: PaperServices) -> None:
    await office.session_hosts.insert(session_host(1, status=HostStatus.PENDING))

    deaf: Any = SimpleNamespace(get_status=IdleHost().get_status)  # it starts nothing
    with pytest.raises(UnavailableError):
        await start_host_task(office, deaf, await now(office), HostTask.BUILD)
    office.hand.advance(timedelta(minutes=11))
    host = IdleHost()
    await sweep_due(host, {DueKind.HOST: host_task_due})
    assert host.started == ["contoso-h1-hostBuild-1"]
    assert host.orders[0]["brokenOff"] is True


async def test_a_join_may_take_as_long_as_the_tenant_lets_it(office: PaperServices) -> None:
    settings = things.tenant().settings.but(hybrid_join_wait_in_minutes=600)
    await office.tenants.change(T, lambda there: there.but(settings=settings))
    await begun(office)
    await office.due.put(DueKind.HOST, things.NOW, T, "h1", 1)
    host = StuckHost()
    office.hand.advance(timedelta(hours=9))
    await sweep_due(host, {DueKind.HOST: host_task_due})
    assert host.ended == []
    office.hand.advance(timedelta(hours=2))
    await sweep_due(host, {DueKind.HOST: host_task_due})
    assert host.ended == ["contoso-h1-hostBuild-1"]
    office.hand.advance(AGAIN_AFTER)
    await sweep_due(host, {DueKind.HOST: host_task_due})
    assert host.started == ["contoso-h1-hostBuild-1"]


async def test_a_dedicated_host_is_recognised(office: PaperServices) -> None:
    await office.spot_groups.change(T, GROUP_ID, lambda g: g.but(license_type=LicenseType.PERSONAL_DEDICATED))
    await begun(office)
    job = await perform(BEGIN_HOST_TASK, order())
    assert job.build.dedicated is True
