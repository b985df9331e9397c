"""Why a user has, or waits for, a desktop of a Spot Group: from the records, as the engine has seen them last."""

from __future__ import annotations

from shared.domain.spot.explaining import DesktopExplanation, explain_desktop
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.state import SpotGroupState
from shared.services.action_context import ActionContext
from shared.services.spot_pausing import pause_of


async def explain_desktop_of(context: ActionContext, group: SpotGroup, id_or_upn: str) -> DesktopExplanation:
    """Explain a user's desktop in a group, named by id or principal name. Raises: NotFoundError."""
    deps = context.deps
    members = [each.value async for each in deps.spot_members.each(group.tenant_id, group_id=group.id)]
    hosts = await deps.session_hosts.of_group(group.tenant_id, group.id)
    found = await deps.spot_states.find(group.tenant_id, group.id)
    known = found.value if found else SpotGroupState(id=group.id, tenant_id=group.tenant_id)
    state = known.but_paused(await pause_of(context, group))
    named = id_or_upn.casefold()
    user = next(
        (
            (each.user_id, each.user_principal_name)
            for each in members
            if named in {each.user_id.casefold(), each.user_principal_name.casefold()}
        ),
        None,
    )
    if user is None:
        there = await deps.graph(context.tenant).user(id_or_upn)
        user = (there.id, there.user_principal_name)
    return explain_desktop(group, state, members, hosts, user, deps.clock.now())
