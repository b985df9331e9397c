"""The list of orphans and the proof of a scan, on real tables."""

from datetime import timedelta

import pytest

from shared.contracts.builds import BEGIN_STEP, StepRecord, leftovers_of
from shared.contracts.inventory import (
    BEGIN_SCAN,
    DELETE_ORPHAN,
    RECORD_REMOVAL,
    RECORD_SCAN,
    RemovalOrder,
    RemovalRecord,
    ScanOrder,
    ScanPlan,
    ScanRecord,
)
from shared.contracts.joining import RECORD_ACCOUNT, AccountRecord
from shared.contracts.outcomes import Done, Refused
from shared.domain.cloud_pcs.build import Resources, Step
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import LAST, FoundResource, Judgement, Looked, Orphan, OrphanType, orphan_of
from shared.domain.operations.operation import OperationStatus
from shared.domain.owner import Owner, OwnerKind
from shared.domain.tenants.tenant import Paused
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.services import PaperServices, perform

MADE = Resources(
    subscription_id="another-subscription",
    resource_group="Desks",
    computer_name="CPC-ADA-AAAAA",
    domain_connection_id="c1",
)
PC = things.cloud_pc(status=Status.PROVISIONING, attempt=1, resources=MADE)
HOURS = timedelta(hours=1)


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.cloud_pcs.insert(PC)
    await contoso.operations.insert(things.operation(kind="findOrphans", resource_id=PC.tenant_id))
    return contoso


async def listed(here: PaperServices) -> list[Orphan]:
    return [stored.value async for stored in here.orphans.each(PC.tenant_id)]


async def put(here: PaperServices, name: str, *, sure: bool, whose: str = "nobody") -> Orphan:
    found = FoundResource(type=OrphanType.DEVICE, resource_id=name, name=name, cloud_pc_id=whose)
    said = Judgement(why="why", advice="look", sure=sure)
    orphan = orphan_of(PC.tenant_id, "directory", found, said, at=here.clock.now(), before=None)
    await here.orphans.save_all([Stored(orphan, "*")])
    return orphan


async def scan() -> ScanPlan:
    plan = await perform(BEGIN_SCAN, ScanOrder(tenant_id=PC.tenant_id))
    assert isinstance(plan, ScanPlan)
    return plan


async def end(*looked: Looked) -> tuple[str, ...]:
    removable: tuple[str, ...] = (
        await perform(RECORD_SCAN, ScanRecord(tenant_id=PC.tenant_id, looked_at=looked))
    ).removable
    return removable


async def test_a_scan_looks_where_anything_of_the_tenant_is_was_or_may_be(here: PaperServices) -> None:
    first = {(place.subscription_id, place.resource_group) for place in (await scan()).resource_groups}
    assert first == {
        (things.SUBSCRIPTION, "deskwright-contoso"),
        (things.SUBSCRIPTION, "desks"),
        ("another-subscription", "Desks"),
    }
    await end(Looked(area="/subscriptions/old/resourceGroups/gone"), Looked(area="directory"))
    second = {(place.subscription_id, place.resource_group) for place in (await scan()).resource_groups}
    assert second - first == {("old", "gone")}


async def test_the_last_scan_stays_the_proof_until_the_next_has_ended(here: PaperServices) -> None:
    await scan()
    assert await end(Looked(area="directory", found=3)) == ()
    here.hand.advance(HOURS)
    await scan()
    proof = (await here.orphan_scans.get(PC.tenant_id, LAST)).value
    assert (proof.complete, proof.looked_at) == (True, (Looked(area="directory", found=3),))
    await end(Looked(area="directory", problem="no answer"))
    proof = (await here.orphan_scans.get(PC.tenant_id, LAST)).value
    assert (proof.complete, proof.ended_at) == (False, things.NOW + HOURS)


async def test_a_scan_ends_the_operations_that_were_there_when_it_began(here: PaperServices) -> None:
    await scan()
    here.hand.advance(HOURS)
    late = things.operation(kind="findOrphans", resource_id=PC.tenant_id).but(
        id="late", created_date_time=here.clock.now()
    )
    await here.operations.insert(late)
    await end()
    statuses = {each.value.id: each.value.status async for each in here.operations.each(PC.tenant_id)}
    assert statuses.pop("late") is OperationStatus.NOT_STARTED
    assert set(statuses.values()) == {OperationStatus.SUCCEEDED}


