"""Instance view of a machine: provisioning, power, agent, disks, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.disks.attached_disks import data_disks, is_linux, os_disk
from azure_simulator.core.longrunning import running_on
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

_GOING = {
    "vm.start": "starting",
    "vm.restart": "starting",
    "vm.redeploy": "starting",
    "vm.reimage": "starting",
    "vm.create": "starting",
    "vm.powerOff": "stopping",
    "vm.deallocate": "deallocating",
}


def instance_view(world: World, vm: Resource) -> Json:
    """Return the instance view: the statuses of provisioning, power, agent, disks and extensions."""
    now_us = world.now_us
    view: Json = {"statuses": [_provisioning(vm), *_power(world, vm)]}
    disk = os_disk(world, vm)
    if disk is not None:
        disks = [disk, *data_disks(world, vm)]
        done = _status("ProvisioningState/succeeded")
        view["disks"] = [{"name": d.name, "statuses": [{**done, "time": iso(d.created_us)}]} for d in disks]
    if vm.facts["power"] == "running":
        ready = now_us >= vm.facts["agentFromUs"]
        shown = "Ready" if ready else "Not Ready"
        code = "ProvisioningState/succeeded" if ready else "ProvisioningState/Unavailable"
        version = "2.7.41491.1176" if ready else "Unknown"
        said = "Guest Agent is running" if ready else "VM status blob is found but not yet populated."
        status = {"code": code, "level": "Info", "displayStatus": shown, "message": said, "time": iso(now_us)}
        view["vmAgent"] = {"vmAgentVersion": version, "statuses": [status]}
        if ready:
            view |= {"computerName": vm.facts["computer"], **_system(vm)}
            view["hyperVGeneration"] = "V2"
    extensions = world.resources.collection(f"{vm.id}/extensions")
    if extensions:
        view["extensions"] = [each.facts["view"] for each in extensions if "view" in each.facts]
    return view


def _system(vm: Resource) -> Json:
    if is_linux(vm):
        return {"osName": "ubuntu", "osVersion": "22.04"}
    return {"osName": "Windows 11 Enterprise", "osVersion": "10.0"}


def _provisioning(vm: Resource) -> Json:
    """Return the status of provisioning; a failure has its code: ``ProvisioningState/failed/AllocationFailed``."""
    state, failure = vm.properties["provisioningState"].lower(), vm.facts.get("failure")
    if state != "failed" or not failure:
        return {**_status(f"ProvisioningState/{state}"), "time": _changed(vm)}
    status = {**_status(f"ProvisioningState/failed/{failure['code']}"), "time": _changed(vm)}
    return {**status, "level": "Error", "displayStatus": "Provisioning failed", "message": failure["message"]}


def _changed(vm: Resource) -> str:
    """Return the time of a machine's last change."""
    return iso(vm.past[-1][0] if vm.past else vm.created_us)


def _power(world: World, vm: Resource) -> list[Json]:
    going = next((_GOING[o.kind] for o in running_on(world, vm.id) if o.kind in _GOING), "")
    state = going or vm.facts["power"]
    rows = [] if state == "none" else [_status(f"PowerState/{state}")]
    if vm.facts["generalized"]:
        rows.append(_status("OSState/generalized"))
    if vm.facts.get("hibernated"):
        rows.append({**_status("HibernationState/Hibernated"), "displayStatus": "VM Hibernated"})
    return rows


def _status(code: str) -> Json:
    words = code.partition("/")[2]
    shown = f"VM {words}" if code.startswith("Power") else f"Provisioning {words}"
    return {"code": code, "level": "Info", "displayStatus": shown}
