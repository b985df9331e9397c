"""User settings: create, change, assign to groups and delete; and find the settings that apply to a user."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.pacing import retry_while_throttled
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.user_setting import (
    UserSetting,
    UserSettingForm,
    applying,
    own_frequencies,
)
from shared.domain.graph_property import changed
from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value
from shared.errors import Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.named_records import NamedKind
from shared.services.policies.assigning import judged_assignments
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.repository import Stored

_SETTINGS = NamedKind(
    ResourceType.USER_SETTING,
    lambda deps: deps.user_settings,
    Problem("/displayName", "user settings of this name exist; choose another name"),
)
_SOON = timedelta(minutes=1)
"""Time until the restore points of everybody are scheduled after a change of their interval."""

_GROUPS: TtlCache[frozenset[str]] = TtlCache(timedelta(minutes=1))
"""Groups of users by tenant, user and groups asked about: a page of theirs asks several times."""


async def create_user_setting(context: ActionContext, form: UserSettingForm) -> Stored[UserSetting]:
    """Save user settings; they apply to nobody until they are assigned. Raises: InvalidError."""
    return await _SETTINGS.insert(context, _SETTINGS.new(context, UserSetting, form))


async def update_user_setting(context: ActionContext, stored: Stored[UserSetting], edit: Value) -> Stored[UserSetting]:
    """Apply the changes that *edit* names. Raises: InvalidError, StaleError."""
    return await _replace(context, stored, changed(stored.value, edit))


async def assign_user_setting(
    context: ActionContext, stored: Stored[UserSetting], group_ids: tuple[str, ...]
) -> Stored[UserSetting]:
    """Replace the assigned groups of user settings; groups that stay keep their date.

    Raises: InvalidError with a pointer ``/groups/groupIds/<n>`` for each of *group_ids* that is wrong, StaleError.
    """
    before = stored.value
    assignments = await judged_assignments(context, before.id, before.assignments, group_ids)
    return await _replace(context, stored, before.but(assignments=assignments))


async def delete_user_setting(context: ActionContext, stored: Stored[UserSetting]) -> None:
    """Delete user settings; the rights that they gave end. Raises: StaleError."""
    await _SETTINGS.remove(context, stored)


async def setting_of(deps: Dependencies, tenant: Tenant, user_id: str) -> UserSetting | None:
    """Return the settings that apply to a user, None where nobody has allowed anything. Raises: as the directory."""
    settings = [stored.value async for stored in deps.user_settings.each(tenant.id)]
    return await setting_among(deps, tenant, user_id, settings)


async def setting_among(
    deps: Dependencies, tenant: Tenant, user_id: str, settings: Collection[UserSetting]
) -> UserSetting | None:
    """Return the settings that apply to a user, from *settings*, all of a tenant. Raises: as the directory."""
    return applying(settings, await groups_among(deps, tenant, user_id, settings))


async def groups_among(
    deps: Dependencies, tenant: Tenant, user_id: str, settings: Iterable[UserSetting]
) -> frozenset[str]:
    """Return the ids of the groups that *settings*, all of a tenant's, are assigned to and that a user is in.

    Raises: as the directory.
    """
    asked = sorted({assignment.group_id for setting in settings for assignment in setting.assignments})
    if not asked:
        return frozenset()

    async def read() -> frozenset[str]:
        return await retry_while_throttled(lambda: deps.graph(tenant).member_group_ids(user_id, asked))

    return await _GROUPS.get_or(deps, (tenant.id, user_id, tuple(asked)), read)


async def _replace(context: ActionContext, stored: Stored[UserSetting], after: UserSetting) -> Stored[UserSetting]:
    often, before = own_frequencies([after]), stored.value
    spread = bool(often) and (often != own_frequencies([before]) or after.assignments != before.assignments)

    async def promise() -> None:
        await context.deps.due.put(DueKind.RESTORE_POINT, context.now + _SOON, after.tenant_id, EVERYBODY)

    return await _SETTINGS.replace(context, stored, after, promise if spread else None)
