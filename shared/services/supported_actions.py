"""Possible actions on Cloud PCs, Spot Groups, session hosts and image versions: from the actions' own guards.

What the catalogue of actions says by the records comes first; only what these do not refuse is asked of the host of the
orchestrations and of the directory.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field

from shared.contracts.configuration import STEPS
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.machines.restore_points import TimeRange
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.host import SessionHost
from shared.domain.spot.image_version import ImageVersion
from shared.domain.spot.release import ReleaseEvent
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from shared.services.action_context import ActionContext
from shared.services.catalogue import ACTIONS, AccountForm, RestoreForm
from shared.services.grace import ExtendForm
from shared.services.image_versions import refuse_used_version, removing, sealing
from shared.services.licenses import licenses
from shared.services.rebuilding import UserAccountType, plan_now
from shared.services.releases import refusal as refused_release
from shared.services.remote import refuse_while_rerunning
from shared.services.replacing import ReprovisionForm
from shared.services.resizing import blocker, held_plans
from shared.services.session_hosts import HostAction, refusal
from shared.services.spot_groups import NONE_HELD, held_members
from shared.services.version_actions import refuse_without_machine
from shared.workflow import DurableClient

BUILD_FIRST = "reprovisionBuildFirst"
_CLOUD_PCS, _HOSTS = "Microsoft.CloudPC/cloudPCs/", "Microsoft.CloudPC/sessionHosts/"
_GROUPS, _VERSIONS = "Microsoft.CloudPC/spotGroups/", "Microsoft.CloudPC/imageVersions/"
_UNREAD = "the directory cannot be read at the moment; try again later"
_log = logging.getLogger("deskwright.services")


class SupportedAction(Value):
    """Whether an action is possible now. *reason*: why it is not."""

    action: str
    permission: str = Field(description="what the caller's roles have to allow")
    possible: bool
    reason: str | None = None
    choices: tuple[str, ...] | None = Field(
        None, description="of a resize the service plans, of a restore the restore points, of rerunStep the steps"
    )


Guard = Callable[[ActionContext, DurableClient, CloudPc], Awaitable[object]]
"""Raises ConflictError when something outside the records prevents an action."""


async def _idle(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    del context
    await refuse_while_rerunning(client, pc)


async def _planned(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    del client
    await plan_now(context, pc, None)


class GroupAction(StrEnum):
    """Actions on a Spot Group and its release, as the routes name them."""

    DELETE = "delete"
    CONFIRM_REMOVALS = "confirmRemovals"
    PAUSE = "pause"
    RESUME = "resume"
    PAUSE_RELEASE = "release/pause"
    RESUME_RELEASE = "release/resume"
    CANCEL_RELEASE = "release/cancel"


_OF_RELEASE = {
    GroupAction.PAUSE_RELEASE: ReleaseEvent.PAUSED,
    GroupAction.RESUME_RELEASE: ReleaseEvent.RESUMED,
    GroupAction.CANCEL_RELEASE: ReleaseEvent.CANCELED,
}


async def group_actions(context: ActionContext, group: SpotGroup) -> list[SupportedAction]:
    """Return whether each action is possible on a Spot Group; an action that costs something has to be confirmed."""
    latest = await context.deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    release, held = latest.value if latest else None, await held_members(context, group)
    found = []
    for action in GroupAction:
        why = refused_release(release, _OF_RELEASE[action]) if action in _OF_RELEASE else None
        if action is GroupAction.CONFIRM_REMOVALS and not held:
            why = NONE_HELD
        permission = f"{_GROUPS}{'release' if action in _OF_RELEASE else action.value}"
        found.append(SupportedAction(action=action.value, permission=permission, possible=why is None, reason=why))
    return found


_REMOTE = (Remote.REBOOT, Remote.TROUBLESHOOT, Remote.CHANGE_USER_ACCOUNT_TYPE, Remote.CREATE_SNAPSHOT, Remote.RESTORE)
_GUARDS: Mapping[str, tuple[Guard, ...]] = MappingProxyType(
    {
        **{name.value: (_idle,) for name in _REMOTE},
        "rerunStep": (_idle,),
        "retry": (_planned,),
        "reprovision": (_planned,),
        BUILD_FIRST: (_idle, _planned),
        "resize": (held_plans,),
    }
)
"""Guards of each action besides the records."""


async def supported_actions(context: ActionContext, client: DurableClient, pc: CloudPc) -> list[SupportedAction]:
    """Return for each action whether it is possible on *pc*. A directory that cannot be read is a reason, no error."""
    said: dict[Guard, str | None] = {}

    async def guarded(name: str, refused: str | None, choices: tuple[str, ...] | None = None) -> SupportedAction:
        for guard in _GUARDS.get(name, ()):
            if refused is None:
                if guard not in said:
                    said[guard] = await _reason(guard(context, client, pc))
                refused = said[guard]
        permission = _CLOUD_PCS + ("reprovision" if name == BUILD_FIRST else name)
        return SupportedAction(
            action=name, permission=permission, possible=refused is None, reason=refused, choices=choices
        )

    found = [SupportedAction(action="rename", permission=f"{_CLOUD_PCS}rename", possible=True)]
    for name in ACTIONS:
        if name == "resize":
            found.append(await guarded(name, *await _resize(context, pc)))
        else:
            found.append(await guarded(name, await _refused(context, name, pc), _choices(name, pc)))
    found.append(
        await guarded(BUILD_FIRST, await _refused(context, "reprovision", pc, ReprovisionForm(build_first=True)))
    )
    return found


def host_actions(host: SessionHost) -> list[SupportedAction]:
    """Return for each action whether it is possible on a session host.

    One that ends sessions is possible also while there are some: its caller has to confirm it.
    """
    verbs = {HostAction.UNDRAIN: HostAction.DRAIN, HostAction.INCLUDE: HostAction.EXCLUDE}
    return [
        SupportedAction(
            action=action.value,
            permission=_HOSTS + verbs.get(action, action).value,
            possible=(why := refusal(host, action)) is None,
            reason=why,
        )
        for action in HostAction
    ]


class VersionVerb(StrEnum):
    """Actions on an image version, as the routes name them."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    REBOOT = "reboot"
    SEAL = "seal"
    DELETE = "delete"


