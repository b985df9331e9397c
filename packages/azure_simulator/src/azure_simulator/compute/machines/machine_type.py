"""The type `virtualMachines`, and which properties of a machine never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import immutable_properties
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import EXACT, FIXED, Immutable, NameRule, ResourceType
from azure_simulator.compute.machines import lifecycle, os_profiles
from azure_simulator.compute.machines.machine_values import LINKS, VALUES
from azure_simulator.compute.provider import COMPUTE, SDK, VIRTUAL_MACHINE
from azure_simulator.core.latency import about

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_PASSWORD = "properties.osProfile.adminPassword"  # noqa: S105 - a path
_CUSTOM_DATA = "properties.osProfile.customData"
_OF_ITS_DISK = (
    "properties.storageProfile.osDisk.name",
    "properties.storageProfile.osDisk.managedDisk.storageAccountType",
)
"""Properties that come with another OS disk."""

VIRTUAL_MACHINES = ResourceType(
    name=VIRTUAL_MACHINE,
    provider=COMPUTE,
    params=("vm",),
    models=BodyModels(SDK, "VirtualMachine", "VirtualMachineUpdate", actions={"runCommand": "RunCommandInput"}),
    naming=NameRule(r"[A-Za-z0-9]([\w\-.]{0,62}[A-Za-z0-9])?", "vmName"),
    immutable={
        "properties.storageProfile.imageReference": FIXED,
        "properties.osProfile.computerName": FIXED,
        "properties.osProfile.adminUsername": FIXED,
        _PASSWORD: FIXED,
        _CUSTOM_DATA: EXACT,
        "plan": FIXED,
        "properties.osProfile.windowsConfiguration.provisionVMAgent": Immutable(default=True),
        "properties.osProfile.windowsConfiguration.enableAutomaticUpdates": Immutable(default=True),
        "properties.osProfile.windowsConfiguration.timeZone": FIXED,
        "properties.osProfile.linuxConfiguration.disablePasswordAuthentication": FIXED,
        "properties.osProfile.linuxConfiguration.ssh": FIXED,
        "properties.storageProfile.osDisk.createOption": FIXED,
        **dict.fromkeys(_OF_ITS_DISK, FIXED),
        "properties.priority": Immutable("Regular", former=(("Low", "Spot"),)),
        "zones": Immutable([]),
        "location": FIXED,
    },
    guarded=False,
    unshown=(
        _PASSWORD,
        _CUSTOM_DATA,
        "properties.userData",  # but with $expand=userData
        "properties.networkProfile.networkApiVersion",
        "properties.networkProfile.networkInterfaceConfigurations",
    ),
    omitted=dict.fromkeys(
        (
            "properties.diagnosticsProfile",
            "properties.extensionsTimeBudget",
            "properties.resiliencyProfile",
            "properties.scheduledEventsPolicy",
            "properties.scheduledEventsProfile",
        )
    ),
    values=VALUES,
    links=LINKS,
    latencies={
        "vm.create": about(100, 240, 45, 1200),
        "vm.agent": about(20, 90, 3, 600),  # a guess
        "vm.update": about(8, 20, 2),
        "vm.resize": about(45, 120, 15),
        "vm.start": about(25, 70, 6),
        "vm.restart": about(40, 90, 15),
        "vm.redeploy": about(112, 240, 60),
        "vm.reapply": about(20, 60, 5),
        "vm.reimage": about(90, 220, 45),
        "vm.powerOff": about(14, 40, 5),
        "vm.powerOff.skipped": about(5, 12, 2),
        "vm.deallocate": about(33, 80, 12),
        "vm.eviction": about(120, 600, 30, 1800),  # a guess; 30 seconds are the notice, 30 minutes are documented
        "vm.delete": about(25, 70, 0.4),
        "vm.delete.forced": about(8, 25, 0.4),  # a guess
        "vm.runCommand": about(35, 90, 20),
    },
    throttle={
        "GET": "LowCostGet",
        "LIST": "HighCostGet",
        "PUT": "PutVM",
        "PATCH": "UpdateVM",
        "POST": "UpdateVM",
        "DELETE": "DeleteVM",
    },
    removed=lifecycle.remove,
    removed_early=True,
    inspect_secrets=os_profiles.note_flaw,
    etag=lambda _, vm: f'"{vm.version}"',
    settings={
        "agents": ({"*": (str, int, float)}, "when a machine's agent reports: seconds after it runs, or `never`")
    },
)


def check_immutable(call: Call, found: Resource) -> None:
    """Refuse another value of a property that is fixed when a machine is made."""
    wanted = call.object()
    changing = _OF_ITS_DISK if swaps_os_disk(wanted, found) else ()
    hidden = {_PASSWORD: found.facts["password"], _CUSTOM_DATA: found.facts.get("customData")}
    immutable_properties.check(VIRTUAL_MACHINES, wanted, found, hidden=hidden, changing=changing)
    _check_security(wanted, found)


def swaps_os_disk(wanted: Json, vm: Resource) -> bool:
    """Return whether a body asks for another OS disk than the machine has."""
    disk_id = read(wanted, "properties.storageProfile.osDisk.managedDisk.id", "string", "")
    now = vm.properties["storageProfile"]["osDisk"]["managedDisk"].get("id", "")
    return bool(disk_id and now and disk_id.lower() != now.lower())


def _check_security(wanted: Json, found: Resource) -> None:
    """Refuse to take Trusted Launch from a machine, or to give it to an allocated machine."""
    path = "properties.securityProfile.securityType"
    value, before = (immutable_properties.at(body, path) for body in (wanted, found.body))
    before = before or "Standard"
    if value is None or immutable_properties.same(value, before):
        return
    if before != "Standard" or found.facts["power"] != "deallocated":
        raise COMPUTE.unchangeable(path.removeprefix("properties."))
