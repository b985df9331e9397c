"""A record that was lost without a restore: a machine that is there is adopted, and none is built beside it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.cloud_pcs import adopting, existing_machines
from shared.contracts.inventory import AdoptionTried
from shared.contracts.outcomes import DeclinedError, Refused
from shared.contracts.reconciling import PLAN_TENANT, Planned, ReconcileOrder
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import Sighting
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import LAST, Looked, OrphanScan
from shared.domain.naming import cloud_pc_id
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.hosts.host import HostStatus, host_id
from shared.domain.spot.hosts.host_plan import EngineAction
from shared.domain.tenants.directory import SubscribedSku
from shared.errors import ConflictError, UnavailableError
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.desks import GROUP_ID, image_version, member, on_paper, session_host, spot_group
from tests.integration.engine_runs import run, state
from tests.integration.services import PaperServices, perform

ADA = cloud_pc_id("contoso", "id-ada", "sku-1")
PLACE = things.site().resource_group
ANSWERS = {
    "adopted": AdoptionTried(adopted=True),
    "contradictory": AdoptionTried(adopted=False, why_not="its desktop is assigned to bob", in_use=True),
    "nobody's": AdoptionTried(adopted=False, why_not="its desktop is assigned to nobody"),
}


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    return contoso


def vm(owner: Owner, group: str = PLACE, **tags: str) -> Any:
    """Return a machine as a list of Azure shows it."""
    vm_id = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/{group}/providers/x/virtualMachines/{owner.base_name}"
    body = {"properties": {"osProfile": {"computerName": "CPC-ADA"}}}
    found = SimpleNamespace(id=vm_id, tags={naming.TENANT_TAG: "contoso", **owner.tags, **tags})
    found.get = body.get
    return found


async def plan(monkeypatch: pytest.MonkeyPatch, answer: str = "adopted") -> Planned:
    """Plan everybody; *answer*: the result of the adoption of a machine."""

    async def adopt(_: str, machine: Any) -> AdoptionTried:
        assert machine.subject_id == ADA
        return ANSWERS[answer]

    monkeypatch.setattr(existing_machines, "adopt_cloud_pc", adopt)
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert isinstance(planned, Planned)
    return planned


async def record(here: PaperServices, name: str = "ada") -> CloudPc | None:
    found = await here.cloud_pcs.of_user("contoso", f"id-{name}")
    return found[0].value if found else None


def started(planned: Planned) -> set[str]:
    return {each for group in planned.groups for each in group}


async def test_a_machine_that_is_there_is_adopted_and_only_the_others_are_built(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    assert started(await plan(monkeypatch)) == {cloud_pc_id("contoso", "id-bob", "sku-1")}
    assert await record(here) is None  # its record is what the adoption writes
    assert here.azure.listed.count(PLACE) == 1  # however many builds were planned


async def test_plans_of_one_minute_list_a_resource_group_once(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    for _ in range(3):
        await plan(monkeypatch)
    assert here.azure.listed.count(PLACE) == 1
    here.hand.advance(timedelta(minutes=1))
    await plan(monkeypatch)
    assert here.azure.listed.count(PLACE) == 2


async def test_what_a_list_has_that_is_gone_since_is_not_adopted_and_its_build_begins(here: PaperServices) -> None:
    here.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    here.azure.gone = {"*"}
    assert ADA in started(await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso")))


async def test_no_answer_is_not_kept(here: PaperServices, monkeypatch: pytest.MonkeyPatch) -> None:
    here.azure.silent = True
    assert not started(await plan(monkeypatch))
    here.azure.silent = False
    assert started(await plan(monkeypatch))


async def test_a_machine_of_which_it_is_not_sure_whose_it_is_keeps_the_build_waiting_visibly(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    for _ in range(2):
        assert ADA not in started(await plan(monkeypatch, "contradictory"))
        waiting = await record(here)
        assert waiting is not None
        assert waiting.status is Status.PENDING_PROVISION
        assert "assigned to bob" in (waiting.current.reason or "")
    assert ADA in started(await plan(monkeypatch, "nobody's"))  # the build removes what an attempt has left


async def test_two_machines_that_claim_to_be_one_keep_the_build_waiting(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA)), vm(Owner.cloud_pc(ADA))]
    assert ADA not in started(await plan(monkeypatch))
    waiting = await record(here)
    assert waiting is not None
    assert "several machines carry its tags" in (waiting.current.reason or "")


async def test_while_azure_does_not_answer_builds_wait_and_then_begin_by_themselves(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.azure.silent = True
    assert started(await plan(monkeypatch)) == set()
    waiting = await record(here)
    assert waiting is not None
    assert "Azure did not say whether a machine of it is there already" in (waiting.current.reason or "")
    before = [stored.etag async for stored in here.cloud_pcs.each("contoso")]
    await plan(monkeypatch)
    assert [stored.etag async for stored in here.cloud_pcs.each("contoso")] == before  # nothing new is to be told
    here.azure.silent = False
    assert len(started(await plan(monkeypatch))) == 2


async def test_a_group_that_refuses_counts_only_where_something_of_the_tenant_was(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_: Any, group: str) -> AsyncIterator[Any]:
        raise DeclinedError(Refused(code="AuthorizationFailed", message=group))
        yield

    monkeypatch.setattr("tests.integration.services.PaperMachines.list", refused)
    assert len(started(await plan(monkeypatch))) == 2
    area = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/{PLACE}"
    scan = OrphanScan(id=LAST, tenant_id="contoso", started_at=things.NOW, looked_at=(Looked(area=area, found=2),))
    await here.orphan_scans.save_all([Stored(scan, "*")])
    assert started(await plan(monkeypatch)) == set()


async def test_a_claim_that_a_lost_record_has_left_is_taken_over_by_its_own_cloud_pc_only(here: PaperServices) -> None:
    ada, other = things.cloud_pc("ada", id=ADA), things.cloud_pc("ada", id="another")
    await here.cloud_pcs.save_all([Stored(ada, "")])
    table = here.cloud_pcs._table
    await table.delete("contoso", ADA)
    with pytest.raises(ConflictError):
        await here.cloud_pcs.save_all([Stored(other, "")])
    await here.cloud_pcs.save_all([Stored(ada, "")])
    assert (await here.cloud_pcs.get("contoso", ADA)).value == ada


@pytest.fixture
async def resized(here: PaperServices, monkeypatch: pytest.MonkeyPatch) -> PaperServices:
    """Return the service with a Cloud PC of Ada's that was resized to another licence and whose record was lost."""
    here.directory.skus.append(SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB", enabled=9))
    here.directory.licences["ada"] = ("sku-2",)
    before = things.cloud_pc("ada", status=Status.PROVISIONED)
    await here.cloud_pcs.save_all([Stored(before, "")])
    stored = await here.cloud_pcs.get("contoso", ADA)
    await here.cloud_pcs.replace_known(stored, before.but(plan=before.plan.but(id="sku-2")))
    await here.cloud_pcs._table.delete("contoso", ADA)

    async def look(*_: Any) -> Sighting:
        made = Resources(vm_id="/x", session_host="CPC-ADA")
        return Sighting(resources=made, made_at=things.NOW, assigned_user="ada@contoso.example")

    monkeypatch.setattr(adopting, "_sighting", look)
    return here


async def test_a_lost_record_of_a_resized_cloud_pc_is_adopted_and_stops_nobody(resized: PaperServices) -> None:
    resized.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert started(planned) == {cloud_pc_id("contoso", "id-bob", "sku-1")}  # others are planned
    adopted = await record(resized)
    assert adopted is not None
    assert (adopted.id, adopted.plan.id, adopted.status) == (ADA, "sku-2", Status.PROVISIONED)
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert len(await resized.cloud_pcs.of_user("contoso", "id-ada")) == 1


async def test_a_lost_record_of_a_renamed_user_is_adopted_by_the_name_that_another_record_has(
    resized: PaperServices,
) -> None:
    """The pool goes on showing the name with which the desktop was assigned."""
    resized.directory.renamed["ada"] = "ada.new@contoso.example"
    known = member("ada", user_id="id-ada", user_principal_name="ada.new@contoso.example")
    await resized.spot_members.insert(known.but(former_names=("ada@contoso.example",)))
    resized.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    adopted = await record(resized)
    assert adopted is not None
    assert (adopted.id, adopted.status) == (ADA, Status.PROVISIONED)
    assert adopted.user.user_principal_name == "ada.new@contoso.example"


async def test_a_desktop_assigned_to_a_name_that_two_have_had_waits_for_a_person(resized: PaperServices) -> None:
    known = member("eve", user_id="id-eve", user_principal_name="eve@contoso.example")
    await resized.spot_members.insert(known.but(former_names=("ada@contoso.example",)))
    resized.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    waiting = await record(resized)
    assert waiting is not None
    assert waiting.status is Status.PENDING_PROVISION
    assert "more than one user has, or has had" in (waiting.current.reason or "")


async def test_what_claims_both_licences_is_adopted_once_and_the_claim_that_is_left_over_is_free(
    resized: PaperServices,
) -> None:
    resized.directory.licences["ada"] = ("sku-1", "sku-2")
    resized.azure.machines[PLACE] = [vm(Owner.cloud_pc(ADA))]
    with pytest.raises(UnavailableError):  # adopted while the plan was made, which is made again
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    for _ in range(2):
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    of_ada = {each.value.plan.id: each.value for each in await resized.cloud_pcs.of_user("contoso", "id-ada")}
    assert of_ada["sku-2"].id == ADA
    assert (of_ada["sku-1"].id != ADA, of_ada["sku-1"].status) == (True, Status.PENDING_PROVISION)


async def test_a_claim_that_the_record_of_its_owner_does_not_make_is_taken_over(resized: PaperServices) -> None:
    await resized.cloud_pcs.save_all([Stored(things.cloud_pc("ada"), "")])  # of sku-1: the claim of sku-2 is left over
    other = things.cloud_pc("ada", id="another")
    other = other.but(plan=other.plan.but(id="sku-2"))
    await resized.cloud_pcs.save_all([Stored(other, "")])
    with pytest.raises(ConflictError):
        await resized.cloud_pcs.save_all([Stored(other.but(id="a third"), "")])


async def test_while_azure_does_not_answer_the_resized_cloud_pc_waits_visibly(resized: PaperServices) -> None:
    resized.azure.silent = True
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    waiting = await record(resized)
    assert waiting is not None
    assert (waiting.id, waiting.plan.id, waiting.status) == (ADA, "sku-2", Status.PENDING_PROVISION)
    assert "Azure did not say whether a machine of it is there already" in (waiting.current.reason or "")
    assert await record(resized, "bob") is not None


async def test_a_lost_record_stops_nobody_where_no_policy_builds_for_its_user(resized: PaperServices) -> None:
    resized.directory.groups["g1"] = {"bob"}
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert started(planned) == {cloud_pc_id("contoso", "id-bob", "sku-1")}
    listed = await record(resized)
    assert listed is not None
    assert (listed.id, listed.status) == (ADA, Status.NOT_PROVISIONED)


async def spot(contoso: PaperServices, *machines: Any) -> Any:
    """Give the tenant a Spot Group with a state that knows of no host, and these machines."""
    await contoso.spot_groups.insert(spot_group())
    await contoso.image_versions.insert(image_version())
    await contoso.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id="contoso"))
    desks = on_paper(contoso)
    desks.vms = list(machines)
    return desks


