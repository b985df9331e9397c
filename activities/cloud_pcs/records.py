"""The record of a build: where it stands, how it ended. Each activity may be repeated, and has its effect once.

Each compares generation and attempt with the record: a build that has been overtaken gets ``Superseded`` and changes
nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from activities.cloud_pcs.replacing import end_last_steps, give_up_replacement, put_restore_point_due
from activities.operations.audit import (
    at_step,
    fail_operation,
    record_status_change,
    succeed_operation,
    update_operation,
)
from activities.policies.decisions import (
    change_record,
    ended_build,
    find_record,
    running_build,
    wanted_build,
    with_machine,
)
from shared.contracts.builds import (
    BEGIN_STEP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    FailedRecord,
    ParkedRecord,
    ProvisionedRecord,
    StepRecord,
)
from shared.contracts.calls import is_later, moment
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.scripts import RECORD_SCRIPT, ScriptRecord
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import (
    ORDER,
    TITLES,
    Build,
    Failure,
    PoolUse,
    Resources,
    Step,
    TimelineEntry,
    percent,
)
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Phase, Status
from shared.domain.cloud_pcs.orphans import ComputerName
from shared.domain.cost.budgets import WAITS_FOR_BUDGET
from shared.domain.networks.connection import JoinType
from shared.domain.operations.operation import Operation
from shared.domain.policies.configuration import OnFailure
from shared.domain.policies.warm_pool import PoolKey
from shared.domain.pools.member import PoolMember
from shared.services.operations.estimating import learn
from shared.services.power.applying import promise_first_look
from shared.storage.cloud_pcs import StepEnd
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.telemetry import measure_claim
from shared.workflow import Blueprint, implements

bp = Blueprint()

_OPERATION_STEPS = {step.value: TITLES[step] for step in (Step.CLEAN_UP, *ORDER)}


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_STEP)
async def begin_step(record: StepRecord) -> Done | Superseded:
    """Record that a step begins, and that the step before it is done.

    It begins at the moment of the order, so that an order that is older than the step of the record changes nothing.
    """
    stored = await find_record(record)
    build = running_build(stored.value, record) if stored else None
    if stored is None or build is None:
        return Superseded()
    if is_later(build.step_started_at):
        return Done()
    at = moment(dependencies().clock.now())
    resources = build.resources.with_found(record.resources)
    if build.step is not None and build.step is not record.step:
        await _end_step_before(build.step, record, resources)
    if record.step is Step.CREATE_VM:
        await _keep_name(build, record)
    warning = None if record.password_left is None else _password_left(record.password_left)
    note = record.note or (warning["message"] if warning else None)
    entry = TimelineEntry(
        generation=record.generation, attempt=record.attempt, step=record.step, started_at=at, note=note
    )
    await dependencies().timeline.begin(record.tenant_id, record.cloud_pc_id, entry)

    after = await change_record(record, lambda there: _begun(there, record, at), stored)
    changed = running_build(after, record) if after else None
    if changed is None:
        return Superseded()
    done = percent(record.step, changed.snapshot.join_type if changed.snapshot else JoinType.AZURE_AD_JOIN)

    def advance(operation: Operation) -> Operation:
        operation = at_step(operation, record.step.value, _OPERATION_STEPS, percent=done, at=at)
        return operation.warned(warning) if warning else operation

    await update_operation(record.tenant_id, changed.operation_id, advance)
    return Done()


def _password_left(why: Failure) -> dict[str, Any]:
    return {
        "concern": "joinPasswordLeft",
        "step": Step.JOIN_DIRECTORY.value,
        "message": "The extension that joined the domain could not be removed from the machine, where it keeps the"
        f" join password encrypted: {why.code}: {why.message}",
    }


def _begun(pc: CloudPc, record: StepRecord, at: datetime) -> CloudPc | None:
    build = running_build(pc, record)
    if build is None or is_later(build.step_started_at):
        return None
    found = build.resources.with_found(record.resources)
    if build.step is record.step:
        return pc.with_build(build.but(resources=found))
    anew = record.step in {Step.CLEAN_UP, Step.ALLOCATE_CAPACITY}
    begun = build.but(
        step=record.step,
        step_started_at=at,
        resumed_at=None if anew else build.resumed_at,
        warnings=() if anew else build.warnings,
        resources=found,
        pool=_not_claimed(build.pool, record) if anew else build.pool,
        # After the VM there was capacity: the build is parked no longer.
        parked_since=build.parked_since if record.step in {Step.CLEAN_UP, *ORDER[:2]} else None,
    )
    return pc.with_build(begun).but(last_modified_date_time=at)


def _not_claimed(use: PoolUse | None, record: StepRecord) -> PoolUse | None:
    """Return the note that the claimed machine of the warm pool is not used; other notes stay."""
    if use is None or not use.claimed:
        return use
    return use.but(claimed=False, why=record.note or "the machine of the pool could not be used")


async def _keep_name(build: Build, record: StepRecord) -> None:
    """Record the computer name before anything is created under it, so that clean-up finds these things by name."""
    name = record.resources.computer_name
    template = build.snapshot.configuration.naming_template if build.snapshot else ""
    if name is None:
        return
    given = ComputerName(
        tenant_id=record.tenant_id,
        name=name,
        beginning=name[: len(naming.fixed_beginning(template))],
        cloud_pc_id=record.cloud_pc_id,
        generation=record.generation,
        attempt=record.attempt,
        given_at=dependencies().clock.now(),
    )
    await dependencies().computer_names.save_all([Stored(given, "*")])


async def _end_step_before(before: Step, record: StepRecord, resources: Resources) -> None:
    """Close the entry of the step before; an entry that lies after the new step did not end."""
    steps = (Step.CLEAN_UP, *ORDER)
    back = steps.index(before) > steps.index(record.step)
    interrupted = record.step is Step.CLEAN_UP
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=before,
        at=dependencies().clock.now(),
        outcome="failed" if back else "succeeded",
        resource_ids=() if back else resources.made_in(before),
        note=("it was interrupted, and is begun again" if interrupted else "no capacity there; tried at another place")
        if back
        else None,
    )
    await dependencies().timeline.end(record.tenant_id, record.cloud_pc_id, end)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_SCRIPT)
async def record_script(record: ScriptRecord) -> Done | Superseded:
    """Record in the timeline that a script has run, and how it ended."""
    stored = await find_record(record)
    if stored is None or running_build(stored.value, record) is None:
        return Superseded()
    timeline, run = dependencies().timeline, f"{record.number:02d}"
    entry = TimelineEntry(
        generation=record.generation,
        attempt=record.attempt,
        step=Step.RUN_SCRIPTS,
        started_at=record.began_at,
        note=record.script.title,
        run=run,
    )
    failed = "failed" if record.script.on_failure is OnFailure.BLOCK else "warned"
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=Step.RUN_SCRIPTS,
        at=moment(dependencies().clock.now()),
        outcome="succeeded" if record.failure is None else failed,
        error=record.failure,
        run=run,
    )
    await timeline.begin(record.tenant_id, record.cloud_pc_id, entry)
    await timeline.end(record.tenant_id, record.cloud_pc_id, end)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_PARKED)
async def record_parked(record: ParkedRecord) -> Done | Superseded:
    """Record that the build waits for capacity."""
    stored = await find_record(record)
    build = wanted_build(stored.value, record) if stored else None
    if stored is None or build is None:
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=_reached(build, record) or Step.ALLOCATE_CAPACITY,
        at=at,
        outcome="parked",
        note=f"{record.reason.code}: {record.reason.message}",
    )
    await dependencies().timeline.end(record.tenant_id, record.cloud_pc_id, end)

    def edit(there: CloudPc) -> CloudPc | None:
        wanted = wanted_build(there, record)
        if wanted is None:
            return None
        if wanted.phase is Phase.WAITING and wanted.parked_since == record.since and wanted.reason:
            return None
        return there.after_build(
            wanted,
            Event.PARKED,
            at=at,
            attempt=record.attempt,
            reason=record.reason.message,
            parked_since=record.since,
        )

    parked = await change_record(record, edit, stored)
    if parked is None or wanted_build(parked, record) is None:
        return Superseded()
    again = build.parked_since is not None and record.reason.code == WAITS_FOR_BUDGET
    if build.parked_since != record.since and not again and build is pc.current:  # parked again in ten minutes: no news
        await record_status_change(pc, parked)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_FAILED)
async def record_failed(record: FailedRecord) -> Done | Superseded:
    """Record that an attempt failed; with the last one the build has failed, and is cleaned up hours later."""
    stored = await find_record(record)
    build = stored and (wanted_build(stored.value, record) or ended_build(stored.value, record, Phase.FAILED))
    if not stored or not build:
        return Superseded()
    at = dependencies().clock.now()
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=record.failure.step or _reached(build, record) or Step.ALLOCATE_CAPACITY,
        at=at,
        outcome="failed",
        error=record.failure,
    )
    if build.phase is not Phase.FAILED:
        await dependencies().timeline.end(record.tenant_id, record.cloud_pc_id, end)
    if not record.last:
        edited = await change_record(record, lambda there: _after_failed_attempt(there, record), stored)
        return Done() if edited is not None and wanted_build(edited, record) else Superseded()
    if build is stored.value.current:
        return await give_up_current(stored, build, record)
    return await _give_up_replacement(stored, record)


def _after_failed_attempt(pc: CloudPc, record: FailedRecord) -> CloudPc | None:
    build = wanted_build(pc, record)
    if build is None:
        return None
    found = build.resources.with_found(record.resources)
    return pc.with_build(build.but(last_error=record.failure, resources=found, warnings=record.warnings))


async def give_up_current(stored: Stored[CloudPc], build: Build, record: FailedRecord) -> Done | Superseded:
    """Record that the current build failed, and with it the Cloud PC: its clean-up, audit event and operation too."""
    pc, at = stored.value, dependencies().clock.now()
    clean_up_at = None
    if build.resources.with_found(record.resources).computer_name and build.phase is not Phase.FAILED:
        tenant = await dependencies().tenants.get(record.tenant_id)
        # A pool member has nobody who could want it, or look at it: it costs money until it is gone.
        clean_up_at = at if isinstance(pc, PoolMember) else at + tenant.value.settings.clean_up_delay
        # Before the record: a record without its clean-up would keep its leftovers for ever.
        await dependencies().due.put(DueKind.CLEAN_UP, clean_up_at, pc.tenant_id, pc.id, record.generation)

    def edit(there: CloudPc) -> CloudPc | None:
        wanted = wanted_build(there, record)
        if wanted is None:
            return None
        return there.after_build(
            wanted,
            Event.GAVE_UP,
            at=at,
            attempt=record.attempt,
            last_error=record.failure,
            resources=wanted.resources.with_found(record.resources),
            warnings=record.warnings,
            clean_up_at=clean_up_at,
            parked_since=None,
            reason=None,
        )

    failed = await change_record(record, edit, stored)
    if failed is None or ended_build(failed, record, Phase.FAILED) is None:
        return Superseded()
    await record_status_change(pc, failed)
    await fail_operation(record.tenant_id, failed.current.operation_id, record.failure, at)
    return Done()


async def _give_up_replacement(stored: Stored[CloudPc], record: FailedRecord) -> Done | Superseded:
    """Record that the replacement failed: its Cloud PC keeps the current machine."""
    await change_record(record, lambda there: _after_failed_attempt(there, record), stored)
    tenant = await dependencies().tenants.get(record.tenant_id)
    delay = tenant.value.settings.clean_up_delay
    given_up = await give_up_replacement(stored.value, record.generation, record.failure, delay)
    return Done() if given_up else Superseded()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_PROVISIONED)
async def record_provisioned(record: ProvisionedRecord) -> Done | Superseded:
    """Record that the Cloud PC is provisioned."""
    status = Status.PROVISIONED_WITH_WARNINGS if record.warnings else Status.PROVISIONED
    stored = await find_record(record)
    if stored is None or not (running_build(stored.value, record) or _is_provisioned(stored.value, record, status)):
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    if pc.status is Status.PROVISIONING:
        await end_last_steps(record, pc.current.step)
        await put_restore_point_due(pc, at)
        await promise_first_look(dependencies(), pc, at)

    def edit(there: CloudPc) -> CloudPc | None:
        if running_build(there, record) is not there.current:
            return None
        # The restore points of the machine before this one were deleted with it.
        built = with_machine(there, record, restore_points=(), disks=())
        event = Event.WARNED if record.warnings else Event.SUCCEEDED
        return built.after(event, at=at, provisioned_date_time=at)

    done = await change_record(record, edit, stored)
    if done is None or not _is_provisioned(done, record, status):
        return Superseded()
    if pc.status is Status.PROVISIONING:
        if pc.current.pool is not None and pc.current.pool.claimed:
            _measure_claim(done, pc.current.pool)
        else:
            await learn(dependencies(), pc.tenant_id, pc.id, done.current, at)
    # The event has the moment of the status: an order that comes again after other changes adds no second one.
    await record_status_change(pc, done.but(last_modified_date_time=done.provisioned_date_time or at, swap=None))
    result = {"cloudPcId": done.id, "status": done.status.value}
    await succeed_operation(record.tenant_id, done.current.operation_id, result, at)
    return Done()


def _measure_claim(pc: CloudPc, use: PoolUse) -> None:
    assigned_at, snapshot = pc.current.resources.assigned_at, pc.current.snapshot
    if assigned_at is not None and snapshot is not None:
        key = PoolKey(snapshot.policy_id, pc.plan.id, use.region or "")
        measure_claim(assigned_at - use.asked_at, key.attributes(pc.tenant_id))


def _is_provisioned(pc: CloudPc, record: ProvisionedRecord, status: Status) -> bool:
    """Whether the record says already that just this attempt ended so."""
    return pc.status is status and ended_build(pc, record, Phase.BUILT) is pc.current


def _reached(build: Build, record: ParkedRecord | FailedRecord) -> Step | None:
    return build.step if build.attempt == record.attempt else None
