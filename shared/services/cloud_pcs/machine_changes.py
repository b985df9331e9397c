"""Changes of the machine of a Cloud PC: another size, or a replacement."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial

from shared.clients.directory import entitlement_of_user
from shared.contracts.builds import leftovers_of
from shared.contracts.provisioning import REPLACE, replacement_order, replacing_instance
from shared.contracts.remote_actions import machine_of
from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.action_forms import UserAccountType
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE, Status
from shared.domain.cloud_pcs.remote_action import STEPS, Remote
from shared.domain.cloud_pcs.replacing import REPROVISION, begin_replacement, with_plan_of_today
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.tenants.tenant import LicenceSource
from shared.domain.values import Value
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.cloud_pcs.builds import PlannedBuild, plan_now, rebuild
from shared.services.cloud_pcs.remote_actions import refuse_while_rerunning, resume_action, start_action
from shared.services.directory.licenses import licenses
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Promise, Resource, begin_operation, resume_operation
from shared.services.operations.writes import change_cloud_pc
from shared.services.policies.pausing import why_paused
from shared.storage.due import ACT_EVERY, START_GRACE, Due, DueKind, read_once
from shared.workflow import DurableClient, start

_SOON = timedelta(minutes=1)
"""Time until the directory is read again in any case: the licence may have come in the very second of asking."""


class ResizeVerdict(StrEnum):
    """Graph: cloudPcResizeValidationCode."""

    SUCCESS = "success"
    NOT_FOUND = "cloudPcNotFound"
    CONFLICT = "operationConflict"
    NOT_SUPPORTED = "operationNotSupported"
    TAKEN = "targetLicenseHasAssigned"
    UNKNOWN = "internalServerError"


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a resize is not possible: Graph's code, and a message."""

    verdict: ResizeVerdict
    why: str

    def __str__(self) -> str:
        """Return both."""
        return f"{self.verdict.value}: {self.why}"


def blocker(pc: CloudPc, target: ServicePlan, of_user: Iterable[CloudPc]) -> Blocker | None:
    """Return why *pc* cannot be resized now, None when it can. *of_user*: all Cloud PCs of its user."""
    if why := _busy(pc, target):
        return Blocker(ResizeVerdict.CONFLICT, why)
    if why := _unfit(pc, target):
        return Blocker(ResizeVerdict.NOT_SUPPORTED, why)
    if any(target.id in other.claims for other in of_user if other.id != pc.id):
        return Blocker(ResizeVerdict.TAKEN, f"another Cloud PC of the user has the licence {target.display_name}")
    return None


def _busy(pc: CloudPc, target: ServicePlan) -> str | None:
    if pc.occupied:
        return pc.occupied
    if pc.status in {Status.RESIZE_PENDING_LICENSE, Status.RESIZING}:
        return "it is being resized"
    if pc.swap is not None and pc.swap.plan.id != target.id:
        named, until = pc.swap.plan.display_name, pc.swap.until
        return f"{named} is still its own from the resize before, until {until:%Y-%m-%d %H:%M} UTC"
    return None


def _unfit(pc: CloudPc, target: ServicePlan) -> str | None:
    if not Remote.RESIZE.allows(pc.status):
        return f"it is {pc.status.value}"
    if machine_of(pc) is None or pc.current.snapshot is None:
        return "its machine is not known"
    if target.id == pc.plan.id:
        return f"it has the service plan {target.display_name} already"
    if target.storage_in_gb < pc.plan.storage_in_gb:
        return f"a disk only grows: it has {pc.plan.storage_in_gb} GB, the target {target.storage_in_gb} GB"
    return None if size_ladder(target) else f"no known VM size has what {target.display_name} promises"


async def target_plan(context: ActionContext, plan_id: str) -> ServicePlan:
    """Return the service plan of an id. Raises: InvalidError without a licence of that id."""
    found = (await licenses(context)).get(plan_id)
    if found is None:
        raise InvalidError(
            Problem("/targetServicePlanId", "write the id of one of servicePlans: the tenant has no such plan")
        )
    return found


