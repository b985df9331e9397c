"""Bodies of device images (Graph: cloudPcDeviceImage) as the form of the wizard."""

from collections.abc import Mapping
from typing import Any, Required

from typing_extensions import TypedDict

from shared.domain.images.image import is_managed_image
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId, Word
from shared.domain.wizards.fields import Name
from triggers.http.bodies.connections import SITE_IDS, default_of, site_of
from triggers.http.bodies.declared import Only, changes, read_declared
from triggers.http.json_schema import read_only, sent_back
from triggers.http.views.images import DeviceImageView

POINTERS = {
    "/name": "",
    "/site": "",
    "/version": "",
    "/source/galleryVersionId": "/sourceImageResourceId",
    "/source/managedImageId": "/sourceImageResourceId",
    "/source": "",
}
_OTHERS = ("statusDetails",)
_IMAGE_IDS = ("galleryImageId", "@deskwright.galleryImageId")
"""Ours, with the name that it has in answers."""

_Extensions = TypedDict(
    "_Extensions", {"@deskwright.siteId": Id, "@deskwright.galleryImageId": ResourceId | None}, total=False
)


@sent_back(DeviceImageView, *_OTHERS)
class DeviceImageBody(_Extensions, TypedDict, total=False):
    """A device image to create: of an image in Azure (*sourceImageResourceId*), or of a marketplace image."""

    displayName: Required[Name]
    version: Required[Word]
    sourceImageResourceId: ResourceId | None
    galleryImageId: ResourceId
    siteId: Id


@sent_back(DeviceImageView, *_OTHERS)
class DeviceImageEdit(TypedDict, total=False):
    """Changed properties of a device image."""

    displayName: Name


_FIXED = ("version", "sourceImageResourceId", *_IMAGE_IDS, *SITE_IDS)
_HIDDEN = {"scopeIds": Only(([], ["0"]))}
_READ_ONLY = read_only(DeviceImageView, DeviceImageBody) | {*_OTHERS}


def device_image_form(
    raw: Mapping[str, Any], sites: tuple[Site, ...], default_site: str | None = None
) -> dict[str, Any]:
    """Return the wizard's form for Graph's body; *siteId* and *galleryImageId* are ours. Raises: InvalidError.

    *default_site*: the tenant's, for a body that names none.
    """
    body = read_declared(DeviceImageBody, raw, ignored=_READ_ONLY, hidden=_HIDDEN)
    body.settle()
    site_id = site_of(body, sites) or default_of(sites, default_site)
    if site_id is None:
        body.wrong("/siteId", "name the site: there is not exactly one; or set the tenant's defaultSiteId")
    own_id, image_id = body.values.get("sourceImageResourceId"), body.first(_IMAGE_IDS)
    body.settle()
    own = "managedImageId" if isinstance(own_id, str) and is_managed_image(own_id) else "galleryVersionId"
    source = {own: own_id, "galleryImageId": image_id}
    return {
        "name": {"displayName": body.values["displayName"]},
        "site": {"siteId": site_id},
        "version": {"version": body.values["version"]},
        "source": {key: value for key, value in source.items() if value is not None},
    }


def device_image_edit(raw: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a PATCH changes. *view*: the image as Graph shows it now. Raises: InvalidError."""
    given = changes(raw, view)
    fixed = [name for name in _FIXED if name in given]
    rest = {name: value for name, value in given.items() if name not in fixed}
    body = read_declared(DeviceImageEdit, rest, ignored=_READ_ONLY, hidden=_HIDDEN, nulls=("displayName",))
    for name in fixed:
        body.wrong(f"/{name}", "is fixed when the image is built; build another version")
    body.settle()
    return body.values