async def test_only_what_is_sure_and_old_enough_goes_by_itself_and_only_if_the_tenant_wants_that(
    here: PaperServices,
) -> None:
    old = await put(here, "old", sure=True)
    await put(here, "unsure", sure=False)
    here.hand.advance(6 * HOURS)
    await put(here, "young", sure=True)
    await scan()
    assert await end() == ()
    wants = things.tenant().settings.but(remove_orphans=True)
    await here.tenants.change(PC.tenant_id, lambda tenant: tenant.but(settings=wants))
    await here.service_state.change(lambda state: state.but(paused=Paused(by="ada", at=things.NOW)))
    assert await end() == ()
    await here.service_state.change(lambda state: state.but(paused=None))
    assert await end() == (old.id,)


async def test_what_is_no_orphan_by_the_records_of_now_stays(here: PaperServices) -> None:
    for orphan in (await put(here, "taken-back", sure=True, whose=PC.id), await put(here, "unsure", sure=False)):
        here.hand.advance(7 * HOURS)
        refused = await perform(DELETE_ORPHAN, RemovalOrder(tenant_id=PC.tenant_id, orphan_id=orphan.id))
        assert isinstance(refused, Refused)
        assert refused.code == "noOrphan"
        await perform(
            RECORD_REMOVAL,
            RemovalRecord(tenant_id=PC.tenant_id, orphan_id=orphan.id, operation_id="o1", refused=refused),
        )
    assert len(await listed(here)) == 2


async def test_an_account_that_could_not_be_disabled_is_listed_once_and_nobody_tries_again(
    here: PaperServices,
) -> None:
    (remains,) = leftovers_of(PC, PC.current)
    refused = Refused(code="OperationNotAllowed", message="the machine is not running")
    record = AccountRecord(machine=remains.machine(), connection_id="c1", refused=refused)
    assert remains.domain_connection_id == "c1"
    for _ in range(2):
        await perform(RECORD_ACCOUNT, record)
    (orphan,) = await listed(here)
    assert (orphan.found.type, orphan.found.name) == (OrphanType.ON_PREMISES_COMPUTER, "CPC-ADA-AAAAA")
    assert "the machine is not running" in orphan.why
    after = (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value
    assert leftovers_of(after, after.current)[0].domain_connection_id is None
    gone = RemovalOrder(tenant_id=PC.tenant_id, orphan_id=orphan.id)
    assert await perform(DELETE_ORPHAN, gone) == Done()  # a person has dealt with it
    await perform(RECORD_REMOVAL, RemovalRecord(tenant_id=PC.tenant_id, orphan_id=orphan.id))
    assert await listed(here) == []


async def test_an_account_that_a_probe_has_left_stays_listed_with_its_domain(here: PaperServices) -> None:
    (remains,) = leftovers_of(PC, PC.current)
    probe = remains.machine().but(owner=Owner(kind=OwnerKind.CONNECTION_PROBE, id="c1"), computer_name="CPC-HTH-AAAAA")
    refused = Refused(code="notLeft", message="Access is denied.")
    await perform(RECORD_ACCOUNT, AccountRecord(machine=probe, connection_id="c1", refused=refused))
    (orphan,) = await listed(here)
    assert (orphan.found.name, orphan.found.cloud_pc_id) == ("CPC-HTH-AAAAA", None)
    assert "a probe of its connection" in orphan.why
    assert (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value == PC
    events = [stored async for stored in here.audit.each(PC.tenant_id)]
    assert [(each.value.resource_type, each.value.resource_id) for each in events] == [("onPremisesConnection", "c1")]


async def test_the_name_of_a_machine_is_kept_before_it_is_made(here: PaperServices) -> None:
    step = StepRecord(
        tenant_id=PC.tenant_id, cloud_pc_id=PC.id, generation=1, attempt=1, step=Step.CREATE_VM, resources=MADE
    )
    for _ in range(2):
        await perform(BEGIN_STEP, step)
    (given,) = [stored.value async for stored in here.computer_names.each(PC.tenant_id)]
    assert (given.name, given.beginning, given.cloud_pc_id) == ("CPC-ADA-AAAAA", "CPC-", PC.id)
