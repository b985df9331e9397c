"""What cannot be undone asks just before: without an answer nothing changes, and the wait is seen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.attempts import BEGIN_ATTEMPT, AttemptOrder
from shared.contracts.deprovisioning import BEGIN_DEPROVISIONING, DeprovisionOrder
from shared.contracts.outcomes import NoCapacity
from shared.contracts.reconciling import PLAN_TENANT, ReconcileOrder
from shared.domain.cloud_pcs.build import Build, Failure, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.destroying import HELD_BACK, Act, Question
from shared.domain.operations.operation import OperationStatus
from shared.domain.planning.explain import standing
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.errors import UnavailableError
from shared.services.cleaning_up import clean_up_due
from shared.services.grace import end_grace
from shared.services.holding_back import ASK_AGAIN
from shared.services.sweeping import sweep
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_graces import context

MADE = Resources(
    computer_name="CPC-OLD", subscription_id=things.SUBSCRIPTION, resource_group="desks", region="westeurope", slot="a"
)
GRACE = Grace(cause=RemovalCause.USER_LEFT_GROUP, started_at=things.NOW, ends_at=things.NOW)
FAILURE = Failure(code="x", message="y")


def _pc(status: Status, phase: Phase, **changes: Any) -> CloudPc:
    return things.cloud_pc(status=status, attempt=1, phase=phase, resources=MADE, **changes)


_NEW = Build(generation=2, phase=Phase.BUILT, resources=MADE.but(computer_name="CPC-NEW", slot="b"))
_BUILT = _pc(Status.PROVISIONED, Phase.BUILT)
_OLD = _BUILT.current.but(phase=Phase.LEAVING, clean_up_at=things.NOW)

RECORDS: Mapping[Act, CloudPc] = {
    Act.END_GRACE: _pc(Status.IN_GRACE_PERIOD, Phase.BUILT, grace=GRACE),
    Act.CANCEL: _pc(Status.FAILED, Phase.FAILED, last_error=FAILURE),
    Act.CLEAN_UP_REMOVED: _pc(Status.DEPROVISIONING, Phase.LEAVING, clean_up_at=things.NOW),
    Act.CLEAN_UP_FAILED: _pc(
        Status.FAILED, Phase.FAILED, clean_up_at=things.NOW, last_error=FAILURE, disks=("os-disk-1",)
    ),
    Act.CLEAN_UP_REPLACED: _BUILT.but(current=_NEW, replacement=_OLD, highest_generation=2),
    Act.BUILD_ANEW: _pc(Status.PENDING_PROVISION, Phase.WAITING),
}
"""The record of each act as it is just before; of the user ada, who by the record is to lose it."""


async def _clean_up(here: PaperServices, pc: CloudPc) -> bool:
    del pc
    host: Any = IdleHost()
    await sweep(host, DueKind.CLEAN_UP, clean_up_due)
    return bool(host.started)


async def _end(here: PaperServices, pc: CloudPc) -> bool:
    order = DeprovisionOrder(tenant_id=pc.tenant_id, cloud_pc_id=pc.id, generation=pc.current.generation)
    await perform(BEGIN_DEPROVISIONING, order)
    return (await record(here)).status is Status.DEPROVISIONING


async def _plan(here: PaperServices, pc: CloudPc) -> bool:
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id=pc.tenant_id))
    return bool(planned.removals)


async def _begin(here: PaperServices, pc: CloudPc) -> bool:
    order = AttemptOrder(
        tenant_id=pc.tenant_id, cloud_pc_id=pc.id, generation=pc.current.generation, attempt=1, connection_id="c1"
    )
    outcome = await perform(BEGIN_ATTEMPT, order)
    if isinstance(outcome, NoCapacity):  # it parks, and the record says why
        assert Act.BUILD_ANEW.value in outcome.message
        assert (await record(here)).status is Status.PENDING_PROVISION
        return False
    return True


ACT: Mapping[Act, Callable[[PaperServices, CloudPc], Awaitable[bool]]] = {
    Act.END_GRACE: _end,
    Act.CANCEL: _plan,
    Act.CLEAN_UP_REMOVED: _clean_up,
    Act.CLEAN_UP_FAILED: _clean_up,
    Act.CLEAN_UP_REPLACED: _clean_up,
    Act.BUILD_ANEW: _begin,
}
"""How each act is done; whether anything was destroyed, or began to be."""


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get("contoso", _BUILT.id)).value


@dataclass
class World:
    """One act, about to happen, in a directory and an Azure that a test changes."""

    here: PaperServices
    act: Act

    async def happens(self) -> bool:
        return await ACT[self.act](self.here, RECORDS[self.act])

    def silent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither answers about one user or one machine. A list of everybody is answered, and lacks ada."""

        async def silent(*_: object) -> Any:
            raise UnavailableError("503")

        self.here.azure.silent = True
        monkeypatch.setattr(self.here.directory, "user", silent)
        self.here.directory.groups = {"g1": {"bob"}}

    def still_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is asked about one says that it is still wanted. A list of everybody lacks ada."""
        self.here.azure.gone = {"*"}
        read = self.here.directory.group_users

        async def partial(group_id: str) -> Any:
            return [user for user in await read(group_id) if user.id != "id-ada"]

        monkeypatch.setattr(self.here.directory, "group_users", partial)

    def not_wanted(self) -> None:
        self.here.directory.groups = {"g1": {"bob"}}


@pytest.fixture(params=list(Act), ids=lambda act: act.name.lower())
async def world(contoso: PaperServices, request: pytest.FixtureRequest) -> World:
    act: Act = request.param
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    await contoso.cloud_pcs.insert(RECORDS[act])
    await contoso.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", _BUILT.id, RECORDS[act].builds[-1].generation)
    return World(contoso, act)


def test_every_act_that_is_held_back_is_played() -> None:
    assert set(RECORDS) == set(ACT) == set(HELD_BACK) == set(Act)


async def test_without_an_answer_nothing_changes_and_the_wait_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.silent(monkeypatch)
    before = RECORDS[world.act]
    assert not await world.happens()
    after = await record(world.here)
    assert after.but(held_back=None) == before
    if world.act is Act.BUILD_ANEW:  # a build that waits is parked: its record says why
        return
    assert after.held_back is not None
    assert (after.held_back.act, after.held_back.since) == (world.act.value, things.NOW)
    assert after.held_back.next_at == things.NOW + ASK_AGAIN
    said = standing(after)
    assert "waits since" in said
    assert "did not answer" in said
    kinds = {kind: await world.here.due.due(kind, things.NOW + ASK_AGAIN) for kind in DueKind}
    assert [due for dues in kinds.values() for due in dues if due.at == things.NOW + ASK_AGAIN]
    events = [each.value.activity async for each in world.here.audit.each("contoso", resource_id=after.id)]
    assert events == ["Microsoft.CloudPC/cloudPCs/holdBack"]


async def test_what_is_wanted_again_is_not_destroyed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.still_wanted(monkeypatch)
    destroyed = await world.happens()
    after = await record(world.here)
    assert after.current.resources.computer_name == RECORDS[world.act].current.resources.computer_name
    assert destroyed == (world.act is Act.BUILD_ANEW)  # a person asked for it, and the user is to have it
    if world.act is Act.END_GRACE:
        assert (after.status, after.grace) == (Status.PROVISIONED, None)


async def test_what_is_not_wanted_goes(world: World) -> None:
    world.not_wanted()
    assert await world.happens() == (world.act is not Act.BUILD_ANEW)  # nothing is built for who lost it


async def test_after_an_answer_nothing_waits_any_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as silence:
        world.silent(silence)
        await world.happens()
    world.here.azure.silent = False
    world.here.hand.advance(ASK_AGAIN)
    world.not_wanted()
    await world.happens()
    assert (await record(world.here)).held_back is None


@pytest.fixture
async def leaving(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    later = GRACE.but(ends_at=things.NOW + timedelta(days=7))
    await contoso.cloud_pcs.insert(RECORDS[Act.END_GRACE].but(grace=later))
    return contoso


async def test_a_person_s_word_is_enough_where_the_directory_is_silent(
    leaving: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await end_grace(await context(leaving, "one"), IdleHost(), _BUILT.id)
    World(leaving, Act.END_GRACE).silent(monkeypatch)
    assert await _end(leaving, await record(leaving))


async def test_a_person_s_word_does_not_remove_what_would_be_built_anew_at_once(leaving: PaperServices) -> None:
    operation = await end_grace(await context(leaving, "one"), IdleHost(), _BUILT.id)
    assert not await _end(leaving, await record(leaving))
    ended = (await leaving.operations.get("contoso", operation.id)).value
    assert (ended.status, ended.error and ended.error.code) == (OperationStatus.FAILED, "reprieved")
    assert (await record(leaving)).status is Status.PROVISIONED


async def test_where_seats_are_counted_a_partial_list_removes_nobody(
    leaving: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TenantSettings(licence_source=LicenceSource.SEATS, seats={"CPC_E_2C_8GB_128GB": 5})
    await leaving.tenants.change("contoso", lambda tenant: tenant.but(settings=settings))
    leaving.hand.advance(timedelta(days=8))
    World(leaving, Act.END_GRACE).still_wanted(monkeypatch)
    assert not await _end(leaving, RECORDS[Act.END_GRACE])
    assert (await record(leaving)).held_back is not None


def test_whoever_is_asked_is_a_source_outside() -> None:
    assert {each.question for each in HELD_BACK.values()} <= {Question.CLAIM, Question.SUCCESSOR}
