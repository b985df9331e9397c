"""Reprovisioning so that the user goes on meanwhile: another machine is built first, and takes the place of his."""

from __future__ import annotations

from shared.contracts.cleaning import remains_of
from shared.contracts.provisioning import REPLACE, replacement_order, replacing_instance
from shared.domain.cloud_pc import CloudPc
from shared.domain.operation import Operation
from shared.domain.replacing import REPLACEABLE, begin_replacement
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.rebuilding import REPROVISION, UserAccountType, built_today, rebuild
from shared.services.remote import refuse_while_rerunning
from shared.storage.due import START_GRACE, Due, DueKind
from shared.workflow import DurableClient, start


class ReprovisionForm(Value):
    """Whether the user becomes a local administrator; left out: as the policy says.

    *build_first*: build another machine beside the one there is, which the user keeps until that takes its place.
    """

    user_account_type: UserAccountType | None = None
    build_first: bool = False


async def reprovision(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, form: ReprovisionForm
) -> Operation:
    """Have a Cloud PC built anew: beside the machine there is, or in its place. Raises: ConflictError."""
    if form.build_first:
        return await replace(context, client, cloud_pc_id, form.user_account_type)
    return await rebuild(context, client, cloud_pc_id, REPROVISION, form.user_account_type)


def refusal(pc: CloudPc) -> str | None:
    """Return why another machine cannot be built for *pc* as far as the record tells, None when it can."""
    if pc.status not in REPLACEABLE:
        return f"only a Cloud PC that works goes on while another machine is built; this one is {pc.status.value}"
    if pc.occupied:
        return pc.occupied
    if pc.swap is not None:
        return "its licences are being swapped"
    if not remains_of(pc):
        return "its machine is not known"
    if pc.beside is not None and pc.beside.clean_up_at is None:
        return "a machine that it had is being removed just now; try again when that is done"
    return None


async def replace(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, account: UserAccountType | None = None
) -> Operation:
    """Build another machine for a Cloud PC under the policy that wins today; the user goes on until it takes the place.

    What remains of a machine that it had before is cleaned up first. *account*: as of ``rebuild``. Raises:
    ConflictError unless the Cloud PC works, its user is still entitled, and nothing is at work on it.
    """
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    known = await context.opened_before()
    if known and (known.ended or (before.beside and before.beside.operation_id == known.id)):
        await go_on(context, client, before)  # this very request came before: complete what it began
        return known
    if why := refusal(before):
        raise ConflictError(why, status=before.status.value)
    await refuse_while_rerunning(client, before)
    today = await built_today(context, before, account)
    operation = await context.open_operation("reprovision", cloud_pc_id)
    # A build that is not begun is found by the look whether it broke off.
    await deps.due.put(DueKind.WATCH, context.now + START_GRACE, tenant.id, cloud_pc_id, before.next_generation)

    def edit(pc: CloudPc) -> CloudPc:
        if (why := refusal(pc)) or pc.next_generation != before.next_generation:
            raise ConflictError(why or "it has been built anew meanwhile", status=pc.status.value)
        return begin_replacement(pc, today.snapshot, today.group_id, operation.id, context.now)

    after = await context.change_cloud_pc(operation, before, edit)
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    gone = before.beside
    if gone is not None and gone.clean_up_at is not None:
        await deps.due.drop(Due(DueKind.CLEAN_UP, gone.clean_up_at, tenant.id, cloud_pc_id, gone.generation))
    await go_on(context, client, after)
    return operation


async def go_on(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Start the build that the record asks for; a sweep does it if this does not come to its end."""
    deps, instance_id = context.deps, replacing_instance(pc)
    if instance_id is None or pc.beside is None or pc.beside.snapshot is None:
        return
    connection = (await deps.connections.get(pc.tenant_id, pc.beside.snapshot.connection_id)).value
    site = (await deps.sites.get(pc.tenant_id, connection.site_id)).value
    order = replacement_order(pc, context.tenant, site, connection)
    if order is not None:
        await start(client, REPLACE, order, instance_id=instance_id)
