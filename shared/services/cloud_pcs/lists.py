"""Cloud PCs as people see them: a tenant's list, a user's own in all tenants, and how to sign in."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.arm import parse_id
from shared.clients.pacing import retry_while_throttled
from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.cloud_pcs.progress import (
    DesktopSignIn,
    PublishedDesktop,
    SignInDetails,
    desktop_sign_in,
    sign_in_details,
)
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import SpotMember
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from shared.services.directory.tenants import tenants_of
from shared.services.operations.action_context import ActionContext
from shared.storage.listed import Entry
from shared.storage.repository import Stored


async def cloud_pc_entries(context: ActionContext) -> list[Entry]:
    """Return the entries that lists of Cloud PCs are made from; a deleted policy keeps its last name in them."""
    names = {
        stored.value.id: stored.value.display_name async for stored in context.deps.policies.each(context.tenant_id)
    }
    entries = await context.deps.cloud_pcs.entries(context.tenant_id)
    return [
        {**entry, "provisioningPolicyName": names[policy]}
        if (policy := str(entry["provisioningPolicyId"])) in names
        else entry
        for entry in entries
    ]


_log = logging.getLogger("deskwright.services")
_DESKTOP = "SessionDesktop"
"""The name of the only desktop that an application group of type desktop publishes."""

_PUBLISHED: TtlCache[PublishedDesktop] = TtlCache(timedelta(hours=1))


async def sign_in_of(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> SignInDetails:
    """Return the sign-in details of *pc* for its user.

    All desktops of a personal pool are published as one. Whoever has two in it gets the page on which to choose.
    """
    pool_id = pc.current.resources.host_pool_id
    if pool_id is None:
        return sign_in_details(pc)
    others = [stored.value for stored in await deps.cloud_pcs.of_user(tenant.id, pc.user.id)]
    if any(each.id != pc.id and each.current.resources.host_pool_id == pool_id for each in others):
        return sign_in_details(pc)
    return sign_in_details(pc, await published_desktop(deps, tenant, pool_id))


async def ready_sign_in(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> SignInDetails:
    """Return the sign-in details of *pc*. Raises: ConflictError while nobody can sign in."""
    if pc.status not in WORKING:
        raise ConflictError("the Cloud PC is not ready to sign in to", status=pc.status.value)
    return await sign_in_of(deps, tenant, pc)


async def spot_sign_in(
    deps: Dependencies, tenant: Tenant, group: SpotGroup, member: SpotMember | None = None
) -> DesktopSignIn:
    """Return the sign-in details of a member of a Spot Group, or general ones without a member.

    Raises: ConflictError while the group has no desktop, or the member no right to sign in.
    """
    if member is not None and not member.may_sign_in(deps.clock.now()):
        raise ConflictError("the member may not sign in (yet)", status=member.status.value)
    state = await deps.spot_states.find(tenant.id, group.id)
    if state is None or state.value.host_pool_id is None:
        raise ConflictError("the Spot Group has no desktop yet: its host pool is not made")
    desktop = await published_desktop(deps, tenant, state.value.host_pool_id)
    name = group.friendly_name or group.display_name
    if member is None:
        return desktop_sign_in(name, desktop)
    return desktop_sign_in(name, desktop, member.user_principal_name, member.display_name)


async def published_desktop(deps: Dependencies, tenant: Tenant, host_pool_id: str) -> PublishedDesktop | None:
    """Return the published desktop of a host pool, or None without an answer: a link is not worth a wait."""

    async def read() -> PublishedDesktop:
        pool = parse_id(host_pool_id)
        group, workspace = naming.desktop_application_group(pool.name), naming.desktop_workspace(pool.name)
        desktops = deps.desktops(pool.subscription_id)
        return PublishedDesktop(
            workspace_id=(await desktops.workspaces.get(pool.resource_group, workspace)).object_id or "",
            resource_id=(await desktops.desktops.get(pool.resource_group, group, _DESKTOP)).object_id or "",
            directory_id=tenant.entra_tenant_id,
        )

    try:
        with on_behalf_of(tenant.id):
            found = await _PUBLISHED.get_or(deps, host_pool_id, lambda: retry_while_throttled(read))
    except (UnavailableError, RefusedError) as error:
        _log.warning("the desktop of %s in %s could not be read: %s", host_pool_id, tenant.id, error)
        return None
    return found if found.workspace_id and found.resource_id else None


_MOST_TENANTS = 100


async def cloud_pcs_of(deps: Dependencies, directory_id: str, user_id: str) -> list[tuple[Tenant, list[CloudPc]]]:
    """Return a user's own Cloud PCs, including former ones, by tenant."""
    found = []
    for tenant in await _tenants(deps, directory_id):
        pcs = [stored.value for stored in await deps.cloud_pcs.of_user(tenant.id, user_id)]
        if pcs:
            found.append((tenant, pcs))
    return found


async def own_cloud_pc(
    deps: Dependencies, directory_id: str, user_id: str, cloud_pc_id: str
) -> tuple[Stored[Tenant], CloudPc]:
    """Return a Cloud PC of the user's own, with its tenant. Raises: NotFoundError, also where it is somebody else's."""
    for tenant in await _tenants(deps, directory_id):
        stored = await deps.cloud_pcs.find(tenant.id, cloud_pc_id)
        if stored is not None and stored.value.user.id == user_id:
            return await deps.tenants.get(tenant.id), stored.value
    raise NotFoundError("there is no such Cloud PC of yours")


async def spot_desktops_of(
    deps: Dependencies, directory_id: str, user_id: str
) -> list[tuple[SpotGroup, SpotMember, PublishedDesktop | None]]:
    """Return the Spot Groups of a user with their published desktops, as far as these are known."""
    found: list[tuple[SpotGroup, SpotMember, PublishedDesktop | None]] = []
    for tenant in await _tenants(deps, directory_id):
        async for stored in deps.spot_members.each(tenant.id, user_id=user_id):
            group = await deps.spot_groups.find(tenant.id, stored.value.group_id)
            if group is not None:
                found.append((group.value, stored.value, await _desktop(deps, tenant, stored.value)))
    return found


async def _desktop(deps: Dependencies, tenant: Tenant, member: SpotMember) -> PublishedDesktop | None:
    state = await deps.spot_states.find(tenant.id, member.group_id) if member.may_sign_in(deps.clock.now()) else None
    pool_id = state.value.host_pool_id if state else None
    return await published_desktop(deps, tenant, pool_id) if pool_id else None


async def _tenants(deps: Dependencies, directory_id: str) -> list[Tenant]:
    tenants, _ = await tenants_of(deps, directory_id, _MOST_TENANTS)
    return tenants
