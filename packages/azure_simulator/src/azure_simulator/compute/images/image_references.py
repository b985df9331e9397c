"""References to images: which one a machine is made from, and whether it can be used there and now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, read, unsupported
from azure_simulator.arm.regions import normal
from azure_simulator.compute.images.marketplace_catalogue import disk_gb, find_version, generation, system
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


OTHER_GALLERIES = {"communityGalleryImageId": "community", "sharedGalleryImageId": "shared"}
"""Members of references to images of others, which are not simulated."""


@dataclass(frozen=True, slots=True)
class Image:
    """A usable image: how the machine shows it, its disk, whether Windows starts from it.

    `source` is the lower-cased id of the resource it is read from; marketplace images have none.
    `computer` is the name of the computer on a specialized image. `trusted` is the image's `SecurityType`, `system` its
    operating system; one with a `plan` was made of an image that has to be bought. `hibernates`: its definition
    says that Windows can.
    """

    reference: Json
    disk_gb: int
    bootable: bool = True
    source: str = ""
    computer: str = ""
    generation: str = "V2"
    trusted: str = ""
    system: str = "Windows"
    plan: bool = False
    hibernates: bool = True


def resolve(call: Call, reference: Json, region: str) -> Image:
    """Find the image of a reference; raise Azure's error when it cannot be used in the region."""
    for name, kind in OTHER_GALLERIES.items():
        if read(reference, name, "string", ""):
            raise unsupported(f"imageReference.{name}", f"An image of a {kind} gallery")
    image_id = read(reference, "id", "string", "")
    if "/microsoft.compute/images/" in image_id.lower():
        return _managed(call, image_id, region)
    if image_id:
        return _from_gallery(call, image_id, region)
    parts = [read(reference, key, "string") for key in ("publisher", "offer", "sku", "version")]
    exact = find_version(call.world, *parts)
    if exact is None:
        raise Problem(
            404,
            "PlatformImageNotFound",
            f"The platform image '{':'.join(parts)}' is not available. Verify that all fields in "
            "the storage profile are correct.",
            target="imageReference",
        )
    kind = generation(call.world, parts[2])
    trusted = "TrustedLaunchSupported" if kind == "V2" else ""
    made = Image({**reference, "exactVersion": exact}, disk_gb(parts[0]), generation=kind, trusted=trusted)
    return replace(made, system=system(parts[0]))


def check_security(image: Image, security_type: str) -> None:
    """Refuse an image that does not go with the `securityType` of the machine.

    Sources: github.com/Azure/azure-cli/issues/27975 and 28005, github.com/Azure/build-vm-image/issues/32.
    """
    trusted = security_type == "TrustedLaunch"
    able = image.generation == "V2" and "TrustedLaunch" in image.trusted
    if trusted and not able and image.source:
        raise _only("Standard")
    if trusted and not able:
        raise Problem(
            400,
            "BadRequest",
            "Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch "
            "Supported Gen2 OS Image. For more information, see https://aka.ms/TrustedLaunch-FAQ.",
        )
    if image.trusted == "TrustedLaunch" and not trusted:
        raise _only("TrustedLaunch")


def _only(kind: str) -> Problem:
    text = f"The provided gallery image only supports creation of VMs and VM Scale Sets with '{kind}' security type."
    return Problem(400, "BadRequest", text)


def note_use(world: World, image: Image, operation: LongRunning) -> None:
    """Store the creation of a machine from an image: the removal of the image fails creations that still read it."""
    if not image.source:
        return
    uses: dict[str, list[LongRunning]] = world.state("imageUse")
    found = uses.setdefault(image.source, [])
    if len(found) & (len(found) - 1) == 0:  # at powers of two only, so that the cost stays constant for each call
        found[:] = [each for each in found if not each.ended]
    found.append(operation)


def fail_creations(world: World, image_id: str) -> None:
    """Fail the creations that have not copied a deleted image yet."""
    running: dict[str, list[LongRunning]] = world.state("imageUse")
    for operation in running.pop(image_id.lower(), []):
        copied_us = next((end for name, end in operation.phases if name == "disk"), 0)
        if not operation.ended and world.now_us < copied_us and operation.error is None:
            operation.error = Problem(
                200,
                "GalleryImageNotFound",
                f"The gallery image {image_id} was deleted while the virtual machine was being created from it.",
            )


