"""Preview of a change of policies, settings or pauses: the plan with it, compared with the plan without. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.planning.plans import Plan
from shared.domain.spot.foresight import MembersForesight
from shared.domain.values import Value

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
    members: MembersForesight | None = Field(None, description="of a Spot Group: what would become of its members")


def foresight(now: Plan, then: Plan, records: tuple[CloudPc, ...], *, complete: bool) -> Foresight:
    """Return the actions that are in the plan *then* and not in *now*. *records*: the Cloud PCs at present."""
    known = {pc.id: pc for pc in records}
    before, after = dict(_actions(now, known)), dict(_actions(then, known))
    found = [
        _foreseen(known.get(pc.id), pc, action)
        for action, pc in after.values()
        if pc.id not in before or _shown(*before[pc.id]) != _shown(action, pc)
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


def _shown(action: ForeseenAction, pc: CloudPc) -> tuple[ForeseenAction, str | None, str | None]:
    return action, pc.current.snapshot.policy_id if pc.current.snapshot else None, _reason(action, pc)


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
