"""Graph: cloudPcDeviceImage and cloudPcGalleryImage (docs/notes/windows365.md 1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.graph.bodies import Body
from shared.domain.graph.connections import site_of
from shared.domain.graph.odata import Collection
from shared.domain.image import DeviceImage, GalleryImage
from shared.domain.tenant import Site

DEVICE_IMAGES = Collection(
    name="deviceImages", columns={"displayName": "display_name", "status": "status", "version": "version"}
)
GALLERY_IMAGES = Collection(name="galleryImages", columns={"displayName": "displayName", "offerName": "offerName"})
POINTERS = {
    "/name": "",
    "/site": "",
    "/version": "",
    "/source/galleryVersionId": "/sourceImageResourceId",
    "/source/galleryImageId": "/galleryImageId",
    "/source": "/sourceImageResourceId",
}
_READ_ONLY = (
    "id",
    "operatingSystem",
    "osBuildNumber",
    "osVersionNumber",
    "osStatus",
    "sizeInGB",
    "status",
    "errorCode",
    "expirationDate",
    "lastModifiedDateTime",
)
_DISK_IN_GB = 128


def device_image_view(image: DeviceImage) -> dict[str, Any]:
    """Return a device image as Graph's."""
    marketplace = image.source.marketplace
    return {
        "id": image.id,
        "displayName": image.display_name,
        "version": image.version,
        "sourceImageResourceId": image.source.gallery_version_id,
        "operatingSystem": "Windows 10" if marketplace and "win10" in marketplace.sku.lower() else "Windows 11",
        "osBuildNumber": None,
        "osVersionNumber": None,
        "osStatus": "unknown",
        "sizeInGB": _DISK_IN_GB,
        "status": image.status.value,
        "errorCode": image.error_code,
        "expirationDate": None,
        "lastModifiedDateTime": image.last_modified_date_time.isoformat().replace("+00:00", "Z"),
        "scopeIds": ["0"],
        "@deskwright.siteId": image.site_id,
        "@deskwright.galleryImageId": marketplace.id if marketplace else None,
        "@deskwright.galleryVersionId": image.gallery_version_id,
        "@deskwright.regions": list(image.regions),
        "@deskwright.errorDetail": image.error_detail,
        "@deskwright.operationId": image.operation_id,
    }


def device_image_form(raw: Mapping[str, Any], sites: tuple[Site, ...]) -> dict[str, Any]:
    """Return the wizard's form for Graph's body; *siteId* and *galleryImageId* are ours. Raises: InvalidError."""
    body = Body(raw)
    body.read_only(*_READ_ONLY)
    body.only("scopeIds", ([], ["0"]))
    site_id = site_of(body, sites)
    if site_id is None:
        body.wrong("/siteId", "name the site: there is not exactly one")
    name, version = body.take("displayName"), body.take("version")
    version_id, image_id = body.take("sourceImageResourceId"), body.take("galleryImageId")
    body.settle()
    source = {"galleryVersionId": version_id, "galleryImageId": image_id}
    return {
        "name": {} if name is None else {"displayName": name},
        "site": {"siteId": site_id},
        "version": {} if version is None else {"version": version},
        "source": {key: value for key, value in source.items() if value is not None},
    }


def device_image_edit(raw: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a PATCH changes: the name, or nothing. *view*: as Graph shows it now. Raises: InvalidError."""
    body = Body({name: value for name, value in raw.items() if name not in view or value != view[name]})
    body.read_only(*_READ_ONLY)
    for fixed in ("version", "sourceImageResourceId", "galleryImageId", "siteId"):
        if body.has(fixed):
            body.take(fixed)
            body.wrong(f"/{fixed}", "is fixed when the image is built; build another version")
    body.only("scopeIds", ([], ["0"]))
    changes = {"displayName": body.take("displayName")} if body.has("displayName") else {}
    body.settle()
    return changes


def gallery_image_view(image: GalleryImage) -> dict[str, Any]:
    """Return a marketplace image as Graph's galleryImage."""
    return {
        "id": image.id,
        "displayName": image.display_name,
        "publisherName": image.image.publisher,
        "offerName": image.image.offer,
        "skuName": image.image.sku,
        "osVersionNumber": None,
        "sizeInGB": _DISK_IN_GB,
        "startDate": None,
        "endDate": None,
        "expirationDate": None,
        "status": "supported",
    }
