"""An act that waits after its question asks again just before: after an outage, a pause, or a stopped host."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.mgmt.compute.models import VirtualMachine

from activities.operations.asking_again import ask_again
from shared.contracts.desktops import POLL_END_OF_BUILD, Built, DeprovisionOrder
from shared.contracts.machines import BEGIN_VM_DELETE, Machine
from shared.contracts.outcomes import HELD_BACK, Pending, Superseded
from shared.contracts.session_hosts import BEGIN_HOST_TASK, HostJob, HostTaskOrder
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.destroying import FRESH_FOR, Act, Confirmation
from shared.domain.destroying import HELD_BACK as ACTS
from shared.domain.owner import Owner
from shared.domain.planning.explain import standing
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.hosts.host import HostStatus, HostStep, HostTask, HostWork, SessionHost
from shared.domain.spot.hosts.host_plan import Reason
from shared.services.cloud_pcs.deprovisioning import clean_up_due
from shared.services.directory.second_questions import ASK_AGAIN
from shared.services.operations.sweeps import sweep_due
from shared.storage.due import DueKind
from tests.implementations import registered
from tests.integration import desks, things
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_second_questions import GRACE, MADE, RECORDS, World

REMOVAL = HostWork(task=HostTask.REMOVE, run=1, begun_at=things.NOW, reason=Reason.USER_LEFT.value)
LEAVING = desks.session_host(
    1,
    assigned_user_id="id-ada",
    kept_until=things.NOW,
    status=HostStatus.REMOVING,
    work=REMOVAL,
    run=1,
    step=HostStep.SIGN_OFF.value,
)
CLOSING = things.cloud_pc(
    status=Status.DEPROVISIONING, attempt=1, phase=Phase.BUILT, resources=MADE, grace=GRACE, held_back=None
)


def _begun(pc: CloudPc | SessionHost) -> CloudPc:
    """Return a Cloud PC as it is while its clean-up runs."""
    assert isinstance(pc, CloudPc)
    builds = [build for build in pc.builds if build.clean_up_at is not None]
    return pc.with_build(builds[0].but(clean_up_at=None))


RUNNING: Mapping[Act, CloudPc | SessionHost] = {
    Act.END_GRACE: CLOSING,
    Act.CLEAN_UP_REMOVED: _begun(RECORDS[Act.CLEAN_UP_REMOVED]),
    Act.CLEAN_UP_FAILED: _begun(RECORDS[Act.CLEAN_UP_FAILED]),
    Act.CLEAN_UP_REPLACED: _begun(RECORDS[Act.CLEAN_UP_REPLACED]),
    Act.BUILD_ANEW: things.cloud_pc(status=Status.PROVISIONING, attempt=1, phase=Phase.BUILDING, resources=MADE),
    Act.REMOVE_HOST: LEAVING,
}
"""The record of each act while its work runs, its question answered long ago."""
CLEAN_UPS = (Act.CLEAN_UP_REMOVED, Act.CLEAN_UP_FAILED, Act.CLEAN_UP_REPLACED)


def _generation(act: Act) -> int:
    record = RUNNING[act]
    if isinstance(record, SessionHost):
        return record.run
    return 1 if act is Act.CLEAN_UP_REPLACED else record.current.generation


@pytest.fixture(params=list(RUNNING), ids=lambda act: act.name.lower())
async def world(contoso: PaperServices, request: pytest.FixtureRequest) -> World:
    act: Act = request.param
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    record = RUNNING[act]
    if isinstance(record, CloudPc):
        await contoso.cloud_pcs.insert(record)
    else:
        await contoso.spot_groups.insert(desks.spot_group(license_type=LicenseType.PERSONAL_DEDICATED))
        await contoso.session_hosts.insert(record)
    return World(contoso, act)


async def why_not(act: Act, *, age: timedelta = FRESH_FOR + timedelta(seconds=1)) -> str | None:
    """Ask just before an act whose answer is so old; return why it does not happen."""
    confirmation = Confirmation(
        act=act, tenant_id="contoso", subject_id=RUNNING[act].id, generation=_generation(act), at=things.NOW - age
    )
    refused = await ask_again(confirmation)
    assert refused is None or refused.code == HELD_BACK
    return refused.message if refused else None


async def record(world: World) -> CloudPc | SessionHost:
    if world.act is Act.REMOVE_HOST:
        return (await world.here.session_hosts.get("contoso", LEAVING.id)).value
    return (await world.here.cloud_pcs.get("contoso", RUNNING[world.act].id)).value


def test_every_act_that_may_wait_is_played() -> None:
    assert set(RUNNING) == set(ACTS) - {Act.BEGIN_GRACE, Act.CANCEL}  # a plan asks and records at once


async def test_without_an_answer_nothing_is_destroyed_and_the_wait_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.silent(monkeypatch)
    why = await why_not(world.act)
    assert why is not None
    assert "did not" in why or world.act is Act.REMOVE_HOST
    after = await record(world)
    if world.act in (Act.END_GRACE, Act.BUILD_ANEW):  # the workflow goes back to its own question, which records it
        return
    assert after.held_back is not None
    assert (after.held_back.act, after.held_back.since) == (world.act.value, things.NOW)
    if isinstance(after, CloudPc):
        assert after.held_back.sentence in standing(after)
    else:
        assert (after.status, after.work, after.kept_until) == (HostStatus.READY, None, after.held_back.next_at)


async def test_what_is_wanted_again_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.still_wanted(monkeypatch)
    why = await why_not(world.act)
    assert (why is None) == (world.act is Act.BUILD_ANEW)  # it is built for who is entitled
    if world.act is Act.REMOVE_HOST:
        kept = await record(world)
        assert isinstance(kept, SessionHost)
        assert (kept.status, kept.work, kept.kept_until, kept.held_back) == (HostStatus.READY, None, None, None)


async def test_what_is_not_wanted_goes(world: World) -> None:
    world.not_wanted()
    assert (await why_not(world.act) is None) == (world.act is not Act.BUILD_ANEW)
    assert (await record(world)).held_back is None


async def test_a_new_answer_is_not_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.silent(monkeypatch)
    assert await why_not(world.act, age=FRESH_FOR) is None


CLEARED: Mapping[str, Callable[[World, pytest.MonkeyPatch], Any]] = {
    "silent": lambda world, patch: world.silent(patch),
    "still wanted": lambda world, patch: world.still_wanted(patch),
    "not wanted": lambda world, _: world.not_wanted(),
}


@pytest.mark.parametrize("world", [Act.END_GRACE], indirect=True, ids=["end_grace"])
@pytest.mark.parametrize("answer", CLEARED)
async def test_a_deprovisioning_that_goes_on_asks_before_the_user_is_signed_off(
    world: World, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CLEARED[answer](world, monkeypatch)
    order = DeprovisionOrder(tenant_id="contoso", cloud_pc_id=CLOSING.id, generation=CLOSING.current.generation)
    outcome, after = await perform(POLL_END_OF_BUILD, order, IdleHost()), await record(world)
    assert isinstance(after, CloudPc)
    if answer == "silent":
        assert isinstance(outcome, Pending)
        assert outcome.after == ASK_AGAIN.total_seconds()
        assert after.status is Status.DEPROVISIONING
        assert after.held_back is not None
        assert after.held_back.act == Act.END_GRACE.value
    elif answer == "still wanted":
        assert outcome == Superseded()
        assert (after.status, after.grace, after.held_back) == (Status.PROVISIONED, None, None)
    else:
        assert isinstance(outcome, Built)
        assert outcome.confirmation is not None
        assert (outcome.confirmation.act, outcome.confirmation.at) == (Act.END_GRACE, things.NOW)


@pytest.mark.parametrize("world", [Act.REMOVE_HOST], indirect=True, ids=["remove_host"])
@pytest.mark.parametrize("answer", CLEARED)
async def test_the_removal_of_a_dedicated_host_that_goes_on_asks(
    world: World, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CLEARED[answer](world, monkeypatch)
    order = HostTaskOrder(
        tenant_id="contoso", spot_group_id=desks.GROUP_ID, session_host_id=LEAVING.id, task=HostTask.REMOVE, run=1
    )
    job = await perform(BEGIN_HOST_TASK, order)
    assert isinstance(job, HostJob) == (answer == "not wanted")
    if isinstance(job, HostJob):
        assert job.confirmation is not None
        assert (job.confirmation.act, job.confirmation.generation) == (Act.REMOVE_HOST, 1)
    else:
        kept = await record(world)
        assert isinstance(kept, SessionHost)
        assert (kept.status, kept.held_back is not None) == (HostStatus.READY, answer == "silent")


async def test_a_removal_of_which_a_part_is_done_goes_on(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that has left its pool is no host any more: nothing could bring it back."""
    await contoso.spot_groups.insert(desks.spot_group(license_type=LicenseType.PERSONAL_DEDICATED))
    await contoso.session_hosts.insert(LEAVING.but(step=HostStep.REMOVE.value))
    World(contoso, Act.REMOVE_HOST).silent(monkeypatch)
    order = HostTaskOrder(
        tenant_id="contoso", spot_group_id=desks.GROUP_ID, session_host_id=LEAVING.id, task=HostTask.REMOVE, run=1
    )
    job = await perform(BEGIN_HOST_TASK, order)
    assert isinstance(job, HostJob)
    assert job.confirmation is None


