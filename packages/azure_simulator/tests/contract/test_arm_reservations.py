"""Capacity reservations through azure-mgmt-compute."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION, vm_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running

SIZE = "Standard_D2s_v5"


async def reserve(azure: Azure, slots: int) -> str:
    """Make a group with one reservation, and give the group's id."""
    group: Any = {"location": REGION, "tags": {"deskwright:cloudpc": "x"}}
    made = await azure.compute.capacity_reservation_groups.create_or_update(azure.group, "crg", group)
    body: Any = {"location": REGION, "sku": {"name": SIZE, "capacity": slots}}
    begin = azure.compute.capacity_reservations.begin_create_or_update
    reservation = await (await begin(azure.group, "crg", "two", body)).result()
    assert (reservation.provisioning_state, reservation.sku.capacity) == ("Succeeded", slots)
    return str(made.id)


def inside(nic: str, group: str) -> Any:
    body = vm_body(nic)
    body["properties"]["capacityReservation"] = {"capacityReservationGroup": {"id": group}}
    return body


async def test_a_machine_sits_in_the_slot_it_was_reserved(azure: Azure) -> None:
    group = await reserve(azure, 1)
    nic = await azure.make_nic(await azure.make_subnet())
    vms, groups = azure.compute.virtual_machines, azure.compute.capacity_reservation_groups
    vm = await (await vms.begin_create_or_update(azure.group, "cpc-1", inside(nic.id, group))).result()
    assert vm.capacity_reservation.capacity_reservation_group.id == group
    shown = await groups.get(azure.group, "crg", expand="instanceView")
    (view,) = shown.instance_view.capacity_reservations
    assert view.utilization_info.current_capacity == 1
    assert [each.id for each in view.utilization_info.virtual_machines_allocated] == [vm.id]
    assert [each.name async for each in groups.list_by_resource_group(azure.group)] == ["crg"]
    error = await failure(azure.compute.capacity_reservations.begin_delete(azure.group, "crg", "two"))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    await (await vms.begin_delete(azure.group, "cpc-1")).result()
    await (await azure.compute.capacity_reservations.begin_delete(azure.group, "crg", "two")).result()


async def test_a_reservation_keeps_capacity_that_others_do_not_get(azure: Azure, simulated: Running) -> None:
    group = await reserve(azure, 1)
    await simulated.sim("config", {"capacity": [{"size": SIZE, "vms": 1}]})
    subnet = await azure.make_subnet()
    nics = [(await azure.make_nic(subnet, name)).id for name in ("one", "two")]
    begin = azure.compute.virtual_machines.begin_create_or_update
    assert (await failure(begin(azure.group, "cpc-1", vm_body(nics[0])))).code == "AllocationFailed"
    await (await begin(azure.group, "cpc-2", inside(nics[1], group))).result()
    view = await azure.compute.capacity_reservations.get(azure.group, "crg", "two", expand="instanceView")
    assert len(view.instance_view.utilization_info.virtual_machines_allocated) == 1


async def test_a_reservation_grows_and_shrinks(azure: Azure, simulated: Running) -> None:
    await reserve(azure, 1)
    begin = azure.compute.capacity_reservations.begin_update
    grown = await (await begin(azure.group, "crg", "two", {"sku": {"name": SIZE, "capacity": 3}})).result()
    assert grown.sku.capacity == 3
    usage = {u.name.value: u.current_value async for u in azure.compute.usage.list(REGION)}
    assert usage["cores"] == 6
    await simulated.sim("config", {"quotas": {"*": {"cores": 7}}})
    error = await failure(begin(azure.group, "crg", "two", {"sku": {"name": SIZE, "capacity": 4}}))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
