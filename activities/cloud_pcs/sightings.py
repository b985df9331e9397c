"""Reading a machine that has no record (Cloud PC or session host) from Azure, the directory and Intune."""

from __future__ import annotations

from typing import Any

from activities.machines.identities import graph_of
from shared.clients.arm import parse_id, properties
from shared.contracts.machines import Machine
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.orphans import ComputerName
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.owner import Owner
from shared.storage.repository import Stored


async def machine_seen(
    tenant_id: str,
    owner: Owner,
    machine: UnknownMachine,
    vm: Any,  # noqa: ANN401 - the SDK's model
) -> tuple[Machine, Resources]:
    """Return a machine and its resources, by its properties in Azure Compute."""
    place, there = parse_id(machine.vm_id), properties(vm)
    nics = (there.get("networkProfile") or {}).get("networkInterfaces") or ()
    nic_id = next((str(each["id"]) for each in nics), "")
    slot: naming.Slot = "b" if place.name.casefold() == naming.vm_name(owner, "b").casefold() else "a"
    known = Machine(
        tenant_id=tenant_id,
        owner=owner,
        subscription_id=place.subscription_id,
        resource_group=place.resource_group,
        region=str(vm.location),
        computer_name=machine.computer_name,
        slot=slot,
    )
    return known, Resources(
        subscription_id=place.subscription_id,
        resource_group=place.resource_group,
        region=known.region,
        zone=next(iter(vm.zones or ()), None),
        size=str((there.get("hardwareProfile") or {}).get("vmSize")),
        subnet_id=await _subnet_of(nic_id),
        slot=slot,
        vm_id=known.vm_id,
        nic_id=nic_id or None,
        computer_name=machine.computer_name,
    )


async def _subnet_of(nic_id: str) -> str | None:
    if not nic_id:
        return None
    place = parse_id(nic_id)
    nic = await dependencies().network(place.subscription_id).network_interfaces.get(place.resource_group, place.name)
    for each in properties(nic).get("ipConfigurations") or ():
        if subnet := (each.get("properties") or {}).get("subnet"):
            return str(subnet["id"])
    return None


async def in_directory(tenant_id: str, resources: Resources) -> Resources:
    """Return *resources* with the device in Entra ID that registered last, and its device in Intune."""
    graph, name = await graph_of(tenant_id), resources.computer_name or ""
    devices = [each for each in await graph.devices(name) if each.registered_at is not None]
    if not devices:
        return resources
    newest = max(devices, key=lambda each: (each.registered_at is not None, each.registered_at))
    managed = await graph.managed_devices(device_id=newest.device_id)
    return resources.but(entra_device_id=newest.device_id, managed_device_id=next((each.id for each in managed), None))


def image_of_vm(there: dict[str, Any]) -> ImageSource | None:
    """Return the image that the properties of a VM name, or None if they name neither a version nor an offer."""
    reference = (there.get("storageProfile") or {}).get("imageReference") or {}
    if reference.get("id"):
        return ImageSource(gallery_version_id=str(reference["id"]))
    if not all(reference.get(each) for each in ("publisher", "offer", "sku")):
        return None
    named = {each: str(reference[each]) for each in ("publisher", "offer", "sku")}
    return ImageSource(marketplace=MarketplaceImage(**named))


async def keep_name(machine: UnknownMachine, tenant_id: str) -> None:
    """Record the computer's name, by which its devices in directories are found; an earlier record of it stays."""
    names, name = dependencies().computer_names, machine.computer_name
    if await names.find(tenant_id, name.upper()) is not None:
        return
    tenant = (await dependencies().tenants.get(tenant_id)).value
    beginning = naming.fixed_beginning(tenant.settings.naming_template)
    given = ComputerName(
        tenant_id=tenant_id,
        name=name,
        beginning=beginning if name.upper().startswith(beginning) else name,
        cloud_pc_id=machine.subject_id,
        of_host=machine.of_host,
        generation=0,
        attempt=1,
        given_at=dependencies().clock.now(),
    )
    await names.save_all([Stored(given, "*")])
