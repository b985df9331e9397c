"""The grants of a caller in a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.dependencies import Dependencies
from shared.domain.tenants.tenant import Tenant
from shared.services.tenants.access import grants_of, support_of
from shared.services.tenants.scopes import things_in
from triggers.http.authentication import Caller
from triggers.http.permissions import NOTHING, OWN, Grants, authorize, grants_from, holds_everything


async def held_in(deps: Dependencies, caller: Caller, tenant: Tenant) -> Grants:
    """Return the permissions of a caller by grants in a tenant; callers of a third directory have none."""
    at_home = caller.directory_id == tenant.entra_tenant_id
    if not at_home and caller.directory_id != deps.settings.provider_tenant_id.lower():
        return NOTHING
    person = caller.actor.kind == "itPro"
    return grants_from(await grants_of(deps, tenant, caller.actor.id, at_home=at_home, person=person))


async def supported_tenants(deps: Dependencies, caller: Caller) -> Mapping[str, tuple[Tenant, Grants]]:
    """Return the customers' tenants in which a caller of the provider's directory has support access, by id."""
    provider = deps.settings.provider_tenant_id.lower()
    if caller.directory_id != provider:
        return {}
    held = await support_of(deps, caller.actor.id, person=caller.actor.kind == "itPro")
    return {each.id: (each, grants_from(given)) for each, given in held if each.entra_tenant_id != provider}


async def grants_for(deps: Dependencies, caller: Caller, verb: str, tenant: Tenant) -> Grants:
    """Return a caller's grants in a tenant; nothing is read for callers who would get nothing more.

    They are read with every request: what was taken back, or has ended, counts for no later one.
    """
    provider = deps.settings.provider_tenant_id
    if verb in OWN or holds_everything(caller, provider, tenant):
        return NOTHING
    held = await held_in(deps, caller, tenant)
    return replace(held, things=await things_in(deps, tenant.id, held.scope_ids)) if held.scoped else held


async def authorize_in(deps: Dependencies, caller: Caller, verb: str, tenant: Tenant) -> None:
    """Check that a caller may do *verb* in a tenant that the address does not name. Raises: as ``authorize``."""
    grants = await grants_for(deps, caller, verb, tenant)
    authorize(caller, verb, deps.settings.provider_tenant_id, tenant, grants)
