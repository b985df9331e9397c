"""Grace periods that people change, on real tables: twice, at once, and against a plan that takes them back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.desktops import BEGIN_DEPROVISIONING, DeprovisionOrder
from shared.contracts.outcomes import Done, Superseded
from shared.domain.cloud_pcs.cloud_pc import Grace, RemovalCause
from shared.domain.cloud_pcs.grace import reprieve
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import SYSTEM, OperationStatus
from shared.errors import ConflictError
from shared.services.cloud_pcs.deprovisioning import change_grace, end_grace
from shared.services.operations.action_context import ActionContext
from shared.storage.due import DueKind
from shared.storage.tables import Tables
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import PaperServices, in_place, perform

WEEK = timedelta(days=7)
GRACE = Grace(cause=RemovalCause.USER_LEFT_GROUP, started_at=things.NOW, ends_at=things.NOW + WEEK)
LEAVING = things.cloud_pc(status=Status.IN_GRACE_PERIOD, attempt=1, grace=GRACE, operation_id="build")
ORDER = DeprovisionOrder(tenant_id="contoso", cloud_pc_id=LEAVING.id, generation=LEAVING.current.generation)


class IdleHost:
    """A host that only records the started instances."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        del name, order
        self.started.append(instance_id)
        return instance_id


@pytest.fixture
async def here(tables: Tables) -> AsyncIterator[PaperServices]:
    services = PaperServices(tables)
    await services.tenants.insert(things.tenant())
    await services.cloud_pcs.insert(LEAVING)
    done = things.operation(id="build", kind="reprovision").succeeded({}, things.NOW)
    await services.operations.insert(done)
    with in_place(services):
        yield services


async def context(here: PaperServices, trace: str) -> ActionContext:
    tenant = await here.tenants.get("contoso")
    verb = "Microsoft.CloudPC/cloudPCs/endGracePeriod"
    return ActionContext(here, SYSTEM, tenant.value, verb=verb, trace_id=trace, now=here.hand.at, seed=(trace,))


async def operations(here: PaperServices) -> dict[str, OperationStatus]:
    return {
        each.value.id: each.value.status async for each in here.operations.each("contoso") if each.value.id != "build"
    }


async def test_ended_twice_it_is_ended_once(here: PaperServices) -> None:
    first = await end_grace(await context(here, "one"), IdleHost(), LEAVING.id)
    second = await end_grace(await context(here, "two"), IdleHost(), LEAVING.id)
    assert second.id == first.id
    assert list(await operations(here)) == [first.id]


async def test_of_two_who_end_it_at_one_moment_one_is_refused(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, slower, faster = here.due.put, await context(here, "slower"), await context(here, "faster")

    async def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(here.due, "put", real)
        await end_grace(faster, IdleHost(), LEAVING.id)
        return await real(*arguments)

    monkeypatch.setattr(here.due, "put", overtaken)
    with pytest.raises(ConflictError):
        await end_grace(slower, IdleHost(), LEAVING.id)
    found = await operations(here)
    assert found.pop(slower.new_id("operation")) is OperationStatus.FAILED
    assert list(found) == [(await here.cloud_pcs.get("contoso", LEAVING.id)).value.current.operation_id]


async def test_whoever_ends_it_when_a_plan_has_taken_it_back_sees_it_fail(here: PaperServices) -> None:
    ending = await end_grace(await context(here, "one"), IdleHost(), LEAVING.id)
    await here.cloud_pcs.change("contoso", LEAVING.id, lambda pc: reprieve(pc, things.NOW))
    assert isinstance(await perform(BEGIN_DEPROVISIONING, ORDER), Superseded)
    found = (await here.operations.get("contoso", ending.id)).value
    assert (found.status, found.error and found.error.code) == (OperationStatus.FAILED, "reprieved")
    assert (await here.cloud_pcs.get("contoso", LEAVING.id)).value.status is Status.PROVISIONED


async def test_a_build_that_just_came_to_its_end_has_nothing_to_do_with_a_grace_period(here: PaperServices) -> None:
    """A promise to look whether it is time may be older than the build."""
    await here.operations.insert(things.operation(id="anew", kind="reprovision"))
    built = {"status": Status.PROVISIONED, "grace": None, "operation_id": "anew"}
    await here.cloud_pcs.change("contoso", LEAVING.id, lambda pc: edited(pc, **built))
    assert isinstance(await perform(BEGIN_DEPROVISIONING, ORDER), Superseded)
    assert (await here.operations.get("contoso", "anew")).value.status is OperationStatus.NOT_STARTED


async def test_it_is_held_extended_and_over_at_one_moment(here: PaperServices) -> None:
    """Each writes what it has read: whoever comes later finds what the one before has made of it."""
    here.hand.advance(WEEK)
    stored = await here.cloud_pcs.get("contoso", LEAVING.id)
    await change_grace(await context(here, "hold"), stored, lambda grace: grace.hold(here.hand.at))
    assert isinstance(await perform(BEGIN_DEPROVISIONING, ORDER), Superseded)
    held = await here.cloud_pcs.get("contoso", LEAVING.id)
    here.hand.advance(timedelta(days=1))
    await change_grace(await context(here, "extend"), held, lambda g: g.extend(timedelta(hours=1), here.hand.at))
    extended = await here.cloud_pcs.get("contoso", LEAVING.id)
    released = await change_grace(await context(here, "release"), extended, lambda g: g.release(here.hand.at))
    assert released.grace is not None
    assert released.grace.ends_at == here.hand.at + timedelta(hours=1)
    here.hand.advance(timedelta(hours=1))
    assert isinstance(await perform(BEGIN_DEPROVISIONING, ORDER), Done)


async def test_one_that_has_run_out_while_a_pause_keeps_it_is_extended_from_now(here: PaperServices) -> None:
    here.hand.advance(2 * WEEK)
    stored = await here.cloud_pcs.get("contoso", LEAVING.id)
    after = await change_grace(
        await context(here, "extend"), stored, lambda g: g.extend(timedelta(hours=1), here.hand.at)
    )
    assert after.grace is not None
    assert after.grace.ends_at == here.hand.at + timedelta(hours=1)
    dues = await here.due.due(DueKind.DEPROVISION, here.hand.at + timedelta(hours=1))
    assert [due.at for due in dues] == [here.hand.at + timedelta(hours=1)]
