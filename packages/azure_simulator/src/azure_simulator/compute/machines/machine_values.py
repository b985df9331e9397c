"""Allowed values in the body of a machine, and the allowed combinations.

Sources: learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update; the words of refused patch modes are
quoted in github.com/kumarvna/terraform-azurerm-virtual-machine/issues/13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, read, unsupported
from azure_simulator.arm.time_zones import TIME_ZONES
from azure_simulator.arm.value_rules import Rule, a_uri, between, encoded, lasting, one_of
from azure_simulator.compute.capacity.placement import GROUP_TYPE
from azure_simulator.compute.disks.disk_bodies import TYPE as DISK_TYPE
from azure_simulator.core.answers import Problem
from azure_simulator.network.ip_configurations import NIC_TYPE
from azure_simulator.network.provider import SECURITY_GROUP, SUBNET

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json

MINUTE = 60
LONGEST_DATA = 87_380
_EVENTS = "properties.scheduledEventsProfile"
VALUES = {
    "properties.storageProfile.dataDisks[].lun": between(0, 63),
    "properties.userData": encoded(
        LONGEST_DATA, "User data must be in Base64 encoding and with a maximum length of 87380 characters."
    ),
    "properties.extensionsTimeBudget": lasting(15 * MINUTE, 120 * MINUTE),
    f"{_EVENTS}.terminateNotificationProfile.notBeforeTimeout": lasting(5 * MINUTE, 15 * MINUTE),
    f"{_EVENTS}.osImageNotificationProfile.notBeforeTimeout": lasting(15 * MINUTE, 15 * MINUTE),
    "properties.osProfile.windowsConfiguration.timeZone": one_of(TIME_ZONES),
    "properties.osProfile.windowsConfiguration.winRM.listeners[].certificateUrl": a_uri(),
    "properties.billingProfile.maxPrice": Rule(
        lambda price: price == -1 or price > 0, "The max price must be -1 or greater than 0.", "InvalidParameter"
    ),
    "properties.diagnosticsProfile.bootDiagnostics.storageUri": a_uri(),
}
_INLINE = "properties.networkProfile.networkInterfaceConfigurations[].properties"
LINKS = {
    "properties.networkProfile.networkInterfaces[].id": (NIC_TYPE,),
    "properties.capacityReservation.capacityReservationGroup.id": (GROUP_TYPE,),
    "properties.storageProfile.osDisk.managedDisk.id": (DISK_TYPE,),
    "properties.storageProfile.dataDisks[].managedDisk.id": (DISK_TYPE,),
    f"{_INLINE}.networkSecurityGroup.id": SECURITY_GROUP,
    f"{_INLINE}.ipConfigurations[].properties.subnet.id": SUBNET,
}
LICENSES = {
    "Windows": frozenset({"None", "Windows_Client", "Windows_Server"}),
    "Linux": frozenset(
        {
            *("None", "RHEL_BYOS", "RHEL_BASE", "RHEL_EUS", "RHEL_BASESAPAPPS", "RHEL_BASESAPHA", "RHEL_SAPAPPS"),
            *("RHEL_SAPHA", "SLES_BYOS", "SLES", "SLES_HPC", "SLES_SAP", "SLES_STANDARD", "UBUNTU", "UBUNTU_PRO"),
        }
    ),
}
"""Operating system -> its license types, which are case-sensitive."""
SPOT_ONLY = {"evictionPolicy": "Eviction policy", "billingProfile": "Max price"}
"""Properties that only Spot machines have, as Azure's refusals call them."""
NOT_SIMULATED = {
    "availabilitySet": "Availability Set",
    "proximityPlacementGroup": "Proximity Placement Group",
    "host": "Dedicated Host",
    "hostGroup": "Dedicated Host Group",
    "virtualMachineScaleSet": "Virtual Machine Scale Set",
}
"""Types to which a machine may belong: types that the simulated cloud does not have."""
_PATCHES = "windowsConfiguration.patchSettings"


