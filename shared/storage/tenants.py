"""Tenants and their sites."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from shared.domain.tenant import Site, Tenant
from shared.storage.repository import Column, Page, Repository, Shape, Stored
from shared.storage.tables import Tables

_ALL = "tenants"  # one partition: there are few, and they are listed

_TENANTS = Shape(
    table="tenants",
    model=Tenant,
    place=lambda tenant: (_ALL, tenant.id),
    columns={"entra_tenant_id": lambda tenant: tenant.entra_tenant_id},
)
_SITES = Shape(table="sites", model=Site, place=lambda site: (site.tenant_id, site.id))


class Tenants:
    """The tenants; like any repository, without a tenant to ask for."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _TENANTS)

    async def get(self, tenant_id: str) -> Stored[Tenant]:
        """Return one. Raises: NotFoundError."""
        return await self._rows.get(_ALL, tenant_id)

    async def find(self, tenant_id: str) -> Stored[Tenant] | None:
        """Return one, None if there is none."""
        return await self._rows.find(_ALL, tenant_id)

    def each(self, **filters: Column) -> AsyncIterator[Stored[Tenant]]:
        """Give all for which *filters* hold (``entra_tenant_id``)."""
        return self._rows.each(_ALL, **filters)

    async def page(self, top: int, token: str | None = None) -> Page[Tenant]:
        """Return at most *top* from *token* on. Raises: InvalidError if *token* is none of ours."""
        return await self._rows.page(_ALL, top, token)

    async def insert(self, tenant: Tenant) -> Stored[Tenant]:
        """Add *tenant*. Raises: ConflictError if it is there."""
        return await self._rows.insert(tenant)

    async def replace(self, tenant: Tenant, *, seen: str) -> Stored[Tenant]:
        """Replace the tenant that has the ETag *seen*. Raises: StaleError, NotFoundError."""
        return await self._rows.replace(tenant, seen=seen)

    async def remove(self, tenant_id: str, *, seen: str | None = None) -> None:
        """Remove one, if it is there. Raises: StaleError if it no longer has the ETag *seen*."""
        await self._rows.remove(_ALL, tenant_id, seen=seen)

    async def change(self, tenant_id: str, edit: Callable[[Tenant], Tenant | None]) -> Tenant:
        """Read, edit, write, as ``Repository.change`` does."""
        return await self._rows.change(_ALL, tenant_id, edit)


def sites(tables: Tables) -> Repository[Site]:
    """Return the repository of sites."""
    return Repository(tables, _SITES)
