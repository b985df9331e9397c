"""A larger size for a time, on real tables: begun, prolonged, ended, and taken back when nobody is active."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd, remote_order
from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.action_forms import TemporarySizeForm
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc, replanned
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.temporary_size import QUIET_FOR, TemporarySize
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.operations.operation import Actor
from shared.domain.planning.explain import standing
from shared.domain.tenants.tenant import Paused
from shared.errors import ConflictError, InvalidError, UnavailableError
from shared.services.cloud_pcs.machine_changes import resize
from shared.services.maintenance.due_rules import temporary_sizes_end
from shared.services.operations.action_context import ActionContext
from shared.services.power.temporary_sizes import LOOK_AGAIN, TRY_AGAIN, resize_temporarily, temporary_size_due
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, WORKS
from tests.integration.services import IdleHost, PaperServices, perform

HOUR = timedelta(hours=1)
ADA, SMALL_SIZE, LARGE_SIZE = "ada@contoso.example", "Standard_D2s_v5", "Standard_D4s_v5"
VM = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-h1"
PC = edited(
    WORKS,
    resources=MADE.but(host_pool_id=desks._POOL, session_host="spot-1", vm_id=VM, size=SMALL_SIZE),
    snapshot=things.snapshot(),
)


def large() -> ServicePlan:
    plan = service_plan("sku-2", "CPC_E_4C_16GB_256GB", {})
    assert plan is not None
    return plan


@pytest.fixture
async def azure(office: Office) -> PaperDesks:
    await office.cloud_pcs.insert(PC)
    return on_paper(office, h1=Desk())


def context(here: PaperServices, seed: str = "a") -> ActionContext:
    verb = "Microsoft.CloudPC/cloudPCs/resizeTemporarily"
    actor = Actor(id="adm", name="Adele")
    return ActionContext(
        here, actor, things.tenant(), verb=verb, trace_id="t", now=here.clock.now(), seed=("test", seed)
    )


async def asked(here: PaperServices, hours: float | None = 8, plan: str | None = "sku-2", seed: str = "a") -> Any:
    until = here.clock.now() + hours * HOUR if hours is not None else None
    form = TemporarySizeForm(target_service_plan_id=plan, until_date_time=until)
    return await resize_temporarily(context(here, seed), IdleHost(), PC.id, form)


async def kept(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def size_of(here: PaperServices) -> TemporarySize:
    size = (await kept(here)).current.temporary_size
    assert size is not None
    return size


async def ended(here: PaperServices, size: str = "", failure: Failure | None = None) -> None:
    action = (await kept(here)).action
    assert action is not None
    end = RemoteEnd(
        tenant_id=PC.tenant_id,
        cloud_pc_id=PC.id,
        operation_id=action.operation_id,
        name=action.name,
        size=size,
        failure=failure,
        rests=action.rests,
    )
    await perform(END_REMOTE_ACTION, end)


async def larger(here: PaperServices, hours: float = 8) -> None:
    await asked(here, hours)
    await ended(here, LARGE_SIZE)


async def looked(here: PaperServices) -> timedelta | None:
    """Look, as the sweep does; return the time until the next look."""
    now = here.clock.now()
    due = Due(DueKind.TEMPORARY_SIZE, now, PC.tenant_id, PC.id, PC.current.generation)
    again = await temporary_size_due(here, IdleHost(), due)
    return again - now if again else None


async def returns(here: PaperServices) -> bool:
    action = (await kept(here)).action
    return action is not None and action.name is Remote.RESIZE_TEMPORARILY and action.automatic


@pytest.mark.usefixtures("azure")
async def test_it_begins_at_once_and_is_shown_with_its_end_and_the_plan_it_goes_back_to(
    office: Office, routes: dict[str, Any]
) -> None:
    operation = await asked(office)
    pc = await kept(office)
    order = remote_order(pc)
    assert order is not None
    assert (order.name, order.plan, order.size) == (Remote.RESIZE_TEMPORARILY, large(), SMALL_SIZE)
    assert (order.warning is not None, pc.status, pc.plan) == (True, PC.status, PC.plan)
    await ended(office, LARGE_SIZE)
    name = "GET …/cloudPCs/{id}"
    shown = json.loads((await ask(routes[name], name, at={"id": PC.id})).get_body())["@deskwright.temporarySize"]
    assert (shown["servicePlanId"], shown["returnsToServicePlanName"]) == ("sku-2", PC.plan.display_name)
    assert (shown["createdBy"], shown["operationId"], shown["waitsFor"]) == ("Adele", operation.id, None)
    assert "It has the hardware of" in standing(await kept(office))
    assert (await kept(office)).current.resources.size == LARGE_SIZE
    told = (await office.operations.get(PC.tenant_id, operation.id)).value
    assert told.status.value == "succeeded"


@pytest.mark.usefixtures("azure")
async def test_its_end_is_promised_before_it_begins(office: Office) -> None:
    await asked(office)
    (due,) = await office.due.due(DueKind.TEMPORARY_SIZE, office.clock.now() + 8 * HOUR)
    assert (due.at, due.subject_id) == ((await size_of(office)).until, PC.id)
    assert await looked(office) == 8 * HOUR


async def test_the_machine_goes_back_by_itself_and_the_audit_log_says_so(office: Office, azure: PaperDesks) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    assert await looked(office) == TRY_AGAIN
    pc = await kept(office)
    order = remote_order(pc)
    assert order is not None
    assert (order.plan, order.force, order.rests, order.size) == (PC.plan, None, None, LARGE_SIZE)
    assert order.warning is not None  # of whoever comes just then
    await ended(office, SMALL_SIZE)
    pc = await kept(office)
    assert (pc.current.temporary_size, pc.current.resources.size, pc.action) == (None, SMALL_SIZE, None)
    assert await looked(office) is None
    events = [
        each for each in (await office.audit.page(PC.tenant_id, 20)).items if f"'vmSize': '{SMALL_SIZE}'" in str(each)
    ]
    assert len(events) == 1


@pytest.mark.parametrize("state", ["Active", "Pending", "Unknown", None])
async def test_nobody_who_is_active_or_may_be_is_interrupted(
    office: Office, azure: PaperDesks, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    with monkeypatch.context() as patch:
        if state is None:
            patch.setattr("shared.services.power.sessions.sessions_in", unreadable)
        else:
            azure.desks["spot-1"].sessions[ADA] = state
        for _ in range(12):
            assert await looked(office) == LOOK_AGAIN
            assert not await returns(office)
            office.hand.advance(LOOK_AGAIN)
        waits = (await size_of(office)).waits or ""
        assert waits in standing(await kept(office))
        assert waits.startswith("its sessions cannot be read" if state is None else "its user is active")
    azure.desks["spot-1"].sessions.clear()
    office.hand.advance(HOUR)
    await looked(office)
    assert await returns(office)


async def unreadable(*_: object) -> None:
    raise UnavailableError("no list of sessions today")


async def test_who_has_just_left_a_session_open_has_an_hour(office: Office, azure: PaperDesks) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    azure.desks["spot-1"].sessions[ADA] = "Active"
    await looked(office)
    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    office.hand.advance(LOOK_AGAIN)
    began = office.clock.now()
    while not await returns(office):
        assert await looked(office) in {LOOK_AGAIN, TRY_AGAIN}
        office.hand.advance(LOOK_AGAIN)
    assert office.clock.now() - began == QUIET_FOR + LOOK_AGAIN


async def test_a_machine_that_is_off_goes_back_without_a_start_and_a_hibernated_one_waits(
    office: Office, azure: PaperDesks
) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    azure.desks["spot-1"].power = "stopped"
    assert await looked(office) == LOOK_AGAIN
    azure.desks["spot-1"].power = "deallocated"
    await looked(office)
    order = remote_order(await kept(office))
    assert order is not None
    assert (order.rests, order.warning) == (True, None)


@pytest.mark.usefixtures("azure")
async def test_capacity_that_is_refused_keeps_the_larger_size_visibly_and_is_tried_again(office: Office) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    for _ in range(3):
        assert await looked(office) == TRY_AGAIN
        await ended(office, LARGE_SIZE, Failure(code="ZonalAllocationFailed", message="It keeps its size: no hardware"))
        pc = await kept(office)
        assert (pc.current.resources.size, (await size_of(office)).waits) == (
            LARGE_SIZE,
            "It keeps its size: no hardware",
        )
        office.hand.advance(TRY_AGAIN)
    await looked(office)
    await ended(office, SMALL_SIZE)
    assert (await kept(office)).current.temporary_size is None


@pytest.mark.usefixtures("azure")
async def test_one_that_could_not_begin_ends_at_once_and_the_machine_is_seen_to(office: Office) -> None:
    operation = await asked(office)
    await ended(office, SMALL_SIZE, Failure(code="ZonalAllocationFailed", message="no hardware"))
    told = (await office.operations.get(PC.tenant_id, operation.id)).value
    assert (told.error is not None, (await size_of(office)).until) == (True, office.clock.now())
    assert [due.subject_id for due in await office.due.due(DueKind.TEMPORARY_SIZE, office.clock.now())] == [PC.id]
    await looked(office)
    await ended(office, SMALL_SIZE)
    assert (await kept(office)).current.temporary_size is None


@pytest.mark.usefixtures("azure")
@pytest.mark.parametrize(("hours", "plan", "later"), [(20, None, 20), (20, "sku-2", 20), (None, None, 0)])
async def test_it_is_prolonged_and_ended_early_without_touching_the_machine(
    office: Office, hours: float | None, plan: str | None, later: float
) -> None:
    await larger(office)
    operation = await asked(office, hours, plan, seed="b")
    assert (operation.status.value, (await kept(office)).action) == ("succeeded", None)
    assert (await size_of(office)).until == office.clock.now() + later * HOUR
    rows = await office.due.due(DueKind.TEMPORARY_SIZE, office.clock.now() + 30 * HOUR)
    assert office.clock.now() + later * HOUR in {due.at for due in rows}


@pytest.mark.usefixtures("azure")
@pytest.mark.parametrize(
    ("hours", "plan"), [(None, "sku-2"), (-1, "sku-2"), (24 * 100, "sku-2"), (0, None), (8, "none")]
)
async def test_an_end_or_a_plan_that_is_none_changes_nothing(office: Office, hours: float | None, plan: str) -> None:
    with pytest.raises(InvalidError):
        await asked(office, hours, plan)
    assert await kept(office) == PC


@pytest.mark.usefixtures("azure")
@pytest.mark.parametrize(("plan", "why"), [("sku-1", "no larger hardware"), (None, "no temporary size")])
async def test_what_is_no_larger_size_is_refused(office: Office, plan: str | None, why: str) -> None:
    with pytest.raises(ConflictError, match=why):
        await asked(office, 8, plan)
    assert await kept(office) == PC


async def test_a_pause_holds_the_way_back_and_says_so(office: Office, azure: PaperDesks) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    await office.tenants.change(PC.tenant_id, lambda tenant: tenant.but(paused=paused_now(office)))
    assert await looked(office) == LOOK_AGAIN
    assert "paused" in ((await size_of(office)).waits or "")
    await office.tenants.change(PC.tenant_id, lambda tenant: tenant.but(paused=None))
    await looked(office)
    assert await returns(office)


def paused_now(here: PaperServices) -> Any:
    return Paused(by="Adele", at=here.clock.now(), reason="a freeze")


@pytest.mark.usefixtures("azure")
async def test_a_resize_by_hand_takes_its_place(office: Office) -> None:
    await larger(office)
    await resize(context(office, "resize"), IdleHost(), PC.id, "sku-2")
    pc = await kept(office)
    assert pc.status is Status.RESIZING
    office.hand.advance(8 * HOUR)
    assert await looked(office) == LOOK_AGAIN  # it is at work
    await ended(office, LARGE_SIZE)
    pc = await kept(office)
    assert (pc.plan.id, pc.current.temporary_size, pc.current.resources.size) == ("sku-2", None, LARGE_SIZE)
    assert await looked(office) is None


@pytest.mark.usefixtures("azure")
async def test_of_a_resize_by_hand_and_the_way_back_at_once_one_begins(office: Office) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    done = await asyncio.gather(
        resize(context(office, "resize"), IdleHost(), PC.id, "sku-2"), looked(office), return_exceptions=True
    )
    action = (await kept(office)).action
    assert action is not None
    refused = isinstance(done[0], ConflictError)
    assert action.name is (Remote.RESIZE_TEMPORARILY if refused else Remote.RESIZE)
    assert not isinstance(done[1], BaseException)


@pytest.mark.usefixtures("azure")
async def test_the_same_look_twice_begins_one_way_back(office: Office) -> None:
    await larger(office)
    office.hand.advance(8 * HOUR)
    await asyncio.gather(looked(office), looked(office))
    first = (await kept(office)).action
    await looked(office)
    assert (await kept(office)).action == first


@pytest.mark.usefixtures("azure")
async def test_a_machine_that_is_built_anew_has_the_size_of_its_plan(office: Office) -> None:
    await larger(office)
    pc = await kept(office)
    assert replanned(pc, Event.REPROVISIONED, office.clock.now()).current.temporary_size is None
    new = replacing.begin_replacement(pc, things.snapshot(), None, "o", office.clock.now())
    assert new.replacement is not None
    assert new.replacement.temporary_size is None


@pytest.mark.usefixtures("azure")
async def test_a_restore_of_the_tables_promises_its_end_again(office: Office) -> None:
    await larger(office)
    pc = await kept(office)

    class There:
        cloud_pcs = (pc, PC.but(id="other"))

    (due,) = temporary_sizes_end(There())  # type: ignore[arg-type]
    assert (due.kind, due.at, due.generation) == (
        DueKind.TEMPORARY_SIZE,
        (await size_of(office)).until,
        pc.current.generation,
    )