def host_vm(number: int) -> Any:
    owner = Owner(kind=OwnerKind.SESSION_HOST, id=host_id(GROUP_ID, number))
    return vm(owner, f"deskwright-contoso-spot-{GROUP_ID}", **{naming.SPOT_GROUP_TAG: GROUP_ID})


async def test_hosts_that_no_record_knows_are_adopted_before_others_are_built(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await spot(contoso, host_vm(1), host_vm(2))
    seen: list[str] = []

    async def adopt(_: str, machine: Any) -> AdoptionTried:
        seen.append(machine.subject_id)
        host = session_host(1).but(id=machine.subject_id, status=HostStatus.READY)
        await contoso.session_hosts.insert(host)
        return AdoptionTried(adopted=True)

    monkeypatch.setattr(existing_machines, "adopt_host", adopt)
    assert (await run()).steps == ()
    assert seen == [host_id(GROUP_ID, 1), host_id(GROUP_ID, 2)]
    assert (await state(contoso)).host_number == 2
    builds = [step.session_host_id for step in (await run()).steps if step.action is EngineAction.BUILD]
    assert builds == [host_id(GROUP_ID, 3)]  # with a number of its own


async def test_while_azure_does_not_answer_no_host_is_built_and_the_group_says_why(contoso: PaperServices) -> None:
    desks = await spot(contoso)
    desks.silent = True
    assert (await run()).steps == ()
    assert "none is built" in ((await state(contoso)).cause or "")
    desks.silent = False
    assert len((await run()).steps) == 3


async def test_a_lost_state_gives_no_number_of_a_host_on_record_again(contoso: PaperServices) -> None:
    await spot(contoso)
    await contoso.session_hosts.insert(session_host(1).but(id=host_id(GROUP_ID, 2)))
    ids = {step.session_host_id for step in (await run()).steps}
    assert {host_id(GROUP_ID, 3), host_id(GROUP_ID, 4)} & ids
    assert host_id(GROUP_ID, 2) not in ids
