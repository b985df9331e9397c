"""Views of device images, gallery images, image sets and their versions."""

from collections import abc
from collections.abc import Iterable
from typing import Annotated, Literal

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage, OwnImage, is_managed_image
from shared.domain.spot.images.image_set import HostPoolType, ImageSet, Recipe
from shared.domain.spot.images.image_version import (
    Access,
    ImageVersion,
    VersionActionName,
    VersionCost,
    VersionStatus,
    VersionUse,
    cost_of,
    replicas_for,
)
from shared.domain.spot.notes import Note
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity

DEVICE_IMAGES = Collection(
    name="deviceImages",
    kinds=kinds_of(
        *("id", "displayName", "version", "status", "errorCode", "operatingSystem", "@deskwright.siteId"),
        moments="lastModifiedDateTime",
        numbers="sizeInGB",
    ),
    searched=("displayName", "version", "@deskwright.errorDetail"),
    lacks="statusDetails",
)
GALLERY_IMAGES = Collection(
    name="galleryImages",
    kinds=kinds_of("id", "displayName", "publisherName", "offerName", "skuName", "status", numbers="sizeInGB"),
    searched=("displayName", "offerName", "skuName"),
    lacks="offer offerDisplayName publisher recommendedSku sku skuDisplayName",
)
_DISK_IN_GB = 128


_Extensions = TypedDict(
    "_Extensions",
    {
        "@deskwright.siteId": str,
        "@deskwright.galleryImageId": str | None,
        "@deskwright.galleryVersionId": str | None,
        "@deskwright.regions": list[str],
        "@deskwright.errorDetail": str | None,
        "@deskwright.operationId": str | None,
    },
)


class DeviceImageView(_Extensions, TypedDict):
    """Graph's cloudPcDeviceImage."""

    id: str
    displayName: str
    version: str
    sourceImageResourceId: str | None
    operatingSystem: Literal["Windows 10", "Windows 11"]
    osBuildNumber: None
    osVersionNumber: None
    osStatus: Literal["unknown"]
    sizeInGB: int
    status: DeviceImageStatus
    errorCode: str | None
    expirationDate: None
    lastModifiedDateTime: Timestamp
    scopeIds: list[str]


class SourceImageView(TypedDict):
    """Graph's cloudPcSourceDeviceImage."""

    id: str
    resourceId: str
    displayName: str
    subscriptionId: str
    subscriptionDisplayName: None
    category: Literal["azureComputeGallery", "managedImage"]


class SourceImagesView(TypedDict):
    """Sources from which device images can be built."""

    value: list[SourceImageView]


class GalleryImageView(TypedDict):
    """Graph's cloudPcGalleryImage."""

    id: str
    displayName: str
    publisherName: str
    offerName: str
    skuName: str
    osVersionNumber: None
    sizeInGB: int
    startDate: None
    endDate: None
    expirationDate: None
    status: Literal["supported"]


DEVICE_IMAGE, GALLERY_IMAGE = Entity(DeviceImageView), Entity(GalleryImageView)


def device_image_view(image: DeviceImage) -> DeviceImageView:
    """Return a device image as Graph's."""
    marketplace = image.source.marketplace
    return {
        "id": image.id,
        "displayName": image.display_name,
        "version": image.version,
        "sourceImageResourceId": image.source.own_image_id,
        "operatingSystem": "Windows 10" if marketplace and "win10" in marketplace.sku.lower() else "Windows 11",
        "osBuildNumber": None,
        "osVersionNumber": None,
        "osStatus": "unknown",
        "sizeInGB": _DISK_IN_GB,
        "status": image.status,
        "errorCode": image.error_code,
        "expirationDate": None,
        "lastModifiedDateTime": timestamp(image.last_modified_date_time),
        "scopeIds": ["0"],
        "@deskwright.siteId": image.site_id,
        "@deskwright.galleryImageId": marketplace.id if marketplace else None,
        "@deskwright.galleryVersionId": image.gallery_version_id,
        "@deskwright.regions": list(image.regions),
        "@deskwright.errorDetail": image.error_detail,
        "@deskwright.operationId": image.operation_id,
    }


def source_image_view(image: OwnImage) -> SourceImageView:
    """Return an image of the tenant's own as Graph's source of device images."""
    return {
        "id": image.id,
        "resourceId": image.id,
        "displayName": image.display_name,
        "subscriptionId": image.id.split("/")[2],
        "subscriptionDisplayName": None,
        "category": "managedImage" if is_managed_image(image.id) else "azureComputeGallery",
    }


def gallery_image_view(image: GalleryImage) -> GalleryImageView:
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


