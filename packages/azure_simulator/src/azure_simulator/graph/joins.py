"""What a machine's join does to the directory, and when.

An Entra join makes a device at once, an Intune enrolment a managed device after a while. A domain
join makes a computer in Active Directory at once and a device at the next synchronisation. The end
of a machine removes none of them, as in life.

`config.graph`: `syncMinutes` (30), `enrolment` = `once` | `twice` | `never` | `zerosFirst` | `zeros`; a fault
on one machine: `enrolments: {"<computer name glob>": "never"}`.
Sources: learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-windows,
/entra/identity/hybrid/connect/how-to-connect-sync-feature-scheduler, azure.md 1.5, 2 and 6.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.graph import plane

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory import Doc

ZEROS = "00000000-0000-0000-0000-000000000000"
MDM_APP = "0000000a-0000-0000-c000-000000000000"
_SYNC_MINUTES = 30


def listen(cloud: Cloud) -> None:
    """Hear of joins."""
    cloud.on("entra_joined", entra_joined)
    cloud.on("domain_joined", domain_joined)
    cloud.on("ask_entra_name", ask_entra_name)
    cloud.on("hybrid_device_changed", hybrid_device_changed)


def tenant_of_machine(world: World, vm_id: str) -> str:
    """Return the tenant that a subscription belongs to; the first one when none claims it."""
    parts = vm_id.strip("/").lower().split("/")
    subscription = parts[1] if len(parts) > 1 else ""
    tenants = plane.directory(world).tenants()
    owners = [each for each in tenants if subscription in each.get("subscriptions", ())]
    return str((owners or tenants or [{"tenantId": ""}])[0]["tenantId"])


def machine_of(world: World, vm_id: str) -> str:
    """Return what tells a machine from a later one of the same id: its vmId."""
    found = world.resources.get(vm_id)
    return str(found.properties.get("vmId", vm_id)) if found else ""


def ask_entra_name(world: World, computer_name: str, vm_id: str, answers: list[str]) -> None:
    """Object to a name that another device has: the documented duplicate of hostnames."""
    tenant = tenant_of_machine(world, vm_id)
    devices = plane.directory(world).by("device", tenant, "displayName", computer_name)
    if any(device.get("_machine") != machine_of(world, vm_id) for device in devices):
        answers.append("Another object with the same value for property hostnames already exists.")


def entra_joined(world: World, vm_id: str, computer_name: str, *, mdm: bool, vm_uuid: str) -> None:
    """Register a device of trust type AzureAd; with `mdm` Intune learns of it later."""
    tenant = tenant_of_machine(world, vm_id)
    device = _device(world, tenant, vm_id, computer_name, "AzureAd", vm_uuid)
    if mdm and not device["isManaged"]:
        _enrol(world, tenant, vm_id, device)


def domain_joined(world: World, vm_id: str, computer_name: str, domain: str, ou: str) -> None:
    """Add a computer to Active Directory; the next synchronisation brings the device."""
    tenant, directory = tenant_of_machine(world, vm_id), plane.directory(world)
    computer = {"name": computer_name, "domain": domain, "ou": ou, "enabled": True, "_vm": vm_id}
    directory.put("computer", tenant, f"{domain}/{computer_name}", computer)

    def synchronise() -> None:
        device = _device(world, tenant, vm_id, computer_name, "ServerAd", domain)
        _enrol(world, tenant, vm_id, device)

    world.at(next_sync_us(world, tenant), synchronise)


def next_sync_us(world: World, tenant: str) -> int:
    """Return the moment of the next synchronisation; each tenant has its own phase."""
    period_us = _period_us(world)
    phase_us = int(world.rng("sync", tenant).random() * period_us)
    return phase_us + ((world.now_us - phase_us) // period_us + 1) * period_us


def last_sync_us(world: World, tenant: str) -> int:
    """Return the moment of the last synchronisation."""
    return next_sync_us(world, tenant) - _period_us(world)


def _period_us(world: World) -> int:
    minutes = float(world.config.get("graph", {}).get("syncMinutes", _SYNC_MINUTES * world.latency.factor))
    return max(1, int(minutes * 60 * SECOND))


def hybrid_device_changed(world: World, tenant: str, device: str) -> None:
    """Let Active Directory have the last word on a device that it owns."""

    def synchronise() -> None:
        directory = plane.directory(world)
        doc = directory.get("device", tenant, device)
        computers = directory.by("computer", tenant, "name", doc["displayName"]) if doc else []
        if doc and computers:
            directory.change("device", tenant, device, accountEnabled=computers[0]["enabled"])

    world.at(next_sync_us(world, tenant), synchronise)


def _device(world: World, tenant: str, vm_id: str, name: str, trust: str, salt: str) -> Doc:
    directory = plane.directory(world)
    for known in directory.by("device", tenant, "displayName", name):
        if known.get("_machine") == machine_of(world, vm_id) and known["trustType"] == trust:
            return known
    attempt = world.attempt("graph.device", f"{tenant}/{name}/{salt}")
    device_id = world.guid("device", tenant, name, salt, attempt)
    doc = {
        "id": world.guid("device object", tenant, name, salt, attempt),
        "deviceId": device_id,
        "displayName": name,
        "accountEnabled": True,
        "trustType": trust,
        "profileType": "RegisteredDevice",
        "operatingSystem": "Windows",
        "operatingSystemVersion": "10.0.26100.2894",
        "isManaged": None,
        "isCompliant": None,
        "mdmAppId": None,
        "enrollmentProfileName": None,
        "onPremisesSyncEnabled": True if trust == "ServerAd" else None,
        "registrationDateTime": iso_z(world.now_us),
        "createdDateTime": iso_z(world.now_us),
        "extensionAttributes": {f"extensionAttribute{number}": None for number in range(1, 16)},
        "_vm": vm_id,
        "_machine": machine_of(world, vm_id),
    }
    return directory.put("device", tenant, str(doc["id"]), doc)


def _enrol(world: World, tenant: str, vm_id: str, device: Doc) -> None:
    how = _how(world, device)
    if how == "never":
        return
    due_us = world.now_us + world.duration_us("intune.enrol", str(device["id"]))
    world.at(due_us, lambda: _appear(world, tenant, vm_id, device, 1, zeros=how in {"zerosFirst", "zeros"}))
    if how == "twice":
        later_us = due_us + world.duration_us("intune.enrol", str(device["id"]), 2)
        world.at(later_us, lambda: _appear(world, tenant, vm_id, device, 2, zeros=False))


def _how(world: World, device: Doc) -> str:
    """Say how a device's enrolment goes, by its name or for all."""
    settings, name = world.config.get("graph", {}), str(device["displayName"]).lower()
    named = (how for glob, how in settings.get("enrolments", {}).items() if fnmatchcase(name, str(glob).lower()))
    return str(next(named, settings.get("enrolment", "once")))


