"""Bodies of device images (Graph: cloudPcDeviceImage) as the form of the wizard."""

from collections.abc import Mapping
from typing import Any, Required

from typing_extensions import TypedDict

from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId, Word
from shared.domain.wizards.names import Name
from triggers.http.bodies.connections import site_of
from triggers.http.bodies.reading import Body
from triggers.http.json_schema import annotated

POINTERS = {
    "/name": "",
    "/site": "",
    "/version": "",
    "/source/galleryVersionId": "/sourceImageResourceId",
    "/source": "",
}
_READ_ONLY = (
    "id",
    "operatingSystem",
    "osBuildNumber",
    "osVersionNumber",
    "osStatus",
    "sizeInGB",
    "status",
    "statusDetails",
    "errorCode",
    "expirationDate",
    "lastModifiedDateTime",
)


@annotated
class DeviceImageBody(TypedDict, total=False):
    """A device image to create: of a gallery version (*sourceImageResourceId*) or a marketplace image."""

    displayName: Required[Name]
    version: Required[Word]
    sourceImageResourceId: ResourceId
    galleryImageId: ResourceId
    siteId: Id


@annotated
class DeviceImageEdit(TypedDict, total=False):
    """What changes of a device image."""

    displayName: Name


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
