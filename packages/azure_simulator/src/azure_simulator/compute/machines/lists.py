"""Reading virtual machines: one, by group, by place, by subscription; and the sizes they may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.operations import Operations
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import need_group, need_region
from azure_simulator.compute.capacity.offers import shown_size
from azure_simulator.compute.capacity.sizes import SIZES
from azure_simulator.compute.machines.instance_view import instance_view
from azure_simulator.compute.machines.machine_type import VIRTUAL_MACHINES
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

OPERATIONS = Operations(VIRTUAL_MACHINES)
BY_SUBSCRIPTION = Index(VIRTUAL_MACHINES.name, lambda vm: vm.key.split("/")[2])


@OPERATIONS.get("vm.get")
def get_machine(call: Call) -> Answer:
    """Show a machine; `$expand` adds its instance view (`instanceView`) or its `userData`."""
    found = call.resource()
    wanted = {each.strip().lower() for each in call.query.get("$expand", "").split(",")}
    if wanted - {"", "instanceview", "userdata"}:
        raise Problem(
            400, "InvalidParameter", "The value of $expand is not instanceView or userData.", target="$expand"
        )
    return Answer(_shown(call, found, wanted))


@OPERATIONS.get("vm.view", "instanceView")
def get_instance_view(call: Call) -> Answer:
    """Show the instance view of a machine."""
    return Answer(instance_view(call.world, call.need(call.path.rpartition("/")[0])))


@OPERATIONS.list_group("vms.list")
def list_machines(call: Call) -> Answer:
    """List the machines of a group."""
    need_group(call)
    return _list(call, call.world.resources.collection(call.path))


@OPERATIONS.list_subscription("vms.list_all")
def list_all_machines(call: Call) -> Answer:
    """List the machines of a subscription; with `statusOnly=true` their statuses alone, without models and tags."""
    return _list(call, call.world.resources.find(BY_SUBSCRIPTION, call.param("sub").lower()))


@OPERATIONS.list_region("vms.list_place")
def list_machines_of_place(call: Call) -> Answer:
    """List the machines of a region."""
    place = (call.param("sub").lower(), need_region(call))
    return _list(call, call.world.resources.find(VIRTUAL_MACHINES.by_place, place))


@OPERATIONS.get("vm.sizes", "vmSizes")
def list_machine_sizes(call: Call) -> Answer:
    """List the sizes a machine can have."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [shown_size(each) for each in SIZES.values()]})


def _list(call: Call, found: list[Resource]) -> Answer:
    if call.query.get("statusonly", "").lower() == "true":
        return page(call, found, lambda vm: _status(call, vm))
    wanted = {call.query.get("$expand", "").lower()}
    return page(call, found, lambda vm: _shown(call, vm, wanted))


def _status(call: Call, vm: Resource) -> Json:
    """Return the run-time status of a machine: callers of Azure's list read its tags and its model elsewhere."""
    properties = {key: value for key, value in vm.properties.items() if key in {"provisioningState", "vmId"}}
    properties["instanceView"] = instance_view(call.world, vm)
    return {**{key: vm.body[key] for key in ("id", "name", "type", "location")}, "properties": properties}


def _shown(call: Call, vm: Resource, wanted: set[str]) -> Json:
    properties = {key: value for key, value in vm.properties.items() if key != "userData" or "userdata" in wanted}
    if "instanceview" in wanted:
        properties["instanceView"] = instance_view(call.world, vm)
    return {**vm.body, "etag": VIRTUAL_MACHINES.etag_of(call.world, vm), "properties": properties}
