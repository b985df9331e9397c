"""Image sets and their versions."""

from __future__ import annotations

from shared.domain.spot.image_set import ImageSet
from shared.domain.spot.image_version import ImageVersion
from shared.domain.wizards.names import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SETS = Shape(
    table="imagesets",
    noun="image set",
    model=ImageSet,
    place=lambda image_set: (image_set.tenant_id, image_set.id),
    columns={
        "display_name": lambda image_set: image_set.display_name,
        "home_site_id": lambda image_set: image_set.home_site_id,
        "host_pool_type": lambda image_set: image_set.host_pool_type.value,
    },
)
_VERSIONS = Shape(
    table="imageversions",
    noun="image version",
    model=ImageVersion,
    place=lambda version: (version.tenant_id, version.id),
    columns={
        "image_set_id": lambda version: version.image_set_id,
        "version": lambda version: version.version,
        "status": lambda version: version.status.value,
    },
)


def image_sets(tables: Tables) -> Repository[ImageSet]:
    """Return the repository of image sets."""
    return NamedRepository(tables, _SETS, lambda image_set: folded(image_set.display_name))


def image_versions(tables: Tables) -> Repository[ImageVersion]:
    """Return the repository of image versions: a set has each number once."""
    return NamedRepository(tables, _VERSIONS, lambda version: f"{version.image_set_id} {version.version}")