_DATES = "createdDateTime lastModifiedDateTime"
IMAGE_SETS = Collection(
    name="imageSets",
    kinds=kinds_of(
        "id", "displayName", "description", "hostPoolType", "siteId", "sourceName", moments=_DATES, flags="isGlobal"
    ),
    searched=("displayName", "description", "sourceName"),
)
IMAGE_VERSIONS = Collection(
    name="imageVersions",
    kinds=kinds_of("id", "version", "status", "sourceName", moments=_DATES, flags="byRecipe validated"),
    searched=("version", "sourceName"),
)


class UseView(TypedDict):
    """A Spot Group, and which version of the set it uses."""

    spotGroupId: str
    displayName: str
    version: str
    hosts: int


class ImageSetView(TypedDict):
    """An image set, with the groups that use its versions."""

    id: str
    displayName: str
    description: str
    notes: list[Annotated[Json, DumpOf(Note)]]
    hostPoolType: HostPoolType
    siteId: str
    isGlobal: bool
    sourceName: str
    galleryImageId: str | None
    galleryVersionId: str | None
    managedImageId: str | None
    recipe: Annotated[Json, DumpOf(Recipe)]
    nextBuildDateTime: Timestamp | None
    usedBy: list[UseView]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


class ImageVersionView(TypedDict):
    """A version of an image set, with the groups that use it.

    *isRetired*: it is deleted within a day, by the setting of its set. *cost*: the most that it costs while it is kept.
    """

    id: str
    imageSetId: str
    version: str
    status: VersionStatus
    sourceName: str
    notes: list[Annotated[Json, DumpOf(Note)]]
    byRecipe: bool
    validated: bool
    galleryVersionId: str | None
    regions: list[str]
    warnings: list[Annotated[Json, DumpOf(Warn)]]
    failure: Annotated[Json, DumpOf(Failure)] | None
    left: list[Annotated[Json, DumpOf(Failure)]]
    running: VersionActionName | None
    access: Annotated[Json, DumpOf(Access)] | None
    shutDownDateTime: Timestamp | None
    operationId: str | None
    usedBy: list[UseView]
    isRetired: bool
    cost: Annotated[Json, DumpOf(VersionCost)]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


IMAGE_SET, IMAGE_VERSION = Entity(ImageSetView), Entity(ImageVersionView)


def image_set_view(image_set: ImageSet, uses: Iterable[VersionUse], *, with_source: bool) -> ImageSetView:
    """Return an image set. *uses*: of its versions. *with_source*: with the scripts of its recipe."""
    marketplace = image_set.source.marketplace
    return {
        "id": image_set.id,
        "displayName": image_set.display_name,
        "description": image_set.description,
        "notes": [note.to_json() for note in image_set.notes],
        "hostPoolType": image_set.host_pool_type,
        "siteId": image_set.home_site_id,
        "isGlobal": image_set.is_global,
        "sourceName": image_set.source_name,
        "galleryImageId": marketplace.id if marketplace else None,
        "galleryVersionId": image_set.source.gallery_version_id,
        "managedImageId": image_set.source.managed_image_id,
        "recipe": image_set.recipe.to_json() if with_source else image_set.recipe.without_source(),
        "nextBuildDateTime": timestamp(image_set.next_build_at),
        "usedBy": [_use_view(use) for use in uses],
        "createdDateTime": timestamp(image_set.created_date_time),
        "lastModifiedDateTime": timestamp(image_set.last_modified_date_time),
    }


def image_version_view(
    version: ImageVersion, uses: Iterable[VersionUse], retired: abc.Collection[str] = ()
) -> ImageVersionView:
    """Return a version. *uses*: of all versions of its set; *retired*: ids of versions that are to be deleted."""
    used = [use for use in uses if use.version == version.version]
    return {
        "id": version.id,
        "imageSetId": version.image_set_id,
        "version": version.version,
        "status": version.status,
        "sourceName": version.source_name,
        "notes": [note.to_json() for note in version.notes],
        "byRecipe": version.recipe is not None,
        "validated": version.validated,
        "galleryVersionId": version.gallery_version_id,
        "regions": list(version.regions),
        "warnings": [warning.to_json() for warning in version.warnings],
        "failure": version.failure.to_json() if version.failure else None,
        "left": [failure.to_json() for failure in version.left],
        "running": version.action.name if version.action else None,
        "access": version.access.to_json() if version.access else None,
        "shutDownDateTime": timestamp(version.shut_down_at),
        "operationId": version.operation_id,
        "usedBy": [_use_view(use) for use in used],
        "isRetired": version.id in retired,
        "cost": cost_of(version, replicas_for(sum(use.hosts for use in used))).to_json(),
        "createdDateTime": timestamp(version.created_date_time),
        "lastModifiedDateTime": timestamp(version.last_modified_date_time),
    }


def _use_view(use: VersionUse) -> UseView:
    return {
        "spotGroupId": use.spot_group_id,
        "displayName": use.display_name,
        "version": use.version,
        "hosts": use.hosts,
    }
