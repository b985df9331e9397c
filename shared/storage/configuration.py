"""Repositories of tenants, sites and the service, and of policies, connections and device images."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from shared.domain.images.image import DeviceImage, ImageSource, ImageType
from shared.domain.networks.connection import Connection
from shared.domain.operations.pausing import ServiceState
from shared.domain.policies.policy import Policy, image_source
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.wizards.fields import folded
from shared.errors import ConflictError
from shared.storage.named import NamedRepository
from shared.storage.repository import Column, Repository, Shape, Stored, ValuesPage
from shared.storage.tables import Tables

_ALL = "tenants"  # one partition: there are few tenants, and they are listed together

_TENANTS = Shape(
    table="tenants",
    noun="tenant",
    model=Tenant,
    place=lambda tenant: (_ALL, tenant.id),
    columns={"entra_tenant_id": lambda tenant: tenant.entra_tenant_id},
)
_SITES = Shape(table="sites", noun="site", model=Site, place=lambda site: (site.tenant_id, site.id))
_SERVICE, _STATE = "service", "state"
_SERVICE_STATE = Shape(table="service", model=ServiceState, place=lambda _: (_SERVICE, _STATE))


class Tenants:
    """The tenants: a repository without a tenant as partition."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _TENANTS)

    async def get(self, tenant_id: str) -> Stored[Tenant]:
        """Return a tenant. Raises: NotFoundError."""
        return await self._rows.get(_ALL, tenant_id)

    async def find(self, tenant_id: str) -> Stored[Tenant] | None:
        """Return a tenant, None if there is none."""
        return await self._rows.find(_ALL, tenant_id)

    def each(self, **filters: Column) -> AsyncIterator[Stored[Tenant]]:
        """Yield all tenants that match *filters* (``entra_tenant_id``); unreadable rows are left out."""
        return self._rows.of_all(**filters)

    async def page(self, top: int, token: str | None = None) -> ValuesPage[Tenant]:
        """Return at most *top* tenants from *token* on. Raises: InvalidError if *token* is not valid."""
        return await self._rows.page(_ALL, top, token)

    async def insert(self, tenant: Tenant) -> Stored[Tenant]:
        """Add *tenant*. Raises: ConflictError if it exists."""
        return await self._rows.insert(tenant)

    async def replace(self, tenant: Tenant, *, seen: str) -> Stored[Tenant]:
        """Replace the tenant that has the ETag *seen*. Raises: StaleError, NotFoundError."""
        return await self._rows.replace(tenant, seen=seen)

    async def remove(self, tenant_id: str, *, seen: str | None = None) -> None:
        """Remove a tenant, if it exists. Raises: StaleError if it no longer has the ETag *seen*."""
        await self._rows.remove(_ALL, tenant_id, seen=seen)

    async def change(self, tenant_id: str, edit: Callable[[Tenant], Tenant | None]) -> Tenant:
        """Read, edit, write, as ``Repository.change`` does."""
        return await self._rows.change(_ALL, tenant_id, edit)


def sites(tables: Tables) -> Repository[Site]:
    """Return the repository of sites."""
    return Repository(tables, _SITES)


class ServiceStates:
    """The state of the service; empty until it is first changed."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SERVICE_STATE)

    async def get(self) -> ServiceState:
        """Return the state of the service."""
        stored = await self._rows.find(_SERVICE, _STATE)
        return stored.value if stored else ServiceState()

    async def change(self, edit: Callable[[ServiceState], ServiceState | None]) -> ServiceState:
        """Read, edit, write, as ``Repository.change`` does."""
        if await self._rows.find(_SERVICE, _STATE) is None:
            with suppress(ConflictError):  # another worker was first
                await self._rows.insert(ServiceState())
        return await self._rows.change(_SERVICE, _STATE, edit)


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
    """Return the image source for the machines of *policy*, or None if its image is missing or not ready."""
    custom = policy.image_type is ImageType.CUSTOM
    found = await images.find(policy.tenant_id, policy.image_id) if custom else None
    return image_source(policy, found.value if found else None)
