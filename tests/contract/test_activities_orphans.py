"""Resources found in a resource group, and removed from it: never a neighbour's, never without an owner."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from activities.cloud_pcs.rights import MACHINE_USER, assignment_id
from packages.azure_simulator.tests.contract.running import GROUP as GROUP_ID
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts.inventory import DELETE_ORPHAN, SCAN_RESOURCE_GROUP, RemovalOrder, ResourceGroupScanOrder
from shared.contracts.outcomes import Done, Pending, Refused
from shared.domain import naming
from shared.domain.cloud_pcs.orphans import ComputerName, Orphan, OrphanType
from shared.domain.owner import Owner
from shared.storage.repository import Stored
from tests.contract.test_activities_desktop import build, machine_of
from tests.contract.worker import REGION, TENANT, Records, Worker, working
from tests.unit.spot.test_dedicated import host

pytestmark = pytest.mark.simulator

ADMINISTRATOR = "1c0163c0-47e6-4577-8991-ea5c82e286e4"  # Virtual Machine Administrator Login
GONE, NEIGHBOURS = "0123456789abcdef0123", "fedcba98765432100123"
PLACE = ResourceGroupScanOrder(
    tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, resource_group=GROUP_ID.rpartition("/")[2]
)


class Lists(Records):
    """Records that are found by a column, and written."""

    async def each(self, tenant_id: str | None = None, **columns: Any) -> AsyncIterator[Stored[Any]]:
        async for stored in super().each(tenant_id):
            if all(getattr(stored.value, name) == value for name, value in columns.items()):
                yield stored

    async def save_all(self, values: Sequence[Stored[Any]]) -> None:
        self.values |= {stored.value.id: stored.value for stored in values}

    async def remove(self, _tenant_id: str, key: str) -> None:
        del self.values[key]


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        deps: Any = found.deps
        given = ComputerName(
            tenant_id=TENANT.id,
            name="CPC-GONE",
            beginning="CPC-",
            cloud_pc_id=GONE,
            generation=1,
            attempt=1,
            given_at=found.deps.clock.now(),
        )
        deps.orphans, deps.computer_names, deps.images = Lists(), Records({"CPC-GONE": given}), Records()
        deps.image_sets, deps.image_versions = Records(), Records()
        await found.cloud.arm("PUT", GROUP_ID, {"location": REGION})
        yield found


async def disk(worker: Worker, name: str, **tags: str) -> str:
    place = f"{GROUP_ID}/providers/Microsoft.Compute/disks/{name}"
    properties = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32}
    body = {"location": REGION, "sku": {"name": "Premium_LRS"}, "properties": properties}
    await worker.cloud.arm("PUT", place, {**body, "tags": {f"deskwright:{key}": value for key, value in tags.items()}})
    return place


async def right(worker: Worker, cloud_pc: str, name: str | None = None, role_id: str = MACHINE_USER) -> str:
    scope = f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines/{naming.vm_name(Owner.cloud_pc(cloud_pc))}"
    role = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"
    own = assignment_id(scope, MACHINE_USER, worker.user.id)
    place = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or own}"
    await worker.cloud.arm("PUT", place, {"properties": {"roleDefinitionId": role, "principalId": worker.user.id}})
    return place


async def look(worker: Worker) -> dict[str, Orphan]:
    answer = await worker.do(SCAN_RESOURCE_GROUP, PLACE)
    assert answer.looked.area == PLACE.area
    deps: Any = worker.deps
    listed: list[Orphan] = list(deps.orphans.values.values())
    assert answer.looked.orphans == len(listed)
    return {each.found.resource_id: each for each in listed}


async def rights(worker: Worker) -> list[Orphan]:
    return [each for each in (await look(worker)).values() if each.found.type is OrphanType.ROLE_ASSIGNMENT]


def roles(worker: Worker) -> Any:
    return worker.deps.arm.authorization(TENANT.id, SUBSCRIPTION).role_assignments


async def take(worker: Worker, orphan: Orphan) -> Any:
    return await worker.wait(DELETE_ORPHAN, RemovalOrder(tenant_id=TENANT.id, orphan_id=orphan.id))


async def test_only_what_carries_our_mark_is_judged(worker: Worker) -> None:
    left = await disk(worker, "left", tenant=TENANT.id, role="cloudPc", cloudpc=GONE)
    probes = await disk(worker, "probes", tenant=TENANT.id, role="connectionProbe", probe="c1")
    await disk(worker, "neighbours", tenant="fabrikam", role="cloudPc", cloudpc=NEIGHBOURS)
    await disk(worker, "nobodys")
    listed = await look(worker)
    assert set(listed) == {left, probes}
    assert listed[left].removable_from is not None
    assert listed[probes].removable_from is None
    worker.cloud.advance(timedelta(hours=2).total_seconds())
    assert (await look(worker))[left].since == listed[left].since


async def test_rights_that_a_neighbour_or_an_administrator_gave_are_not_ours(worker: Worker) -> None:
    for cloud_pc in (GONE, NEIGHBOURS):
        await build(worker, machine_of(cloud_pc))
    ours, theirs = await right(worker, GONE), await right(worker, NEIGHBOURS)
    by_hand = await right(worker, GONE, "11111111-2222-4333-8444-555555555555", ADMINISTRATOR)
    (orphan,) = await rights(worker)
    assert orphan.found.resource_id.casefold() == ours.casefold()
    worker.cloud.advance(timedelta(hours=6, minutes=1).total_seconds())
    assert await take(worker, orphan) == Done()
    assert await rights(worker) == []
    left = [each async for each in roles(worker).list_for_resource_group(PLACE.resource_group)]
    assert {str(each.id).casefold() for each in left} >= {theirs.casefold(), by_hand.casefold()}


async def test_what_has_changed_hands_since_the_look_stays(worker: Worker) -> None:
    tags = {"tenant": TENANT.id, "role": "cloudPc"}
    left = await disk(worker, "left", **tags, cloudpc=GONE)
    orphan = (await look(worker))[left]
    young = await worker.do(DELETE_ORPHAN, RemovalOrder(tenant_id=TENANT.id, orphan_id=orphan.id))
    assert isinstance(young, Refused)
    worker.cloud.advance(timedelta(hours=6, minutes=1).total_seconds())
    await disk(worker, "left", **tags, cloudpc=NEIGHBOURS)
    assert (await take(worker, orphan)).code == "notOurs"
    await disk(worker, "left", **tags, cloudpc=GONE)
    first = await worker.do(DELETE_ORPHAN, RemovalOrder(tenant_id=TENANT.id, orphan_id=orphan.id))
    assert isinstance(first, Pending)
    assert await take(worker, orphan) == Done()
    assert await look(worker) == {}


async def test_what_a_session_host_or_a_spot_group_left_is_found_and_removed(worker: Worker) -> None:
    deps: Any = worker.deps
    deps.session_hosts, deps.spot_groups = Records({"h1": host(1)}), Records()
    await disk(worker, "working", tenant=TENANT.id, role="sessionHost", sessionhost="h1")
    gone = await disk(worker, "left", tenant=TENANT.id, role="sessionHost", sessionhost="h2")
    pool = f"{GROUP_ID}/providers/Microsoft.DesktopVirtualization/hostPools/spot-g"
    properties = {"hostPoolType": "Pooled", "loadBalancerType": "BreadthFirst", "preferredAppGroupType": "Desktop"}
    tags = {naming.TENANT_TAG: TENANT.id, naming.SPOT_GROUP_TAG: "g"}
    await worker.cloud.arm("PUT", pool, {"location": REGION, "tags": tags, "properties": properties})

    listed = {place.casefold(): orphan for place, orphan in (await look(worker)).items()}
    assert set(listed) == {gone.casefold(), pool.casefold()}
    assert listed[gone.casefold()].found.session_host_id == "h2"
    assert listed[pool.casefold()].found.spot_group_id == "g"
    for orphan in listed.values():
        assert isinstance(await take(worker, orphan), Refused)  # not for long enough
    worker.cloud.advance(timedelta(hours=7).total_seconds())
    for orphan in listed.values():
        assert isinstance(await take(worker, orphan), Done)
    assert {each.found.resource_id for each in (await look(worker)).values()} == set()
