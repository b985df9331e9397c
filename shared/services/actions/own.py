"""Actions of users on their own Cloud PCs: allowed by their settings, possible now, and performed."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.actions import NOT_ALLOWED, OwnAction, Possibility, allows
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.user_setting import UserSetting
from shared.domain.operations.operation import Operation
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value
from shared.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError, UnavailableError
from shared.services.actions.catalogue import PERFORMERS
from shared.services.cloud_pcs.builds import plan_now
from shared.services.cloud_pcs.remote_actions import NO_SUCH_POINT
from shared.services.operations.action_context import ActionContext
from shared.services.policies.pausing import why_paused
from shared.services.policies.user_settings import setting_of
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.services")


_UNREAD = "what you may do cannot be read at the moment; try again later"


_PAUSED = "your organisation has paused all changes for a while; try again later"


_RESETS: TtlCache[str] = TtlCache(timedelta(minutes=1))
"""Why the directory and the policies allow no reset of a Cloud PC, empty where they do: its page asks again and again.
"""


async def setting_or_none(deps: Dependencies, tenant: Tenant, user_id: str) -> tuple[UserSetting | None, str | None]:
    """Return the settings of a user, and why they cannot be read: a directory that fails hides no Cloud PC."""
    try:
        return await setting_of(deps, tenant, user_id), None
    except (UnavailableError, RefusedError, NotFoundError) as error:
        _log.warning("the groups of %s in %s could not be read: %s", user_id, tenant.id, error)
        return None, _UNREAD


async def allow(deps: Dependencies, tenant: Tenant, user_id: str, action: OwnAction) -> None:
    """Check that a user may do *action* with their own Cloud PC. Raises: ForbiddenError, and as the directory does."""
    if not allows(await setting_of(deps, tenant, user_id), action):
        raise ForbiddenError(NOT_ALLOWED)


async def own_possibilities(
    context: ActionContext, client: DurableClient, pc: CloudPc, setting: UserSetting | None, unread: str | None
) -> list[Possibility]:
    """Return the actions that the user of *pc* may do with it now, or the reason against each.

    The reasons are those of the actions themselves. *setting*, *unread*: as ``setting_or_none`` says.
    """
    found = []
    for action in OwnAction:
        refused = unread or (None if allows(setting, action) else NOT_ALLOWED)
        why = refused or await _refused(context, client, pc, action)
        found.append(Possibility(action=action, possible=why is None, reason=why))
    return found


async def _refused(context: ActionContext, client: DurableClient, pc: CloudPc, action: OwnAction) -> str | None:
    """Return why an action is not possible that the settings of the user allow, None when it is."""
    performer = PERFORMERS[action]
    if why := performer.refuses(pc, performer.sample(pc)):
        return "it has no restore point" if why == NO_SUCH_POINT else why
    if action is OwnAction.REPROVISION:
        return await _why_no_reset(context, pc)
    if pc.status is not Status.PROVISIONED_WITH_WARNINGS:  # of others no step runs again
        return None
    try:
        for guard in performer.guards:
            await guard(context, client, pc)
    except ConflictError as refused:
        return str(refused)
    return None


async def perform_own(
    context: ActionContext, client: DurableClient, pc: CloudPc, action: OwnAction, form: Value
) -> Operation:
    """Do an action to a user's own Cloud PC. Raises: ConflictError; a pause in words for the user."""
    if action is OwnAction.REPROVISION and (why := await _pause_of(context, pc)):
        raise ConflictError(why, status=pc.status.value)
    result = await PERFORMERS[action].perform(context, client, pc.id, form)
    if not isinstance(result, Operation):
        message = f"{action} has no operation"
        raise TypeError(message)
    return result


async def _why_no_reset(context: ActionContext, pc: CloudPc) -> str | None:
    if why := await _pause_of(context, pc):
        return why

    async def read() -> str:
        try:
            await plan_now(context, pc, None)
        except ConflictError as why:
            return str(why)
        except (UnavailableError, RefusedError, NotFoundError) as error:
            _log.warning("what %s would be built from could not be asked: %s", pc.id, error)
            return _UNREAD
        return ""

    return await _RESETS.get_or(context.deps, (pc.tenant_id, pc.id, pc.current.generation), read) or None


async def _pause_of(context: ActionContext, pc: CloudPc) -> str | None:
    """Return the message that the Cloud PC is paused, or None. It tells its user neither who paused it nor why."""
    return _PAUSED if await why_paused(context.deps, context.tenant, pc) else None