def replicas(version: Resource, now_us: int) -> list[Json]:
    """Tell, region by region, how far a gallery version is replicated."""
    rows = []
    for region, plan in version.facts["regions"].items():
        begun, until = plan["fromUs"], plan["untilUs"]
        done = now_us >= until
        share = 100 if done else int(99 * (now_us - begun) / max(1, until - begun))
        row = {"region": region, "state": "Completed" if done else "Replicating", "details": "", "progress": share}
        if done and plan.get("failed"):
            row |= {"state": "Failed", "details": "The replication to the region failed.", "progress": 0}
        rows.append(row)
    return rows


def _managed(call: Call, image_id: str, region: str) -> Image:
    image = call.world.resources.get(image_id)
    if image is None:
        raise Problem(404, "ImageNotFound", f"The image '{image_id}' was not found.", target="imageReference")
    if image.body["location"] != region:
        raise Problem(
            400,
            "InvalidParameter",
            f"The image '{image.name}' is in '{image.body['location']}', not in '{region}' as the VM.",
            target="imageReference",
        )
    if image.properties["provisioningState"] != "Succeeded":
        raise Problem(409, "DiskImageNotReady", f"The image '{image.id}' is not ready.", target="imageReference")
    made = _image(image, {"id": image_id}, image.properties["storageProfile"]["osDisk"]["osState"])
    kind, system_of = str(image.properties["hyperVGeneration"]), image.properties["storageProfile"]["osDisk"]["osType"]
    return replace(made, generation=kind, system=str(system_of))


def _from_gallery(call: Call, image_id: str, region: str) -> Image:
    world = call.world
    version = _version(world, image_id, region)
    plan = version.facts["regions"].get(region) if version else None
    if version is None or plan is None:
        raise Problem(
            404,
            "GalleryImageNotFound",
            f"The gallery image {version.id if version else image_id} is not available in {region} region. Please "
            "contact image owner to replicate to this region, or change your requested region.",
            target="imageReference",
        )
    if not _ready(world, version, region):
        raise Problem(
            409,
            "DiskImageNotReady",
            f"The gallery image {version.id} is not ready in {region}: replication has not completed.",
            target="imageReference",
        )
    definition = world.resources.get(version.id.rpartition("/versions/")[0])
    about = definition.properties if definition else {}
    features = {each["name"]: str(each["value"]) for each in about.get("features", [])}
    made = _image(version, {"id": image_id, "exactVersion": version.name}, about.get("osState", "Generalized"))
    return replace(
        made,
        generation=str(about.get("hyperVGeneration", "V1")),
        trusted=features.get("SecurityType", ""),
        system=str(about.get("osType", "Windows")),
        plan=bool(about.get("purchasePlan")),
        hibernates=features.get("IsHibernateSupported", "").lower() == "true",
    )


def _image(source: Resource, reference: Json, state: str) -> Image:
    facts = source.facts
    computer = "" if state == "Generalized" else str(facts["content"].get("computer", ""))
    return Image(reference, facts["diskGb"], facts["bootable"], source.key, computer)


def _ready(world: World, version: Resource, region: str) -> bool:
    plans, state = version.facts["regions"], version.properties["provisioningState"]
    broken = state == "Failed" and not any(plan.get("failed") for plan in plans.values())
    if region not in plans or broken or state == "Deleting":
        return False
    return bool(world.now_us >= plans[region]["untilUs"] and not plans[region].get("failed"))


def _version(world: World, image_id: str, region: str) -> Resource | None:
    """Find a version; without a number, or as `latest`, the highest version that is ready in the region."""
    key = image_id.lower().rstrip("/")
    if "/images/" not in key:
        raise invalid("imageReference.id", f"'{image_id}' is not the id of a gallery image.")
    key = key.removesuffix("/versions/latest")
    if "/versions/" in key:
        return world.resources.get(key)
    usable = [each for each in world.resources.collection(f"{key}/versions") if not _excluded(each, region)]
    ready = [each for each in usable if _ready(world, each, region)]
    return max(ready or usable, key=lambda v: [int(n) for n in v.name.split(".")], default=None)


def _excluded(version: Resource, region: str) -> bool:
    publishing = version.properties.get("publishingProfile", {})
    here = (each for each in publishing.get("targetRegions", []) if normal(each["name"]) == region)
    return bool(publishing.get("excludeFromLatest")) or any(each.get("excludeFromLatest") for each in here)
