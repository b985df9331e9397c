"""Which image a machine is made from, and whether it can be used there and now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.cloud.arm.catalogue import IMAGE_DISK_GB, find_version
from local.cloud.arm.reading import invalid, read
from local.cloud.core.answers import Json, Problem

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.longrunning import LongRunning
    from local.cloud.core.resources import Resource
    from local.cloud.core.world import World


@dataclass(frozen=True, slots=True)
class Image:
    """A usable image: how the machine shows it, its disk, whether Windows starts from it.

    `source` is the lower-cased id of the resource it is read from; marketplace images have none.
    """

    reference: Json
    disk_gb: int
    bootable: bool = True
    source: str = ""


def resolve(call: Call, reference: Json, region: str) -> Image:
    """Find the image of a reference; raise Azure's error when it cannot be used in the region."""
    image_id = read(reference, "id", "string", "")
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
    return Image({**reference, "exactVersion": exact}, IMAGE_DISK_GB)


def note_use(world: World, image: Image, operation: LongRunning) -> None:
    """Remember who is being made from an image; gone images fail those who still read them."""
    if not image.source:
        return
    uses: dict[str, list[LongRunning]] = world.shelf("imageUse")
    found = uses.setdefault(image.source, [])
    if len(found) & (len(found) - 1) == 0:  # at powers of two only, so that it costs nothing on the whole
        found[:] = [each for each in found if not each.ended]
    found.append(operation)


def vanished(world: World, image_id: str) -> None:
    """Fail the creations that have not copied a deleted image yet."""
    running: dict[str, list[LongRunning]] = world.shelf("imageUse")
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
        state = "Completed" if done else "Replicating"
        rows.append({"region": region, "state": state, "details": "", "progress": share})
    return rows


def _from_gallery(call: Call, image_id: str, region: str) -> Image:
    world = call.world
    version = _version(world, image_id)
    if version is None:
        raise Problem(
            404,
            "GalleryImageNotFound",
            f"The gallery image {image_id} is not available in {region} region. Please contact "
            "image owner to replicate to this region, or change your requested region.",
            target="imageReference",
        )
    plan = version.facts["regions"].get(region)
    if plan is None:
        raise Problem(
            404,
            "GalleryImageNotFound",
            f"The gallery image {version.id} is not available in {region} region. Please contact "
            "image owner to replicate to this region, or change your requested region.",
            target="imageReference",
        )
    if world.now_us < plan["untilUs"] or version.properties["provisioningState"] == "Failed":
        raise Problem(
            409,
            "DiskImageNotReady",
            f"The gallery image {version.id} is not ready in {region}: replication has not completed.",
            target="imageReference",
        )
    exact = version.name
    facts = version.facts
    return Image({"id": image_id, "exactVersion": exact}, facts["diskGb"], facts["bootable"], version.key)


def _version(world: World, image_id: str) -> Resource | None:
    key = image_id.lower().rstrip("/")
    if "/images/" not in key:
        raise invalid("imageReference.id", f"'{image_id}' is not the id of a gallery image.")
    if "/versions/" in key:
        return world.resources.get(key)
    usable = [
        each
        for each in world.resources.collection(f"{key}/versions")
        if not each.properties.get("publishingProfile", {}).get("excludeFromLatest")
    ]
    return max(usable, key=lambda v: [int(n) for n in v.name.split(".")], default=None)