def check_together(body: Json, system: str) -> None:
    """Refuse contradictory values in the body of a machine with an operating system, new or as it would become."""
    _check_license(str(read(body, "properties.licenseType", "string", "None")), system)
    _check_parents(body["properties"])
    _check_spot(body["properties"])
    _check_security(read(body, "properties.securityProfile", "object", {}))
    disk = read(body, "properties.storageProfile.osDisk", "object", {})
    if disk.get("writeAcceleratorEnabled"):
        raise invalid("osDisk.writeAcceleratorEnabled", "Write Accelerator is not supported for the size of this VM.")
    windows = read(body, "properties.osProfile.windowsConfiguration", "object", None)
    if windows is not None and system != "Windows":
        raise invalid("windowsConfiguration", "Windows configuration is not allowed for a VM with Linux.")
    if windows is not None:
        _check_patches(windows)


def _check_license(wanted: str, system: str) -> None:
    if wanted not in LICENSES[system]:
        names = ", ".join(sorted(LICENSES[system] - {"None"}))
        text = f"The license type {wanted} is invalid. Valid license types are: {names}, case sensitive."
        raise invalid("licenseType", text)


def _check_parents(properties: Json) -> None:
    """Refuse parents of types that the simulated cloud does not have, and members that only they allow."""
    for name, kind in NOT_SIMULATED.items():
        if read(properties, f"{name}.id", "string", ""):
            raise unsupported(name, f"A machine in a resource of the type {kind}")
    if "platformFaultDomain" in properties:
        raise invalid("platformFaultDomain", "A fault domain needs a virtual machine scale set.")


def _check_spot(properties: Json) -> None:
    """Refuse members that only Spot machines may have, and those that they may not have."""
    spot = str(properties.get("priority", "")) in {"Spot", "Low"}
    for name, words in SPOT_ONLY.items():
        if name in properties and not spot:
            text = f"{words} can be set only on Azure Spot Virtual Machines. For more information, see "
            raise Problem(409, "OperationNotAllowed", f"{text}http://aka.ms/AzureSpot/errormessages")
    if spot and properties.get("capacityReservation"):
        text = "Azure Spot Virtual Machines cannot be associated with a capacity reservation group."
        raise Problem(409, "OperationNotAllowed", text)


def _check_security(profile: Json) -> None:
    """Refuse settings of the firmware without the security type that has them (the type's own description)."""
    if profile.get("uefiSettings") and profile.get("securityType", "Standard") == "Standard":
        text = "The property 'securityProfile.securityType' must be set to enable 'securityProfile.uefiSettings'."
        raise invalid("securityProfile.uefiSettings", text)


def _check_patches(windows: Json) -> None:
    """Refuse ways of updating that need other settings (the descriptions of `patchSettings`)."""
    settings = read(windows, "patchSettings", "object", {})
    mode, automatic = settings.get("patchMode"), bool(windows.get("enableAutomaticUpdates", True))
    agent = bool(windows.get("provisionVMAgent", True))
    needed = {"AutomaticByOS": True, "AutomaticByPlatform": True, "Manual": False}.get(str(mode))
    if needed is not None and automatic is not needed:
        raise _refused("patchMode", mode, f"the property 'enableAutomaticUpdates' must be set to {str(needed).lower()}")
    platform = mode == "AutomaticByPlatform"
    if platform and not agent:
        raise _refused("patchMode", mode, "the property 'provisionVMAgent' must be set to true")
    if settings.get("assessmentMode") == "AutomaticByPlatform" and not agent:
        raise _refused("assessmentMode", "AutomaticByPlatform", "the property 'provisionVMAgent' must be set to true")
    for name in ("enableHotpatching", "automaticByPlatformSettings"):
        if settings.get(name) and not platform:
            text = f"The property '{name}' is allowed only when 'patchMode' is 'AutomaticByPlatform'."
            raise invalid(f"{_PATCHES}.{name}", text)


def _refused(name: str, value: object, need: str) -> Problem:
    return invalid(f"{_PATCHES}.{name}", f"The {name} '{value}' is invalid. For {name} '{value}', {need}.")
