"""Enrolment of a device in Intune: the managed device appears minutes after the join.

`config.graph.enrolment` = `once` | `twice` | `never` | `zerosFirst` (an `azureADDeviceId` of zeros at first) |
`zeros`; for some machines alone: `enrolments: {"<computer name glob>": "never"}`.
Source: docs/notes.md 1.1 and 2.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

ZEROS = "00000000-0000-0000-0000-000000000000"
MDM_APP = "0000000a-0000-0000-c000-000000000000"


def enroll(world: World, tenant: str, vm_id: str, device: Doc, how: str = "windowsAzureADJoin") -> None:
    """Schedule the managed device, or two, that a device's enrolment creates; *how* is its `deviceEnrollmentType`."""
    mode = _mode(world, device)
    if mode == "never":
        return

    def appear(number: int, *, zeros: bool) -> None:
        doc = _managed_device(world, vm_id, device, number, zeros=zeros) | {"deviceEnrollmentType": how}
        _put(world, tenant, device, doc, zeros=zeros)

    due_us = world.now_us + world.duration_us("intune.enrol", str(device["id"]))
    world.at(due_us, lambda: appear(1, zeros=mode in {"zerosFirst", "zeros"}))
    if mode == "twice":
        later_us = due_us + world.duration_us("intune.enrol", str(device["id"]), 2)
        world.at(later_us, lambda: appear(2, zeros=False))


def _mode(world: World, device: Doc) -> str:
    """Return the mode of a device's enrolment, by its name or for all."""
    settings, name = world.config.get("graph", {}), str(device["displayName"]).lower()
    named = (mode for glob, mode in settings.get("enrolments", {}).items() if fnmatchcase(name, str(glob).lower()))
    return str(next(named, settings.get("enrolment", "once")))


def _managed_device(world: World, vm_id: str, device: Doc, number: int, *, zeros: bool) -> Doc:
    return {
        "id": world.guid("managed device", device["id"], number),
        "deviceName": device["displayName"],
        "managedDeviceName": f"{device['displayName']}_Windows_{iso_z(world.now_us)}",
        "azureADDeviceId": ZEROS if zeros else device["deviceId"],
        "azureADRegistered": not zeros,
        "deviceRegistrationState": "notRegistered" if zeros else "registered",
        "managementState": "managed",
        "managementAgent": "mdm",
        "managedDeviceOwnerType": "company",
        "complianceState": "unknown",
        "enrollmentProfileName": "",
        "enrolledDateTime": iso_z(world.now_us),
        "lastSyncDateTime": iso_z(world.now_us),
        "operatingSystem": "Windows",
        "osVersion": device["operatingSystemVersion"],
        "manufacturer": "Microsoft Corporation",
        "model": "Virtual Machine",
        "notes": None,
        "userId": "",
        "userPrincipalName": "",
        "userDisplayName": "",
        "_vm": vm_id,
        "_machine": device["_machine"],
        "_appeared_us": world.now_us,
    }


def _put(world: World, tenant: str, device: Doc, doc: Doc, *, zeros: bool) -> None:
    directory, managed_id = directory_of(world), str(doc["id"])
    if directory.get("device", tenant, device["id"]) is None:
        return
    directory.put("managedDevice", tenant, managed_id, doc)
    directory.change("device", tenant, device["id"], isManaged=True, mdmAppId=MDM_APP)
    if zeros and _mode(world, device) == "zerosFirst":
        due_us = world.now_us + world.duration_us("intune.register", managed_id)
        world.at(due_us, lambda: _register(world, tenant, managed_id, device["deviceId"]))


def _register(world: World, tenant: str, managed_id: str, device_id: str) -> None:
    directory = directory_of(world)
    if directory.get("managedDevice", tenant, managed_id) is not None:
        known = {"azureADDeviceId": device_id, "azureADRegistered": True, "deviceRegistrationState": "registered"}
        directory.change("managedDevice", tenant, managed_id, **known)
