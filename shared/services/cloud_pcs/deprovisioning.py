"""The end of a Cloud PC: its grace period, and the clean-up of its remains."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pydantic import Field

from shared.contracts.builds import CLEAN_UP, leftovers_of
from shared.contracts.desktops import DEPROVISION, DeprovisionOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace
from shared.domain.cloud_pcs.lifecycle import WORKING, Phase, Status
from shared.domain.destroying import Act, Confirmation, Unanswered
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.directory.second_questions import ASK_AGAIN, Claim, ask_for_claim, hold_back, successor_is_there
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, make_change, resume_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled, start_watched
from shared.services.operations.writes import change, change_cloud_pc, replacement
from shared.services.policies.reconciling import reconcile_users
from shared.storage.due import Due, DueKind, grace_due, read_once, reminder_due
from shared.storage.repository import Stored
from shared.workflow import DurableClient, is_alive, start

END_GRACE = "endGracePeriod"


class ExtendForm(Value):
    """Hours by which a grace period is extended."""

    hours: int = Field(ge=1, le=8760, description="1 to 8760")


class HoldForm(Value):
    """Whether a grace period is held; the time for which it was held is added to it."""

    held: bool = True


async def end_grace(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> Operation:
    """End a grace period now; return its operation, also when it is being ended already.

    Raises: ConflictError outside of a grace period.
    """
    deps, tenant = context.deps, context.tenant
    resource = Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    before = (await context.cloud_pc(cloud_pc_id)).value
    order = DeprovisionOrder(tenant_id=tenant.id, cloud_pc_id=cloud_pc_id, generation=before.current.generation)
    start = partial(deprovision, deps, client, order)
    resumed = await resume_operation(context, resource, start, begun=lambda id_: before.current.operation_id == id_)
    if resumed is not None:
        return resumed
    _grace_of(before)
    if (ending := await _being_ended(context, before)) is not None:
        return ending

    def edit(pc: CloudPc) -> CloudPc:
        grace = _grace_of(pc)
        if pc.current.operation_id != before.current.operation_id:
            raise ConflictError("somebody else is ending its grace period just now", status=pc.status.value)
        ended = grace.but(ends_at=context.now, held_at=None)
        return pc.with_current(operation_id=context.operation_id).but(grace=ended, last_modified_date_time=context.now)

    promise = partial(deps.due.put, DueKind.DEPROVISION, context.now, tenant.id, cloud_pc_id, before.current.generation)
    write = change_cloud_pc(context, before, edit)
    begun = await begin_operation(context, END_GRACE, resource, write, promise=promise, start=lambda _: start())
    return begun.operation


async def _being_ended(context: ActionContext, pc: CloudPc) -> Operation | None:
    """Return the operation by which somebody is ending the grace period, None when nobody is."""
    if pc.current.operation_id is None or not _grace_of(pc).over(context.now):
        return None
    found = await context.deps.operations.find(pc.tenant_id, pc.current.operation_id)
    return found.value if found and found.value.kind == END_GRACE and not found.value.ended else None


async def is_ended_by_hand(deps: Dependencies, pc: CloudPc) -> bool:
    """Whether a person has asked for the end of its grace period."""
    if pc.current.operation_id is None:
        return False
    found = await deps.operations.find(pc.tenant_id, pc.current.operation_id)
    return found is not None and found.value.kind == END_GRACE and not found.value.ended


async def deprovision(deps: Dependencies, client: DurableClient, order: DeprovisionOrder) -> bool:
    """Start to take a Cloud PC out of use, if its record says that it is time; False: that runs already."""
    instance_id = _instance(order)
    return await start_watched(deps, client, DEPROVISION, order, tenant_id=order.tenant_id, instance_id=instance_id)


def _instance(order: DeprovisionOrder) -> str:
    return naming.instance_id(order.tenant_id, order.cloud_pc_id, "deprovision", order.generation)


async def deprovision_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start to take a Cloud PC out of use; the workflow checks in the record whether it is time."""
    order = DeprovisionOrder(tenant_id=due.tenant_id, cloud_pc_id=due.subject_id, generation=due.generation)
    if await end_stalled(client, DEPROVISION, _instance(order), deps.clock.now()):
        return deps.clock.now() + AGAIN_AFTER
    await deprovision(deps, client, order)
    return None  # the workflow writes the next due row itself


