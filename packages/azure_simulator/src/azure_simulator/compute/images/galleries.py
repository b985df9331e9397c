"""Compute galleries and their image definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.immutable_properties import same
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, need_group, read
from azure_simulator.arm.resource_types import EXACT, FIXED, Immutable, NameRule, ResourceType
from azure_simulator.arm.value_rules import Rule, between, matching, one_of
from azure_simulator.compute.disks.disk_bodies import SKUS
from azure_simulator.compute.images import gallery_parts
from azure_simulator.compute.provider import COMPUTE, GALLERY_VERSIONS, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.world import merge

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

MOST = (1 << 31) - 1
RECOMMENDED = ("vCPUs", "memory")


def _part(length: int) -> Rule:
    """Make the rule of a part of an identifier (learn.microsoft.com/azure/virtual-machines/shared-image-galleries)."""
    says = f"The value of parameter '{{name}}' is invalid: up to {length} letters, digits, '-', '_', '.', no '.' last."
    return matching(rf"[A-Za-z0-9_.\-]{{0,{length - 1}}}[A-Za-z0-9_\-]", says)


GALLERIES = ResourceType(
    name="Microsoft.Compute/galleries",
    provider=COMPUTE,
    params=("gallery",),
    api_versions=GALLERY_VERSIONS,
    models=BodyModels(SDK, "Gallery", "GalleryUpdate"),
    naming=NameRule(r"[A-Za-z0-9]([\w.]{0,78}[A-Za-z0-9])?", "galleryName"),
    values={
        f"properties.softDeletePolicy.{name}": between(0, MOST)
        for name in ("gracePeriodInDays", "retentionPeriodInDays")
    },
    latencies={"gallery.put": about(8, 20, 2), "gallery.delete": about(10, 20, 2)},
    limit=100,
    settings={"galleryLimits": ({"*": int}, "galleries, images and versions a subscription may have in a region")},
)
DEFINITIONS = ResourceType(
    name="Microsoft.Compute/galleries/images",
    provider=COMPUTE,
    params=("gallery", "image"),
    api_versions=GALLERY_VERSIONS,
    models=BodyModels(SDK, "GalleryImage", "GalleryImageUpdate"),
    naming=NameRule(r"[A-Za-z0-9]([\w\-.]{0,78}[A-Za-z0-9])?", "galleryImageName"),
    immutable={
        **dict.fromkeys((f"properties.{name}" for name in ("identifier", "osType", "osState")), EXACT),
        "properties.hyperVGeneration": Immutable(default="V1", exact=True),
        "properties.architecture": Immutable(default="x64"),
        "properties.purchasePlan": FIXED,
    },
    values={
        "properties.disallowed.diskTypes[]": one_of(SKUS),
        "properties.identifier.publisher": _part(128),
        "properties.identifier.offer": _part(64),
        "properties.identifier.sku": _part(64),
        **{f"properties.recommended.{what}.{end}": between(0, MOST) for what in RECOMMENDED for end in ("min", "max")},
    },
    latencies={"gallery.image.put": about(8, 20, 2), "gallery.image.delete": about(10, 20, 2)},
    limit=1000,
)
OPERATIONS, DEFINITION_OPERATIONS = Operations(GALLERIES), Operations(DEFINITIONS)
OPERATIONS.reads(get="gallery.get", group="gallerys.list", subscription="galleries.list_all")
DEFINITION_OPERATIONS.reads(get="gallery.image.get", group="gallery.images.list")


@OPERATIONS.put("gallery.put")
def put_gallery(call: Call) -> Answer:
    """Create or update a gallery."""
    need_group(call)
    properties = read(call.object(), "properties", "object", {})
    identifier = {"uniqueName": f"{call.param('sub')}-{call.param('gallery').upper()}"}
    return gallery_parts.put(call, GALLERIES, "gallery", {**properties, "identifier": identifier})


@OPERATIONS.patch("gallery.update")
def patch_gallery(call: Call) -> Answer:
    """Change a gallery's tags and descriptions."""
    return gallery_parts.patch(call, "gallery")


@OPERATIONS.delete("gallery.delete")
def delete_gallery(call: Call) -> Answer:
    """Delete an empty gallery."""
    return gallery_parts.delete(call, "gallery")


@DEFINITION_OPERATIONS.put("gallery.image.put")
def put_definition(call: Call) -> Answer:
    """Create or update an image definition."""
    gallery = call.need(call.path[: call.path.lower().rindex("/images/")])
    body = call.object()
    for key in ("osType", "osState"):
        read(body, f"properties.{key}", "string")
    identifier = [read(body, f"properties.identifier.{k}", "string") for k in ("publisher", "offer", "sku")]
    _check_recommended(read(body, "properties.recommended", "object", {}))
    found = call.world.resources.get(call.path)
    if found is not None:
        _check_features(found, body)
    for other in call.world.resources.collection(f"{gallery.id}/images"):
        theirs = other.properties["identifier"]
        same = [theirs["publisher"], theirs["offer"], theirs["sku"]] == identifier
        if same and other.key != call.path.lower():
            raise Problem(
                409,
                "OperationNotAllowed",
                f"The publisher, offer, sku of '{call.param('image')}' are used by '{other.name}'.",
            )
    usual = {"hyperVGeneration": "V1", "architecture": "x64"}
    given = {name: value for name, value in body["properties"].items() if value != {}}  # recorded: `disallowed`
    return gallery_parts.put(call, DEFINITIONS, "gallery.image", {**usual, **given})


def _check_features(found: Resource, body: Json) -> None:
    """Refuse other features without the word that says so (the description of `allowUpdateImage`)."""
    wanted = read(body, "properties.features", "array", None)
    allowed = read(body, "properties.allowUpdateImage", "boolean", False)
    if wanted is not None and not allowed and not same(wanted, found.properties.get("features", [])):
        raise COMPUTE.unchangeable("galleryImage.properties.features")


def _check_recommended(recommended: Json) -> None:
    for name in RECOMMENDED:
        span = read(recommended, name, "object", {})
        if span.get("min", 0) > span.get("max", MOST):
            text = f"The minimum of parameter 'recommended.{name}' is greater than its maximum."
            raise invalid(f"galleryImage.properties.recommended.{name}", text)


@DEFINITION_OPERATIONS.patch("gallery.image.update")
def patch_definition(call: Call) -> Answer:
    """Change a definition's tags and descriptions."""
    wanted = read(call.object(), "properties", "object", {})
    before = call.resource().properties.get("recommended", {})
    _check_recommended(merge(before, read(wanted, "recommended", "object", {})))
    _check_features(call.resource(), call.object())
    return gallery_parts.patch(call, "gallery.image")


@DEFINITION_OPERATIONS.delete("gallery.image.delete")
def delete_definition(call: Call) -> Answer:
    """Delete a definition without versions."""
    return gallery_parts.delete(call, "gallery.image")