async def resize(context: ActionContext, client: DurableClient, cloud_pc_id: str, plan_id: str) -> Operation:
    """Begin a resize; return its operation, which includes the wait for the licence.

    The target licence is reserved for this Cloud PC: none is built for it. Raises: InvalidError, ConflictError.
    """
    deps, tenant = context.deps, context.tenant
    before = (await context.cloud_pc(cloud_pc_id)).value
    if (resumed := await resume_action(context, client, before)) is not None:
        return resumed
    target = await target_plan(context, plan_id)
    await _refuse(context, before, target)
    await refuse_while_rerunning(client, before)
    await refuse_while_paused(context, client, before)
    licensed = target.id in await held_plans(context, before)
    hours = tenant.settings.resize_wait_in_hours

    async def promise() -> None:
        await deps.due.put_all([read_once(before, context.now + each) for each in (_SOON, timedelta(hours=hours))])
        if licensed:
            await deps.due.put(DueKind.ACT, context.now + ACT_EVERY, tenant.id, cloud_pc_id, before.current.generation)

    def edit(pc: CloudPc) -> CloudPc:
        _raise(blocker(pc, target, ()))
        waits = replacing.request(pc, target, context.operation_id, hours, context.now)
        return replacing.begin(waits, context.now) if licensed else waits

    try:
        await begin_operation(
            context,
            Remote.RESIZE.value,
            Resource(ResourceType.CLOUD_PC, cloud_pc_id),
            change_cloud_pc(context, before, edit),
            promise=promise,
            start=partial(_start, context, client),
        )
    except ConflictError:  # somebody else was faster: with this Cloud PC, or with the licence
        await _refuse(context, before, target)
        raise
    return (await deps.operations.get(tenant.id, context.operation_id)).value


