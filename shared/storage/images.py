"""Device images."""

from __future__ import annotations

from shared.domain.image import DeviceImage
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
