"""Virtual machines through azure-mgmt-compute."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError

from packages.azure_simulator.tests.bodies import TAGS, vm_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running


async def test_a_machine_is_made_runs_and_shows_no_password(azure: Azure) -> None:
    vm = await azure.make_vm("cpc-1", zone="1")
    assert vm.provisioning_state == "Succeeded"
    assert vm.os_profile.admin_password is None
    assert vm.storage_profile.os_disk.managed_disk.id.endswith(vm.storage_profile.os_disk.name)
    assert vm.identity.principal_id
    view = await azure.compute.virtual_machines.instance_view(azure.group, "CPC-1")
    assert [each.code for each in view.statuses] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert view.vm_agent.statuses[0].display_status == "Ready"


async def test_creating_answers_201_with_an_operation_to_poll(azure: Azure) -> None:
    seen: dict[str, Any] = {}
    nic = await azure.make_nic(await azure.make_subnet())

    def keep(response: Any) -> None:
        seen.update(status=response.http_response.status_code, **response.http_response.headers)

    await azure.compute.virtual_machines.begin_create_or_update(
        azure.group, "cpc-1", vm_body(nic.id), polling=False, raw_response_hook=keep
    )
    assert seen["status"] == 201
    url = seen["Azure-AsyncOperation"]
    answer = await azure.send("GET", url)
    assert set(answer.json()) == {"startTime", "endTime", "status", "name"}


async def test_an_unknown_operation_is_404(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription}/providers/Microsoft.Compute/locations/westeurope"
    answer = await azure.send("GET", f"{path}/operations/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 404


async def test_the_same_put_twice_is_one_machine(azure: Azure) -> None:
    first = await azure.make_vm("cpc-1")
    nic = first.network_profile.network_interfaces[0].id
    second = await azure.make_vm("CPC-1", nic)
    assert (first.vm_id, second.name) == (second.vm_id, "cpc-1")


async def test_create_only_is_refused_for_an_existing_machine(azure: Azure) -> None:
    vm = await azure.make_vm("cpc-1")
    body = vm_body(vm.network_profile.network_interfaces[0].id)
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", body, etag="*", match_condition=MatchConditions.IfMissing))
    assert error.status == 412


@pytest.mark.parametrize("change", [{"password": "An0ther-password"}, {"computer": "CPC-OTHER"}, {"zone": "2"}])
async def test_what_is_fixed_at_creation_cannot_change(azure: Azure, change: dict[str, str]) -> None:
    vm = await azure.make_vm("cpc-1", zone="1")
    body = vm_body(vm.network_profile.network_interfaces[0].id, **change)
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", body))
    assert (error.status, error.code) == (409, "PropertyChangeNotAllowed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": "Standard_Nothing"}, "InvalidParameter"),
        ({"computer": "A-NAME-TOO-LONG-1"}, "InvalidParameter"),
        ({"computer": "123456"}, "InvalidParameter"),
        ({"zone": "9"}, "InvalidAvailabilityZone"),
        ({"disk_gb": 64}, "OperationNotAllowed"),
        ({"disk_gb": "128"}, "BadRequest"),
        ({"image": {"publisher": "x", "offer": "y", "sku": "z", "version": "1"}}, "PlatformImageNotFound"),
        ({"password": None}, "InvalidParameter"),
    ],
)
async def test_a_wrong_body_is_refused_and_makes_nothing(azure: Azure, change: dict[str, Any], code: str) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", vm_body(nic.id, **change)))
    assert error.code == code
    with pytest.raises(ResourceNotFoundError):
        await azure.compute.virtual_machines.get(azure.group, "cpc-1")


async def test_a_failed_allocation_is_reported_by_the_operation(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"capacity": [{"size": "Standard_D2s_v5", "zone": "1", "vms": 0}]})
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", vm_body(nic.id, zone="1")))
    assert (error.status, error.code) == (200, "ZonalAllocationFailed")
    vm = await azure.compute.virtual_machines.get(azure.group, "cpc-1")
    assert vm.provisioning_state == "Failed"


async def test_after_a_failed_allocation_the_interface_is_reserved_for_180_seconds(
    azure: Azure, simulated: Running
) -> None:
    await simulated.sim("config", {"capacity": [{"size": "Standard_D2s_v5", "vms": 0}]})
    nic = await azure.make_nic(await azure.make_subnet())
    vms = azure.compute.virtual_machines
    body = vm_body(nic.id, delete="Detach")
    await failure(vms.begin_create_or_update(azure.group, "cpc-1", body))
    await (await vms.begin_delete(azure.group, "cpc-1")).result()
    error = await failure(azure.network.network_interfaces.begin_delete(azure.group, "nic"))
    assert error.code == "NicReservedForAnotherVm"
    error = await failure(vms.begin_create_or_update(azure.group, "cpc-2", vm_body(nic.id)))
    assert error.code == "NicReservedForAnotherVm"
    simulated.advance(181)
    await (await azure.network.network_interfaces.begin_delete(azure.group, "nic")).result()


async def test_capacity_comes_back_when_a_machine_is_deallocated(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"capacity": [{"size": "Standard_D2s_v5", "vms": 1}]})
    subnet = await azure.make_subnet()
    one, two = await azure.make_nic(subnet, "nic-1"), await azure.make_nic(subnet, "nic-2")
    vms = azure.compute.virtual_machines
    await azure.make_vm("cpc-1", one.id)
    error = await failure(vms.begin_create_or_update(azure.group, "cpc-2", vm_body(two.id)))
    assert error.code == "AllocationFailed"
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    await azure.make_vm("cpc-2", two.id)
    error = await failure(vms.begin_start(azure.group, "cpc-1"))
    assert error.code == "AllocationFailed"


async def test_quota_refuses_the_put_itself(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"quotas": {"westeurope": {"standardDSv5Family": 3}}})
    subnet = await azure.make_subnet()
    one, two = await azure.make_nic(subnet, "nic-1"), await azure.make_nic(subnet, "nic-2")
    await azure.make_vm("cpc-1", one.id)
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-2", vm_body(two.id)))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    assert "exceeding approved standardDSv5Family Cores quota" in error.message
    usages = {u.name.value: u async for u in azure.compute.usage.list("westeurope")}
    assert (usages["standardDSv5Family"].current_value, usages["standardDSv5Family"].limit) == (2, 3)


async def test_a_restricted_size_is_shown_and_refused(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"restrictions": [{"region": "westeurope", "size": "Standard_D2s_v5"}]})
    skus = azure.compute.resource_skus.list(filter="location eq 'westeurope'")
    found = {each.name: each async for each in skus}
    assert found["Standard_D2s_v5"].restrictions[0].reason_code == "NotAvailableForSubscription"
    assert (
        found["Standard_D4s_v5"].restrictions[0].type == "Location" if found["Standard_D4s_v5"].restrictions else True
    )
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", vm_body(nic.id)))
    assert (error.status, error.code) == (409, "SkuNotAvailable")


async def test_deleting_a_machine_deletes_disk_and_interface_with_that_option(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    await (await azure.compute.virtual_machines.begin_delete(azure.group, "cpc-1")).result()
    assert [d async for d in azure.compute.disks.list_by_resource_group(azure.group)] == []
    assert [n async for n in azure.network.network_interfaces.list(azure.group)] == []


async def test_deleting_leaves_disk_and_interface_otherwise(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1", delete="Detach")
    await (await azure.compute.virtual_machines.begin_delete(azure.group, "cpc-1")).result()
    disks = [d async for d in azure.compute.disks.list_by_resource_group(azure.group)]
    assert [d.disk_state for d in disks] == ["Unattached"]
    answer = await simulated.call("GET", "/_sim/invariants")
    found = sorted(each["id"].split("/")[-2] for each in answer.body["findings"])
    assert found == ["disks", "networkInterfaces"]


async def test_deleting_what_is_not_there_is_done(azure: Azure) -> None:
    await (await azure.compute.virtual_machines.begin_delete(azure.group, "nobody")).result()


async def test_power_follows_its_verbs(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    vms = azure.compute.virtual_machines

    async def power() -> str:
        view = await vms.instance_view(azure.group, "cpc-1")
        return str(view.statuses[-1].code)

    await (await vms.begin_power_off(azure.group, "cpc-1")).result()
    assert await power() == "PowerState/stopped"
    await (await vms.begin_start(azure.group, "cpc-1")).result()
    assert await power() == "PowerState/running"
    await (await vms.begin_restart(azure.group, "cpc-1")).result()
    await (await vms.begin_deallocate(azure.group, "cpc-1")).result()
    assert await power() == "PowerState/deallocated"


async def test_a_disk_grows_only_while_the_machine_is_deallocated(azure: Azure) -> None:
    vm = await azure.make_vm("cpc-1")
    name, grow = vm.storage_profile.os_disk.name, {"properties": {"diskSizeGB": 256}}
    error = await failure(azure.compute.disks.begin_update(azure.group, name, grow))
    assert (error.status, error.code) == (409, "Conflict")
    await (await azure.compute.virtual_machines.begin_deallocate(azure.group, "cpc-1")).result()
    disk = await (await azure.compute.disks.begin_update(azure.group, name, grow)).result()
    assert disk.disk_size_gb == 256
    shrink = {"properties": {"diskSizeGB": 128}}
    error = await failure(azure.compute.disks.begin_update(azure.group, name, shrink))
    assert error.code == "InvalidParameter"


async def test_a_machine_changes_its_size_and_tags(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    change = {"tags": {**TAGS, "more": "x"}, "properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}
    vm = await (await azure.compute.virtual_machines.begin_update(azure.group, "cpc-1", change)).result()
    assert (vm.hardware_profile.vm_size, vm.tags["more"]) == ("Standard_D4s_v5", "x")
    usages = {u.name.value: u.current_value async for u in azure.compute.usage.list("westeurope")}
    assert usages["cores"] == 4


async def test_an_interface_may_come_with_the_machine(azure: Azure) -> None:
    subnet = await azure.make_subnet()
    body = vm_body("unused")
    inner = {"name": "ipconfig1", "properties": {"primary": True, "subnet": {"id": subnet}}}
    configuration = {
        "name": "inline",
        "properties": {"primary": True, "deleteOption": "Delete", "ipConfigurations": [inner]},
    }
    body["properties"]["networkProfile"] = {
        "networkApiVersion": "2020-11-01",
        "networkInterfaceConfigurations": [configuration],
    }
    begin = azure.compute.virtual_machines.begin_create_or_update
    vm = await (await begin(azure.group, "cpc-1", body)).result()
    nic = await azure.send("GET", vm.network_profile.network_interfaces[0].id)
    assert nic.json()["properties"]["virtualMachine"]["id"] == vm.id


async def test_a_generation_1_image_starts_no_machine_with_trusted_launch(azure: Azure) -> None:
    # github.com/Azure/azure-cli/issues/27975
    image = {
        "publisher": "MicrosoftWindowsDesktop",
        "offer": "windows-10",
        "sku": "win10-22h2-ent",
        "version": "latest",
    }
    nic = await azure.make_nic(await azure.make_subnet())
    begin = azure.compute.virtual_machines.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", vm_body(nic.id, image=image)))
    assert (error.status, error.code) == (400, "BadRequest")
    assert "Please select Trusted Launch Supported Gen2 OS Image." in error.message
    vm = await azure.make_vm("cpc-2", image={**image, "sku": "win10-22h2-ent-g2"})
    assert vm.storage_profile.image_reference.sku == "win10-22h2-ent-g2"


async def test_machines_of_a_group_are_listed(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    assert [vm.name async for vm in azure.compute.virtual_machines.list(azure.group)] == ["cpc-1"]
    assert "cpc-1" in [vm.name async for vm in azure.compute.virtual_machines.list_all()]


async def test_the_marketplace_tree_is_walked_with_bare_arrays(azure: Azure) -> None:
    images, place = azure.compute.virtual_machine_images, ("westeurope", "MicrosoftWindowsDesktop")
    assert "MicrosoftWindowsDesktop" in [each.name for each in await images.list_publishers("westeurope")]
    assert "windows-ent-cpc" in [each.name for each in await images.list_offers(*place)]
    skus = [each.name for each in await images.list_skus(*place, "windows-ent-cpc")]
    assert "win11-24h2-ent-cpc-m365" in skus
    newest = await images.list(*place, "windows-ent-cpc", skus[-2], top=1, orderby="name desc")
    shown = await images.get(*place, "windows-ent-cpc", skus[-2], newest[0].name)
    assert shown.hyper_v_generation == "V2"
