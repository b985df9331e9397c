"""Building a Cloud PC anew by hand, under the policy that wins today: a failed one again, or any in its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.clients.directory import assigned_groups, entitlement_of_user
from shared.contracts.provisioning import order_for
from shared.domain.cloud_pc import CloudPc, replanned
from shared.domain.connection import Connection
from shared.domain.entitlements import way_in, winner
from shared.domain.lifecycle import TRANSITIONS, Event, Status
from shared.domain.operation import Operation
from shared.domain.pausing import held
from shared.domain.policy import Snapshot, snapshot_of
from shared.domain.queueing import waits
from shared.domain.resuming import resumable_by_hand
from shared.domain.swapping import as_held
from shared.domain.tenant import LicenceSource
from shared.errors import ConflictError, NotFoundError
from shared.services.action_context import ActionContext
from shared.services.starting import start_build
from shared.storage.configuration import source_of
from shared.storage.due import START_GRACE, Due, DueKind
from shared.workflow import DurableClient


class UserAccountType(StrEnum):
    """Graph: cloudPcUserAccountType."""

    STANDARD_USER = "standardUser"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One way to build anew: its name, the event it is, and the statuses in which the life cycle has it."""

    name: str
    event: Event
    wants: str

    def allows(self, status: Status) -> bool:
        """Whether a Cloud PC of *status* may be built anew so."""
        return (status, self.event) in TRANSITIONS


RETRY = Rebuild("retry", Event.RETRIED, "only a failed Cloud PC can be retried")
REPROVISION = Rebuild(
    "reprovision", Event.REPROVISIONED, "only a Cloud PC that is provisioned or failed can be reprovisioned"
)


async def rebuild(
    context: ActionContext,
    client: DurableClient,
    cloud_pc_id: str,
    way: Rebuild,
    account: UserAccountType | None = None,
) -> Operation:
    """Build a Cloud PC anew, three attempts; return the operation that tells how it goes.

    What there is of it goes first, its device before all; but a retry goes on with it, at the step that failed, where
    that is safe and today's policy would build the same. *account*: whether the user becomes a local administrator,
    None: as the policy says. Raises: ConflictError unless its status allows it, its user is still entitled, and no
    clean-up is at work on it. Nothing is deleted then.
    """
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    if before.operation_id == context.operation_id:  # this very request came before: complete what it began
        return await _start(context, client, before, await context.open_operation(way.name, cloud_pc_id))
    _refuse_unless_possible(before, way)
    today = await built_today(context, before, account)
    operation = await context.open_operation(way.name, cloud_pc_id)
    await deps.due.put(DueKind.START, context.now + START_GRACE, tenant.id, cloud_pc_id, before.next_generation)

    def edit(pc: CloudPc) -> CloudPc:
        _refuse_unless_possible(pc, way)
        anew = replanned(as_held(pc, today.licences), way.event, context.now)
        resumed_at = resumable_by_hand(pc, today.snapshot) if way is RETRY else None
        return anew.but(
            snapshot=today.snapshot,
            group_id=today.group_id,
            operation_id=operation.id,
            resumed_at=resumed_at,
            warnings=pc.warnings if resumed_at else (),
        )

    after = await context.change_cloud_pc(operation, before, edit, code="notRebuilt")
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    if before.clean_up_at is not None:
        await deps.due.drop(Due(DueKind.CLEAN_UP, before.clean_up_at, tenant.id, cloud_pc_id, before.generation))
    return await _start(context, client, after, operation)


def refusal(pc: CloudPc, way: Rebuild) -> str | None:
    """Return why *pc* cannot be built anew as far as the record tells, None when it can."""
    if not way.allows(pc.status):
        return f"{way.wants}; this one is {pc.status.value}"
    if why := pc.occupied:
        return why
    being_cleaned = pc.status is Status.FAILED and pc.clean_up_at is None and pc.resources.computer_name is not None
    return f"its remains are being removed just now; {way.name} it when that is done" if being_cleaned else None


def _refuse_unless_possible(pc: CloudPc, way: Rebuild) -> None:
    if why := refusal(pc, way):
        raise ConflictError(why, status=pc.status.value)


async def _start(context: ActionContext, client: DurableClient, pc: CloudPc, operation: Operation) -> Operation:
    """Start the build as the record says; a sweep does it if this does not come to its end."""
    deps, tenant = context.deps, context.tenant
    if pc.snapshot is None or not waits(pc):
        return operation
    connection = (await deps.connections.get(tenant.id, pc.snapshot.connection_id)).value
    site = (await deps.sites.get(tenant.id, connection.site_id)).value
    await start_build(deps, client, pc, order_for(pc, tenant, site, connection), at=context.now)
    return operation


@dataclass(frozen=True, slots=True)
class Today:
    """What a Cloud PC would be built from, through which group its user comes to that, and which licences he has."""

    snapshot: Snapshot
    group_id: str | None
    licences: frozenset[str]


async def built_today(context: ActionContext, pc: CloudPc, account: UserAccountType | None) -> Today:
    """Return what holds for the Cloud PC now, as the directory says.

    *account*: what the user becomes, None: as the policy says. Raises: ConflictError.
    """
    deps, tenant = context.deps, context.tenant
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    try:
        entitled = await entitlement_of_user(deps.graph(tenant), pc.user.id, assigned_groups(policies))
    except NotFoundError as error:
        raise ConflictError("the directory no longer has the user") from error
    seats = tenant.settings.licence_source is LicenceSource.SEATS
    if not seats and not pc.claims & {plan.id for plan in entitled.plans}:
        raise ConflictError("the user no longer has the licence of this Cloud PC", servicePlanId=pc.plan.id)
    policy = winner(policies, entitled.group_ids)
    if policy is None:
        raise ConflictError("no provisioning policy targets a group the user is in")
    if why := held(await deps.service_state.get(), tenant, policy):
        raise ConflictError(f"{why}; resume it first", policyId=policy.id)
    connections = {c.id: c for c in [stored.value async for stored in deps.connections.each(tenant.id)]}
    snapshot = snapshot_of(policy, connections, await source_of(context.deps.images, policy), tenant.settings)
    if snapshot is None or not await _has_site(context, connections[snapshot.connection_id]):
        raise ConflictError("the connection, its site or the image of the policy is gone", policyId=policy.id)
    if account is not None:
        snapshot = snapshot.but(local_admin_enabled=account is UserAccountType.ADMINISTRATOR)
    return Today(snapshot, way_in(policy, entitled.group_ids), frozenset(plan.id for plan in entitled.plans))


async def _has_site(context: ActionContext, connection: Connection) -> bool:
    return await context.deps.sites.find(context.tenant.id, connection.site_id) is not None
