"""Virtual machines as they are shown: one, by group, by place, by subscription; sizes they may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.paging import page
from azure_simulator.arm.preconditions import etag
from azure_simulator.arm.reading import need_group, need_region
from azure_simulator.compute.capacity.sizes import SIZES, Size
from azure_simulator.compute.machines import lifecycle
from azure_simulator.compute.machines.instance_view import instance_view
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
TYPE = lifecycle.TYPE
ALL = f"/subscriptions/{{sub}}/resourceGroups/{{rg}}/providers/{TYPE}"
ONE = f"{ALL}/{{vm}}"
COMPUTE = "/subscriptions/{sub}/providers/Microsoft.Compute"
BY_SUBSCRIPTION = Index(TYPE, lambda vm: vm.key.split("/")[2])
BY_PLACE = Index(TYPE, lambda vm: (vm.key.split("/")[2], vm.body["location"]))


@ROUTES.operation("vm.get", "GET", ONE, throttle="LowCostGet", action=f"{TYPE}/read")
def get_machine(call: Call) -> Answer:
    """Show a machine; `$expand` adds what runs (`instanceView`) or its `userData`."""
    found = call.resource()
    wanted = {each.strip().lower() for each in call.query.get("$expand", "").split(",")}
    if wanted - {"", "instanceview", "userdata"}:
        raise Problem(
            400, "InvalidParameter", "The value of $expand is not instanceView or userData.", target="$expand"
        )
    return Answer(_shown(call, found, wanted))


@ROUTES.operation("vm.view", "GET", f"{ONE}/instanceView", throttle="LowCostGet", action=f"{TYPE}/read")
def get_instance_view(call: Call) -> Answer:
    """Show what runs on a machine."""
    return Answer(instance_view(call.world, call.need(call.path.rpartition("/")[0])))


@ROUTES.operation("vms.list", "GET", ALL, throttle="HighCostGet", action=f"{TYPE}/read")
def list_machines(call: Call) -> Answer:
    """List the machines of a group."""
    need_group(call)
    return _list(call, call.world.resources.collection(call.path))


@ROUTES.operation("vms.list_all", "GET", f"{COMPUTE}/virtualMachines", throttle="HighCostGet", action=f"{TYPE}/read")
def list_all_machines(call: Call) -> Answer:
    """List the machines of a subscription; `statusOnly=true` tells what runs on them."""
    return _list(call, call.world.resources.find(BY_SUBSCRIPTION, call.param("sub").lower()))


@ROUTES.operation(
    "vms.list_place",
    "GET",
    f"{COMPUTE}/locations/{{location}}/virtualMachines",
    throttle="HighCostGet",
    action=f"{TYPE}/read",
)
def list_machines_of_place(call: Call) -> Answer:
    """List the machines of a region."""
    place = (call.param("sub").lower(), need_region(call))
    return _list(call, call.world.resources.find(BY_PLACE, place))


@ROUTES.operation("sizes.list", "GET", f"{COMPUTE}/locations/{{location}}/vmSizes", throttle="LowCostGet")
def list_sizes(call: Call) -> Answer:
    """List the sizes of a region."""
    need_region(call)
    return Answer({"value": [_size(each) for each in SIZES.values()]})


@ROUTES.operation("vm.sizes", "GET", f"{ONE}/vmSizes", throttle="LowCostGet", action=f"{TYPE}/read")
def list_machine_sizes(call: Call) -> Answer:
    """List the sizes a machine can have."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [_size(each) for each in SIZES.values()]})


def _list(call: Call, found: list[Resource]) -> Answer:
    wanted = {call.query.get("$expand", "").lower()}
    if call.query.get("statusonly", "").lower() == "true":
        wanted.add("instanceview")
    return page(call, found, lambda vm: _shown(call, vm, wanted))


def _shown(call: Call, vm: Resource, wanted: set[str]) -> Json:
    properties = {key: value for key, value in vm.properties.items() if key != "userData" or "userdata" in wanted}
    if "instanceview" in wanted:
        properties["instanceView"] = instance_view(call.world, vm)
    return {**vm.body, "etag": etag(call.world, vm), "properties": properties}


def _size(size: Size) -> Json:
    return {
        "name": size.name,
        "numberOfCores": size.cores,
        "memoryInMB": int(size.memory_gb * 1024),
        "osDiskSizeInMB": 1_047_552,
        "resourceDiskSizeInMB": 0,
        "maxDataDiskCount": size.cores * 2,
    }
