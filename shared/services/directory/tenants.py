"""The tenants of a directory: one directory may have several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.tenants.tenant import Tenant


class TenantIds:
    """The ids of all tenants, read by the first step that asks; a reading that failed is made again by the next."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps, self._found = deps, list[str]()

    async def __call__(self) -> Sequence[str]:
        """Return the ids, in the order of the table."""
        if not self._found:
            self._found = [stored.value.id async for stored in self._deps.tenants.each()]
        return self._found


_BY_DIRECTORY: TtlCache[Mapping[str, tuple[str, ...]]] = TtlCache(timedelta(seconds=10))
"""Tenants by directory, read once for all callers within this time: anybody can make us look."""


async def tenants_by_directory(deps: Dependencies) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the tenants of each directory; a tenant may be missing for some seconds after its creation."""
    return await _BY_DIRECTORY.get_or(deps, "tenants", lambda: _read(deps))


def look_again(deps: Dependencies) -> None:
    """Read the tenants again for the next caller, so that users of a new tenant sign in at once."""
    _BY_DIRECTORY.drop(deps, "tenants")


async def tenants_of(deps: Dependencies, directory_id: str | None, most: int) -> tuple[list[Tenant], bool]:
    """Return at most *most* tenants of a directory, of all directories for None; and whether there are more."""
    if directory_id is None:
        page = await deps.tenants.page(most)
        return [stored.value for stored in page.items], page.next_token is not None
    found: list[Tenant] = []
    async for stored in deps.tenants.each(entra_tenant_id=directory_id):
        if len(found) == most:
            return found, True
        found.append(stored.value)
    return found, False


async def _read(deps: Dependencies) -> Mapping[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    async for stored in deps.tenants.each():
        found[stored.value.entra_tenant_id].append(stored.value.id)
    return {directory_id: tuple(ids) for directory_id, ids in found.items()}
