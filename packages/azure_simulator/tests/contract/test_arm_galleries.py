"""Managed images, galleries and the marketplace through azure-mgmt-compute: lists, changes, limits of a version."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import IMAGE, REGION, vm_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.test_arm_images import (
    capture,
    generalized_machine,
    make_definition,
    version_body,
)

pytestmark = pytest.mark.simulator


async def test_a_managed_image_makes_machines_and_versions(azure: Azure) -> None:
    vms, images = azure.compute.virtual_machines, azure.compute.images
    nic = await azure.make_nic(await azure.make_subnet(), "source-nic")
    body = vm_body(nic.id)
    body["properties"]["securityProfile"] = {"securityType": "Standard"}
    await (await vms.begin_create_or_update(azure.group, "source", body)).result()
    script: Any = {"location": REGION, "properties": {"source": {"script": "# step: generalize\nsysprep"}}}
    commands = azure.compute.virtual_machine_run_commands
    await (await commands.begin_create_or_update(azure.group, "source", "sysprep", script)).result()
    source_id = f"{azure.group_id}/providers/Microsoft.Compute/virtualMachines/source"
    wanted: Any = {"location": REGION, "properties": {"sourceVirtualMachine": {"id": source_id}}}
    error = await failure(images.begin_create_or_update(azure.group, "image", wanted))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    await (await vms.begin_deallocate(azure.group, "source")).result()
    await vms.generalize(azure.group, "source")
    image = await (await images.begin_create_or_update(azure.group, "image", wanted)).result()
    assert (image.provisioning_state, image.storage_profile.os_disk.os_state) == ("Succeeded", "Generalized")
    assert [each.name async for each in images.list_by_resource_group(azure.group)] == ["image"]
    again = vm_body((await azure.make_nic(await azure.make_subnet(), "again")).id, image={"id": image.id})
    error = await failure(vms.begin_create_or_update(azure.group, "again", again))
    assert (error.status, error.code) == (400, "BadRequest")
    await make_definition(azure, "TrustedLaunchSupported")
    source: Any = version_body("")
    source["properties"]["storageProfile"] = {"source": {"id": image.id}}
    versions = azure.compute.gallery_image_versions
    begin = versions.begin_create_or_update
    await (await begin(azure.group, "gallery", "desk", "1.0.0", source)).result()
    await (await images.begin_delete(azure.group, "image")).result()
    assert [each.name async for each in versions.list_by_gallery_image(azure.group, "gallery", "desk")] == ["1.0.0"]


async def test_a_version_is_sent_to_another_region_later(azure: Azure) -> None:
    await make_definition(azure)
    await (await capture(azure, await generalized_machine(azure))).result()
    versions = azure.compute.gallery_image_versions
    targets = [{"name": name, "regionalReplicaCount": 1} for name in (REGION, "northeurope")]
    change: Any = {"properties": {"publishingProfile": {"targetRegions": targets, "excludeFromLatest": True}}}
    version = await (await versions.begin_update(azure.group, "gallery", "desk", "1.0.0", change)).result()
    assert version.publishing_profile.exclude_from_latest
    shown = await versions.get(azure.group, "gallery", "desk", "1.0.0", expand="ReplicationStatus")
    assert {each.region for each in shown.replication_status.summary} == {REGION, "northeurope"}


async def test_a_gallery_is_changed_and_listed(azure: Azure) -> None:
    await make_definition(azure)
    change: Any = {"tags": {"a": "b"}, "properties": {"description": "ours"}}
    gallery = await (await azure.compute.galleries.begin_update(azure.group, "gallery", change)).result()
    assert (gallery.tags, gallery.description) == ({"a": "b"}, "ours")
    assert azure.group in {each.id.split("/")[4] async for each in azure.compute.galleries.list()}


async def test_the_marketplace_is_a_tree_of_bare_lists(azure: Azure) -> None:
    images = azure.compute.virtual_machine_images
    publishers = [each.name for each in await images.list_publishers(REGION)]
    assert IMAGE["publisher"] in publishers
    offers = [each.name for each in await images.list_offers(REGION, IMAGE["publisher"])]
    assert IMAGE["offer"] in offers
    place = (REGION, IMAGE["publisher"], IMAGE["offer"], IMAGE["sku"])
    newest = await images.list(*place, top=1, orderby="name desc")
    every = [each.name for each in await images.list(*place)]
    assert [each.name for each in newest] == [max(every)]
    assert (await images.get(*place, newest[0].name)).hyper_v_generation == "V2"


async def test_a_provider_lists_what_it_can_do(azure: Azure) -> None:
    names = {each.name async for each in azure.compute.operations.list()}
    assert "Microsoft.Compute/snapshots/write" in names