async def remind_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Write into a Cloud PC that its user is reminded of the end of its grace period, which tells the event.

    Return when to look again, where the grace period was extended.
    """
    del client
    found, now = await deps.cloud_pcs.find(due.tenant_id, due.subject_id), deps.clock.now()

    def edit(pc: CloudPc) -> CloudPc | None:
        grace = pc.grace if pc.status is Status.IN_GRACE_PERIOD else None
        if grace is None or grace.held_at is not None or grace.reminder_at is None:
            return None
        if not grace.reminder_at <= now < grace.ends_at:
            return None
        return pc.but(grace=grace.but(reminded_of=grace.ends_at), last_modified_date_time=now)

    if found is None or found.value.grace is None:
        return None
    after = await deps.cloud_pcs.change(due.tenant_id, due.subject_id, edit, known=found)
    again = reminder_due(after)
    return again.at if again is not None and again.at > now else None


async def lengthen_grace(context: ActionContext, stored: Stored[CloudPc], hours: int) -> CloudPc:
    """Let a grace period last longer; the very same request does that once. Raises: ConflictError outside of one."""
    extension = context.new_id("extension")

    def extend(grace: Grace) -> Grace:
        if grace.extended_by == extension:
            return grace
        return grace.extend(timedelta(hours=hours), context.now).but(extended_by=extension)

    return await change_grace(context, stored, extend)


async def change_grace(context: ActionContext, stored: Stored[CloudPc], edit: Callable[[Grace], Grace]) -> CloudPc:
    """Change a grace period, and before that the promise of its end. Raises: ConflictError outside of one."""
    deps, before = context.deps, stored.value
    changed = edit(_grace_of(before))
    after = (
        before
        if changed == before.grace
        else before.but(grace=changed, held_back=None, last_modified_date_time=context.now)
    )
    if after == before and not context.repeatable:
        return before
    dues = [due for due in (grace_due(after), reminder_due(after)) if due is not None]

    async def promise() -> None:
        for due in dues:
            await deps.due.put_all([due])

    write = replacement(stored, after, deps.cloud_pcs.replace)
    return (await make_change(context, Resource(ResourceType.CLOUD_PC, before.id), write, promise=promise)).value


def refusal(pc: CloudPc) -> str | None:
    """Return why there is no grace period of *pc* to change, None when there is one."""
    if pc.status is Status.IN_GRACE_PERIOD and pc.grace is not None:
        return None
    return f"it has no grace period; it is {pc.status.value}"


def _grace_of(pc: CloudPc) -> Grace:
    if (why := refusal(pc)) is None and pc.grace is not None:
        return pc.grace
    raise ConflictError(why or "it has no grace period", status=pc.status.value)


async def confirm_removal(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> CloudPc:
    """Confirm a removal that waits; the user is read and planned again. Raises: ConflictError when none waits."""
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.removal is None:
            raise ConflictError("no removal of it waits to be confirmed", status=pc.status.value)
        if pc.removal.confirmed_by:
            return None
        return pc.but(removal=pc.removal.but(confirmed_by=context.actor.name), last_modified_date_time=context.now)

    origin = f"confirm/{context.trace_id}/{cloud_pc_id}"
    return await make_change(
        context,
        Resource(ResourceType.CLOUD_PC, cloud_pc_id),
        change(before, edit, partial(deps.cloud_pcs.change, tenant.id, cloud_pc_id)),
        start=lambda after: reconcile_users(deps, client, tenant.id, (after.user.id,), origin=origin),
    )


_LOOK_AGAIN = timedelta(hours=1)
"""Time until work that waits for a person, or for another plan, is looked at again."""

_CLEANED_BY = timedelta(minutes=15)
"""Time until a sweep checks that a clean-up has ended; a running clean-up is left alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A clean-up that waits: *why*, and when it is asked again."""

    why: str
    next_at: datetime


async def clean_up_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start the clean-up of a Cloud PC that failed or is out of use; a new build that came first has cancelled it.

    The record is claimed before the start (``clean_up_at`` goes): from then on a retry is refused until it is done.
    """
    found = await deps.machines.find(due.tenant_id, due.subject_id)
    if found is None:
        return None
    build, now = _to_clean_up(found.value, due), deps.clock.now()
    if build is None:
        return None
    instance_id = _clean_up_instance(found.value, build)
    if build.clean_up_at is None and await is_alive(client, instance_id):
        stalled = await end_stalled(client, CLEAN_UP, instance_id, now)
        return now + (AGAIN_AFTER if stalled else _CLEANED_BY)
    if (held := await hold_back_clean_up(deps, found.value, build)) is not None:
        await _give_back(deps, found.value, build, held.next_at)
        return held.next_at

    def claim(pc: CloudPc) -> CloudPc | None:
        build = _to_clean_up(pc, due)
        return pc.with_build(build.but(clean_up_at=None)).but(held_back=None) if build else None

    pc = await deps.machines.change(due.tenant_id, due.subject_id, claim)
    claimed = _to_clean_up(pc, due)
    if claimed is None:
        return None
    confirmation = Confirmation(
        act=_act(pc, claimed), tenant_id=pc.tenant_id, subject_id=pc.id, generation=claimed.generation, at=now
    )
    settings = (await deps.tenants.get(pc.tenant_id)).value.settings
    for order in leftovers_of(pc, claimed, kept_in_days=settings.deleted_cloud_pcs_kept_in_days):
        alone = order.but(standing_alone=True, confirmation=confirmation)
        await start(client, CLEAN_UP, alone, instance_id=instance_id)
    return deps.clock.now() + _CLEANED_BY  # a clean-up that broke off would refuse every retry for ever


