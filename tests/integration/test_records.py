"""The record of a build, on real tables: told once or twice, in order or late."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    RECORD_CLEANED,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    AttemptOrder,
    Begun,
    FailedRecord,
    LeftRecord,
    ParkedRecord,
    ProvisionedRecord,
    StepRecord,
)
from shared.contracts.outcomes import Done, NoCapacity, Refused, Superseded
from shared.contracts.provisioning import RECORD_RERUN, RerunRecord
from shared.domain.cloud_pcs.build import Failure, Resources, Step, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import HealthCheck, HealthStatus
from shared.domain.operations.operation import OperationStatus
from shared.domain.planning.explain import standing
from shared.storage.due import DueKind
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import PaperServices, perform

PC = things.cloud_pc(operation_id="o1")
WHO: dict[str, Any] = {"tenant_id": PC.tenant_id, "cloud_pc_id": PC.id, "generation": 1}
BEGIN = AttemptOrder(**WHO, attempt=1, connection_id="c1")
FAILURE = Failure(code="joinFailed", message="no such domain", step=Step.JOIN_DIRECTORY)
MADE = Resources(computer_name="CPC-ADA-AAAAA", vm_id="/vm/1", nic_id="/nic/1")


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    await paper.tenants.insert(things.tenant())
    await paper.connections.insert(things.connection())
    await paper.operations.insert(things.operation(kind="retry", resource_id=PC.id))
    await paper.cloud_pcs.insert(PC)
    await paper.policies.insert(things.policy())
    paper.directory.groups, paper.directory.licences = {"g1": {"ada"}}, {"ada": ("sku-1",)}
    return paper


def step(which: Step, **changes: Any) -> StepRecord:
    return StepRecord(**WHO, attempt=1, step=which).but(**changes)


def failed(*, last: bool, **changes: Any) -> FailedRecord:
    return FailedRecord(**WHO, attempt=1, failure=FAILURE, last=last, resources=MADE).but(**changes)


def provisioned(*warnings: Warn) -> ProvisionedRecord:
    return ProvisionedRecord(**WHO, attempt=1, resources=MADE, warnings=warnings)


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def statuses(here: PaperServices) -> list[str]:
    events = [stored.value async for stored in here.audit.each(PC.tenant_id, resource_id=PC.id)]
    return [e.after["status"] for e in reversed(events) if e.after and "status" in e.after]


async def twice(contract: Any, order: Any) -> Any:
    first = await perform(contract, order)
    assert await perform(contract, order) == first
    return first


async def build(here: PaperServices, upto: Step) -> None:
    await perform(BEGIN_ATTEMPT, BEGIN)
    for each in (Step.ALLOCATE_CAPACITY, Step.CREATE_VM, Step.JOIN_DIRECTORY, Step.CONFIGURE_WINDOWS, Step.ASSIGN_USER):
        here.hand.advance(timedelta(minutes=1))
        await perform(BEGIN_STEP, step(each, resources=MADE if each is not Step.ALLOCATE_CAPACITY else Resources()))
        if each is upto:
            return


async def test_an_attempt_begins(here: PaperServices) -> None:
    assert await twice(BEGIN_ATTEMPT, BEGIN) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.attempt, pc.current.reason) == (Status.PROVISIONING, 1, None)
    assert await statuses(here) == ["provisioning"]


async def test_a_join_password_that_stays_on_the_machine_is_a_warning_of_the_operation_and_no_more(
    here: PaperServices,
) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    left = Failure(code="ScopeLocked", message="a lock")
    await twice(BEGIN_STEP, step(Step.ENROLL_IN_INTUNE, resources=MADE, password_left=left))
    await perform(BEGIN_STEP, step(Step.ASSIGN_USER, resources=MADE))
    await perform(RECORD_PROVISIONED, provisioned())

    (warning,) = (await here.operations.get(PC.tenant_id, "o1")).value.warnings
    assert (warning["concern"], warning["step"]) == ("joinPasswordLeft", "joinDirectory")
    assert "ScopeLocked: a lock" in warning["message"]
    notes = [each.note for each in await here.timeline.entries(PC.tenant_id, PC.id) if each.note]
    assert notes == [warning["message"]]
    assert (await record(here)).status is Status.PROVISIONED


async def test_the_wait_for_the_sign_in_rights_is_the_last_entry_of_the_timeline(here: PaperServices) -> None:
    await build(here, Step.ASSIGN_USER)
    made = MADE.but(session_host="cpc-1", sign_in_given_at=here.hand.at)
    await twice(BEGIN_STEP, step(Step.AWAIT_SIGN_IN_RIGHTS, resources=made))
    here.hand.advance(timedelta(minutes=10))
    await perform(RECORD_PROVISIONED, provisioned())

    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert [(e.step, e.outcome) for e in entries][-2:] == [
        (Step.ASSIGN_USER, "succeeded"),
        (Step.AWAIT_SIGN_IN_RIGHTS, "succeeded"),
    ]
    assert entries[-2].resource_ids == ("cpc-1",)
    assert entries[-1].ended_at == here.hand.at
    assert (await record(here)).current.resources.sign_in_given_at == made.sign_in_given_at


async def test_an_attempt_waits_for_its_connection(here: PaperServices) -> None:
    check = HealthCheck(display_name="subnetIpUsage", status=HealthStatus.FAILED, additional_detail="no free address")
    await here.connections.change(
        "contoso", "c1", lambda c: c.but(health_check_status=HealthStatus.FAILED, health_checks=(check,))
    )
    told = await twice(BEGIN_ATTEMPT, BEGIN)
    assert told == NoCapacity(
        code="connectionUnhealthy",
        message="the connection Hosted is failed: subnetIpUsage: no free address",
        elsewhere=False,
    )
    assert await record(here) == PC


@pytest.mark.parametrize(
    "changes",
    [
        {"generation": 2},
        {"attempt": 2, "status": Status.PROVISIONING},
        {"status": Status.FAILED},
        {"status": Status.NOT_PROVISIONED},
    ],
    ids=["a newer build", "a later attempt", "it failed", "nobody wants it"],
)
async def test_an_attempt_that_is_overtaken_learns_it(here: PaperServices, changes: dict[str, Any]) -> None:
    moved = await here.cloud_pcs.change(PC.tenant_id, PC.id, lambda pc: edited(pc, **changes))
    assert await perform(BEGIN_ATTEMPT, BEGIN) == Superseded()
    assert await perform(BEGIN_STEP, step(Step.CREATE_VM)) == Superseded()
    assert await record(here) == moved


@pytest.mark.parametrize(
    ("contract", "order"),
    [
        (BEGIN_ATTEMPT, BEGIN),
        (BEGIN_STEP, step(Step.CREATE_VM)),
        (RECORD_PARKED, ParkedRecord(**WHO, attempt=1, reason=NoCapacity(code="x", message="y"), since=things.NOW)),
        (RECORD_FAILED, failed(last=True)),
        (RECORD_PROVISIONED, provisioned()),
        (RECORD_CLEANED, LeftRecord(**WHO)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_whoever_works_for_a_record_that_is_gone_learns_it(
    here: PaperServices, contract: Any, order: Any
) -> None:
    await here.cloud_pcs.remove(PC.tenant_id, PC.id)
    assert await perform(contract, order) == Superseded()
    assert await here.timeline.entries(PC.tenant_id, PC.id) == []


async def test_a_step_ends_the_one_before_and_is_recorded_once(here: PaperServices) -> None:
    await build(here, Step.CREATE_VM)
    here.hand.advance(timedelta(minutes=1))
    await twice(BEGIN_STEP, step(Step.JOIN_DIRECTORY, resources=MADE))
    capacity, vm, join = await here.timeline.entries(PC.tenant_id, PC.id)
    assert (capacity.step, capacity.outcome) == (Step.ALLOCATE_CAPACITY, "succeeded")
    assert (vm.started_at, vm.ended_at) == (things.NOW + timedelta(minutes=2), things.NOW + timedelta(minutes=3))
    assert vm.resource_ids == ("/vm/1", "/nic/1")
    assert (join.step, join.ended_at) == (Step.JOIN_DIRECTORY, None)
    pc = await record(here)
    assert (pc.current.step, pc.current.step_started_at, pc.current.resources) == (
        Step.JOIN_DIRECTORY,
        things.NOW + timedelta(minutes=3),
        MADE,
    )


async def test_a_step_crashed_after_its_timeline_is_recorded_once(here: PaperServices) -> None:
    await build(here, Step.CREATE_VM)
    before = await here.cloud_pcs.get(PC.tenant_id, PC.id)
    await perform(BEGIN_STEP, step(Step.JOIN_DIRECTORY))
    written = await here.cloud_pcs.get(PC.tenant_id, PC.id)
    await here.cloud_pcs.replace(before.value, seen=written.etag)  # as if the crash had come before the record
    here.hand.advance(timedelta(minutes=7))
    await perform(BEGIN_STEP, step(Step.JOIN_DIRECTORY))
    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert [e.step for e in entries] == [Step.ALLOCATE_CAPACITY, Step.CREATE_VM, Step.JOIN_DIRECTORY]
    assert entries[1].ended_at == things.NOW + timedelta(minutes=2)


async def test_the_operation_shows_the_step_and_the_percent(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    operation = (await here.operations.get("contoso", "o1")).value
    assert (operation.status, operation.percent_complete) == (OperationStatus.RUNNING, 20)
    assert [s.name for s in operation.steps if s.ended_at] == ["allocateCapacity", "createVm"]


async def test_another_place_is_another_visit_of_the_same_step(here: PaperServices) -> None:
    await build(here, Step.CREATE_VM)
    await perform(BEGIN_STEP, step(Step.ALLOCATE_CAPACITY))
    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert [(e.step, e.outcome) for e in entries] == [(Step.ALLOCATE_CAPACITY, None), (Step.CREATE_VM, "failed")]
    await perform(BEGIN_STEP, step(Step.CREATE_VM))
    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert [e.outcome for e in entries] == ["succeeded", None]


async def test_a_build_without_capacity_is_parked_visibly(here: PaperServices) -> None:
    await build(here, Step.CREATE_VM)
    parked = ParkedRecord(
        **WHO, attempt=1, reason=NoCapacity(code="SkuNotAvailable", message="westeurope is full"), since=here.hand.at
    )
    assert await twice(RECORD_PARKED, parked) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.reason, pc.current.parked_since) == (
        Status.PENDING_PROVISION,
        "westeurope is full",
        here.hand.at,
    )
    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert (entries[-1].outcome, entries[-1].note) == ("parked", "SkuNotAvailable: westeurope is full")


async def test_looking_for_capacity_again_leaves_no_audit_event(here: PaperServices) -> None:
    await build(here, Step.ALLOCATE_CAPACITY)
    parked = ParkedRecord(**WHO, attempt=1, reason=NoCapacity(code="x", message="full"), since=here.hand.at)
    for _ in range(3):
        await perform(RECORD_PARKED, parked)
        here.hand.advance(timedelta(minutes=10))
        await perform(BEGIN_ATTEMPT, BEGIN)
        await perform(BEGIN_STEP, step(Step.ALLOCATE_CAPACITY))
    assert await statuses(here) == ["provisioning", "pendingProvision"]
    assert len(await here.timeline.entries(PC.tenant_id, PC.id)) == 1


async def test_a_failed_attempt_that_is_not_the_last_goes_on(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    assert await twice(RECORD_FAILED, failed(last=False)) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.last_error, pc.current.clean_up_at) == (Status.PROVISIONING, FAILURE, None)
    assert isinstance(await perform(BEGIN_ATTEMPT, BEGIN.but(attempt=2)), Begun)  # what it made may go: that was asked
    assert await perform(BEGIN_STEP, step(Step.CREATE_VM)) == Superseded()
    assert (await here.timeline.entries(PC.tenant_id, PC.id))[-1].error == FAILURE


async def test_where_an_attempt_goes_on_is_in_the_record_and_the_timeline(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, failed(last=False))
    await perform(BEGIN_ATTEMPT, BEGIN.but(attempt=2, resumes_at=Step.ENROLL_IN_INTUNE))
    said = step(Step.ENROLL_IN_INTUNE).but(attempt=2, resumed=True, note="resumed here")
    assert await twice(BEGIN_STEP, said) == Done()
    pc, entries = await record(here), await here.timeline.entries(PC.tenant_id, PC.id)
    assert (pc.current.resumed_at, pc.current.resources, entries[-1].note) == (
        Step.ENROLL_IN_INTUNE,
        MADE,
        "resumed here",
    )
    assert "resumed at enrollInIntune" in standing(pc)


async def test_an_attempt_that_begins_anew_after_all_is_not_resumed(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, failed(last=False).but(warnings=(Warn(step="a", message="x"),)))
    await perform(BEGIN_ATTEMPT, BEGIN.but(attempt=2, resumes_at=Step.ENROLL_IN_INTUNE))
    await perform(BEGIN_STEP, step(Step.CLEAN_UP).but(attempt=2))
    pc = await record(here)
    assert (pc.current.resumed_at, pc.current.warnings) == (None, ())


async def test_of_the_machine_before_nothing_is_known_any_more_once_the_next_one_is_made(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    joined = MADE.but(joined_at=here.hand.at, entra_device_id="device-1")
    await perform(RECORD_FAILED, failed(last=False).but(resources=joined))
    await perform(BEGIN_ATTEMPT, BEGIN.but(attempt=2))
    other = Resources(computer_name="CPC-ADA-BBBBB")
    await perform(BEGIN_STEP, step(Step.CREATE_VM).but(attempt=2, resources=other))
    assert (await record(here)).current.resources == other


async def test_the_last_failure_promises_a_clean_up(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    assert await perform(RECORD_FAILED, failed(last=True)) == Done()
    then = here.hand.at + timedelta(hours=3)
    here.hand.advance(timedelta(minutes=1))
    assert await perform(RECORD_FAILED, failed(last=True)) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.last_error, pc.current.clean_up_at) == (Status.FAILED, FAILURE, then)
    (due,) = await here.due.due(DueKind.CLEAN_UP, then)
    assert (due.tenant_id, due.subject_id, due.generation, due.at) == ("contoso", PC.id, 1, then)
    assert await here.due.due(DueKind.CLEAN_UP, then - timedelta(microseconds=1)) == []
    operation = (await here.operations.get("contoso", "o1")).value
    assert (operation.status, operation.error) == (OperationStatus.FAILED, FAILURE)
    assert await statuses(here) == ["provisioning", "failed"]


async def test_a_crash_between_the_promise_and_the_record_keeps_the_promise(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    await here.due.put(DueKind.CLEAN_UP, here.hand.at + timedelta(hours=3), PC.tenant_id, PC.id, 1)
    here.hand.advance(timedelta(minutes=1))
    await perform(RECORD_FAILED, failed(last=True))
    pc = await record(here)
    assert pc.current.clean_up_at in {
        due.at for due in await here.due.due(DueKind.CLEAN_UP, here.hand.at + timedelta(hours=3))
    }


async def test_a_build_that_made_nothing_needs_no_clean_up(here: PaperServices) -> None:
    await perform(BEGIN_ATTEMPT, BEGIN)
    await perform(RECORD_FAILED, failed(last=True, resources=Resources()))
    assert (await record(here)).current.clean_up_at is None


async def test_a_build_that_never_found_its_connection_fails(here: PaperServices) -> None:
    assert await perform(RECORD_FAILED, failed(last=True, resources=Resources())) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.attempt) == (Status.FAILED, 1)


async def test_the_user_has_the_cloud_pc(here: PaperServices) -> None:
    await build(here, Step.ASSIGN_USER)
    done = provisioned().but(resources=MADE.but(session_host="host"))
    assert await twice(RECORD_PROVISIONED, done) == Done()
    pc = await record(here)
    assert (pc.status, pc.provisioned_date_time, pc.current.step, pc.current.last_error) == (
        Status.PROVISIONED,
        here.hand.at,
        None,
        None,
    )
    entries = await here.timeline.entries(PC.tenant_id, PC.id)
    assert {e.outcome for e in entries} == {"succeeded"}
    assert entries[-1].resource_ids == ("host",)
    operation = (await here.operations.get("contoso", "o1")).value
    assert (operation.status, operation.percent_complete) == (OperationStatus.SUCCEEDED, 100)
    assert await statuses(here) == ["provisioning", "provisioned"]


async def test_a_step_that_failed_after_the_machine_stood_is_a_warning(here: PaperServices) -> None:
    await build(here, Step.ASSIGN_USER)
    await perform(RECORD_PROVISIONED, provisioned(Warn(step="setTeamsVdiMode", message="access denied")))
    pc = await record(here)
    assert (pc.status, pc.current.warnings[0].step) == (Status.PROVISIONED_WITH_WARNINGS, "setTeamsVdiMode")
    warned = next(e for e in await here.timeline.entries(PC.tenant_id, PC.id) if e.step is Step.CONFIGURE_WINDOWS)
    assert (warned.outcome, warned.note) == ("warned", "setTeamsVdiMode: access denied")


async def test_curing_the_last_warning_makes_it_provisioned(here: PaperServices) -> None:
    await build(here, Step.ASSIGN_USER)
    await perform(RECORD_PROVISIONED, provisioned(Warn(step="a", message="x"), Warn(step="b", message="y")))
    rerun = RerunRecord(**WHO, operation_id="o2", steps=("a",))
    assert await twice(RECORD_RERUN, rerun) == Done()
    assert [w.step for w in (await record(here)).current.warnings] == ["b"]
    await twice(RECORD_RERUN, rerun.but(steps=("b",)))
    pc = await record(here)
    assert (pc.status, pc.current.warnings) == (Status.PROVISIONED, ())


async def test_what_was_cleaned_up_is_forgotten(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, failed(last=True))
    assert await twice(RECORD_CLEANED, LeftRecord(**WHO)) == Done()
    pc = await record(here)
    assert (pc.status, pc.current.resources, pc.current.clean_up_at) == (Status.FAILED, Resources(), None)


async def test_what_could_not_be_cleaned_up_is_listed_and_tried_again(here: PaperServices) -> None:
    await build(here, Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, failed(last=True))
    here.hand.advance(timedelta(hours=4))
    left = Refused(code="ScopeLocked", message="the group is locked", evidence="begin_vm_delete")
    await perform(RECORD_CLEANED, LeftRecord(**WHO, left=(left,)))
    pc = await record(here)
    assert pc.current.reason == "it could not be removed: begin_vm_delete ScopeLocked: the group is locked"
    assert pc.current.clean_up_at == here.hand.at + timedelta(hours=3)
    assert pc.current.resources == MADE
