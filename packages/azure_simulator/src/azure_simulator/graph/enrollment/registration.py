"""Effects of a machine's join on the directory, and their times.

An Entra join creates a device at once, and with `mdmId` enrols it in Intune (`intune`). A domain join creates a
computer in Active Directory at once, and a device at the next synchronisation (`config.graph.syncMinutes`, 30); it
enrols nothing: a script on the machine has to, with the device's credential. The deletion of a machine removes none of
these records, as in Azure.
Sources: learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-windows,
/entra/identity/hybrid/connect/how-to-connect-sync-feature-scheduler; docs/notes.md 1.5, 2 and 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment import intune

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

_SYNC_MINUTES = 30


def listen(cloud: Cloud) -> None:
    """Listen to joins."""
    cloud.on("entra_joined", entra_joined)
    cloud.on("domain_joined", domain_joined)
    cloud.on("domain_account_disabled", domain_account_disabled)
    cloud.on("ask_enrollment", ask_enrollment)
    cloud.on("device_enrolled", device_enrolled)
    cloud.on("ask_entra_name", ask_entra_name)
    cloud.on("hybrid_device_changed", hybrid_device_changed)


def tenant_of_machine(world: World, vm_id: str) -> str:
    """Return the tenant that a subscription belongs to; the first one when none claims it."""
    parts = vm_id.strip("/").lower().split("/")
    subscription = parts[1] if len(parts) > 1 else ""
    tenants = directory_of(world).tenants()
    owners = [each for each in tenants if subscription in each.get("subscriptions", ())]
    return str((owners or tenants or [{"tenantId": ""}])[0]["tenantId"])


def machine_of(world: World, vm_id: str) -> str:
    """Return the vmId, which distinguishes a machine from a later one with the same resource id."""
    found = world.resources.get(vm_id)
    return str(found.properties.get("vmId", vm_id)) if found else ""


def ask_entra_name(world: World, computer_name: str, vm_id: str, answers: list[str]) -> None:
    """Answer an error for a name that another device has: the documented duplicate of hostnames."""
    tenant = tenant_of_machine(world, vm_id)
    devices = directory_of(world).by("device", tenant, "displayName", computer_name)
    if any(device.get("_machine") != machine_of(world, vm_id) for device in devices):
        answers.append("Another object with the same value for property hostnames already exists.")


def entra_joined(world: World, vm_id: str, computer_name: str, *, mdm: bool, vm_uuid: str) -> None:
    """Register a device of trust type AzureAd; with `mdm` it is enrolled in Intune later."""
    tenant = tenant_of_machine(world, vm_id)
    device = _device(world, tenant, vm_id, computer_name, "AzureAd", vm_uuid)
    if mdm and not device["isManaged"]:
        intune.enroll(world, tenant, vm_id, device)


def domain_joined(world: World, vm_id: str, computer_name: str, domain: str, ou: str) -> None:
    """Add a computer to Active Directory; the next synchronisation creates the device."""
    tenant, directory = tenant_of_machine(world, vm_id), directory_of(world)
    computer = {"name": computer_name, "domain": domain, "ou": ou, "enabled": True, "_vm": vm_id}
    directory.put("computer", tenant, f"{domain}/{computer_name}", computer)

    def synchronize() -> None:
        device = _device(world, tenant, vm_id, computer_name, "ServerAd", domain)
        account = directory.get("computer", tenant, f"{domain}/{computer_name}")
        if account and not account["enabled"]:
            directory.change("device", tenant, device["id"], accountEnabled=False)

    world.at(next_sync_us(world, tenant), synchronize)


def domain_account_disabled(world: World, vm_id: str, computer_name: str, domain: str) -> None:
    """Disable a computer's account; the next synchronisation disables its device."""
    tenant, directory = tenant_of_machine(world, vm_id), directory_of(world)
    if directory.get("computer", tenant, f"{domain}/{computer_name}"):
        directory.change("computer", tenant, f"{domain}/{computer_name}", enabled=False)
    for device in directory.by("device", tenant, "displayName", computer_name):
        if device["trustType"] == "ServerAd":
            hybrid_device_changed(world, tenant, device["id"])


def ask_enrollment(world: World, vm_id: str, answers: list[str]) -> None:
    """Answer why a machine cannot enrol with its device's credential: it has no device yet."""
    if not _devices_of(world, vm_id):
        answers.append("Windows is not registered in Entra ID: see dsregcmd /status on the machine.")


def device_enrolled(world: World, vm_id: str) -> None:
    """Enrol a machine's device as its script has told it to; a second time changes nothing."""
    tenant = tenant_of_machine(world, vm_id)
    for device in _devices_of(world, vm_id):
        if not device["isManaged"] and not device.get("_enrolling"):
            directory_of(world).change("device", tenant, device["id"], _enrolling=True)
            intune.enroll(world, tenant, vm_id, device, how="windowsAzureADJoinUsingDeviceAuth")


def _devices_of(world: World, vm_id: str) -> list[Doc]:
    tenant, machine = tenant_of_machine(world, vm_id), world.resources.get(vm_id)
    name = str(machine.facts.get("computer", machine.name)) if machine else ""
    found = directory_of(world).by("device", tenant, "displayName", name)
    return [each for each in found if each.get("_machine") == machine_of(world, vm_id)]


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
    """Overwrite a change of a device that Active Directory owns, at the next synchronisation."""

    def synchronize() -> None:
        directory = directory_of(world)
        doc = directory.get("device", tenant, device)
        computers = directory.by("computer", tenant, "name", doc["displayName"]) if doc else []
        if doc and computers:
            directory.change("device", tenant, device, accountEnabled=computers[0]["enabled"])

    world.at(next_sync_us(world, tenant), synchronize)


def _device(world: World, tenant: str, vm_id: str, name: str, trust: str, salt: str) -> Doc:
    directory = directory_of(world)
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