def _appear(world: World, tenant: str, vm_id: str, device: Doc, number: int, *, zeros: bool) -> None:
    directory = plane.directory(world)
    if directory.get("device", tenant, device["id"]) is None:
        return
    managed_id = world.guid("managed device", device["id"], number)
    doc = {
        "id": managed_id,
        "deviceName": device["displayName"],
        "managedDeviceName": f"{device['displayName']}_Windows_{iso_z(world.now_us)}",
        "azureADDeviceId": ZEROS if zeros else device["deviceId"],
        "azureADRegistered": not zeros,
        "deviceRegistrationState": "notRegistered" if zeros else "registered",
        "managementState": "managed",
        "managementAgent": "mdm",
        "managedDeviceOwnerType": "company",
        "complianceState": "unknown",
        "deviceEnrollmentType": "windowsAzureADJoin",
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
    directory.put("managedDevice", tenant, managed_id, doc)
    directory.change("device", tenant, device["id"], isManaged=True, mdmAppId=MDM_APP)
    if zeros and _how(world, device) == "zerosFirst":
        due_us = world.now_us + world.duration_us("intune.register", managed_id)
        world.at(due_us, lambda: _register(world, tenant, managed_id, device["deviceId"]))


def _register(world: World, tenant: str, managed_id: str, device_id: str) -> None:
    directory = plane.directory(world)
    if directory.get("managedDevice", tenant, managed_id) is not None:
        known = {"azureADDeviceId": device_id, "azureADRegistered": True, "deviceRegistrationState": "registered"}
        directory.change("managedDevice", tenant, managed_id, **known)
