"""The dedicated host that was kept for a user who left: it goes when the directory has said that they are gone."""

from __future__ import annotations

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.destroying import Act
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.host import SessionHost
from shared.domain.spot.members import MemberStatus
from shared.services.holding_back import ASK_AGAIN, hold_back_host
from shared.services.member_plans import confirmed_leavers
from shared.storage.due import DueKind, next_of

_SILENT = "the directory did not say whether the user is in a group of the Spot Group"


async def may_be_removed(deps: Dependencies, group: SpotGroup, host: SessionHost) -> bool:
    """Return whether the engine may remove *host*, which was kept until now: the directory says that its user has left.

    Whoever is in a group again keeps it, unless they are a member who has no place: that is the quantity's doing.
    Without an answer it is kept, and asked about again. Raises: ThrottledError.
    """
    user_id = host.assigned_user_id
    if user_id is None or host.kept_until is None:
        return False  # the plan before this step is old: nobody has left
    tenant = (await deps.tenants.get(group.tenant_id)).value
    left = (await confirmed_leavers(deps.graph(tenant), group, [user_id])).get(user_id)
    if left is None:
        await hold_back_host(deps, host, Act.REMOVE_HOST, _SILENT)
        return False
    if left or await _waits_for_a_place(deps, group, user_id):
        await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(held_back=None))
        return True
    await deps.due.put(DueKind.SPOT, next_of(ASK_AGAIN, deps.clock.now(), group.id), group.tenant_id, group.id)
    await deps.session_hosts.change(
        host.tenant_id, host.id, lambda there: there.but(kept_until=None, held_back=None)
    )  # the members are read anew; the next plan gives it another day if the user has no place then
    return False


async def _waits_for_a_place(deps: Dependencies, group: SpotGroup, user_id: str) -> bool:
    member_id = naming.derived_id("spotMember", group.tenant_id, group.id, user_id)
    member = await deps.spot_members.find(group.tenant_id, member_id)
    return member is not None and member.value.status is MemberStatus.WAITING
