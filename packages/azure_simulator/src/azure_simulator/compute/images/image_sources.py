"""Sources of an image: the disk of a machine, a disk or snapshot, or another image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.disks.attached_disks import content_of, os_disk
from azure_simulator.compute.provider import VIRTUAL_MACHINE
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

IMAGE_TYPE = "Microsoft.Compute/images"
VERSION_TYPE = "Microsoft.Compute/galleries/images/versions"
SOURCES = (VIRTUAL_MACHINE, VERSION_TYPE, IMAGE_TYPE, disk_bodies.TYPE, disk_bodies.SNAPSHOT_TYPE)
"""Resource types from which image versions are made."""


def capture(call: Call, source_id: str, region: str, *, generalized: bool, security: str | None, system: str) -> Json:
    """Return the facts of an image: the size of its disk, whether Windows starts from it, and the disk's content.

    `generalized` images need a generalized machine; `security` is the `SecurityType` of the definition, None of a
    managed image; `system` is the operating system that the image is said to have.
    Raises a `Problem` for a source that is not there or does not fit.
    """
    source = call.world.resources.get(source_id)
    if source is None or source.type not in SOURCES:
        raise Problem(404, "ResourceNotFound", f"The source '{source_id}' of the image was not found.")
    if source.body["location"] != region:
        raise invalid("location", "The source and the image must be in the same region.")
    _check_system(call, source, system)
    if source.type in {VERSION_TYPE, IMAGE_TYPE}:
        return {key: source.facts[key] for key in ("diskGb", "bootable", "content")}
    _check_security(source, security)
    if source.type != VIRTUAL_MACHINE:
        content = content_of(call.world, source)
        bootable = bool(content.get("sysprepped")) or not generalized or system == "Linux"
        return {"diskGb": source.properties["diskSizeGB"], "bootable": bootable, "content": content}
    if generalized and not source.facts["generalized"]:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The VM '{source.name}' is not generalized. Only a generalized VM can be captured "
            "into an image whose osState is Generalized.",
        )
    disk = os_disk(call.world, source)
    return {
        "diskGb": source.properties["storageProfile"]["osDisk"]["diskSizeGB"],
        "bootable": bool(source.facts["sysprepped"]) or not generalized or system == "Linux",
        "content": content_of(call.world, disk) if disk else {},
    }


def disk_shown(call: Call, source_id: str) -> Json:
    """Return the caching and the kind of disk that an image shows of its source, a machine or a single disk.

    Recorded: github.com/Azure/azure-cli, vm/test_vm_custom_image_management, vm/test_other_extended_location.
    """
    source = call.need(source_id)
    if source.type == VIRTUAL_MACHINE:
        row = source.properties["storageProfile"]["osDisk"]
        return {"caching": row["caching"], "storageAccountType": row["managedDisk"]["storageAccountType"]}
    return {"caching": "None", "storageAccountType": source.body.get("sku", {}).get("name", "Standard_LRS")}


def system_of(call: Call, source_id: str) -> str:
    """Return the operating system of an image's source; empty if it is not known."""
    source = call.world.resources.get(source_id)
    if source is None:
        return ""
    if source.type == VERSION_TYPE:
        source = call.need(source.id.rpartition("/versions/")[0])
    storage = source.properties.get("storageProfile", {}).get("osDisk", source.properties)
    return str(storage.get("osType") or "")


def _check_system(call: Call, source: Resource, system: str) -> None:
    """Refuse a source with another operating system than its image."""
    found = system_of(call, source.id)
    if found and found != system:
        raise invalid("osType", f"The operating system of the source is {found}, that of the image {system}.")


def _check_security(source: Resource, security: str | None) -> None:
    """Refuse a machine with Trusted Launch as the source of an image that cannot hold the state of its guest.

    Sources: learn.microsoft.com/azure/virtual-machines/trusted-launch-portal on the sources of images, and the words of
    Azure in github.com/hashicorp/packer/issues/13189 and github.com/hashicorp/packer-plugin-azure/issues/304.
    """
    profile = source.properties.get("securityProfile") or {}
    if profile.get("securityType") != "TrustedLaunch" or security == "TrustedLaunch":
        return
    if security is None:
        text = "Creation of managed images are not supported for virtual machine with TrustedLaunch security type."
        raise Problem(409, "OperationNotAllowed", text)
    if security:
        raise invalid(
            "securityType",
            f"The security type '{security}' is not supported for the source id '{source.id}'. Currently only Vhd Blob,"
            f" User Image and Gallery Image Version sources are supported for '{security}' images.",
        )
    raise Problem(
        409,
        "BadRequest",
        "A Trusted Launch VM can only be captured into a definition that supports Trusted Launch.",
        target="securityType",
    )
