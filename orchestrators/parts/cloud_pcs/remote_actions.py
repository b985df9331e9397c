"""Remote actions: the recorder of a running action, troubleshooting, and restore points."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeVar

from orchestrators.parts.work import Work, WorkFailedError, overdue
from shared.contracts.calls import WaitingWork
from shared.contracts.definitions import Activity, Json, PollPolicy
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    GRANT_SIGN_IN,
    POLL_SESSION_HOST,
    SIGN_IN_POLL,
    AssignmentOrder,
    SessionHostOrder,
    SignInRightsOrder,
)
from shared.contracts.machines import AGENT_POLL, BEGIN_DEALLOCATE, DELETE_POLL, POLL_AGENT, VM_POLL
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.contracts.remote_actions import (
    BEGIN_REMOTE_STEP,
    BEGIN_RESTART,
    BEGIN_RESTORE_POINT,
    BEGIN_RESTORED_DISK,
    BEGIN_START,
    BEGIN_SWAP,
    DELETE_RESTORE_POINTS,
    END_REMOTE_ACTION,
    EXAMINE,
    Check,
    Examined,
    RemoteEnd,
    RemoteOrder,
    RemoteStep,
    RestorePointsOrder,
)
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.cloud_pcs.progress import when_given_up
from shared.domain.values import Value
from shared.workflow import Context, Steps, call

Order = TypeVar("Order", bound=Value)


class RemoteActionRun(Work):
    """The action that runs. *forgotten*: restore points that it has deleted; *size*: the new size of the machine.

    *rests*: the machine was started for the action, and is off again. *hibernated*: its memory was kept;
    *unhibernated*: why it was not, although it was to be.
    """

    def __init__(self, ctx: Context, order: RemoteOrder) -> None:
        super().__init__(ctx)
        self.order = order
        self.forgotten: tuple[str, ...] = ()
        self.new_disk: str | None = None
        self.size = ""
        self.warnings: tuple[Warn, ...] = ()
        self.rests: bool | None = None
        self.hibernated: bool | None = None
        self.unhibernated: str | None = None

    @property
    def waiting(self) -> WaitingWork:
        """The Cloud PC that waits for a cloud that does not answer."""
        machine = self.order.machine
        doing = f"the action {self.order.name.value}"
        return WaitingWork(tenant_id=machine.tenant_id, owner=machine.owner, doing=doing)

    def begin(self, step: str) -> Steps[None]:
        """Record that *step* begins. Raises: SupersededError."""
        machine = self.order.machine
        record = RemoteStep(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.owner.id,
            operation_id=self.order.operation_id,
            name=self.order.name,
            step=step,
        )
        yield from self.record(BEGIN_REMOTE_STEP, record)

    def run_to_completion(
        self, activity: Activity[Order, Accepted | Done, Refused | NoCapacity], order: Order, policy: PollPolicy
    ) -> Steps[None]:
        """Let Azure begin something, and wait for its end. Raises: as ``wait``."""
        yield from self.finish(self.order.machine, (yield from self.do(activity, order)), policy)

    def wait_until_it_answers(self) -> Steps[None]:
        """Wait until Windows answers Azure, and its desktop agent the host pool. Raises: as ``wait``."""
        order = self.order
        yield from self.wait(POLL_AGENT, order.machine, AGENT_POLL)
        if order.host_pool_id is not None:
            host = SessionHostOrder(machine=order.machine, host_pool_id=order.host_pool_id)
            yield from self.wait(POLL_SESSION_HOST, host, AGENT_POLL)

    def end(self, failure: Failure | None = None, result: Json | None = None) -> Steps[None]:
        """Record the end of the action: its result, or its failure."""
        machine = self.order.machine
        record = RemoteEnd(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.owner.id,
            operation_id=self.order.operation_id,
            name=self.order.name,
            failure=failure,
            result=result or {},
            forgotten=self.forgotten,
            new_disk=self.new_disk,
            size=self.size,
            warnings=self.warnings,
            rests=self.rests,
            hibernated=self.hibernated,
            unhibernated=self.unhibernated,
        )
        yield from call(self.ctx, END_REMOTE_ACTION, record)

    def refused(self, refused: Refused) -> Failure:
        """Return the failure of a refused call."""
        advice = when_given_up(refused.advice)
        return Failure(code=refused.code, message=refused.message, evidence=refused.evidence, advice=advice)

    def no_capacity(self, full: NoCapacity) -> Failure:
        """Return the failure that another size may avoid."""
        advice = "The machine is stopped. Troubleshoot starts it again when there is capacity."
        return Failure(code=full.code, message=full.message, advice=advice)

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a service that is out."""
        message = "the service did not answer as it should"
        return Failure(code="serviceUnavailable", message=message, evidence=reason)

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of a call that took too long."""
        return Failure(code="timedOut", message=overdue(pending, policy))


def troubleshoot(run: RemoteActionRun) -> Steps[Json]:
    """Examine everything, repair, examine again; return each check with its evidence and advice.

    What cannot be repaired is no failure of the action: it reports what is wrong.
    """
    yield from run.begin("examine")
    first = yield from run.do(EXAMINE, run.order)
    not_repaired: list[Failure] = []
    if any(check.status == "failed" for check in first.checks):
        yield from run.begin("repair")
        for repair in (_machine, _session_host, _rights):
            try:
                yield from repair(run, first)
            except WorkFailedError as failed:
                not_repaired.append(failed.failure)
        yield from run.begin("examineAgain")
        last = yield from run.do(EXAMINE, run.order)
    else:
        last = first
    checks = [_compared(check, first) for check in last.checks]
    return {
        "healthy": all(check.status == "passed" for check in checks),
        "checks": [check.to_json() for check in checks],
        "notRepaired": [{"code": failure.code, "message": failure.message} for failure in not_repaired],
    }


def _compared(check: Check, first: Examined) -> Check:
    return check.but(repaired=check.status == "passed" and first.failed(check.name))


def _machine(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Start a stopped machine, or restart a machine whose agent does not answer. Users have no session on either."""
    if not (examined.failed("power") or examined.failed("agent")):
        return
    yield from run.run_to_completion(BEGIN_RESTART, run.order.machine, VM_POLL)
    yield from run.wait_until_it_answers()


