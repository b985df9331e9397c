"""Builds of Cloud PCs: started, and built again on request."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.clients.directory import assigned_groups, entitlement_of_user
from shared.contracts.provisioning import (
    PROVISION,
    REPLACE,
    ProvisionOrder,
    order_for,
    provisioning_instance,
    replacement_order,
    replacing_instance,
)
from shared.contracts.step_waits import wait_of_build
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.action_forms import UserAccountType
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc, replanned
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import RETRY, Rebuild, not_rebuildable, resumable_by_hand, with_plan_of_today
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Connection
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.operations.pausing import pause_reason
from shared.domain.planning.entitlements import targeted_group, winner
from shared.domain.planning.queueing import waits
from shared.domain.policies.policy import Snapshot, snapshot_of
from shared.domain.tenants.tenant import LicenceSource
from shared.errors import ConflictError, NotFoundError
from shared.services.directory.changes import report_changes
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, resume_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import change_cloud_pc
from shared.services.policies.reconciling import SWEEP_AFTER, reconcile_users
from shared.services.policies.scripts import scripts_by_id
from shared.storage.configuration import source_of
from shared.storage.due import START_GRACE, WATCH_EVERY, Due, DueKind, start_due, watch_due
from shared.workflow import DurableClient, start

_log = logging.getLogger("deskwright.sweeps")

_HELD = timedelta(minutes=10)
"""Time until the next look at a build that may not start: it is paused, or waits for a licence."""


async def start_build(
    deps: Dependencies, client: DurableClient, pc: CloudPc, order: ProvisionOrder, *, at: datetime
) -> None:
    """Start the build of *pc*, unless it runs; before that, promise that a sweep checks whether it broke off."""
    await deps.due.put_all([watch_due(pc, at)])
    await start(client, PROVISION, order, instance_id=provisioning_instance(pc))
    await deps.due.drop(start_due(pc))


async def build_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Have the user planned again: planning starts a saved build that was not begun.

    Users who wait for their turn are planned together: each plan reads everybody who waits.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or not waits(found.value) or found.value.current.generation != due.generation:
        return None
    now, user_ids = deps.clock.now(), (found.value.user.id,)
    if found.value.current.reason != WAITING_TO_START:
        await report_changes(deps, client, due.tenant_id, user_ids, now)
        return now + _HELD
    origin = f"start/{due.subject_id}/{due.generation}/{now.isoformat()}"
    await reconcile_users(deps, client, due.tenant_id, user_ids, origin=origin)
    return now + SWEEP_AFTER


async def resume_build(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Restart a build that broke off or stalled; a running build is left alone.

    It repeats the attempt that broke off, and first cleans up what that one left.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    pc = found.value if found else None
    build = pc.build(due.generation) if pc else None
    if tenant is None or pc is None or build is None or not _is_being_built(pc, build):
        return None
    connection = await deps.connections.find(due.tenant_id, build.snapshot.connection_id) if build.snapshot else None
    site = await deps.sites.find(due.tenant_id, connection.value.site_id) if connection else None
    if connection is not None and site is not None:
        if (replacing := replacing_instance(pc)) is not None and build is pc.replacement:
            workflow, instance_id = REPLACE, replacing
            order = replacement_order(pc, tenant.value, site.value, connection.value)
        else:
            workflow, instance_id = PROVISION, provisioning_instance(pc)
            order = order_for(pc, build, tenant.value, site.value, connection.value)
        if order is not None:
            longest = wait_of_build(build.step, order)
            now = deps.clock.now()
            if pc.held_back is not None and now < pc.held_back.next_at + WATCH_EVERY:
                return now + WATCH_EVERY  # it waits for a cloud that does not answer, and says so every few minutes
            if await end_stalled(client, workflow, instance_id, deps.clock.now(), longest):
                return deps.clock.now() + AGAIN_AFTER
            order = order.but(attempt=max(1, build.attempt), parked_since=build.parked_since)
            if await start(client, workflow, order, instance_id=instance_id):
                _log.warning("the build of %s/%s had broken off; started again", due.tenant_id, pc.id)
    return deps.clock.now() + WATCH_EVERY


def _is_being_built(pc: CloudPc, build: Build) -> bool:
    """Whether a build has not ended, including the build of a replacement whose Cloud PC was lost."""
    return pc.goes_on(build) or (build is pc.replacement and build.unfinished)


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


def _planned_anew(context: ActionContext, pc: CloudPc, kind: Rebuild, planned: "PlannedBuild") -> CloudPc:
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
    """Start the build in the record; if this call breaks off, a sweep does it.

    *queued*: it holds no licence. Its user is reconciled, and the build starts when a licence is free, before later
    requests; until then the record shows its place in the queue.
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
class PlannedBuild:
    """The snapshot for a build of a Cloud PC now, the group of its user, and their licences."""

    snapshot: Snapshot
    group_id: str | None
    plans: tuple[ServicePlan, ...]


async def plan_now(
    context: ActionContext, pc: CloudPc, account: UserAccountType | None, policy_id: str | None = None
) -> PlannedBuild:
    """Return the snapshot from which the Cloud PC would be built now, by the directory and its policy.

    *account*: the user's new account type, None: as the policy says. *policy_id*: another policy than the winning one,
    which has to target the user, too. Raises: ConflictError.
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
    among = [each for each in policies if policy_id in {None, each.id}]
    policy = winner(among, entitled.group_ids)
    if policy is None:
        which = "no provisioning policy targets" if policy_id is None else "the policy does not target"
        raise ConflictError(f"{which} a group the user is in")
    if why := pause_reason(await deps.service_state.get(), tenant, policy):
        raise ConflictError(f"{why}; resume it first", policyId=policy.id)
    connections = {c.id: c for c in [stored.value async for stored in deps.connections.each(tenant.id)]}
    scripts = await scripts_by_id(deps, tenant.id, [policy])
    image = await source_of(context.deps.images, policy)
    snapshot = snapshot_of(policy, connections, image, tenant.settings, scripts)
    if snapshot is None or not await _has_site(context, connections[snapshot.connection_id]):
        raise ConflictError("the connection, its site, the image or a script of the policy is gone", policyId=policy.id)
    if account is not None:
        snapshot = snapshot.but(local_admin_enabled=account is UserAccountType.ADMINISTRATOR)
    return PlannedBuild(snapshot, targeted_group(policy, entitled.group_ids), entitled.plans)


async def _has_site(context: ActionContext, connection: Connection) -> bool:
    return await context.deps.sites.find(context.tenant.id, connection.site_id) is not None
