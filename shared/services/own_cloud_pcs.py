"""What belongs to one user, in all tenants of their directory, and what their settings allow."""

from __future__ import annotations

import logging

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.sign_in import PublishedDesktop
from shared.domain.cloud_pcs.user_setting import NOT_ALLOWED, OwnAction, UserSetting, allows
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import SpotMember
from shared.domain.tenants.tenant import Tenant
from shared.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from shared.services.signing_in import published_desktop
from shared.services.tenant_directories import tenants_of
from shared.services.user_settings import setting_of
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.services")
_MOST_TENANTS = 100
_UNREAD = "what you may do cannot be read at the moment; try again later"


async def cloud_pcs_of(deps: Dependencies, directory_id: str, user_id: str) -> list[tuple[Tenant, list[CloudPc]]]:
    """Return a user's own Cloud PCs, those that there are or were, by tenant."""
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
    """Return the Spot Groups of which a user is a member, and what is published of them, as far as that is known."""
    found: list[tuple[SpotGroup, SpotMember, PublishedDesktop | None]] = []
    for tenant in await _tenants(deps, directory_id):
        async for stored in deps.spot_members.each(tenant.id, user_id=user_id):
            group = await deps.spot_groups.find(tenant.id, stored.value.group_id)
            if group is not None:
                found.append((group.value, stored.value, await _desktop(deps, tenant, stored.value)))
    return found


async def _desktop(deps: Dependencies, tenant: Tenant, member: SpotMember) -> PublishedDesktop | None:
    state = await deps.spot_states.find(tenant.id, member.group_id) if member.may_sign_in else None
    pool_id = state.value.host_pool_id if state else None
    return await published_desktop(deps, tenant, pool_id) if pool_id else None


async def setting_or_none(deps: Dependencies, tenant: Tenant, user_id: str) -> tuple[UserSetting | None, str | None]:
    """Return the settings of a user, and why they cannot be read: a directory that fails hides no Cloud PC."""
    try:
        return await setting_of(deps, tenant, user_id), None
    except (UnavailableError, RefusedError, NotFoundError) as error:
        _log.warning("the groups of %s in %s could not be read: %s", user_id, tenant.id, error)
        return None, _UNREAD


async def allow(deps: Dependencies, tenant: Tenant, user_id: str, action: OwnAction) -> None:
    """Let a user do *action* with their own Cloud PC. Raises: ForbiddenError, and as the directory does."""
    if not allows(await setting_of(deps, tenant, user_id), action):
        raise ForbiddenError(NOT_ALLOWED)


async def _tenants(deps: Dependencies, directory_id: str) -> list[Tenant]:
    tenants, _ = await tenants_of(deps, directory_id, _MOST_TENANTS)
    return tenants
