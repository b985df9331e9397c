"""The record of a replacement, on real tables: recorded twice, overtaken, interrupted."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    RECORD_CLEANED,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_REPLACED,
    AttemptOrder,
    FailedRecord,
    LeftRecord,
    ParkedRecord,
    ProvisionedRecord,
    StepRecord,
)
from shared.contracts.desktops import POLL_END_OF_BUILD, Built, DeprovisionOrder
from shared.contracts.outcomes import Done, NoCapacity, Pending, Superseded
from shared.contracts.provisioning import ABANDON_REPLACEMENT, AbandonOrder
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.replacing import REPROVISION
from shared.domain.operations.operation import OperationStatus
from shared.errors import ConflictError
from shared.services.cloud_pcs.builds import rebuild, resume_build
from shared.services.cloud_pcs.deprovisioning import clean_up_due
from shared.services.cloud_pcs.machine_changes import replace
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, act
from shared.services.operations.action_context import ActionContext
from shared.services.operations.sweeps import sweep_due
from shared.storage.due import WATCH_EVERY, DueKind, grace_due
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_by_hand import ADMIN, BusyHost
from triggers.http.call import Call

PLACE: dict[str, Any] = {"subscription_id": things.SUBSCRIPTION, "resource_group": "desks", "region": "westeurope"}
OLD = Resources(**PLACE, computer_name="CPC-OLD", vm_id="/vm/1", host_pool_id="/pool", session_host="old")
NEW = Resources(**PLACE, computer_name="CPC-NEW", vm_id="/vm/2", slot="b", session_host="new")
PC = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=OLD, generation=4)
WHO: dict[str, Any] = {"tenant_id": PC.tenant_id, "cloud_pc_id": PC.id, "generation": 5}
FAILURE = Failure(code="joinFailed", message="no such domain", step=Step.JOIN_DIRECTORY)
READY = ProvisionedRecord(**WHO, attempt=1, resources=NEW)


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy(image_id=GALLERY))
    contoso.directory.groups = {"g1": {"ada"}}
    contoso.directory.licences = {"ada": ("sku-1",)}
    await contoso.cloud_pcs.insert(PC)
    return contoso


GALLERY = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"


async def context(here: PaperServices, trace: str = "one") -> ActionContext:
    request = func.HttpRequest(
        method="POST", url="http://api/x", headers={}, body=b"", route_params={"tenant": "contoso"}
    )
    tenant = await here.tenants.get("contoso")
    verb = "Microsoft.CloudPC/cloudPCs/reprovision"
    return Call(request, here, ADMIN, tenant=tenant, verb=verb, trace_id=trace).context


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def begun(here: PaperServices, *, upto: Step | None = None) -> IdleHost:
    """Ask for another machine, and let its build come to a step."""
    host = IdleHost()
    await replace(await context(here), host, PC.id)
    if upto is not None:
        await perform(BEGIN_ATTEMPT, AttemptOrder(**WHO, attempt=1, connection_id="c1"))
        await perform(BEGIN_STEP, StepRecord(**WHO, attempt=1, step=upto, resources=NEW))
    return host


async def operation(here: PaperServices) -> OperationStatus:
    (found,) = [stored.value async for stored in here.operations.each("contoso")]
    return found.status


async def twice(contract: Any, order: Any) -> Any:
    first = await perform(contract, order)
    assert await perform(contract, order) == first
    return first


async def test_the_replacement_is_promised_started_and_recorded_beside_the_cloud_pc(
    here: PaperServices,
) -> None:
    host = await begun(here, upto=Step.CREATE_VM)
    pc, order = await record(here), host.orders[0]

    assert host.started == [f"contoso-{PC.id}-replace-5"]
    assert (order["slot"], order["replaces"]["remains"]["computerNames"], order.get("remains")) == (
        "b",
        ["CPC-OLD"],
        [],
    )
    assert (pc.status, pc.current.generation, pc.current.resources) == (Status.PROVISIONED, 4, OLD)
    assert pc.replacement is not None
    assert (pc.replacement.phase, pc.replacement.step, pc.replacement.resources) == (
        Phase.BUILDING,
        Step.CREATE_VM,
        NEW,
    )
    assert [e.generation for e in await here.timeline.entries(PC.tenant_id, PC.id)] == [5]
    assert await operation(here) is OperationStatus.RUNNING


async def test_asked_for_twice_by_one_request_it_is_built_once(here: PaperServices) -> None:
    host = await begun(here)
    first = await record(here)
    await replace(await context(here), host, PC.id)
    assert await record(here) == first
    assert set(host.started) == {f"contoso-{PC.id}-replace-5"}


async def test_while_it_is_built_nothing_else_happens_to_the_machine(here: PaperServices) -> None:
    host = await begun(here)
    with pytest.raises(ConflictError, match="take the place"):
        await replace(await context(here, "two"), host, PC.id)
    with pytest.raises(ConflictError, match="take the place"):
        await rebuild(await context(here, "three"), host, PC.id, REPROVISION)
    with pytest.raises(ConflictError, match="take the place"):
        await act(await context(here, "four"), host, PC.id, RemoteActionRequest(Remote.REBOOT))


async def test_it_parks_without_a_word_about_the_cloud_pc_s_own_status(here: PaperServices) -> None:
    await begun(here, upto=Step.ALLOCATE_CAPACITY)
    full = NoCapacity(code="QuotaExceeded", message="no quota for both")
    parked = ParkedRecord(**WHO, attempt=1, reason=full, since=here.hand.at)
    assert await twice(RECORD_PARKED, parked) == Done()
    pc = await record(here)

    assert pc.status is Status.PROVISIONED
    assert pc.replacement is not None
    assert (pc.replacement.phase, pc.replacement.reason) == (Phase.WAITING, "no quota for both")
    events = [stored.value async for stored in here.audit.each(PC.tenant_id, resource_id=PC.id)]
    assert [e.activity for e in events] == ["Microsoft.CloudPC/cloudPCs/reprovision"]


async def test_it_takes_the_place_and_the_old_one_goes_three_hours_later(here: PaperServices) -> None:
    await begun(here, upto=Step.ASSIGN_USER)
    assert await twice(RECORD_REPLACED, READY) == Done()
    pc, host = await record(here), IdleHost()

    assert (pc.current.generation, pc.current.resources.computer_name, pc.status) == (5, "CPC-NEW", Status.PROVISIONED)
    assert pc.replacement is not None
    assert (pc.replacement.phase, pc.replacement.resources.computer_name) == (Phase.LEAVING, "CPC-OLD")
    assert await operation(here) is OperationStatus.SUCCEEDED
    here.hand.advance(timedelta(hours=3, minutes=1))
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    assert [(order["slot"], order["computerNames"]) for order in host.orders] == [("a", ["CPC-OLD"])]
    assert await perform(RECORD_CLEANED, LeftRecord(**{**WHO, "generation": 4})) == Done()
    assert (await record(here)).replacement is None


async def test_what_cannot_be_removed_of_the_old_one_is_tried_again(here: PaperServices) -> None:
    await begun(here, upto=Step.ASSIGN_USER)
    await perform(RECORD_REPLACED, READY)
    here.hand.advance(timedelta(hours=3, minutes=1))
    host = IdleHost()
    for _ in range(2):
        await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
        here.hand.advance(timedelta(hours=2))
    assert len(host.started) == 2
    assert (await record(here)).current.resources.computer_name == "CPC-NEW"


@pytest.mark.parametrize("succeeds", [True, False])
async def test_the_record_names_the_hardware_of_the_machine_that_the_user_has(
    here: PaperServices, *, succeeds: bool
) -> None:
    older = PC.plan.but(v_cpu_count=PC.plan.v_cpu_count + 1)  # its licence stood for more when it was built
    await here.cloud_pcs.change("contoso", PC.id, lambda pc: pc.but(plan=older))
    host = await begun(here, upto=Step.ASSIGN_USER)
    meanwhile = (await record(here)).plan
    failed = FailedRecord(**WHO, attempt=1, failure=FAILURE, last=True, resources=NEW)
    await (perform(RECORD_REPLACED, READY) if succeeds else perform(RECORD_FAILED, failed))
    after = (await record(here)).plan

    assert host.orders[0]["plan"]["vCpuCount"] == PC.plan.v_cpu_count
    assert (meanwhile, after.v_cpu_count) == (older, (PC.plan if succeeds else older).v_cpu_count)


async def test_the_grace_period_that_began_meanwhile_ends_all_the_same(here: PaperServices) -> None:
    await begun(here, upto=Step.ASSIGN_USER)
    grace = Grace(
        cause=RemovalCause.LICENSE_REMOVED, started_at=here.hand.at, ends_at=here.hand.at + timedelta(hours=1)
    )
    await here.cloud_pcs.change("contoso", PC.id, lambda pc: edited(pc, status=Status.IN_GRACE_PERIOD, grace=grace))
    assert await perform(RECORD_REPLACED, READY) == Done()
    pc = await record(here)

    assert (pc.status, pc.current.resources.computer_name) == (Status.IN_GRACE_PERIOD, "CPC-NEW")
    assert grace_due(pc) in await here.due.due(DueKind.DEPROVISION, grace.ends_at)


async def test_the_last_failure_keeps_the_current_machine_and_cleans_up_the_other(here: PaperServices) -> None:
    await begun(here, upto=Step.JOIN_DIRECTORY)
    failed = FailedRecord(**WHO, attempt=1, failure=FAILURE, last=True, resources=NEW)
    assert await twice(RECORD_FAILED, failed) == Done()
    pc, host = await record(here), IdleHost()

    assert (pc.status, pc.current.generation, pc.current.resources, pc.current.last_error) == (
        Status.PROVISIONED,
        4,
        OLD,
        None,
    )
    assert await operation(here) is OperationStatus.FAILED
    here.hand.advance(timedelta(hours=3, minutes=1))
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    assert [(order["slot"], order["computerNames"]) for order in host.orders] == [("b", ["CPC-NEW"])]


async def test_one_that_made_nothing_leaves_nothing_and_its_operation_fails(here: PaperServices) -> None:
    await begun(here, upto=None)
    failed = FailedRecord(**WHO, attempt=1, failure=FAILURE, last=True)
    assert await perform(RECORD_FAILED, failed) == Done()
    assert (await record(here)).replacement is None
    assert await operation(here) is OperationStatus.FAILED


async def test_the_next_one_cleans_up_what_the_failed_one_left_and_has_a_name_of_its_own(here: PaperServices) -> None:
    await begun(here, upto=Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, FailedRecord(**WHO, attempt=1, failure=FAILURE, last=True, resources=NEW))
    host = IdleHost()
    await replace(await context(here, "continue_as_new"), host, PC.id)
    order = host.orders[0]

    assert (order["generation"], order["slot"]) == (6, "b")
    assert [each["computerNames"] for each in order["remains"]] == [["CPC-NEW"]]
    here.hand.advance(timedelta(hours=4))
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    assert len(host.started) == 1  # the clean-up that was due is the build's now


async def test_a_plain_reprovision_after_a_failed_one_repeats_no_generation(here: PaperServices) -> None:
    await begun(here, upto=Step.JOIN_DIRECTORY)
    await perform(RECORD_FAILED, FailedRecord(**WHO, attempt=1, failure=FAILURE, last=True, resources=NEW))
    host = IdleHost()
    await rebuild(await context(here, "plain"), host, PC.id, REPROVISION)
    order = host.orders[0]
    assert (order["generation"], order["slot"]) == (6, "a")
    assert [(each["slot"], each["computerNames"]) for each in order["remains"]] == [("a", ["CPC-OLD"])]


async def test_who_loses_the_cloud_pc_ends_the_build_at_its_next_step(here: PaperServices) -> None:
    await begun(here, upto=Step.CREATE_VM)
    await here.cloud_pcs.change("contoso", PC.id, lambda pc: edited(pc, status=Status.IN_GRACE_PERIOD))
    step = StepRecord(**WHO, attempt=1, step=Step.JOIN_DIRECTORY, resources=NEW)
    assert await perform(BEGIN_STEP, step) == Superseded()
    assert await twice(ABANDON_REPLACEMENT, AbandonOrder(**WHO)) == Done()
    pc = await record(here)
    assert pc.replacement is not None
    assert (pc.replacement.phase, pc.current.resources) == (Phase.FAILED, OLD)
    assert await operation(here) is OperationStatus.FAILED


async def test_what_goes_out_of_use_waits_for_its_replacement_and_keeps_nothing_of_it(here: PaperServices) -> None:
    await begun(here, upto=Step.CREATE_VM)
    await here.cloud_pcs.change("contoso", PC.id, lambda pc: edited(pc, status=Status.DEPROVISIONING))
    closing = DeprovisionOrder(tenant_id="contoso", cloud_pc_id=PC.id, generation=4)
    assert isinstance(await perform(POLL_END_OF_BUILD, closing, BusyHost()), Pending)
    assert (await record(here)).replacement is not None

    built = await perform(POLL_END_OF_BUILD, closing, IdleHost())
    assert isinstance(built, Built)
    assert [each.computer_names for each in built.remains] == [("CPC-OLD",)]
    pc, host = await record(here), IdleHost()
    assert pc.replacement is not None
    assert pc.replacement.phase is Phase.FAILED
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    assert [order["computerNames"] for order in host.orders] == [["CPC-NEW"]]


async def test_a_build_that_broke_off_is_begun_again(here: PaperServices) -> None:
    await begun(here, upto=Step.CREATE_VM)
    host = IdleHost()
    here.hand.advance(WATCH_EVERY)
    await sweep_due(host, {DueKind.WATCH: resume_build})

    assert host.started == [f"contoso-{PC.id}-replace-5"]
    assert [each["computerNames"] for each in host.orders[0]["remains"]] == [["CPC-NEW"]]
    assert host.orders[0]["replaces"]["remains"]["computerNames"] == ["CPC-OLD"]
