"""Configuration of a tenant by an administrator: connections, device images and provisioning policies."""

from __future__ import annotations

from shared.domain.images.image import DeviceImage, ImageSource, ImageType
from shared.domain.networks.connection import Connection
from shared.domain.policies.policy import Policy, image_source
from shared.domain.wizards.names import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_CONNECTIONS = Shape(
    table="connections",
    noun="connection",
    model=Connection,
    place=lambda connection: (connection.tenant_id, connection.id),
    columns={
        "display_name": lambda connection: connection.display_name,
        "site_id": lambda connection: connection.site_id,
        "health_check_status": lambda connection: connection.health_check_status.value,
    },
)
_IMAGES = Shape(
    table="images",
    noun="device image",
    model=DeviceImage,
    place=lambda image: (image.tenant_id, image.id),
    columns={
        "display_name": lambda image: image.display_name,
        "version": lambda image: image.version,
        "status": lambda image: image.status.value,
        "site_id": lambda image: image.site_id,
    },
)
_POLICIES = Shape(
    table="policies",
    noun="provisioning policy",
    model=Policy,
    place=lambda policy: (policy.tenant_id, policy.id),
    columns={
        "display_name": lambda policy: policy.display_name,
        "image_id": lambda policy: policy.image_id,
        "assigned": lambda policy: bool(policy.assignments),
    },
)


def connections(tables: Tables) -> Repository[Connection]:
    """Return the repository of connections."""
    return NamedRepository(tables, _CONNECTIONS, lambda connection: folded(connection.display_name))


def images(tables: Tables) -> Repository[DeviceImage]:
    """Return the repository of device images."""
    return NamedRepository(tables, _IMAGES, lambda image: f"{folded(image.display_name)} {image.version}")


def policies(tables: Tables) -> Repository[Policy]:
    """Return the repository of provisioning policies."""
    return NamedRepository(tables, _POLICIES, lambda policy: folded(policy.display_name))


async def source_of(images: Repository[DeviceImage], policy: Policy) -> ImageSource | None:
    """Return the image that the machines of *policy* are built from, None if it does not exist or is not ready."""
    custom = policy.image_type is ImageType.CUSTOM
    found = await images.find(policy.tenant_id, policy.image_id) if custom else None
    return image_source(policy, found.value if found else None)
