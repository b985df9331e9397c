"""Locks, groups and long lists: through the clients where they have them, through their pipeline where not."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION, TAGS, vm_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running


async def test_a_lock_protects_a_machine_until_the_lock_is_removed(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    lock = f"{azure.group_id}/providers/Microsoft.Authorization/locks/keep"
    assert (await azure.send("PUT", lock, {"properties": {"level": "CanNotDelete"}})).status_code == 201
    error = await failure(azure.compute.virtual_machines.begin_delete(azure.group, "cpc-1"))
    assert (error.status, error.code) == (409, "ScopeLocked")
    assert (await azure.send("DELETE", azure.group_id)).status_code == 409
    assert (await azure.send("DELETE", lock)).status_code in {200, 204}
    await (await azure.compute.virtual_machines.begin_delete(azure.group, "cpc-1")).result()


async def test_a_group_takes_everything_along(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1")
    await simulated.sim("config", {"latency": {"group.delete": {"dist": "fixed", "value": 60}}})
    answer = await azure.send("DELETE", azure.group_id)
    assert (answer.status_code, "Azure-AsyncOperation" in answer.headers) == (202, False)
    url = answer.headers["Location"]
    assert (await azure.send("GET", url)).status_code == 202
    simulated.advance(61)
    assert (await azure.send("GET", url)).status_code == 200
    assert (await azure.send("HEAD", azure.group_id)).status_code == 404
    await azure.make_group()
    assert [vm async for vm in azure.compute.virtual_machines.list(azure.group)] == []


async def test_the_pager_reads_every_page(azure: Azure, simulated: Running) -> None:
    subnet = await azure.make_subnet()
    for number in range(5):
        nic = await azure.make_nic(subnet, f"nic-{number}", TAGS)
        await azure.make_vm(f"cpc-{number}", nic.id)
    await simulated.sim("config", {"pageSize": 2})
    vms = azure.compute.virtual_machines
    names = {f"cpc-{number}" for number in range(5)}
    assert {vm.name async for vm in vms.list(azure.group)} == names
    assert {vm.name async for vm in vms.list_by_location(REGION)} == names
    found = [vm async for vm in vms.list_all(status_only="true")]
    assert {vm.name for vm in found} == names
    assert {vm.instance_view.statuses[1].code for vm in found} == {"PowerState/running"}
    assert [(vm.tags, vm.hardware_profile) for vm in found] == [(None, None)] * 5  # statuses only
    assert len([nic async for nic in azure.network.network_interfaces.list_all()]) == 5
    sizes = {size.name async for size in vms.list_available_sizes(azure.group, "cpc-0")}
    assert "Standard_D4s_v5" in sizes


async def test_an_interface_comes_and_goes_with_its_machine(azure: Azure) -> None:
    subnet = await azure.make_subnet()
    body = vm_body("")
    address = {"name": "one", "properties": {"primary": True, "subnet": {"id": subnet}}}
    inner = {"primary": True, "deleteOption": "Delete", "ipConfigurations": [address]}
    profile: Any = {
        "networkApiVersion": "2020-11-01",
        "networkInterfaceConfigurations": [{"name": "n", "properties": inner}],
    }
    body["properties"]["networkProfile"] = profile
    vms, nics = azure.compute.virtual_machines, azure.network.network_interfaces
    vm = await (await vms.begin_create_or_update(azure.group, "cpc-1", body)).result()
    (reference,) = vm.network_profile.network_interfaces
    nic = await nics.get(azure.group, reference.id.rpartition("/")[2])
    assert nic.virtual_machine.id == vm.id
    await (await vms.begin_delete(azure.group, "cpc-1")).result()
    assert [each async for each in nics.list(azure.group)] == []