async def hold_back_clean_up(deps: Dependencies, pc: CloudPc, build: Build) -> Held | None:
    """Ask whether a machine that may have been used can be cleaned up: at the start, and before long steps.

    Return why it waits, which the record has then; None when it may go on. Raises: ThrottledError.
    """
    why = await (_why_not(deps, pc, build) if build is pc.current else _why_not_replaced(deps, pc, build))
    if why is None:
        return None
    again = ASK_AGAIN if isinstance(why, Unanswered) else _LOOK_AGAIN
    words = why.why if isinstance(why, Unanswered) else why
    return Held(words, await hold_back(deps, pc, _act(pc, build), words, again=again))


def _act(pc: CloudPc, build: Build) -> Act:
    if build is not pc.current:
        return Act.CLEAN_UP_REPLACED
    return Act.CLEAN_UP_FAILED if pc.status is Status.FAILED else Act.CLEAN_UP_REMOVED


def _clean_up_instance(pc: CloudPc, build: Build) -> str:
    return naming.instance_id(pc.tenant_id, pc.id, "cleanup", build.generation)


async def _give_back(deps: Dependencies, pc: CloudPc, build: Build, at: datetime) -> None:
    """Plan the clean-up anew of a build of which one has broken off: until then it may be retried."""

    def edit(there: CloudPc) -> CloudPc | None:
        found = there.build(build.generation)
        if found is None or found.clean_up_at is not None or not there.to_clean_up(found):
            return None
        return there.with_build(found.but(clean_up_at=at))

    if build.clean_up_at is None:
        await deps.machines.change(pc.tenant_id, pc.id, edit)


async def _why_not(deps: Dependencies, pc: CloudPc, build: Build) -> Unanswered | str | None:
    """Ask the directory about the user; return why the current build is not cleaned up now."""
    claim = await ask_for_claim(deps, pc)
    if isinstance(claim, Unanswered):
        return claim
    if claim is Claim.GONE:
        return None
    if pc.status is Status.DEPROVISIONING:
        await deps.due.put_all([read_once(pc, deps.clock.now())])  # it is built anew, which cleans up first
        return "its user has licence and group again"
    if build.restore_points or build.disks:
        return "its user is entitled to it, and there are restore points of the machine before: retry it or reprovision"
    return None


async def _why_not_replaced(deps: Dependencies, pc: CloudPc, build: Build) -> Unanswered | str | None:
    """Ask Azure about the current machine; return why the earlier machine is not cleaned up now, or None."""
    if build.phase is not Phase.LEAVING or pc.status not in WORKING:
        return None  # it never was anybody's, or there is no other machine that should be there
    there = await successor_is_there(deps, pc)
    if there is False:
        return "the machine that took its place is not in Azure: this one is all that is left of the Cloud PC"
    return there if isinstance(there, Unanswered) else None


def _to_clean_up(pc: CloudPc, due: Due) -> Build | None:
    """Return the build whose clean-up is due, or None if it is not due or has no machine."""
    build = pc.build(due.generation)
    if build is None or not pc.to_clean_up(build) or build.resources.computer_name is None:
        return None
    return build if build.clean_up_at is None or build.clean_up_at <= due.at else None
