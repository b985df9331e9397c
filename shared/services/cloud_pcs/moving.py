"""Moving Cloud PCs to another policy: the new machine is built first, the licence stays, and no grace period begins."""

from collections.abc import Callable, Iterable, Sequence

from shared.contracts.calls import on_behalf_of
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.destroying import Unanswered
from shared.domain.operations.operation import Operation
from shared.domain.planning.entitlements import linked
from shared.domain.policies.policy import Policy
from shared.domain.values import Id, Value
from shared.errors import ConflictError, NotFoundError
from shared.services.cloud_pcs.builds import plan_now
from shared.services.cloud_pcs.machine_changes import refusal, replace, same_policy
from shared.services.directory.fresh_readings import asked
from shared.services.operations.action_context import ActionContext
from shared.workflow import DurableClient

_NOT_TARGETED = "the policy does not target a group the user is in"


class MoveForm(Value):
    """The policy to which a Cloud PC moves; it has to target its user."""

    provisioning_policy_id: Id


async def move(context: ActionContext, client: DurableClient, cloud_pc_id: str, form: MoveForm) -> Operation:
    """Begin the move of a Cloud PC; its user works with the machine they have until the new one is ready.

    Raises: ConflictError unless the Cloud PC works, nothing is at work on it, and the policy targets its user.
    """
    return await replace(context, client, cloud_pc_id, policy_id=form.provisioning_policy_id, kind="moveToPolicy")


def unmovable(pc: CloudPc, form: MoveForm) -> str | None:
    """Return why a Cloud PC cannot move by its record, or None when it can."""
    return refusal(pc) or same_policy(pc, form.provisioning_policy_id)


async def judge_moves(
    context: ActionContext, form: MoveForm, fleet: Sequence[CloudPc]
) -> Callable[[CloudPc], str | None]:
    """Return the refusal of a move for many: the members of the policy's groups are read once.

    A group that is not answered refuses nobody in advance: each move asks about its own user.
    """
    del fleet
    found = await context.deps.policies.find(context.tenant_id, form.provisioning_policy_id)
    if found is None or not found.value.assignments:
        return lambda pc: unmovable(pc, form) or _NOT_TARGETED
    members = await _members(context, {each.group_id for each in found.value.assignments})

    def refuses(pc: CloudPc) -> str | None:
        outside = members is not None and pc.user.id not in members
        return unmovable(pc, form) or (_NOT_TARGETED if outside else None)

    return refuses


async def _members(context: ActionContext, group_ids: Iterable[str]) -> set[str] | None:
    """Return the ids of the users in some groups, or None if one of them is not answered."""
    members: set[str] = set()
    for group_id in sorted(group_ids):
        with on_behalf_of(context.tenant_id):
            users = await asked(context.deps.graph(context.tenant).group_users(group_id))
        if isinstance(users, Unanswered):
            return None
        members |= {user.id for user in users or ()}
    return members


async def movable(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError unless another policy targets the user, and could build for them now."""
    del client
    others = await _others(context, pc)
    groups = sorted({each.group_id for policy in others for each in policy.assignments})
    try:
        there = await context.deps.graph(context.tenant).member_group_ids(pc.user.id, groups) if groups else frozenset()
    except NotFoundError as error:
        raise ConflictError("the directory no longer has the user") from error
    found = next((each.id for each in others if linked((each,), each.id, there)), None)
    if found is None:
        raise ConflictError("no other policy targets a group the user is in")
    await plan_now(context, pc, None, found)


async def _others(context: ActionContext, pc: CloudPc) -> list[Policy]:
    assigned = [each.value async for each in context.deps.policies.each(context.tenant_id, assigned=True)]
    return [each for each in assigned if same_policy(pc, each.id) is None]


async def targets(context: ActionContext, pc: CloudPc) -> tuple[str | None, tuple[str, ...]]:
    """Return why no move of a Cloud PC is possible by the records, and the policies to which it may be."""
    others = tuple(sorted(each.id for each in await _others(context, pc)))
    if why := refusal(pc):
        return why, ()
    return (None, others) if others else ("no other policy is assigned to anybody", ())
