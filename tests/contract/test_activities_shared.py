"""Shared resources of machines are found when nothing uses it, and removed in an order that Azure accepts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import desktops, images, machines
from shared.contracts.calls import on_behalf_of
from shared.contracts.inventory import DELETE_ORPHAN, SCAN_RESOURCE_GROUP, RemovalOrder, ResourceGroupScanOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done, Refused
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import SHARED, Orphan, OrphanType
from shared.domain.networks.connection import JoinType
from shared.domain.owner import Owner, OwnerKind
from tests.cloud_pcs import cloud_pc
from tests.contract.test_activities_desktop import plan
from tests.contract.test_activities_orphans import Lists
from tests.contract.worker import REGION, SITE, TENANT, Records, Worker, working

pytestmark = pytest.mark.simulator

PLACE = TENANT.resource_group
HERE = SITE.but(resource_group=PLACE)
ORDER = ResourceGroupScanOrder(tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, resource_group=PLACE)
IMAGE = Machine(
    tenant_id=TENANT.id,
    owner=Owner(kind=OwnerKind.DEVICE_IMAGE, id="11111111-2222-4333-8444-555555555555"),
    subscription_id=SUBSCRIPTION,
    resource_group=PLACE,
    region=REGION,
    computer_name="IMG-11111111",
)


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        deps: Any = found.deps
        deps.orphans, deps.computer_names, deps.images = Lists(), Records(), Records()
        deps.image_sets = Records()
        deps.sites.values = {HERE.id: HERE}
        yield found


async def furnish(worker: Worker) -> tuple[str, ...]:
    """Make a hosted network, a host pool and a gallery, all in one resource group; return the network's subnets."""
    where: Any = {"tenant_id": TENANT.id, "subscription_id": SUBSCRIPTION, "resource_group": PLACE, "region": REGION}
    wanted = machines.HostedNetworkOrder(**where, address_space="10.20.0.0/20")
    network = await worker.wait(machines.PREPARE_HOSTED_NETWORK, wanted)
    pool = desktops.HostPoolOrder(**where, join_type=JoinType.AZURE_AD_JOIN)
    assert isinstance(await worker.do(desktops.PREPARE_HOST_POOL, pool), desktops.HostPoolReady)
    capture = images.CaptureOrder(machine=IMAGE, display_name="Teachers", version="1.0.0", regions=(REGION,))
    assert isinstance(await worker.wait(images.PREPARE_GALLERY, capture), Done)
    subnets: tuple[str, ...] = network.subnet_ids
    return subnets


async def look(worker: Worker) -> dict[OrphanType, Orphan]:
    await worker.do(SCAN_RESOURCE_GROUP, ORDER)
    deps: Any = worker.deps
    return {each.found.type: each for each in deps.orphans.values.values() if each.found.type in SHARED}


async def take(worker: Worker, orphan: Orphan) -> Any:
    return await worker.wait(DELETE_ORPHAN, RemovalOrder(tenant_id=TENANT.id, orphan_id=orphan.id))


REMOVING = TENANT.but(settings=TENANT.settings.but(remove_security_groups=True))


async def test_network_security_groups_stay_and_are_no_orphans(worker: Worker) -> None:
    await furnish(worker)
    found = await look(worker)
    assert set(found) == set(SHARED) - {OrphanType.NETWORK_SECURITY_GROUP}
    worker.cloud.advance((TENANT.settings.unused_kept + timedelta(minutes=1)).total_seconds())
    for kind in OrphanType:
        if kind in found:
            assert await take(worker, found[kind]) == Done(), kind
    assert await look(worker) == {}
    with on_behalf_of(TENANT.id):
        groups = worker.deps.network(SUBSCRIPTION).network_security_groups.list(PLACE)
        assert len([each async for each in groups]) == 1
    await furnish(worker)  # a later build uses it again


async def test_what_nothing_uses_is_kept_for_the_tenant_s_time_and_then_removed(worker: Worker) -> None:
    deps: Any = worker.deps
    deps.tenants.values[TENANT.id] = REMOVING
    await furnish(worker)
    found = await look(worker)
    assert set(found) == set(SHARED)
    kept = TENANT.settings.unused_kept
    assert {each.removable_from - each.since for each in found.values() if each.removable_from} == {kept}
    assert {each.automatic for each in found.values()} == {True}
    assert isinstance(await take(worker, found[OrphanType.NAT_GATEWAY]), Refused)
    worker.cloud.advance((kept + timedelta(minutes=1)).total_seconds())
    for kind in OrphanType:  # the order in which a scan removes them
        if kind in SHARED:
            assert await take(worker, found[kind]) == Done(), kind
    assert await look(worker) == {}


async def test_what_a_site_leaves_goes_at_once(worker: Worker) -> None:
    await furnish(worker)
    deps: Any = worker.deps
    deps.sites.values.clear()
    found = await look(worker)
    assert {each.removable_from == each.since for each in found.values()} == {True}
    assert await take(worker, found[OrphanType.VIRTUAL_NETWORK]) == Done()


async def test_an_interface_keeps_its_network_and_a_cloud_pc_its_pool(worker: Worker) -> None:
    subnets = await furnish(worker)
    assert isinstance(
        await worker.do(machines.CREATE_NIC, machines.NicOrder(machine=IMAGE, subnet_ids=subnets)), machines.NicReady
    )
    pool = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{PLACE}/providers/Microsoft.DesktopVirtualization/hostPools/"
    now = worker.deps.clock.now()
    made = Resources(host_pool_id=f"{pool}dw-{TENANT.id}-personal-entra", region="northeurope", resource_group=PLACE)
    pc = cloud_pc(
        id="0123456789abcdef0123",
        tenant_id=TENANT.id,
        user=worker.user,
        plan=plan(),
        status=Status.PROVISIONED,
        display_name="A Cloud PC",
        resources=made,
        created_date_time=now,
        last_modified_date_time=now,
    )
    worker.keep(pc)
    assert set(await look(worker)) == {OrphanType.GALLERY}
    building = pc.but(current=pc.current.but(resources=Resources()), status=Status.PROVISIONING)
    worker.keep(building)
    assert set(await look(worker)) == {OrphanType.GALLERY}