def _session_host(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Give the session host to the user, and open it."""
    order = run.order
    if not examined.failed("sessionHost") or order.host_pool_id is None or order.session_host is None:
        return
    wanted = AssignmentOrder(
        machine=order.machine,
        host_pool_id=order.host_pool_id,
        session_host=order.session_host,
        user_principal_name=order.user_principal_name,
        user_id=order.user_id,
    )
    yield from run.do(ASSIGN_SESSION_HOST, wanted)


def _rights(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Give the user back the roles they sign in with."""
    order = run.order
    if not examined.failed("signInRights") or examined.application_group_id is None:
        return
    wanted = SignInRightsOrder(
        machine=order.machine,
        application_group_id=examined.application_group_id,
        user_id=order.user_id,
        join_type=order.join_type,
    )
    yield from run.wait(GRANT_SIGN_IN, wanted, SIGN_IN_POLL)


def create_restore_point(run: RemoteActionRun) -> Steps[Json]:
    """Copy the disk while the machine runs. Then delete the copies that are too old or too many."""
    order = run.order
    yield from run.begin("copy")
    try:
        yield from run.run_to_completion(BEGIN_RESTORE_POINT, order, VM_POLL)
    except WorkFailedError:
        with suppress(WorkFailedError):
            yield from _delete(run, (order.restore_point_id or "",))
        raise
    if order.obsolete:
        yield from run.begin("forget")
        with suppress(WorkFailedError):  # they stay in the record, and the next one removes them
            yield from _delete(run, order.obsolete)
    return {"cloudPcSnapshotId": order.restore_point_id}


def delete_restore_points(run: RemoteActionRun) -> Steps[Json]:
    """Delete the restore points that are too old."""
    yield from run.begin("forget")
    yield from _delete(run, run.order.obsolete)
    return {}


def _delete(run: RemoteActionRun, restore_point_ids: tuple[str, ...]) -> Steps[None]:
    obsolete = RestorePointsOrder(machine=run.order.machine, restore_point_ids=restore_point_ids)
    yield from run.wait(DELETE_RESTORE_POINTS, obsolete, DELETE_POLL)
    run.forgotten = restore_point_ids


def restore(run: RemoteActionRun) -> Steps[Json]:
    """Go back to a restore point: create a disk from it, and swap it for the machine's OS disk.

    Until the swap nothing is lost: whatever fails before, the machine is started with the disk it had.
    """
    order = run.order
    yield from run.begin("stop")
    try:
        yield from run.run_to_completion(BEGIN_DEALLOCATE, order.machine, VM_POLL)
        yield from run.begin("makeDisk")
        yield from run.run_to_completion(BEGIN_RESTORED_DISK, order, VM_POLL)
        yield from run.begin("swap")
        yield from run.run_to_completion(BEGIN_SWAP, order, VM_POLL)
    except WorkFailedError:
        with suppress(WorkFailedError):
            yield from run.run_to_completion(BEGIN_START, order.machine, VM_POLL)
        with suppress(WorkFailedError):
            yield from _delete_disks(run, (order.new_disk,))
        raise
    yield from run.begin("start")
    yield from run.run_to_completion(BEGIN_START, order.machine, VM_POLL)
    yield from run.begin("answer")
    yield from run.wait_until_it_answers()
    yield from run.begin("removeDisk")
    with suppress(WorkFailedError):  # its name stays in the record, and the clean-up removes it
        yield from _delete_disks(run, order.disks)
        run.new_disk = order.new_disk
    return {"cloudPcSnapshotId": order.restore_point_id}


def _delete_disks(run: RemoteActionRun, disks: tuple[str, ...]) -> Steps[None]:
    obsolete = RestorePointsOrder(machine=run.order.machine, disks=disks)
    yield from run.wait(DELETE_RESTORE_POINTS, obsolete, DELETE_POLL)
