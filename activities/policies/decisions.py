"""Decisions: rules that change with the business, made in activities so that an edit strands no running work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities.operations.audit import record_audit_event, record_status_change, update_operation
from shared.contracts.builds import BEGIN_ATTEMPT, AttemptOrder, Begun, OfAttempt, OfBuild, ProvisionedRecord
from shared.contracts.calls import is_later
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Phase, Status
from shared.domain.cost.budgets import WAITS_FOR_BUDGET
from shared.domain.destroying import Act, Confirmation, Unanswered
from shared.domain.networks.connection import Connection, HealthStatus
from shared.domain.pools.member import PoolMember
from shared.errors import NotFoundError
from shared.services.cost.budgets import why_new_builds_wait
from shared.services.directory.second_questions import Claim, ask_for_claim
from shared.services.pools.yielding import why_refill_waits
from shared.storage.due import DueKind, read_once
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements


async def find_record(of: OfBuild) -> Stored[CloudPc] | None:
    """Return the record of the Cloud PC or pool member that is built, None when it is gone."""
    return await dependencies().machines.find(of.tenant_id, of.cloud_pc_id)


async def change_record(
    of: OfBuild, edit: Callable[[CloudPc], CloudPc | None], known: Stored[CloudPc] | None = None
) -> CloudPc | None:
    """Change the record and return the new one, or None if it does not exist. *edit* returns None for no change."""
    try:
        return await dependencies().machines.change(of.tenant_id, of.cloud_pc_id, edit, known=known)
    except NotFoundError:
        return None


def wanted_build(pc: CloudPc, of: OfAttempt) -> Build | None:
    """Return the build, unless it has ended or a later attempt has begun; an attempt that never began counts."""
    build = pc.build(of.generation)
    return build if build and pc.goes_on(build) and build.attempt <= of.attempt else None


def running_build(pc: CloudPc, of: OfAttempt) -> Build | None:
    """Return the build while just this attempt of it is being made."""
    build = wanted_build(pc, of)
    return build if build and build.phase is Phase.BUILDING and build.attempt == of.attempt else None


def ended_build(pc: CloudPc, of: OfAttempt, phase: Phase) -> Build | None:
    """Return the build when the record says already that just this attempt ended in *phase*."""
    build = pc.build(of.generation)
    return build if build and build.phase is phase and build.attempt == of.attempt else None


def with_machine(pc: CloudPc, record: ProvisionedRecord, **changes: object) -> CloudPc:
    """Return a record whose current build has its machine, and no step, failure or wait any more; with *changes*."""
    return pc.with_current(
        resources=pc.current.resources.with_found(record.resources),
        warnings=record.warnings,
        step=None,
        step_started_at=None,
        resumed_at=None,
        last_error=None,
        parked_since=None,
        **changes,
    )


async def moved_to_alternate(pc: CloudPc, at: datetime) -> bool:
    """Have a Cloud PC of which nothing is built yet built through the next connection of its policy that is healthy.

    It becomes a build of its own: this one is superseded, and the sweep has the next one started within a minute.
    False: something is built, or no alternate is healthy; then it waits for its connection.
    """
    if isinstance(pc, PoolMember) or not _unbuilt(pc) or (alternate := await _alternate(pc)) is None:
        return False
    generation = pc.next_generation
    # Before the record: a build that was saved and never started would wait for ever.
    await dependencies().due.put(DueKind.START, at, pc.tenant_id, pc.id, generation)

    def move(there: CloudPc) -> CloudPc | None:
        snapshot = there.current.snapshot
        if there.current.generation != pc.current.generation or not _unbuilt(there) or snapshot is None:
            return None
        reason = f"its connection {snapshot.connection_name} is unhealthy; built through {alternate.display_name}"
        moved = there.with_current(
            snapshot=snapshot.through(alternate),
            generation=generation,
            attempt=0,
            reason=reason,
            parked_since=None,
            step=None,
            step_started_at=None,
            resources=Resources(),
        )
        return moved.but(last_modified_date_time=at)

    try:
        moved = await dependencies().cloud_pcs.change(pc.tenant_id, pc.id, move)
    except NotFoundError:
        return False
    if moved.current.generation != generation:
        return False
    after = {"onPremisesConnectionId": alternate.id, "generation": generation}
    run = f"alternate/{generation}"
    await record_audit_event(
        pc.tenant_id, ("cloudPC", pc.id), "useAlternate", after, at=moved.last_modified_date_time, run=run
    )
    return True


def _unbuilt(pc: CloudPc) -> bool:
    made = pc.current.resources
    unmade = not (made.vm_id or made.nic_id or made.entra_device_id)
    return pc.status is Status.PENDING_PROVISION and pc.current.attempt <= 1 and unmade


async def _alternate(pc: CloudPc) -> Connection | None:
    """Return the first healthy connection of the Cloud PC's policy, None when there is none or no such policy."""
    if pc.current.snapshot is None:
        return None
    policy = await dependencies().policies.find(pc.tenant_id, pc.current.snapshot.policy_id)
    for connection_id in policy.value.connection_ids if policy else ():
        found = await dependencies().connections.find(pc.tenant_id, connection_id)
        if found is not None and found.value.usable:
            return found.value
    return None


bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_ATTEMPT)
async def begin_attempt(order: AttemptOrder) -> Begun | Done | NoCapacity | Superseded:
    """Begin an attempt, if the record still wants it and its connection may be used."""
    found = await find_record(order)
    before = wanted_build(found.value, order) if found else None
    if found is None or before is None or is_later(before.step_started_at):  # it has begun, and its steps too
        return Superseded()
    is_current = before is found.value.current
    connection = await dependencies().connections.find(order.tenant_id, order.connection_id)
    at = dependencies().clock.now()
    if connection is None or not connection.value.usable:
        if is_current and await moved_to_alternate(found.value, at):
            return Superseded()
        return _unusable(order, connection.value if connection else None)
    asks = is_current and order.resumes_at is None and before.resources.computer_name is not None
    if is_current and (waits := await _waits(found.value, asks=asks)) is not None:
        return waits

    def edit(pc: CloudPc) -> CloudPc | None:
        build = wanted_build(pc, order)
        if build is None or (build.phase is Phase.BUILDING and build.attempt == order.attempt):
            return None
        return pc.after_build(
            build,
            Event.STARTED,
            at=at,
            attempt=order.attempt,
            reason=None,
            step=None,
            step_started_at=None,
            resumed_at=order.resumes_at,
            clean_up_at=None,
        )

    after = await change_record(order, edit, found)
    begun = wanted_build(after, order) if after else None
    if after is None or begun is None:
        return Superseded()
    if before.parked_since is None and is_current:  # a parked build tries again every ten minutes: that is no news
        await record_status_change(found.value, after)
    await update_operation(order.tenant_id, begun.operation_id, lambda operation: operation.running(at))
    return _confirmed(after, begun) if asks else Done()


def _confirmed(pc: CloudPc, build: Build) -> Begun:
    at = dependencies().clock.now()
    return Begun(
        confirmation=Confirmation(
            act=Act.BUILD_ANEW, tenant_id=pc.tenant_id, subject_id=pc.id, generation=build.generation, at=at
        )
    )


async def _waits(pc: CloudPc, *, asks: bool) -> NoCapacity | None:
    """Return why an attempt waits: for a budget, where there is no machine yet, or for the directory; None if not."""
    if _unbuilt(pc) and (why := await why_new_builds_wait(dependencies(), pc)):
        return NoCapacity(code=WAITS_FOR_BUDGET, message=why, elsewhere=False)
    if isinstance(pc, PoolMember) and _unbuilt(pc) and (why := await why_refill_waits(dependencies(), pc)):
        return NoCapacity(code="peopleFirst", message=why, elsewhere=False)
    return await kept_for_now(pc) if asks else None


async def kept_for_now(pc: CloudPc) -> NoCapacity | None:
    """Ask the directory before an attempt removes the earlier machine; return why it has to stay, or None.

    A machine is not given up for a build that nobody is entitled to, or that could go no further.
    """
    if isinstance(pc, PoolMember):
        return None  # nobody has it
    deps = dependencies()
    claim = await ask_for_claim(deps, pc)
    if isinstance(claim, Unanswered):
        message = f"{claim.why}; {Act.BUILD_ANEW.value} waits for that"
        return NoCapacity(code="directoryUnanswered", message=message, elsewhere=False)
    if claim is Claim.GONE:
        await deps.due.put_all([read_once(pc, deps.clock.now())])  # the plan decides what becomes of it
        message = f"the user is not entitled to it any more; {Act.BUILD_ANEW.value} waits for the next plan"
        return NoCapacity(code="notEntitled", message=message, elsewhere=False)
    return None


def _unusable(order: AttemptOrder, connection: Connection | None) -> NoCapacity:
    if connection is None:
        message = f"the connection {order.connection_id} is gone"
        return NoCapacity(code="connectionUnhealthy", message=message, elsewhere=False)
    failed = next((c for c in connection.health_checks if c.status is HealthStatus.FAILED), None)
    why = f": {failed.display_name}: {failed.additional_detail or failed.error_type}" if failed else ""
    message = f"the connection {connection.display_name} is {connection.health_check_status.value}{why}"
    return NoCapacity(code="connectionUnhealthy", message=message, elsewhere=False)
