"""Building a Cloud PC from the kept disk of a deleted one: of its own user, or handed over from another user."""

from collections.abc import Iterable
from functools import partial

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from shared.domain.networks.connection import JoinType
from shared.domain.operations.operation import Operation
from shared.domain.values import Id, Value
from shared.errors import ConflictError
from shared.services.cloud_pcs.deleted import is_wanted
from shared.services.cloud_pcs.machine_changes import Taking, refusal, replace
from shared.services.operations.action_context import ActionContext
from shared.workflow import DurableClient

_MEMBER = "a member of a domain is not built from a disk: attach a disk made of the snapshot to read its data"
_NONE = "no disk of a deleted Cloud PC is kept that it could be built from"


class UndeleteForm(Value):
    """The deleted Cloud PC whose kept disk is used; deletedCloudPCs lists them."""

    deleted_cloud_pc_id: Id


async def undelete(context: ActionContext, client: DurableClient, cloud_pc_id: str, form: UndeleteForm) -> Operation:
    """Begin to build a Cloud PC from the disk that its user had; return the operation.

    The user works with the machine they have until the new one is ready. Raises: ConflictError unless the Cloud PC
    works, its user is entitled to it by the directory, and the disk is kept and fits.
    """
    return await _build_from(context, client, cloud_pc_id, form, handed_over=False)


async def hand_over(context: ActionContext, client: DurableClient, cloud_pc_id: str, form: UndeleteForm) -> Operation:
    """Begin to build a Cloud PC from the disk that another user had; else as ``undelete``.

    Nothing of the other user's rights is left: they went with their machine. Their data is on the disk.
    """
    return await _build_from(context, client, cloud_pc_id, form, handed_over=True)


async def _build_from(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, form: UndeleteForm, *, handed_over: bool
) -> Operation:
    deps, tenant_id = context.deps, context.tenant.id
    pc = (await context.cloud_pc(cloud_pc_id)).value
    found = await deps.deleted_cloud_pcs.find(tenant_id, form.deleted_cloud_pc_id)
    if found is None:
        raise ConflictError("there is no such deleted Cloud PC")
    before = found.value
    if why := unfit(pc, before, handed_over=handed_over):
        raise ConflictError(why, status=pc.status.value)
    return await replace(
        context,
        client,
        cloud_pc_id,
        taking=Taking(disk=before.disk),
        kind="handOver" if handed_over else "undelete",
        before_write=partial(_take, context, pc, before),
    )


async def _take(context: ActionContext, pc: CloudPc, before: DeletedCloudPc) -> None:
    """Record that *pc* is to be built from a disk. Raises: ConflictError where it is used, or its computer is there."""
    deps, tenant_id = context.deps, pc.tenant_id
    others = [each.value async for each in deps.cloud_pcs.each(tenant_id)]
    if why := taken(pc, before, others):
        raise ConflictError(why, status=pc.status.value)
    if before.wanted_by not in {None, pc.id} and await is_wanted(deps, before):
        raise _used(pc)

    def want(there: DeletedCloudPc) -> DeletedCloudPc:
        if there.status is not DeletedStatus.KEPT:
            raise ConflictError(f"its disk is {there.status.value}")
        if there.wanted_by not in {pc.id, before.wanted_by}:  # another Cloud PC was faster
            raise _used(pc)
        return there.but(wanted_by=pc.id, wanted_at=context.now)

    await deps.deleted_cloud_pcs.change(tenant_id, before.id, want)


def unfit(pc: CloudPc, deleted: DeletedCloudPc, *, handed_over: bool) -> str | None:
    """Return why a Cloud PC cannot be built from the disk of a deleted one, or None if it can."""
    size, place, made = deleted.disk.size_in_gb, deleted.disk.region, pc.current.resources.region
    reasons = (
        (deleted.status is not DeletedStatus.KEPT, f"its disk is {deleted.status.value}"),
        (handed_over and deleted.user.id == pc.user.id, "it was the user's own: undelete it"),
        (not handed_over and deleted.user.id != pc.user.id, "it was another user's: hand it over"),
        (handed_over and not _alike(pc, deleted), "it had another service plan or policy"),
        (deleted.joined_domain or _in_domain(pc), _MEMBER),
        (
            size > pc.plan.storage_in_gb,
            f"a disk only grows: it has {size} GB, the service plan {pc.plan.storage_in_gb} GB",
        ),
        (place != made, f"its disk is in {place}, the Cloud PC in {made}"),
    )
    return next((why for refused, why in reasons if refused), None)


def _used(pc: CloudPc) -> ConflictError:
    return ConflictError("another Cloud PC is being built from this disk", status=pc.status.value)


def taken(pc: CloudPc, deleted: DeletedCloudPc, others: Iterable[CloudPc]) -> str | None:
    """Return why the name of the computer on the disk is not free, or None if it is.

    Windows keeps its name, and two computers of one name in a directory and a host pool are taken for each other: by
    those who sign in, and by the clean-up of either. What *pc* had before its machine is removed before the build.
    """
    name = deleted.disk.computer_name.casefold()
    for each in others:
        builds = (each.current,) if each.id == pc.id else each.builds
        if name in {(build.resources.computer_name or "").casefold() for build in builds}:
            return f"{deleted.disk.computer_name}, the computer on the disk, is there: {each.display_name} has it"
    return None


def _alike(pc: CloudPc, deleted: DeletedCloudPc) -> bool:
    """Whether a Cloud PC has the service plan and the policy that a deleted one had."""
    return (deleted.plan.id, deleted.policy_id) == (pc.plan.id, pc.current.policy_id)


def _in_domain(pc: CloudPc) -> bool:
    snapshot = pc.current.snapshot
    return snapshot is not None and snapshot.join_type is JoinType.HYBRID_AZURE_AD_JOIN


def refuses(pc: CloudPc, form: UndeleteForm) -> str | None:
    """Return why a Cloud PC cannot be built anew by its record, or None when it can."""
    del form
    return refusal(pc)


async def copies(context: ActionContext, pc: CloudPc, *, handed_over: bool) -> tuple[str | None, tuple[str, ...]]:
    """Return why a Cloud PC cannot be built from a kept disk by the records, and the disks from which it can."""
    if why := refusal(pc):
        return why, ()
    kept = [each.value async for each in context.deps.deleted_cloud_pcs.each(pc.tenant_id)]
    kept = [each for each in kept if unfit(pc, each, handed_over=handed_over) is None]
    others = [each.value async for each in context.deps.cloud_pcs.each(pc.tenant_id)] if kept else []
    fit = tuple(sorted(each.id for each in kept if taken(pc, each, others) is None))
    return (None, fit) if fit else (_NONE, ())
