"""Irreversible acts ask just before: without an answer nothing changes, and the wait is seen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import BEGIN_ATTEMPT, AttemptOrder
from shared.contracts.desktops import BEGIN_DEPROVISIONING, DeprovisionOrder
from shared.contracts.outcomes import NoCapacity
from shared.contracts.reconciling import PLAN_TENANT, ReconcileOrder
from shared.contracts.spot_groups import TAKE_HOST_STEPS, HostStepsOrder
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build, Failure, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.destroying import HELD_BACK, Act, Question
from shared.domain.operations.operation import OperationStatus
from shared.domain.planning.explain import standing
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.members import MemberStatus
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.errors import UnavailableError
from shared.services.cloud_pcs.deprovisioning import clean_up_due, end_grace
from shared.services.directory.second_questions import ASK_AGAIN
from shared.services.operations.sweeps import sweep_due
from shared.storage.due import DueKind
from tests.integration import desks, things
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
_ENDING = _pc(Status.IN_GRACE_PERIOD, Phase.BUILT, grace=GRACE)
_OLD = _BUILT.current.but(phase=Phase.LEAVING, clean_up_at=things.NOW)

RECORDS: Mapping[Act, CloudPc | SessionHost] = {
    Act.BEGIN_GRACE: _BUILT,
    Act.END_GRACE: _ENDING,
    Act.CANCEL: _pc(Status.FAILED, Phase.FAILED, last_error=FAILURE),
    Act.CLEAN_UP_REMOVED: _pc(Status.DEPROVISIONING, Phase.LEAVING, clean_up_at=things.NOW),
    Act.CLEAN_UP_FAILED: _pc(
        Status.FAILED, Phase.FAILED, clean_up_at=things.NOW, last_error=FAILURE, disks=("os-disk-1",)
    ),
    Act.CLEAN_UP_REPLACED: _BUILT.but(current=_NEW, replacement=_OLD, highest_generation=2),
    Act.BUILD_ANEW: _pc(Status.PENDING_PROVISION, Phase.WAITING),
    Act.REMOVE_HOST: desks.session_host(1, assigned_user_id="id-ada", kept_until=things.NOW),
}
"""The record of each act as it is just before; of the user ada, who by the record is to lose it."""


async def _clean_up(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    del pc
    host: Any = IdleHost()
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    return bool(host.started)


async def _end(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    assert isinstance(pc, CloudPc)
    order = DeprovisionOrder(tenant_id=pc.tenant_id, cloud_pc_id=pc.id, generation=pc.current.generation)
    await perform(BEGIN_DEPROVISIONING, order)
    return (await record(here)).status is Status.DEPROVISIONING


async def _plan(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id=pc.tenant_id))
    return bool(planned.removals)


async def _lose(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id=pc.tenant_id))
    return (await record(here)).status is Status.IN_GRACE_PERIOD


async def _begin(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    assert isinstance(pc, CloudPc)
    order = AttemptOrder(
        tenant_id=pc.tenant_id, cloud_pc_id=pc.id, generation=pc.current.generation, attempt=1, connection_id="c1"
    )
    outcome = await perform(BEGIN_ATTEMPT, order)
    if isinstance(outcome, NoCapacity):  # it parks, and the record says why
        assert Act.BUILD_ANEW.value in outcome.message
        assert (await record(here)).status is Status.PENDING_PROVISION
        return False
    return True


async def _remove_host(here: PaperServices, pc: CloudPc | SessionHost) -> bool:
    del here
    step = EngineStep(action=EngineAction.REMOVE, session_host_id=pc.id, reason=Reason.USER_LEFT, text="left")
    order = HostStepsOrder(tenant_id=pc.tenant_id, spot_group_id=desks.GROUP_ID, steps=(step,))
    host = IdleHost()
    taken = await perform(TAKE_HOST_STEPS, order, host)
    assert taken.taken == len(host.started)
    return bool(host.started)


ACT: Mapping[Act, Callable[[PaperServices, CloudPc | SessionHost], Awaitable[bool]]] = {
    Act.BEGIN_GRACE: _lose,
    Act.END_GRACE: _end,
    Act.CANCEL: _plan,
    Act.CLEAN_UP_REMOVED: _clean_up,
    Act.CLEAN_UP_FAILED: _clean_up,
    Act.CLEAN_UP_REPLACED: _clean_up,
    Act.BUILD_ANEW: _begin,
    Act.REMOVE_HOST: _remove_host,
}
"""Functions that do each act; they return whether anything was destroyed, or began to be."""


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get("contoso", _BUILT.id)).value


@dataclass
class World:
    """One act, about to happen, in a directory and an Azure that a test changes."""

    here: PaperServices
    act: Act

    async def happens(self) -> bool:
        return await ACT[self.act](self.here, RECORDS[self.act])

    async def record(self) -> CloudPc | SessionHost:
        if self.act is Act.REMOVE_HOST:
            return (await self.here.session_hosts.get("contoso", RECORDS[self.act].id)).value
        return await record(self.here)

    def silent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither answers about one user or one machine. A list of everybody is answered, and lacks ada."""

        async def silent(*_: object) -> Any:
            raise UnavailableError("503")

        self.here.azure.silent = True
        monkeypatch.setattr(self.here.directory, "user", silent)
        monkeypatch.setattr(self.here.directory, "silent", {"ada"})
        self.here.directory.groups = {"g1": {"bob"}}

    def still_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Questions about one are answered that it is still wanted. A list of everybody lacks ada."""
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
    before = RECORDS[act]
    if isinstance(before, CloudPc):
        await contoso.cloud_pcs.insert(before)
        await contoso.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", before.id, before.builds[-1].generation)
    else:
        await contoso.spot_groups.insert(desks.spot_group(license_type=LicenseType.PERSONAL_DEDICATED))
        await contoso.session_hosts.insert(before)
    return World(contoso, act)


def test_every_act_that_is_held_back_is_played() -> None:
    assert set(RECORDS) == set(ACT) == set(HELD_BACK) == set(Act)


async def test_without_an_answer_nothing_changes_and_the_wait_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.silent(monkeypatch)
    before = RECORDS[world.act]
    assert not await world.happens()
    after = await world.record()
    if isinstance(after, SessionHost):  # the engine looks at it again when the time is over for which it is kept
        assert after.but(held_back=None) == before.but(kept_until=things.NOW + ASK_AGAIN)
    else:
        assert after.but(held_back=None) == before
    if world.act is Act.BUILD_ANEW:  # a build that waits is parked: its record says why
        return
    assert after.held_back is not None
    assert (after.held_back.act, after.held_back.since) == (world.act.value, things.NOW)
    assert after.held_back.next_at == things.NOW + ASK_AGAIN
    assert "waits since" in after.held_back.sentence
    assert "did not" in after.held_back.sentence
    kind = "sessionHost"
    if isinstance(after, CloudPc):
        kind = "cloudPC"
        assert after.held_back.sentence in standing(after)
        kinds = {each: await world.here.due.due(each, things.NOW + ASK_AGAIN) for each in DueKind}
        assert [due for dues in kinds.values() for due in dues if due.at == things.NOW + ASK_AGAIN]
    events = [each.value.activity async for each in world.here.audit.each("contoso", resource_id=after.id)]
    assert events == [f"Microsoft.CloudPC/{kind}s/holdBack"]


async def test_what_is_wanted_again_is_not_destroyed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.still_wanted(monkeypatch)
    destroyed = await world.happens()
    after, before = await world.record(), RECORDS[world.act]
    assert destroyed == (world.act is Act.BUILD_ANEW)  # a person asked for it, and the user is to have it
    if isinstance(after, SessionHost) or isinstance(before, SessionHost):
        assert after == before.but(kept_until=None)
        return
    assert after.current.resources.computer_name == before.current.resources.computer_name
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
    assert (await world.record()).held_back is None


@pytest.fixture
async def leaving(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    later = GRACE.but(ends_at=things.NOW + timedelta(days=7))
    await contoso.cloud_pcs.insert(_ENDING.but(grace=later))
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


@pytest.mark.parametrize("world", [Act.REMOVE_HOST], indirect=True, ids=["remove_host"])
async def test_a_host_whose_user_waits_for_a_place_goes_on_the_day_that_was_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user is a member, and the group's quantity gives no place."""
    world.still_wanted(monkeypatch)
    member_id = naming.derived_id("spotMember", "contoso", desks.GROUP_ID, "id-ada")
    await world.here.spot_members.insert(desks.member("ada", id=member_id, status=MemberStatus.WAITING))
    assert await world.happens()
