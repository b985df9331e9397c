"""Reprovisioning while the user works: another machine is built first, and then takes the place of theirs."""

from __future__ import annotations

from functools import partial

from shared.contracts.cleaning import leftovers_of
from shared.contracts.provisioning import REPLACE, replacement_order, replacing_instance
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE
from shared.domain.cloud_pcs.rebuilds import REPROVISION
from shared.domain.cloud_pcs.replacing import begin_replacement
from shared.domain.cloud_pcs.swapping import with_plan_of_today
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, begin_operation, resume_operation
from shared.services.rebuilding import UserAccountType, plan_now, rebuild
from shared.services.remote import refuse_while_rerunning
from shared.services.writes import change_cloud_pc
from shared.storage.due import START_GRACE, Due, DueKind
from shared.workflow import DurableClient, start


class ReprovisionForm(Value):
    """Whether the user becomes a local administrator; left out: as the policy says.

    *build_first*: build another machine first; the user keeps theirs until it takes the place.
    """

    user_account_type: UserAccountType | None = None
    build_first: bool = False


async def reprovision(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, form: ReprovisionForm
) -> Operation:
    """Reprovision a Cloud PC: with another machine first, or in place. Raises: ConflictError."""
    if form.build_first:
        return await replace(context, client, cloud_pc_id, form.user_account_type)
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


async def replace(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, account: UserAccountType | None = None
) -> Operation:
    """Build another machine for a Cloud PC under the policy that wins now; the user works until it takes the place.

    The leftovers of a machine that it had before are cleaned up first. *account*: as of ``rebuild``. Raises:
    ConflictError unless the Cloud PC works, its user is still entitled, and nothing is at work on it.
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
    if why := refusal(before):
        raise ConflictError(why, status=before.status.value)
    await refuse_while_rerunning(client, before)
    planned = await plan_now(context, before, account)

    def edit(pc: CloudPc) -> CloudPc:
        if (why := refusal(pc)) or pc.next_generation != before.next_generation:
            raise ConflictError(why or "it has been built anew meanwhile", status=pc.status.value)
        plan = with_plan_of_today(pc, planned.plans).plan
        return begin_replacement(pc, planned.snapshot, planned.group_id, context.operation_id, context.now, plan=plan)

    async def start(after: CloudPc) -> None:
        gone = before.replacement
        if gone is not None and gone.clean_up_at is not None:
            await deps.due.drop(Due(DueKind.CLEAN_UP, gone.clean_up_at, tenant.id, cloud_pc_id, gone.generation))
        await start_replacement(context, client, after)

    # The sweep that looks for builds that broke off also finds one that was not begun.
    watch_at = context.now + START_GRACE
    promise = partial(deps.due.put, DueKind.WATCH, watch_at, tenant.id, cloud_pc_id, before.next_generation)
    write = change_cloud_pc(context, before, edit)
    begun = await begin_operation(context, "reprovision", resource, write, promise=promise, start=start)
    return begun.operation


async def start_replacement(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Start the build that the record asks for; if this call is cut off, a sweep does it."""
    deps, instance_id = context.deps, replacing_instance(pc)
    if instance_id is None or pc.replacement is None or pc.replacement.snapshot is None:
        return
    connection = (await deps.connections.get(pc.tenant_id, pc.replacement.snapshot.connection_id)).value
    site = (await deps.sites.get(pc.tenant_id, connection.site_id)).value
    order = replacement_order(pc, context.tenant, site, connection)
    if order is not None:
        await start(client, REPLACE, order, instance_id=instance_id)
