"""Galleries through azure-mgmt-compute."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, vm_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running

pytestmark = pytest.mark.simulator

SYSPREP = "# step: generalize\n& $env:SystemRoot\\System32\\Sysprep\\sysprep.exe /generalize /shutdown"


async def make_definition(azure: Azure, security: str = "TrustedLaunch") -> None:
    """Make a gallery with one definition. *security*: its SecurityType."""
    gallery: Any = {"location": REGION}
    await (await azure.compute.galleries.begin_create_or_update(azure.group, "gallery", gallery)).result()
    body: Any = {
        "location": REGION,
        "properties": {
            "osType": "Windows",
            "osState": "Generalized",
            "hyperVGeneration": "V2",
            "identifier": {"publisher": "deskwright", "offer": "desk", "sku": "one"},
            "features": [{"name": "SecurityType", "value": security}],
        },
    }
    begin = azure.compute.gallery_images.begin_create_or_update
    await (await begin(azure.group, "gallery", "desk", body)).result()


async def generalized_machine(azure: Azure, *, sysprep: bool = True) -> str:
    """Create a machine that can be captured, and return its id."""
    vm = await azure.make_vm("master")
    vms = azure.compute.virtual_machines
    if sysprep:
        body: Any = {"location": REGION, "properties": {"source": {"script": SYSPREP}}}
        commands = azure.compute.virtual_machine_run_commands
        await (await commands.begin_create_or_update(azure.group, "master", "sysprep", body)).result()
        view = await vms.instance_view(azure.group, "master")
        assert view.statuses[-1].code == "PowerState/stopped"
    await (await vms.begin_deallocate(azure.group, "master")).result()
    await vms.generalize(azure.group, "master")
    return str(vm.id)


def version_body(source: str, *regions: str) -> Any:
    targets = [{"name": region, "regionalReplicaCount": 2} for region in regions or (REGION,)]
    return {
        "location": REGION,
        "properties": {
            "publishingProfile": {"targetRegions": targets},
            "storageProfile": {"source": {"virtualMachineId": source}},
        },
    }


async def capture(azure: Azure, source: str, *regions: str, version: str = "1.0.0", **options: Any) -> Any:
    begin = azure.compute.gallery_image_versions.begin_create_or_update
    return await begin(azure.group, "gallery", "desk", version, version_body(source, *regions), **options)


async def test_a_captured_machine_becomes_the_image_of_another(azure: Azure) -> None:
    await make_definition(azure)
    source = await generalized_machine(azure)
    version = await (await capture(azure, source)).result()
    await (await azure.compute.virtual_machines.begin_delete(azure.group, "master")).result()
    nic = await azure.make_nic(await azure.make_subnet())
    vm = await azure.make_vm("cpc-1", nic.id, image={"id": version.id})
    assert vm.storage_profile.image_reference.exact_version == "1.0.0"


async def test_a_generalized_machine_never_starts_again(azure: Azure) -> None:
    await generalized_machine(azure)
    error = await failure(azure.compute.virtual_machines.begin_start(azure.group, "master"))
    assert (error.status, error.code) == (409, "OperationNotAllowed")


async def test_only_a_generalized_machine_can_be_captured(azure: Azure) -> None:
    await make_definition(azure)
    vm = await azure.make_vm("master")
    error = await failure(capture(azure, vm.id))
    assert (error.status, error.code) == (409, "OperationNotAllowed")


async def test_an_image_without_sysprep_does_not_start(azure: Azure) -> None:
    await make_definition(azure)
    version = await (await capture(azure, await generalized_machine(azure, sysprep=False))).result()
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", vm_body(nic.id, image={"id": version.id})))
    assert error.code == "OSProvisioningClientError"


async def test_replication_goes_region_by_region(azure: Azure, simulated: Running) -> None:
    await make_definition(azure)
    source = await generalized_machine(azure)
    await simulated.sim("config", {"latency": {"gallery.replicate": {"dist": "fixed", "value": 600}}})
    await capture(azure, source, REGION, "northeurope", polling=False)
    get = azure.compute.gallery_image_versions.get
    image = await get(azure.group, "gallery", "desk", "1.0.0", expand="ReplicationStatus")
    assert image.provisioning_state == "Creating"
    assert image.replication_status.aggregated_state == "InProgress"
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    body = vm_body(nic.id, image={"id": image.id})
    assert (await failure(begin(azure.group, "cpc-1", body))).code == "DiskImageNotReady"
    simulated.advance(601)
    image = await get(azure.group, "gallery", "desk", "1.0.0", expand="ReplicationStatus")
    assert image.replication_status.aggregated_state == "Completed"
    assert [each.progress for each in image.replication_status.summary] == [100, 100]
    await azure.make_vm("cpc-1", nic.id, image={"id": image.id})


async def test_a_version_is_not_there_in_other_regions(azure: Azure) -> None:
    await make_definition(azure)
    version = await (await capture(azure, await generalized_machine(azure), REGION, "northeurope")).result()
    names = {each.name for each in version.publishing_profile.target_regions}
    assert names == {"northeurope", REGION}
    nic = f"{azure.group_id}/providers/Microsoft.Network/networkInterfaces/x"
    body = {**vm_body(nic, image={"id": version.id}), "location": "eastus"}
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", body))
    assert (error.status, error.code) == (404, "GalleryImageNotFound")


async def test_a_version_name_has_three_numbers(azure: Azure) -> None:
    await make_definition(azure)
    vm = await azure.make_vm("master")
    assert (await failure(capture(azure, vm.id, version="1.0"))).code == "InvalidParameter"


async def test_what_has_children_is_not_deleted(azure: Azure) -> None:
    await make_definition(azure)
    error = await failure(azure.compute.galleries.begin_delete(azure.group, "gallery"))
    assert (error.status, error.code) == (409, "CannotDeleteResource")
    images = azure.compute.gallery_images
    await (await images.begin_delete(azure.group, "gallery", "desk")).result()
    await (await azure.compute.galleries.begin_delete(azure.group, "gallery")).result()