async def version_actions(context: ActionContext, version: ImageVersion) -> list[SupportedAction]:
    """Return for each action whether it is possible on an image version."""
    found = []
    for verb in VersionVerb:
        why = await _reason(_guard_version(context, version, verb))
        permission = f"{_VERSIONS}{verb.value}"
        found.append(SupportedAction(action=verb.value, permission=permission, possible=why is None, reason=why))
    return found


async def _guard_version(context: ActionContext, version: ImageVersion, verb: VersionVerb) -> None:
    if verb is VersionVerb.SEAL:
        sealing(version, at=context.now, operation_id="")
    elif verb is VersionVerb.DELETE:
        await refuse_used_version(context.deps, version)
        removing(version, at=context.now, operation_id="")
    else:
        refuse_without_machine(version)


async def _refused(context: ActionContext, name: str, pc: CloudPc, form: Value | None = None) -> str | None:
    """Return why an action is not possible by the records, as a bulk action's dry run says it."""
    forms: Mapping[str, Value] = {
        "changeUserAccountType": AccountForm(user_account_type=UserAccountType.STANDARD_USER),
        "extendGrace": ExtendForm(hours=1),
        "restore": RestoreForm(restore_point_date_time=context.now, time_range=TimeRange.BEFORE_OR_AFTER),
    }
    asked = form or forms.get(name) or ACTIONS[name].form()
    return (await ACTIONS[name].judge(context, asked, (pc,)))(pc)


def _choices(name: str, pc: CloudPc) -> tuple[str, ...] | None:
    if name == "restore":
        return tuple(point.id for point in reversed(pc.current.restore_points) if point.status == "ready")
    if name == "rerunStep":
        warned = {warning.step for warning in pc.current.warnings}
        return tuple(step for step in STEPS if step in warned)
    return None


async def _resize(context: ActionContext, pc: CloudPc) -> tuple[str | None, tuple[str, ...]]:
    """Return why no resize is possible by the records, and the ids of the service plans to which one is."""
    try:
        plans = await licenses(context)
    except (UnavailableError, RefusedError) as error:
        return _unread(error), ()
    stored = await context.deps.cloud_pcs.of_user(pc.tenant_id, pc.user.id)
    of_user = [each.value for each in stored]
    blocked = {plan.id: blocker(pc, plan, of_user) for plan in plans.values()}
    choices = tuple(plan_id for plan_id, why in blocked.items() if why is None)
    reasons = {why.why for why in blocked.values() if why is not None}
    if choices:
        return None, choices
    return reasons.pop() if len(reasons) == 1 else "it can have no other service plan of the tenant", ()


async def _reason(asked: Awaitable[object]) -> str | None:
    try:
        await asked
    except ConflictError as why:
        return str(why)
    except (UnavailableError, RefusedError, NotFoundError) as error:
        return _unread(error)
    return None


def _unread(error: Exception) -> str:
    _log.warning("what may be done could not be asked of the directory: %s", error)
    return _UNREAD