async def _start(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Show in the operation that it waits for the licence; start where that is there."""
    steps = STEPS[Remote.RESIZE]
    await context.deps.operations.change(
        context.tenant.id,
        context.operation_id,
        lambda there: there.at_step("licence", steps, percent=0, at=context.now),
    )
    await start_action(client, pc)


async def _refuse(context: ActionContext, pc: CloudPc, target: ServicePlan) -> None:
    of_user = await context.deps.cloud_pcs.of_user(pc.tenant_id, pc.user.id)
    _raise(blocker(pc, target, [stored.value for stored in of_user]))


def _raise(found: Blocker | None) -> None:
    if found is not None:
        raise ConflictError(found.why, code=found.verdict.value)


async def refuse_while_paused(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError while the builds of *pc* are paused."""
    del client
    if why := await why_paused(context.deps, context.tenant, pc):
        raise ConflictError(f"{why}; resume it first", code=ResizeVerdict.CONFLICT.value)


async def held_plans(context: ActionContext, pc: CloudPc) -> frozenset[str]:
    """Return the ids of the licences that the user has now; of seats the next plan knows, which hands them out.

    Raises: ConflictError if the directory no longer has the user.
    """
    if context.tenant.settings.licence_source is LicenceSource.SEATS:
        return frozenset()
    try:
        rules = context.tenant.settings.service_plans
        entitled = await entitlement_of_user(context.deps.graph(context.tenant), rules, pc.user.id, ())
    except NotFoundError as error:
        raise ConflictError("the directory no longer has the user", code=ResizeVerdict.NOT_SUPPORTED.value) from error
    return frozenset(plan.id for plan in entitled.plans)


async def resizes(context: ActionContext, pc: CloudPc) -> tuple[str | None, tuple[str, ...]]:
    """Return why no resize of *pc* is possible by the records, and the ids of the service plans to which one is."""
    plans = await licenses(context)
    stored = await context.deps.cloud_pcs.of_user(pc.tenant_id, pc.user.id)
    of_user = [each.value for each in stored]
    blocked = {plan.id: blocker(pc, plan, of_user) for plan in plans.values()}
    possible = tuple(plan_id for plan_id, why in blocked.items() if why is None)
    reasons = {why.why for why in blocked.values() if why is not None}
    if possible:
        return None, possible
    return reasons.pop() if len(reasons) == 1 else "it can have no other service plan of the tenant", ()


async def verdicts(context: ActionContext, cloud_pc_ids: Iterable[str], plan_id: str) -> dict[str, ResizeVerdict]:
    """Return for each Cloud PC whether it could be resized now, in Graph's words. Raises: InvalidError."""
    target, found = await target_plan(context, plan_id), {}
    for each in dict.fromkeys(cloud_pc_ids):
        stored = await context.deps.cloud_pcs.find(context.tenant.id, each)
        found[each] = ResizeVerdict.NOT_FOUND
        if stored is not None:
            of_user = await context.deps.cloud_pcs.of_user(context.tenant.id, stored.value.user.id)
            blocked = blocker(stored.value, target, [one.value for one in of_user])
            found[each] = blocked.verdict if blocked else ResizeVerdict.SUCCESS
    return found


class ReprovisionForm(Value):
    """Whether the user becomes a local administrator; left out: as the policy says.

    *build_first*: build another machine first; the user keeps theirs until it takes the place. *unless_in_use*: only
    while nobody is active on the machine that is there, also when another one is to take its place.
    """

    user_account_type: UserAccountType | None = None
    build_first: bool = False
    unless_in_use: bool = False


async def reprovision(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, form: ReprovisionForm
) -> Operation:
    """Reprovision a Cloud PC: with another machine first, or in place. Raises: ConflictError."""
    if form.build_first:
        taking = Taking(unless_in_use=form.unless_in_use)
        return await replace(context, client, cloud_pc_id, form.user_account_type, taking=taking)
    return await rebuild(context, client, cloud_pc_id, REPROVISION, form.user_account_type)


def refusal(pc: CloudPc) -> str | None:
    """Return why another machine cannot be built for *pc* by its record, None when it can."""
    if pc.status not in REPLACEABLE:
        return f"only a Cloud PC that works can be used while another machine is built; this one is {pc.status.value}"
    if pc.occupied:
        return pc.occupied
    if pc.swap is not None:
        return "its licences are being swapped"
    if not leftovers_of(pc, pc.current):
        return "its machine is not known"
    if pc.replacement is not None and pc.replacement.clean_up_at is None:
        return "a machine that it had is being removed just now; try again when that is done"
    return None


@dataclass(frozen=True, slots=True)
class Taking:
    """Options of a replacement. *disk*: the copy from which it is built; without one it is built from the image.

    *unless_in_use*: it takes the place only if nobody is active on the other one then.
    """

    disk: KeptDisk | None = None
    unless_in_use: bool = False


async def replace(
    context: ActionContext,
    client: DurableClient,
    cloud_pc_id: str,
    account: UserAccountType | None = None,
    policy_id: str | None = None,
    *,
    kind: str = "reprovision",
    taking: Taking = Taking(),
    before_write: Promise | None = None,
) -> Operation:
    """Build another machine for a Cloud PC under the policy that wins now; the user works until it takes the place.

    The leftovers of a machine that it had before are cleaned up first. *account*: as of ``rebuild``. *policy_id*:
    another policy than the winning one, to which the Cloud PC moves. *kind*: of the operation. *before_write*: writes
    another record first. Raises: ConflictError unless the Cloud PC works, its user is still entitled, and nothing is at
    work on it.
    """
    deps, tenant = context.deps, context.tenant
    before = (await context.cloud_pc(cloud_pc_id)).value
    resource = Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    resumed = await resume_operation(
        context,
        resource,
        partial(start_replacement, context, client, before),
        begun=lambda id_: before.replacement is not None and before.replacement.operation_id == id_,
    )
    if resumed is not None:
        return resumed
    if why := refusal(before) or (policy_id and same_policy(before, policy_id)):
        raise ConflictError(why, status=before.status.value)
    await refuse_while_rerunning(client, before)
    planned = await plan_now(context, before, account, policy_id)

    async def start(after: CloudPc) -> None:
        await _drop_clean_up(context, before)
        await start_replacement(context, client, after)

    # The sweep that looks for builds that broke off also finds one that was not begun.
    watch_at = context.now + START_GRACE
    if before_write is not None:
        await before_write()
    promise = partial(deps.due.put, DueKind.WATCH, watch_at, tenant.id, cloud_pc_id, before.next_generation)
    write = change_cloud_pc(context, before, _planning(context, before, planned, taking))
    begun = await begin_operation(context, kind, resource, write, promise=promise, start=start)
    return begun.operation


def _planning(
    context: ActionContext, before: CloudPc, planned: PlannedBuild, taking: Taking
) -> Callable[[CloudPc], CloudPc]:
    """Return the edit that plans a replacement, unless something has happened since the record was as *before*."""

    def edit(pc: CloudPc) -> CloudPc:
        if (why := refusal(pc)) or pc.next_generation != before.next_generation:
            raise ConflictError(why or "it has been built anew meanwhile", status=pc.status.value)
        plan, wanted = with_plan_of_today(pc, planned.plans).plan, (planned.snapshot, planned.group_id)
        return begin_replacement(
            pc,
            *wanted,
            context.operation_id,
            context.now,
            plan=plan,
            disk=taking.disk,
            unless_in_use=taking.unless_in_use,
        )

    return edit


async def _drop_clean_up(context: ActionContext, pc: CloudPc) -> None:
    """Take back the promised clean-up of an earlier replacement, whose leftovers the next one removes first."""
    gone = pc.replacement
    if gone is not None and gone.clean_up_at is not None:
        clean_up = Due(DueKind.CLEAN_UP, gone.clean_up_at, context.tenant.id, pc.id, gone.generation)
        await context.deps.due.drop(clean_up)


def same_policy(pc: CloudPc, policy_id: str) -> str | None:
    """Return why a Cloud PC cannot move to a policy that it is of already, or None if it is of another one."""
    snapshot = pc.current.snapshot
    return "it is of this policy already" if snapshot and snapshot.policy_id == policy_id else None


async def start_replacement(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Start the replacement in the record; if this call breaks off, a sweep does it."""
    deps, instance_id = context.deps, replacing_instance(pc)
    if instance_id is None or pc.replacement is None or pc.replacement.snapshot is None:
        return
    connection = (await deps.connections.get(pc.tenant_id, pc.replacement.snapshot.connection_id)).value
    site = (await deps.sites.get(pc.tenant_id, connection.site_id)).value
    order = replacement_order(pc, context.tenant, site, connection)
    if order is not None:
        await start(client, REPLACE, order, instance_id=instance_id)
