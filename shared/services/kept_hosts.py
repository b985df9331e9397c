"""The dedicated host that was kept for a user who left: it goes when the directory has said that they are gone."""

from __future__ import annotations

from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.asking import Confirmation, held_back
from shared.domain.destroying import Act
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.host import HostEvent, HostTask, SessionHost, does
from shared.domain.spot.host_steps import HostStep
from shared.domain.spot.members import MemberStatus
from shared.domain.spot.reasons import Reason
from shared.errors import NotFoundError
from shared.services.holding_back import ASK_AGAIN, hold_back_host, note_host
from shared.services.member_plans import confirmed_leavers
from shared.storage.due import DueKind, next_of

_SILENT = "the directory did not say whether the user is in a group of the Spot Group"


async def may_be_removed(deps: Dependencies, group: SpotGroup, host: SessionHost) -> bool:
    """Return whether the engine may remove *host*, which was kept until now: the directory says that its user has left.

    Whoever is in a group again keeps it, unless they are a member who has no place: that is the quantity's doing.
    Without an answer it is kept, and asked about again. Raises: ThrottledError.
    """
    if host.assigned_user_id is None or host.kept_until is None:
        return False  # the plan before this step is old: nobody has left
    gone = await _is_gone(deps, group, host)
    if gone is None:
        await hold_back_host(deps, host, Act.REMOVE_HOST, _SILENT)
        return False
    if gone:
        await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(held_back=None))
        return True
    await deps.due.put(DueKind.SPOT, next_of(ASK_AGAIN, deps.clock.now(), group.id), group.tenant_id, group.id)
    await deps.session_hosts.change(
        host.tenant_id, host.id, lambda there: there.but(kept_until=None, held_back=None)
    )  # the members are read anew; the next plan gives it another day if the user has no place then
    return False


def removes_kept(host: SessionHost) -> bool:
    """Whether a host is being removed because its user has left, and nothing of it is removed yet."""
    work = host.work
    removes = work is not None and work.task is HostTask.REMOVE and work.reason == Reason.USER_LEFT.value
    return removes and host.step != HostStep.REMOVE.value


async def confirm_removal(deps: Dependencies, group: SpotGroup, host: SessionHost) -> Confirmation | None:
    """Ask about the user of a host whose removal is to go on; None: it is kept, as before the removal.

    Without an answer it is kept for ten minutes; then the engine decides again. Raises: ThrottledError.
    """
    at = deps.clock.now()
    gone = await _is_gone(deps, group, host)
    if gone:
        return Confirmation(
            act=Act.REMOVE_HOST, tenant_id=host.tenant_id, subject_id=host.id, generation=host.run, at=at
        )
    next_at = next_of(ASK_AGAIN, at, group.id)
    await deps.due.put(DueKind.SPOT, next_at, group.tenant_id, group.id)
    await _keep(deps, host, next_at if gone is None else None, at)
    return None


async def _keep(deps: Dependencies, host: SessionHost, until: datetime | None, at: datetime) -> None:
    """Take back the removal of a host of which nothing is removed; *until*: it waits for an answer until then."""

    def edit(there: SessionHost) -> SessionHost | None:
        if not does(there, host.run) or not removes_kept(there):
            return None
        act = Act.REMOVE_HOST.value
        waits = held_back(there.held_back, act, _SILENT, at=at, next_at=until) if until else None
        return there.after(HostEvent.KEPT, at=at, work=None, step=None, kept_until=until, held_back=waits)

    try:
        after = await deps.session_hosts.change(host.tenant_id, host.id, edit)
    except NotFoundError:
        return
    await note_host(deps, after, at)


async def _is_gone(deps: Dependencies, group: SpotGroup, host: SessionHost) -> bool | None:
    """Ask the directory whether the user of *host* has no place any more; None: no answer. Raises: ThrottledError."""
    user_id = host.assigned_user_id
    if user_id is None or host.kept_until is None:
        return False
    tenant = (await deps.tenants.get(group.tenant_id)).value
    left = (await confirmed_leavers(deps.graph(tenant), group, [user_id])).get(user_id)
    return None if left is None else left or await _waits_for_a_place(deps, group, user_id)


async def _waits_for_a_place(deps: Dependencies, group: SpotGroup, user_id: str) -> bool:
    member_id = naming.derived_id("spotMember", group.tenant_id, group.id, user_id)
    member = await deps.spot_members.find(group.tenant_id, member_id)
    return member is not None and member.value.status is MemberStatus.WAITING
