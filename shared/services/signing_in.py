"""Sign-in of users: with the link that opens the very desktop, as far as Azure says which one that is."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.arm import parse_id
from shared.clients.throttling import retry_while_throttled
from shared.contracts.tickets import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.cloud_pcs.sign_in import (
    DesktopSignIn,
    PublishedDesktop,
    SignInDetails,
    desktop_sign_in,
    sign_in_details,
)
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import SpotMember
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, RefusedError, UnavailableError

_log = logging.getLogger("deskwright.services")
_DESKTOP = "SessionDesktop"
"""The name of the one desktop that an application group of desktops publishes."""

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
    """Return the sign-in details of a member of a Spot Group, or those for all where none is named.

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
    """Return the desktop of a host pool as it is published; None where Azure does not say: nobody waits for a link."""

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
