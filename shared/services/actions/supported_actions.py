"""Possible actions on Cloud PCs, Spot Groups, session hosts and image versions: from the actions' own guards.

What the catalogue of actions says by the records comes first; only what these do not refuse is asked of the host of the
orchestrations and of the directory.
"""

import logging
from collections.abc import Awaitable

from pydantic import Field

from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.spot.groups.actions import GroupAction, HostAction, SpotAction, VersionVerb
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.release import ReleaseEvent
from shared.domain.spot.images.image_version import ImageVersion
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from shared.services.actions.catalogue import PERFORMERS
from shared.services.actions.performing import Guard
from shared.services.operations.action_context import ActionContext
from shared.services.spot.groups import NONE_HELD, held_members
from shared.services.spot.image_versions import refuse_used_version, removing, sealing
from shared.services.spot.releases import refusal as refused_release
from shared.services.spot.session_hosts import refusal
from shared.services.spot.version_actions import refuse_without_machine
from shared.workflow import DurableClient

_UNREAD = "the directory cannot be read at the moment; try again later"
_log = logging.getLogger("deskwright.services")


class SupportedAction(Value):
    """Whether an action is possible now. *reason*: why it is not."""

    action: str
    permission: str = Field(description="what the caller's roles have to allow")
    possible: bool
    reason: str | None = None
    choices: tuple[str, ...] | None = Field(
        None,
        description="of a resize the service plans, of a restore the restore points, of rerunStep the steps, "
        "of applySettings the settings",
    )


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
        found.append(_supported(action, why))
    return found


async def supported_actions(context: ActionContext, client: DurableClient, pc: CloudPc) -> list[SupportedAction]:
    """Return for each action whether it is possible on *pc*. A directory that cannot be read is a reason, no error."""
    said: dict[Guard, str | None] = {}
    found = []
    for name, performer in PERFORMERS.items():
        refused = performer.refuses(pc, performer.sample(pc))
        choices = performer.choices(pc) if performer.choices else None
        if performer.looks:
            refused, choices = await _looked(performer.looks(context, pc))
        for guard in performer.guards:
            if refused is None:
                if guard not in said:
                    said[guard] = await _reason(guard(context, client, pc))
                refused = said[guard]
        supported = SupportedAction(
            action=name,
            permission=ACTIONS[name].permission,
            possible=refused is None,
            reason=refused,
            choices=choices,
        )
        found.append(supported)
    return found


def host_actions(host: SessionHost) -> list[SupportedAction]:
    """Return for each action whether it is possible on a session host.

    One that ends sessions is possible also while there are some: its caller has to confirm it.
    """
    return [_supported(action, refusal(host, action)) for action in HostAction]


async def version_actions(context: ActionContext, version: ImageVersion) -> list[SupportedAction]:
    """Return for each action whether it is possible on an image version."""
    found = []
    for verb in VersionVerb:
        why = await _reason(_guard_version(context, version, verb))
        found.append(_supported(verb, why))
    return found


def _supported(action: SpotAction, why: str | None) -> SupportedAction:
    return SupportedAction(action=action.value, permission=action.permission, possible=why is None, reason=why)


async def _guard_version(context: ActionContext, version: ImageVersion, verb: VersionVerb) -> None:
    if verb is VersionVerb.SEAL:
        sealing(version, at=context.now, operation_id="")
    elif verb is VersionVerb.DELETE:
        await refuse_used_version(context.deps, version)
        removing(version, at=context.now, operation_id="")
    else:
        refuse_without_machine(version)


async def _looked(looking: Awaitable[tuple[str | None, tuple[str, ...]]]) -> tuple[str | None, tuple[str, ...]]:
    try:
        return await looking
    except (UnavailableError, RefusedError) as error:
        return _unread(error), ()


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
