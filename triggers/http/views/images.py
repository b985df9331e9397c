"""Graph: cloudPcDeviceImage and cloudPcGalleryImage (docs/notes/windows365.md 1.7)."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage, OwnImage, is_managed_image
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity

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
