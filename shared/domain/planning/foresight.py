"""Foresight: the users of a policy, and the builds, moves and grace periods that would follow from a change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cost.forecast import CostChange
from shared.domain.planning.drift import Drift, TenantPolicies
from shared.domain.planning.entitlements import Entitlement, winner
from shared.domain.planning.explain import standing
from shared.domain.planning.plans import Plan
from shared.domain.policies.policy import Policy
from shared.domain.spot.groups.foresight import MembersForesight
from shared.domain.values import Value


class Standing(StrEnum):
    """Status of a member of an assigned group."""

    HAS = "has"
    WAITS = "waits"
    LACKS = "lacks"


class PolicyUserCloudPc(Value):
    """One Cloud PC of a member."""

    id: str
    service_plan_name: str
    status: Status
    drift: Drift | None = None


class PolicyUser(Value):
    """One member: *standing* sums up their Cloud PCs, *because* is the reason."""

    user: User
    standing: Standing
    because: str
    cloud_pcs: tuple[PolicyUserCloudPc, ...] = ()


def policy_users(
    policy: Policy, today: TenantPolicies, members: Iterable[Entitlement], cloud_pcs: Iterable[CloudPc]
) -> tuple[PolicyUser, ...]:
    """Return every member of the policy's groups, by name.

    *members*: with all their licences and all assigned groups they are in, of this policy or another.
    """
    groups = {assignment.group_id for assignment in policy.assignments}
    records: dict[str, list[CloudPc]] = {}
    for pc in cloud_pcs:
        records.setdefault(pc.user.id, []).append(pc)
    return tuple(
        _entry(policy, today, member, records.get(member.user.id, []))
        for member in sorted(members, key=lambda m: m.user.user_principal_name)
        if member.group_ids & groups
    )


def _entry(policy: Policy, today: TenantPolicies, member: Entitlement, records: list[CloudPc]) -> PolicyUser:
    first = winner(today.policies.values(), member.group_ids)
    built = [pc for pc in records if pc.status is not Status.NOT_PROVISIONED]
    standing_, because = _standing(policy, first, member, built)
    return PolicyUser(
        user=member.user,
        standing=standing_,
        because=because,
        cloud_pcs=tuple(
            PolicyUserCloudPc(id=pc.id, service_plan_name=pc.plan.display_name, status=pc.status, drift=today.drift(pc))
            for pc in built
        ),
    )


def _standing(policy: Policy, first: Policy | None, member: Entitlement, built: list[CloudPc]) -> tuple[Standing, str]:
    mine = [pc for pc in built if pc.current.snapshot is None or pc.current.snapshot.policy_id == policy.id]
    if mine:
        return _of_records(mine, len(member.plans) if member.user.account_enabled else 0)
    if not member.user.account_enabled:
        return Standing.LACKS, "The account is disabled."
    if first is not None and first.id != policy.id:
        return Standing.LACKS, f"Policy {first.display_name} was assigned first and wins."
    if not member.plans:
        return Standing.LACKS, "The user has no Cloud PC licence."
    if built:
        return Standing.LACKS, "The Cloud PC was built from another policy and stays there."
    return Standing.WAITS, "The user has licence and policy. The next reconcile creates the Cloud PC."


def _of_records(mine: list[CloudPc], licences: int) -> tuple[Standing, str]:
    ready = sum(pc.status in WORKING for pc in mine)
    failed = [pc for pc in mine if pc.status is Status.FAILED]
    waiting = [pc for pc in mine if pc.status not in WORKING and pc.status is not Status.FAILED]
    if failed:
        return Standing.LACKS, standing(failed[0])
    if waiting:
        return Standing.WAITS, standing(waiting[0])
    if ready < licences:
        return Standing.WAITS, f"{ready} of {licences} Cloud PCs are ready."
    return Standing.HAS, standing(mine[0])


MOST_SHOWN = 1000


class ForeseenAction(StrEnum):
    """Foreseen action on a Cloud PC."""

    PROVISION = "provision"
    WAIT = "wait"  # it is planned, and may not begin
    BEGIN_GRACE = "beginGrace"
    CANCEL = "cancel"  # what does not work yet is cancelled and removed
    CONFIRM_REMOVAL = "confirmRemoval"  # the removal brake would hold its removal
    END_GRACE = "endGrace"  # its user keeps it
    RESIZE = "resize"
    MOVE = "move"  # its user comes to its policy by another group
    LIST = "list"  # a licence without a Cloud PC, with the reason
    DELETE = "delete"  # a record of what was never built
    STAY = "stay"  # what would happen without the change does not


class Foreseen(Value):
    """Foreseen change of one Cloud PC. *policy_name*: the policy by which it is or would be built."""

    cloud_pc_id: str
    user_principal_name: str
    service_plan_name: str
    status: Status
    action: ForeseenAction
    policy_name: str | None = None
    reason: str | None = None


class Foresight(Value):
    """Effects of a change. *complete*: whether the directory answered in full; else nobody loses anything by it."""

    summary: str
    complete: bool
    counts: dict[ForeseenAction, int]
    differ: int | None = Field(None, description="of an edit: of how many Cloud PCs a rebuild would change the machine")
    changed: tuple[str, ...] | None = Field(None, description="of an edit or of settings: what changes")
    value: tuple[Foreseen, ...]
    more: bool = Field(description=f"whether there are more than the {MOST_SHOWN} that are shown")
    monthly_cost: CostChange | None = Field(
        None, description="of the machines that would be built and that would go, always on; None: of neither"
    )
    members: MembersForesight | None = Field(None, description="of a Spot Group: what would become of its members")


def foresight(now: Plan, then: Plan, records: tuple[CloudPc, ...], *, complete: bool) -> Foresight:
    """Return the actions that are in the plan *then* and not in *now*. *records*: the Cloud PCs at present."""
    known = {pc.id: pc for pc in records}
    before, after = dict(_actions(now, known)), dict(_actions(then, known))
    found = [
        _foreseen(known.get(pc.id), pc, action)
        for action, pc in after.values()
        if pc.id not in before or _with_reason(*before[pc.id]) != _with_reason(action, pc)
    ]
    found += [
        _foreseen(known.get(pc.id), known.get(pc.id, pc), ForeseenAction.STAY)
        for _, pc in before.values()
        if pc.id not in after
    ]
    order = tuple(ForeseenAction)
    found.sort(key=lambda each: (order.index(each.action), each.user_principal_name, each.cloud_pc_id))
    counts = Counter(each.action for each in found)
    return Foresight(
        summary=_summary(counts),
        complete=complete,
        counts={action: counts[action] for action in order if counts[action]},
        value=tuple(found[:MOST_SHOWN]),
        more=len(found) > MOST_SHOWN,
    )


_ADDS = frozenset({ForeseenAction.PROVISION, ForeseenAction.WAIT, ForeseenAction.RESIZE})
_ENDS = frozenset({ForeseenAction.BEGIN_GRACE, ForeseenAction.CANCEL, ForeseenAction.CONFIRM_REMOVAL})


def machines_changed(now: Plan, then: Plan, records: tuple[CloudPc, ...]) -> tuple[list[CloudPc], list[CloudPc]]:
    """Return the Cloud PCs whose machines a change adds, and the ones whose machines it removes, also after a grace.

    One that is resized is in both, with its plans.
    """
    known = {pc.id: pc for pc in records}
    before, after = dict(_actions(now, known)), dict(_actions(then, known))
    added = [pc for action, pc in after.values() if action in _ADDS and before.get(pc.id, (None,))[0] not in _ADDS]
    added += [known[i] for i, (action, _) in before.items() if action in _ENDS and i in known and i not in after]
    removed = [
        known[pc.id]
        for action, pc in after.values()
        if pc.id in known
        and (action in _ENDS or action is ForeseenAction.RESIZE)
        and before.get(pc.id, (None,))[0] is not action
    ]
    return added, removed


_WORDS = {
    ForeseenAction.PROVISION: "would be built",
    ForeseenAction.WAIT: "would wait",
    ForeseenAction.BEGIN_GRACE: "would enter a grace period",
    ForeseenAction.CANCEL: "would be cancelled",
    ForeseenAction.CONFIRM_REMOVAL: "would wait for the confirmation of their removal",
    ForeseenAction.END_GRACE: "would be kept",
    ForeseenAction.RESIZE: "would be resized",
    ForeseenAction.MOVE: "would move to another group",
    ForeseenAction.LIST: "would be listed without a Cloud PC",
    ForeseenAction.DELETE: "would not be listed any more",
    ForeseenAction.STAY: "would stay as they are",
}


def _summary(counts: Counter[ForeseenAction]) -> str:
    said = [f"{counts[action]} {words}" for action, words in _WORDS.items() if counts[action]]
    return f"{', '.join(said)}." if said else "No Cloud PC would change."


def _actions(plan: Plan, records: Mapping[str, CloudPc]) -> Iterator[tuple[str, tuple[ForeseenAction, CloudPc]]]:
    planned = {pc.id: pc for pc in (*plan.waiting, *plan.provision)}
    parts = {
        ForeseenAction.LIST: plan.list_only,
        ForeseenAction.MOVE: plan.moved,
        ForeseenAction.WAIT: tuple(pc for pc in planned.values() if pc.id not in plan.start),
        ForeseenAction.PROVISION: tuple(planned.get(pc_id) or records[pc_id] for pc_id in plan.start),
        ForeseenAction.BEGIN_GRACE: plan.grace,
        ForeseenAction.CANCEL: plan.cancel,
        ForeseenAction.CONFIRM_REMOVAL: plan.removals,
        ForeseenAction.END_GRACE: plan.reprieves,
        ForeseenAction.RESIZE: plan.resizes,
        ForeseenAction.DELETE: plan.delete,
    }
    for action, pcs in parts.items():
        for pc in pcs:
            yield pc.id, (action, pc)


def _with_reason(action: ForeseenAction, pc: CloudPc) -> tuple[ForeseenAction, str | None, str | None]:
    return action, pc.current.policy_id, _reason(action, pc)


def _reason(action: ForeseenAction, pc: CloudPc) -> str | None:
    match action:
        case ForeseenAction.BEGIN_GRACE:
            return pc.grace.cause.value if pc.grace else None
        case ForeseenAction.CANCEL:
            return pc.removal.cause.value if pc.removal else None
        case ForeseenAction.CONFIRM_REMOVAL:
            return pc.removal.why if pc.removal else None
        case ForeseenAction.WAIT | ForeseenAction.LIST:
            return pc.current.reason
        case _:
            return None


def _foreseen(now: CloudPc | None, pc: CloudPc, action: ForeseenAction) -> Foreseen:
    return Foreseen(
        cloud_pc_id=pc.id,
        user_principal_name=pc.user.user_principal_name,
        service_plan_name=pc.plan.display_name,
        status=now.status if now else Status.NOT_PROVISIONED,
        action=action,
        policy_name=pc.current.snapshot.policy_name if pc.current.snapshot else None,
        reason=_reason(action, pc),
    )