@pytest.mark.parametrize("world", CLEAN_UPS, indirect=True, ids=lambda act: act.name.lower())
@pytest.mark.parametrize("answer", CLEARED)
async def test_a_clean_up_that_broke_off_asks_before_it_begins_again(
    world: World, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = RUNNING[world.act]
    await world.here.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", subject.id, _generation(world.act))
    CLEARED[answer](world, monkeypatch)
    host: Any = IdleHost()
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    assert bool(host.started) == (answer == "not wanted")
    after = await record(world)
    assert isinstance(after, CloudPc)
    build = after.build(_generation(world.act))
    assert build is not None
    if host.started:
        confirmation = host.orders[0]["confirmation"]
        assert (confirmation["act"], confirmation["generation"]) == (world.act.value, _generation(world.act))
    else:  # until then it may be retried
        assert after.held_back is not None
        assert build.clean_up_at == after.held_back.next_at


async def test_an_activity_with_an_old_answer_asks_before_it_acts(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the wire: the outcome of the call is the refusal, and nothing was deleted in Azure."""
    await contoso.policies.insert(things.policy())
    await contoso.cloud_pcs.insert(RUNNING[Act.CLEAN_UP_REMOVED])  # type: ignore[arg-type]
    World(contoso, Act.CLEAN_UP_REMOVED).silent(monkeypatch)

    async def get(*_: str) -> Any:
        return VirtualMachine(location="r", tags={})

    there = SimpleNamespace(virtual_machines=SimpleNamespace(get=get))  # it can be read, and nothing else
    monkeypatch.setattr(contoso, "compute", lambda _: there)
    (entry,) = (each.get_user_function() for each in registered() if each.get_function_name() == BEGIN_VM_DELETE.name)
    machine = Machine(
        tenant_id="contoso",
        owner=Owner.cloud_pc(CLOSING.id),
        subscription_id="s",
        resource_group="g",
        region="r",
        computer_name="CPC-OLD",
    )
    confirmation = Confirmation(
        act=Act.CLEAN_UP_REMOVED,
        tenant_id="contoso",
        subject_id=CLOSING.id,
        generation=1,
        at=things.NOW - timedelta(hours=5),
    )
    answer = await entry({"order": machine.to_json(), "tickets": [], "confirmation": confirmation.to_json()})
    assert (answer["kind"], answer["code"]) == ("refused", HELD_BACK)
