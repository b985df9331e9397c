"""Building a Cloud PC again on request, under the policy that wins now: a retry, or a reprovision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from shared.clients.directory import assigned_groups, entitlement_of_user
from shared.contracts.provisioning import order_for
from shared.domain.cloud_pcs.cloud_pc import CloudPc, replanned
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.rebuilds import RETRY, Rebuild, not_rebuildable
from shared.domain.cloud_pcs.resuming import resumable_by_hand
from shared.domain.cloud_pcs.swapping import with_plan_of_today
from shared.domain.intent import ResourceType
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Connection
from shared.domain.operations.operation import Operation
from shared.domain.planning.entitlements import targeted_group, winner
from shared.domain.planning.queueing import waits
from shared.domain.policies.pausing import pause_reason
from shared.domain.policies.policy import Snapshot, snapshot_of
from shared.domain.tenants.tenant import LicenceSource
from shared.errors import ConflictError, NotFoundError
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, begin_operation, resume_operation
from shared.services.reconciling import reconcile_users
from shared.services.starting import start_build
from shared.services.writes import change_cloud_pc
from shared.storage.configuration import source_of
from shared.storage.due import START_GRACE, Due, DueKind
from shared.workflow import DurableClient


class UserAccountType(StrEnum):
    """Graph: cloudPcUserAccountType."""

    STANDARD_USER = "standardUser"
    ADMINISTRATOR = "administrator"


async def rebuild(
    context: ActionContext,
    client: DurableClient,
    cloud_pc_id: str,
    kind: Rebuild,
    account: UserAccountType | None = None,
) -> Operation:
    """Build a Cloud PC again, in up to three attempts; return its operation.

    What there is of it is removed first, its device before all; but a retry resumes it, at the step that failed, where
    that is safe and the policy would build the same now. One that has failed waits for a free licence like any other.
    *account*: whether the user becomes a local administrator,
    None: as the policy says. Raises: ConflictError unless its status allows it, its user is still entitled, and no
    clean-up is at work on it. Nothing is deleted then.
    """
    deps, tenant, resource = context.deps, context.tenant, Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    before = (await context.cloud_pc(cloud_pc_id)).value
    current = before.current
    resumed = await resume_operation(
        context,
        resource,
        partial(_start, context, client, before, queued=True),
        begun=lambda id_: current.operation_id == id_,
    )
    if resumed is not None:
        return resumed
    _refuse_unless_possible(before, kind)
    planned = await plan_now(context, before, account)

    def edit(pc: CloudPc) -> CloudPc:
        return _planned_anew(context, pc, kind, planned)

    async def start(after: CloudPc) -> None:
        if current.clean_up_at is not None:
            await deps.due.drop(Due(DueKind.CLEAN_UP, current.clean_up_at, tenant.id, cloud_pc_id, current.generation))
        await _start(context, client, after, queued=before.status is Status.FAILED)

    start_at = context.now + START_GRACE
    promise = partial(deps.due.put, DueKind.START, start_at, tenant.id, cloud_pc_id, before.next_generation)
    write = change_cloud_pc(context, before, edit)
    begun = await begin_operation(context, kind.name, resource, write, promise=promise, start=start, code="notRebuilt")
    return begun.operation


def _planned_anew(context: ActionContext, pc: CloudPc, kind: Rebuild, planned: Planned) -> CloudPc:
    _refuse_unless_possible(pc, kind)
    anew = replanned(with_plan_of_today(pc, planned.plans), kind.event, context.now)
    resumed_at = resumable_by_hand(pc, planned.snapshot) if kind is RETRY else None
    return anew.but(display_name=pc.named_for(planned.snapshot)).with_current(
        snapshot=planned.snapshot,
        group_id=planned.group_id,
        operation_id=context.operation_id,
        resumed_at=resumed_at,
        warnings=pc.current.warnings if resumed_at else (),
    )


def _refuse_unless_possible(pc: CloudPc, kind: Rebuild) -> None:
    if why := not_rebuildable(pc, kind):
        raise ConflictError(why, status=pc.status.value)


async def _start(context: ActionContext, client: DurableClient, pc: CloudPc, *, queued: bool) -> None:
    """Start the build as the record says; a sweep does it if this does not come to its end.

    *queued*: it held no licence. Its user is planned, and the build starts when one is free, before all that came
    later; until then the record says which place it has.
    """
    deps, tenant = context.deps, context.tenant
    if pc.current.snapshot is None or not waits(pc):
        return
    if queued:
        origin = f"build/{pc.id}/{pc.current.generation}"
        await reconcile_users(deps, client, tenant.id, (pc.user.id,), origin=origin)
        return
    connection = (await deps.connections.get(tenant.id, pc.current.snapshot.connection_id)).value
    site = (await deps.sites.get(tenant.id, connection.site_id)).value
    await start_build(deps, client, pc, order_for(pc, pc.current, tenant, site, connection), at=context.now)


@dataclass(frozen=True, slots=True)
class Planned:
    """The snapshot for a build of a Cloud PC now, the group of its user, and their licences."""

    snapshot: Snapshot
    group_id: str | None
    plans: tuple[ServicePlan, ...]


async def plan_now(context: ActionContext, pc: CloudPc, account: UserAccountType | None) -> Planned:
    """Return the snapshot from which the Cloud PC would be built now, by the directory and its policy.

    *account*: the user's new account type, None: as the policy says. Raises: ConflictError.
    """
    deps, tenant = context.deps, context.tenant
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    try:
        rules, groups = tenant.settings.service_plans, assigned_groups(policies)
        entitled = await entitlement_of_user(deps.graph(tenant), rules, pc.user.id, groups)
    except NotFoundError as error:
        raise ConflictError("the directory no longer has the user") from error
    if not entitled.user.account_enabled:
        raise ConflictError("the user's account is disabled: nothing is built for them until it is enabled")
    seats = tenant.settings.licence_source is LicenceSource.SEATS
    if not seats and not pc.claims & {plan.id for plan in entitled.plans}:
        raise ConflictError("the user no longer has the licence of this Cloud PC", servicePlanId=pc.plan.id)
    policy = winner(policies, entitled.group_ids)
    if policy is None:
        raise ConflictError("no provisioning policy targets a group the user is in")
    if why := pause_reason(await deps.service_state.get(), tenant, policy):
        raise ConflictError(f"{why}; resume it first", policyId=policy.id)
    connections = {c.id: c for c in [stored.value async for stored in deps.connections.each(tenant.id)]}
    snapshot = snapshot_of(policy, connections, await source_of(context.deps.images, policy), tenant.settings)
    if snapshot is None or not await _has_site(context, connections[snapshot.connection_id]):
        raise ConflictError("the connection, its site or the image of the policy is gone", policyId=policy.id)
    if account is not None:
        snapshot = snapshot.but(local_admin_enabled=account is UserAccountType.ADMINISTRATOR)
    return Planned(snapshot, targeted_group(policy, entitled.group_ids), entitled.plans)


async def _has_site(context: ActionContext, connection: Connection) -> bool:
    return await context.deps.sites.find(context.tenant.id, connection.site_id) is not None
