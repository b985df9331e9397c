"""Managed images as sources: offered with what is wrong with them, imported for a machine, and forgotten."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.bodies import vm_body
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import images, machines
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import Done, Refused
from shared.domain.images.image import DeviceImageStatus, ImageSource, OwnImage
from shared.domain.owner import Owner, OwnerKind
from shared.services.images.sources import own_images
from tests.contract.test_activities_desktop import vm_order
from tests.contract.test_activities_images import MACHINE
from tests.contract.worker import GROUP, REGION, SITE, TENANT, Worker, working

pytestmark = pytest.mark.simulator

COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Compute"
IMAGE = f"{COMPUTE}/images/Uploaded"
ORDER = images.ImportOrder(machine=MACHINE, managed_image_id=IMAGE)
MASTER = MACHINE.but(owner=Owner(kind=OwnerKind.DEVICE_IMAGE, id="master"), computer_name="MASTER")


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def upload(worker: Worker, **about: Any) -> None:
    """Make a managed image as an administrator does: of a machine without Trusted Launch, after sysprep."""
    cloud, master = worker.cloud, f"{COMPUTE}/virtualMachines/master"
    body = vm_body((await vm_order(worker, MASTER)).nic_id)
    del body["properties"]["securityProfile"]
    await cloud.arm("PUT", master, body)
    cloud.advance(3600)
    script = {"location": REGION, "properties": {"source": {"script": "# step: generalize\nsysprep"}}}
    await cloud.arm("PUT", f"{master}/runCommands/sysprep", script)
    cloud.advance(3600)
    await cloud.arm("POST", f"{master}/deallocate")
    cloud.advance(3600)
    await cloud.arm("POST", f"{master}/generalize")
    image = {"location": REGION, "properties": {"sourceVirtualMachine": {"id": master}}, **about}
    await cloud.arm("PUT", IMAGE, image)
    cloud.advance(3600)


async def imported(worker: Worker) -> str:
    assert isinstance(await worker.wait(images.PREPARE_IMPORT, ORDER), Done)
    begun = await worker.do(images.BEGIN_IMPORT, ORDER)
    assert isinstance(await worker.finish(begun), machines.Finished)
    return str(begun.resource_id)


async def offered(worker: Worker, group: str = GROUP) -> list[OwnImage]:
    with on_behalf_of(TENANT.id):
        return [*await own_images(worker.deps, TENANT, [SITE.but(resource_group=group)])]


async def test_a_machine_with_trusted_launch_starts_from_what_was_imported(worker: Worker) -> None:
    await upload(worker)
    version = images.GalleryVersion(
        tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, version_id=await imported(worker)
    )
    assert isinstance(await worker.wait(images.POLL_REPLICATION, version), Done)
    order = (await vm_order(worker, MACHINE)).but(image=ImageSource(gallery_version_id=version.version_id))
    assert isinstance(await worker.finish(await worker.do(machines.BEGIN_VM, order)), machines.Finished)
    assert isinstance(await worker.wait(machines.POLL_AGENT, MACHINE), Done)
    for _ in range(2):  # a repeated call finds what the first has done
        assert isinstance(await worker.do(images.DELETE_IMPORT, ORDER), Done)


async def test_what_is_imported_just_now_is_not_put_again(worker: Worker) -> None:
    """It would be updating when the next step makes a machine from it."""
    await upload(worker)
    assert isinstance(await worker.wait(images.PREPARE_IMPORT, ORDER), Done)
    given = worker.deps.clock.now()
    services: Any = worker.deps
    pending = SimpleNamespace(status=DeviceImageStatus.PENDING, operation_id="", machine_removed_at=None)
    services.images.values = {MACHINE.owner.id: pending}
    begun = await worker.again(images.BEGIN_IMPORT, ORDER, given)
    assert isinstance(await worker.finish(begun), machines.Finished)
    worker.cloud.advance(300)
    before = await worker.cloud.arm("GET", begun.resource_id)

    again = await worker.again(images.BEGIN_IMPORT, ORDER, given)
    assert await worker.cloud.arm("GET", begun.resource_id) == before
    assert isinstance(await worker.finish(again), machines.Finished)


async def test_no_machine_with_trusted_launch_starts_from_the_managed_image_itself(worker: Worker) -> None:
    await upload(worker)
    direct = ImageSource(gallery_version_id=IMAGE)
    refused = await worker.do(machines.BEGIN_VM, (await vm_order(worker, MACHINE)).but(image=direct))
    assert isinstance(refused, Refused)


async def test_the_first_thing_of_a_site_may_be_an_import(worker: Worker) -> None:
    new = ORDER.but(machine=MACHINE.but(resource_group="new-desks"))
    assert isinstance(await worker.wait(images.PREPARE_IMPORT, new), Done)
    group = await worker.cloud.arm("GET", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/new-desks")
    assert group["tags"] == {"deskwright:tenant": TENANT.id}


async def test_an_import_is_begun_again_without_harm_and_is_no_choice(worker: Worker) -> None:
    await upload(worker)
    first = await imported(worker)
    assert await imported(worker) == first
    assert [(each.id.casefold(), each.regions, each.why_not) for each in await offered(worker)] == [
        (IMAGE.casefold(), (REGION,), None)
    ]


async def test_a_late_order_to_delete_leaves_the_import_of_a_later_build(worker: Worker) -> None:
    await upload(worker)
    before = worker.deps.clock.now()
    worker.cloud.advance(60)
    version = await imported(worker)
    await worker.again(images.DELETE_IMPORT, ORDER, before)
    assert await worker.cloud.arm("GET", version)


async def test_a_late_order_to_import_makes_nothing_for_a_build_that_has_ended(worker: Worker) -> None:
    await upload(worker)
    assert isinstance(await worker.wait(images.PREPARE_IMPORT, ORDER), Done)
    with on_behalf_of(TENANT.id):
        late = await worker.again(images.BEGIN_IMPORT, ORDER, worker.deps.clock.now())
    assert not hasattr(late, "resource_id")
    definition = f"{COMPUTE}/galleries"
    galleries = (await worker.cloud.arm("GET", definition))["value"]
    versions = await worker.cloud.arm("GET", f"{galleries[0]['id']}/images/imported-managed-images/versions")
    assert versions["value"] == []


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"properties": {"hyperVGeneration": "V1"}}, "generation 1"),
        ({"tags": {"deskwright:tenant": "neighbour"}}, None),
    ],
)
async def test_what_cannot_be_used_says_why_and_what_is_another_tenant_s_is_not_there(
    worker: Worker, about: dict[str, Any], why: str | None
) -> None:
    master = {"sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/master"}}
    await upload(worker, **{**about, "properties": {**master, **about.get("properties", {})}})
    found = await offered(worker)
    assert [str(why) in str(each.why_not) for each in found] == ([True] if why else [])


@pytest.mark.parametrize("neighbours", ["none", "of this subscription"])
async def test_managed_images_of_other_groups_are_offered_where_no_other_tenant_has_the_subscription(
    worker: Worker, neighbours: str
) -> None:
    await upload(worker)
    if neighbours != "none":
        worker.keep(TENANT.but(id="neighbour"))
    assert len(await offered(worker, group="elsewhere")) == (1 if neighbours == "none" else 0)
