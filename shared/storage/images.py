"""Device images."""

from __future__ import annotations

from shared.domain.image import DeviceImage, ImageSource, ImageType
from shared.domain.policy import Policy, image_source
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="images",
    model=DeviceImage,
    place=lambda image: (image.tenant_id, image.id),
    columns={
        "display_name": lambda image: image.display_name,
        "version": lambda image: image.version,
        "status": lambda image: image.status.value,
        "site_id": lambda image: image.site_id,
    },
)


def images(tables: Tables) -> Repository[DeviceImage]:
    """Return the repository of device images."""
    return Repository(tables, _SHAPE)


async def source_of(images: Repository[DeviceImage], policy: Policy) -> ImageSource | None:
    """Return the image that the machines of *policy* are built from, None if it does not exist or is not ready."""
    custom = policy.image_type is ImageType.CUSTOM
    found = await images.find(policy.tenant_id, policy.image_id) if custom else None
    return image_source(policy, found.value if found else None)
