"""Taking Cloud PCs out of use: when it is time, when their build has ended, and the record of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from activities.cloud_pcs.replacing import give_up_replacement
from activities.operations.audit import (
    fail_operation,
    record_audit_event,
    record_status_change,
    succeed_operation,
    update_operation,
)
from shared.contracts.builds import leftovers_of, warning_of
from shared.contracts.desktops import (
    BEGIN_DEPROVISIONING,
    POLL_END_OF_BUILD,
    RECORD_DEPROVISIONED,
    START_DEPROVISIONING,
    STOP_AFTER,
    Built,
    DeprovisionedRecord,
    DeprovisionOrder,
)
from shared.contracts.outcomes import Done, Pending, Superseded
from shared.contracts.provisioning import provisioning_instance, replacing_instance
from shared.contracts.reconciling import Started, StartOrder
from shared.contracts.remote_actions import remote_instance
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.build import MACHINE_GONE, Build, Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.grace import expire, reprieve
from shared.domain.cloud_pcs.lifecycle import BUILT, Event, Phase, Status
from shared.domain.destroying import Act, Confirmation, Unanswered
from shared.errors import NotFoundError
from shared.services.cloud_pcs.deprovisioning import END_GRACE, deprovision, is_ended_by_hand
from shared.services.directory.second_questions import ASK_AGAIN, Claim, ask_for_claim, hold_back
from shared.services.policies.pausing import why_paused
from shared.storage.due import DEPROVISIONED_BY, DueKind, read_once
from shared.workflow import Blueprint, DurableClient, implements, is_alive

bp = Blueprint()
_PAUSED = timedelta(minutes=15)
"""Time until the next check whether paused work is resumed."""


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(START_DEPROVISIONING)
async def start_deprovisioning(order: StartOrder, client: DurableClient) -> Started:
    """Start to take these Cloud PCs out of use, as their records say."""
    found = [await dependencies().cloud_pcs.find(order.tenant_id, pc_id) for pc_id in order.cloud_pc_ids]
    orders = [
        DeprovisionOrder(tenant_id=order.tenant_id, cloud_pc_id=each.value.id, generation=each.value.current.generation)
        for each in found
        if each is not None
    ]
    started = await asyncio.gather(*(deprovision(dependencies(), client, each) for each in orders))
    return Started(count=sum(started))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DEPROVISIONING)
async def begin_deprovisioning(order: DeprovisionOrder) -> Done | Superseded:
    """Record that deprovisioning begins, if the grace period is over or the Cloud PC was cancelled.

    At the end of a grace period the directory is asked once more: who has come back keeps the Cloud PC. A due row comes
    first: a sweep checks later whether it has come to its end.
    """
    found = await dependencies().cloud_pcs.find(order.tenant_id, order.cloud_pc_id)
    at = dependencies().clock.now()
    if found is None or not _is_time(found.value, order):
        await _end_reprieved(found.value if found else None, at)
        return Superseded()
    if await _paused(found.value):
        await dependencies().due.put(
            DueKind.DEPROVISION, at + _PAUSED, order.tenant_id, order.cloud_pc_id, order.generation
        )
        return Superseded()
    if found.value.status is Status.IN_GRACE_PERIOD and not await _is_lost(found.value, order):
        return Superseded()
    again_at = at + DEPROVISIONED_BY
    await dependencies().due.put(DueKind.DEPROVISION, again_at, order.tenant_id, order.cloud_pc_id, order.generation)

    def edit(pc: CloudPc) -> CloudPc | None:
        return expire(pc, at) if _is_time(pc, order) and pc.status is Status.IN_GRACE_PERIOD else None

    try:
        after = await dependencies().cloud_pcs.change(order.tenant_id, order.cloud_pc_id, edit, known=found)
    except NotFoundError:
        return Superseded()
    if not _is_closing(after, order):
        return Superseded()
    if after.status is not found.value.status:
        await record_status_change(found.value, after)
    if after.grace is None:  # the operation of a build that will not come
        cancelled = Failure(
            code="cancelled", message=after.current.reason or "The Cloud PC is removed.", retriable=False
        )
        await fail_operation(order.tenant_id, after.current.operation_id, cancelled, at)
    return Done()


async def _is_lost(pc: CloudPc, order: DeprovisionOrder) -> bool:
    """Ask the directory whether the user is to lose it still; who is not keeps it, and without an answer it waits.

    When a person ends the grace period, their word is enough where the directory is silent, and not where it says that
    the user has licence and group: then the Cloud PC would be built anew at once.
    """
    deps = dependencies()
    at = deps.clock.now()
    claim = await ask_for_claim(deps, pc)
    if isinstance(claim, Unanswered):
        if await is_ended_by_hand(deps, pc):
            return True
        await deps.due.put(DueKind.DEPROVISION, at + ASK_AGAIN, pc.tenant_id, pc.id, order.generation)
        await hold_back(deps, pc, Act.END_GRACE, claim.why)
        return False
    if claim is Claim.GONE:
        return True
    await _keep(pc, order, at)
    return False


async def _keep(pc: CloudPc, order: DeprovisionOrder, at: datetime) -> None:
    """Give a Cloud PC back to its user, who is entitled to it again; the user is read and planned soon."""
    deps = dependencies()
    await deps.due.put_all([read_once(pc, at)])

    def edit(there: CloudPc) -> CloudPc | None:
        ends = there.grace is not None and _is_time(there, order)
        return reprieve(there, at).but(held_back=None) if ends else None

    after = await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit)
    if after.status in BUILT:
        await record_status_change(pc, after)
        await _end_reprieved(after, at)


async def _end_reprieved(pc: CloudPc | None, at: datetime) -> None:
    """End the operation that was to end a grace period, when a plan has reprieved the Cloud PC meanwhile."""
    if pc is not None and pc.status in BUILT:
        stays = Failure(code="reprieved", message="Licence and policy were back before it was taken out of use.")
        await update_operation(
            pc.tenant_id, pc.current.operation_id, lambda o: o.failed(stays, at) if o.kind == END_GRACE else o
        )


async def _paused(pc: CloudPc) -> bool:
    """Whether its grace period may not end now, because its policy, its tenant or everything is paused."""
    if pc.status is not Status.IN_GRACE_PERIOD:
        return False
    tenant = await dependencies().tenants.get(pc.tenant_id)
    return await why_paused(dependencies(), tenant.value, pc) is not None


def _is_time(pc: CloudPc, order: DeprovisionOrder) -> bool:
    at = dependencies().clock.now()
    over = pc.status is Status.IN_GRACE_PERIOD and pc.grace is not None and pc.grace.over(at)
    return pc.current.generation == order.generation and (over or _is_closing(pc, order))


def _is_closing(pc: CloudPc, order: DeprovisionOrder | DeprovisionedRecord) -> bool:
    """Whether it is being closed: afterwards its machine is leaving, and cleaned up; or nothing is left."""
    closed = pc.current.phase is Phase.LEAVING or pc.current.clean_up_at is not None
    closing = pc.status is Status.DEPROVISIONING and not closed
    return closing and pc.current.generation == order.generation


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(POLL_END_OF_BUILD)
async def poll_end_of_build(order: DeprovisionOrder, client: DurableClient) -> Built | Pending | Superseded:
    """Check whether a build of the Cloud PC still runs; terminate a build that does not stop in time.

    Once none runs the directory is asked about the user of an ended grace period: what runs may have taken an hour,
    and a workflow that broke off begins here again.
    """
    found = await dependencies().cloud_pcs.find(order.tenant_id, order.cloud_pc_id)
    if found is None or not _is_closing(found.value, order):
        return Superseded()
    pc = found.value
    ids = (provisioning_instance(pc), remote_instance(pc), replacing_instance(pc))
    alive = [each for each in ids if each is not None and await is_alive(client, each)]
    if not alive:
        confirmation = await _confirmed(pc, order)
        if isinstance(confirmation, Pending | Superseded):
            return confirmation
        if pc.replacement is not None and pc.being_replaced:  # its build did not come to its own end
            ended = Failure(code="cancelled", message="The Cloud PC is removed.", retriable=False)
            await give_up_replacement(pc, pc.replacement.generation, ended, timedelta(0))
        remains, text, by = leftovers_of(pc, pc.current), ACTIONS["endGracePeriod"].disrupts, pc.current.operation_id
        warnings = tuple(warning_of(pc, each.machine(), each.host_pool_id, text, by) for each in remains)
        return Built(remains=remains, confirmation=confirmation, warnings=warnings)
    if dependencies().clock.now() - pc.last_modified_date_time >= STOP_AFTER:
        for instance_id in alive:
            await client.terminate(instance_id, "the Cloud PC is being removed")
        return Pending(note="what runs is being ended", after=60)  # the activity that it runs ends meanwhile
    return Pending(note="what runs comes to its end")


async def _confirmed(pc: CloudPc, order: DeprovisionOrder) -> Confirmation | Pending | Superseded | None:
    """Ask the directory once more before the user is signed off; wait, visibly, while it does not answer.

    None: there was no grace period, or no machine is left that the user could keep.
    """
    deps, error = dependencies(), pc.current.last_error
    if pc.grace is None or (error is not None and error.code == MACHINE_GONE):
        return None
    at = deps.clock.now()
    claim = await ask_for_claim(deps, pc)
    if claim is Claim.STANDS:
        await _keep(pc, order, at)
        return Superseded()
    if isinstance(claim, Unanswered) and not await is_ended_by_hand(deps, pc):
        await hold_back(deps, pc, Act.END_GRACE, claim.why)
        return Pending(note=claim.why, after=int(ASK_AGAIN.total_seconds()))
    if pc.held_back is not None:
        await deps.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: there.but(held_back=None))
    return Confirmation(
        act=Act.END_GRACE, tenant_id=pc.tenant_id, subject_id=pc.id, generation=pc.current.generation, at=at
    )


@bp.activity_trigger(input_name="payload")
@implements(RECORD_DEPROVISIONED)
async def record_deprovisioned(record: DeprovisionedRecord) -> Done | Superseded:
    """Record that it is out of use: its resources are removed later; without any it is removed now."""
    deps = dependencies()
    found = await deps.cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if found is None or not _is_closing(found.value, record):
        return Superseded()
    at, before = deps.clock.now(), found.value
    clean_up_at = None
    if leftovers_of(before, before.current):
        tenant = await deps.tenants.get(record.tenant_id)
        clean_up_at = at + tenant.value.settings.clean_up_delay
        await deps.due.put(DueKind.CLEAN_UP, clean_up_at, before.tenant_id, before.id, before.current.generation)
    await deps.due.put_all([read_once(before, at)])  # a user who is entitled again gets a new one

    def edit(pc: CloudPc) -> CloudPc | None:
        if not _is_closing(pc, record):
            return None
        if clean_up_at is None:
            return removed(pc)
        reason = "it is out of use, and what is left of it is removed later"
        return pc.with_current(phase=Phase.LEAVING, clean_up_at=clean_up_at, reason=reason)

    after = await deps.cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit, known=found)
    if after.status is not before.status:
        await record_status_change(before, after)
    result = {"cloudPcId": before.id, "status": after.status.value}
    await succeed_operation(record.tenant_id, before.current.operation_id, result, at)
    left = {"left": [refused.to_json() for refused in record.left]}
    await record_audit_event(
        record.tenant_id, ("cloudPC", before.id), "deprovision", left, at=at, run=f"{record.generation}/deprovision"
    )
    return Done()


def removed(pc: CloudPc) -> CloudPc:
    """Return *pc* with nothing left of it: the next plan lists it, deletes it, or builds again."""
    return pc.after(
        Event.REMOVED,
        at=dependencies().clock.now(),
        current=Build(generation=pc.current.generation, reason="it was removed"),
        provisioned_date_time=None,
        grace=None,
        removal=None,
        action=None,
        swap=None,
    )
