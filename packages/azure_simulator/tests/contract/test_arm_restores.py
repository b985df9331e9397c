"""Disks, snapshots and the way back to an earlier state, through azure-mgmt-compute."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION, TAGS
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running


def copy(source: str, **properties: Any) -> Any:
    creation = {"createOption": "Copy", "sourceResourceId": source}
    return {"location": REGION, "tags": TAGS, "properties": {"creationData": creation, **properties}}


async def snapshot(azure: Azure, disk: str) -> Any:
    begin = azure.compute.snapshots.begin_create_or_update
    body = {**copy(disk, incremental=True), "sku": {"name": "Standard_ZRS"}}
    return await (await begin(azure.group, "point", body)).result()


async def test_a_machine_goes_back_to_its_restore_point(azure: Azure) -> None:
    vms, disks = azure.compute.virtual_machines, azure.compute.disks
    vm = await azure.make_vm("cpc-1")
    before = vm.storage_profile.os_disk.managed_disk.id
    point = await snapshot(azure, before)
    assert (point.provisioning_state, point.incremental, point.disk_size_gb) == ("Succeeded", True, 128)
    restored = await (await disks.begin_create_or_update(azure.group, "restored", copy(point.id))).result()
    assert (restored.os_type, restored.disk_state) == ("Windows", "Unattached")
    change: Any = {"storageProfile": {"osDisk": {"name": restored.name, "managedDisk": {"id": restored.id}}}}
    error = await failure(vms.begin_update(azure.group, "cpc-1", {"properties": change}))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    vm = await (await vms.begin_update(azure.group, "cpc-1", {"properties": change})).result()
    assert vm.storage_profile.os_disk.managed_disk.id == restored.id
    await (await vms.begin_start(azure.group, "cpc-1")).result()
    old = await disks.get(azure.group, before.rpartition("/")[2])
    assert (old.disk_state, old.managed_by) == ("Unattached", None)
    await (await disks.begin_delete(azure.group, old.name)).result()
    assert (await disks.get(azure.group, "restored")).managed_by == vm.id


async def test_a_model_that_was_read_swaps_the_disk_as_well(azure: Azure) -> None:
    vms = azure.compute.virtual_machines
    vm = await azure.make_vm("cpc-1")
    disk = copy(vm.storage_profile.os_disk.managed_disk.id)
    new = await (await azure.compute.disks.begin_create_or_update(azure.group, "copy", disk)).result()
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    model = await vms.get(azure.group, "cpc-1")
    model.storage_profile.os_disk.managed_disk.id = new.id
    model.storage_profile.os_disk.name = new.name
    vm = await (await vms.begin_create_or_update(azure.group, "cpc-1", model)).result()
    assert vm.storage_profile.os_disk.name == "copy"


async def test_a_data_disk_comes_and_goes(azure: Azure) -> None:
    vms, disks = azure.compute.virtual_machines, azure.compute.disks
    await azure.make_vm("cpc-1")
    body: Any = {"location": REGION, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64}}
    disk = await (await disks.begin_create_or_update(azure.group, "data", body)).result()
    row = {"lun": 0, "createOption": "Attach", "managedDisk": {"id": disk.id}}
    attach: Any = {"properties": {"storageProfile": {"dataDisks": [row]}}}
    vm = await (await vms.begin_update(azure.group, "cpc-1", attach)).result()
    assert [each.name for each in vm.storage_profile.data_disks] == ["data"]
    assert (await disks.get(azure.group, "data")).managed_by == vm.id
    error = await failure(disks.begin_delete(azure.group, "data"))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    vm.storage_profile.data_disks = []
    await (await vms.begin_create_or_update(azure.group, "cpc-1", vm)).result()
    await (await disks.begin_delete(azure.group, "data")).result()


async def test_a_start_may_find_no_hardware_in_the_zone_any_more(azure: Azure, simulated: Running) -> None:
    vms = azure.compute.virtual_machines
    await azure.make_vm("cpc-1", zone="1")
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    await simulated.sim("config", {"capacity": [{"zone": "1", "vms": 0, "until": 600}]})
    error = await failure(vms.begin_start(azure.group, "cpc-1"))
    assert (error.status, error.code) == (200, "ZonalAllocationFailed")
    view = await vms.instance_view(azure.group, "cpc-1")
    assert [each.code for each in view.statuses] == [
        "ProvisioningState/failed/ZonalAllocationFailed",
        "PowerState/deallocated",
    ]
    simulated.advance(601)
    await (await vms.begin_start(azure.group, "cpc-1")).result()


async def test_a_machine_hibernates_when_it_may(azure: Azure) -> None:
    vms = azure.compute.virtual_machines
    await azure.make_vm("cpc-1")
    error = await failure(vms.begin_deallocate(azure.group, "cpc-1", hibernate=True))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    change: Any = {"properties": {"additionalCapabilities": {"hibernationEnabled": True}}}
    await (await vms.begin_update(azure.group, "cpc-1", change)).result()
    await (await vms.begin_start(azure.group, "cpc-1")).result()
    await (await vms.begin_deallocate(azure.group, "cpc-1", hibernate=True)).result()
    view = await vms.instance_view(azure.group, "cpc-1")
    assert "HibernationState/Hibernated" in [each.code for each in view.statuses]


async def test_every_power_action_ends(azure: Azure) -> None:
    vms = azure.compute.virtual_machines
    await azure.make_vm("cpc-1")
    for begin in (vms.begin_restart, vms.begin_redeploy, vms.begin_reapply, vms.begin_reimage):
        await (await begin(azure.group, "cpc-1")).result()
    await (await vms.begin_power_off(azure.group, "cpc-1", skip_shutdown=True)).result()
    view = await vms.instance_view(azure.group, "cpc-1")
    assert view.statuses[-1].code == "PowerState/stopped"
    await (await vms.begin_delete(azure.group, "cpc-1", force_deletion=True)).result()


async def test_disks_are_attached_and_detached_by_their_ids(azure: Azure) -> None:
    vms, disks = azure.compute.virtual_machines, azure.compute.disks
    await azure.make_vm("cpc-1")
    body: Any = {"location": REGION, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64}}
    made = [await (await disks.begin_create_or_update(azure.group, name, body)).result() for name in ("one", "two")]
    wanted: Any = {"dataDisksToAttach": [{"diskId": disk.id} for disk in made]}
    storage = await (await vms.begin_attach_detach_data_disks(azure.group, "cpc-1", wanted)).result()
    assert [(each.lun, each.name) for each in storage.data_disks] == [(0, "one"), (1, "two")]
    wanted = {"dataDisksToDetach": [{"diskId": made[0].id}]}
    storage = await (await vms.begin_attach_detach_data_disks(azure.group, "cpc-1", wanted)).result()
    assert [each.name for each in storage.data_disks] == ["two"]
    error = await failure(vms.begin_attach_detach_data_disks(azure.group, "cpc-1", wanted))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
