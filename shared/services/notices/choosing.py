"""The mail preferences of users: the same in all tenants of their directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.dependencies import Dependencies
from shared.domain.notices.personal import PersonalNotices, PersonalNoticesEdit
from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError
from shared.services.directory.tenants import tenants_of
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import insertion, replacement

_MOST_TENANTS = 100


async def own_tenants(deps: Dependencies, directory_id: str) -> list[Tenant]:
    """Return the tenants of a directory, in which the preferences of a user count. Raises: NotFoundError."""
    tenants, _ = await tenants_of(deps, directory_id, _MOST_TENANTS)
    if not tenants:
        raise NotFoundError("your directory has no tenant here")
    return tenants


async def own_choice(deps: Dependencies, tenants: Sequence[Tenant], user_id: str) -> PersonalNotices:
    """Return the latest mail preferences of a user among the tenants of their directory."""
    found = [await deps.personal_notices.find(tenant.id, user_id) for tenant in tenants]
    chosen = [(each.value.last_modified_date_time, each.value) for each in found if each is not None]
    latest = max(((at, choice) for at, choice in chosen if at is not None), key=lambda each: each[0], default=None)
    return latest[1] if latest else PersonalNotices(id=user_id, tenant_id=tenants[0].id)


async def choose(
    context: ActionContext, tenants: Sequence[Tenant], user_id: str, edit: PersonalNoticesEdit
) -> PersonalNotices:
    """Change the mail preferences of a user in all tenants of their directory; the same values write nothing.

    Raises: StaleError, ConflictError where the same user changes it in another window just now.
    """
    after = (await own_choice(context.deps, tenants, user_id)).changed(edit, context.now)
    for tenant in tenants:
        await _save(replace(context, subject=tenant), after.but(tenant_id=tenant.id))
    return after


async def _save(context: ActionContext, after: PersonalNotices) -> None:
    repository = context.deps.personal_notices
    stored = await repository.find(after.tenant_id, after.id)
    if (stored.value if stored else PersonalNotices(id=after.id, tenant_id=after.tenant_id)) == after:
        return
    write = (
        replacement(stored, after, repository.replace) if stored else insertion(context, repository, after, after.id)
    )
    await make_change(context, Resource(ResourceType.PERSONAL_NOTICES, after.id), write)


async def delete_choices_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Delete the mail preferences of the users of a tenant."""
    async for each in deps.personal_notices.each(tenant_id):
        await deps.personal_notices.remove(tenant_id, each.value.id)


async def is_mailed(deps: Dependencies, tenants: Sequence[Tenant]) -> bool:
    """Whether any of the tenants mails its users."""
    endpoints = [
        each.value
        for tenant in tenants
        if tenant.settings.notices_enabled
        async for each in deps.notice_endpoints.each(tenant.id)
    ]
    return any(each.is_personal and each.takes_notices for each in endpoints)
