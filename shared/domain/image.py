"""Images: what the marketplace offers (Graph: galleryImage) and what an admin built (Graph: deviceImage)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.domain.values import Value


class ImageType(StrEnum):
    """Graph: cloudPcProvisioningPolicyImageType."""

    GALLERY = "gallery"
    CUSTOM = "custom"


class DeviceImageStatus(StrEnum):
    """Graph: cloudPcDeviceImageStatus."""

    PENDING = "pending"
    READY = "ready"
    WARNING = "warning"
    FAILED = "failed"


class MarketplaceImage(Value):
    """A marketplace image, named as ARM's imageReference names it."""

    publisher: str
    offer: str
    sku: str
    version: str = "latest"

    @property
    def id(self) -> str:
        """Graph's galleryImage id: ``publisher_offer_sku``, all but the sku in lower case."""
        return f"{self.publisher.lower()}_{self.offer.lower()}_{self.sku}"


class ImageSource(Value):
    """What an image is built from: exactly one of the two."""

    marketplace: MarketplaceImage | None = None
    gallery_version_id: str | None = None

    @property
    def reference(self) -> dict[str, str]:
        """ARM's imageReference."""
        if self.gallery_version_id:
            return {"id": self.gallery_version_id}
        if self.marketplace is None:
            message = "an image source is a marketplace image or a gallery version"
            raise ValueError(message)
        return self.marketplace.model_dump()


class DeviceImage(Value):
    """An image of the tenant's own: (display name, version) is unique."""

    id: str
    tenant_id: str
    display_name: str
    version: str
    site_id: str
    source: ImageSource
    status: DeviceImageStatus = DeviceImageStatus.PENDING
    error_code: str | None = None
    error_detail: str | None = None
    gallery_version_id: str | None = None
    regions: tuple[str, ...] = ()
    operation_id: str | None = None
    created_date_time: datetime
    last_modified_date_time: datetime
