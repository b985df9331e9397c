"""The things in the scopes of assigned roles, read from the records of a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.dependencies import Dependencies
from shared.domain.tenants.scopes import CloudPcPlace, Thing, ThingPlaces, Things, parts_of_scope
from shared.errors import InvalidError, Problem
from shared.storage.repository import unreadable_left_out

_NOUNS = {Thing.POLICY: "provisioning policy", Thing.SPOT_GROUP: "Spot Group", Thing.SITE: "site"}


async def things_in(deps: Dependencies, tenant_id: str, scope_ids: Iterable[str]) -> dict[str, Things]:
    """Return the things in each scope; a record that cannot be read is in none."""
    places = await _places(deps, tenant_id)
    return {each: places.things_in(each) for each in scope_ids}


async def refuse_unknown_scopes(deps: Dependencies, tenant_id: str, scope_ids: Sequence[str]) -> None:
    """Raise InvalidError for scopes that name nothing of the tenant."""
    found = await things_in(deps, tenant_id, scope_ids) if scope_ids else {}
    kinds = [parts_of_scope(each)[0] for each in scope_ids]
    problems = [
        Problem(f"/appScopeIds/{n}", f"there is no such {_NOUNS[kind]}")
        for n, (scope, kind) in enumerate(zip(scope_ids, kinds, strict=True))
        if not found[scope][kind]
    ]
    if problems:
        raise InvalidError(*problems)


async def _places(deps: Dependencies, tenant_id: str) -> ThingPlaces:
    with unreadable_left_out():
        connections = {each.value.id: each.value.site_id async for each in deps.connections.each(tenant_id)}
        policies = {each.value.id: each.value.connection_ids async for each in deps.policies.each(tenant_id)}
        groups = {each.value.id: each.value.site_id async for each in deps.spot_groups.each(tenant_id)}
        sites = {each.value.id async for each in deps.sites.each(tenant_id)}
        entries = await deps.cloud_pcs.entries(tenant_id)
    cloud_pcs = [
        CloudPcPlace(str(each["id"]), _text(each["provisioningPolicyId"]), _text(each["onPremisesConnectionId"]))
        for each in entries
    ]
    return ThingPlaces(sites, connections, groups, policies, cloud_pcs)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
