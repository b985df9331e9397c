"""Decisions: rules that change with the business, made in activities so that an edit strands no running work."""

from __future__ import annotations

from activities.alternates import moved_to_alternate
from activities.audit import record_status_change, update_operation
from activities.building import change_record, find_record, wanted_build
from shared.contracts.attempts import BEGIN_ATTEMPT, AttemptOrder, Begun
from shared.contracts.ordered import is_later
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.dependencies import dependencies
from shared.domain.asking import Confirmation, Unanswered
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Phase
from shared.domain.destroying import Act
from shared.domain.networks.connection import Connection, HealthStatus
from shared.services.second_questions import Claim, ask_for_claim
from shared.storage.due import read_once
from shared.workflow import Blueprint, implements

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
    if asks and (why := await kept_for_now(found.value)) is not None:
        return why

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


async def kept_for_now(pc: CloudPc) -> NoCapacity | None:
    """Ask the directory before an attempt cleans up the machine before it; return why it does not, None: it may.

    A machine is not given up for a build that nobody is entitled to, or that could go no further.
    """
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
