"""One task of one session host, and its removal with the remains of a failed attempt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orchestrators.parts.machines.builds import NEXT_ATTEMPT, MachineWork
from orchestrators.parts.machines.cleaning import Cleaning
from orchestrators.parts.machines.computer_accounts import disable_accounts_of
from orchestrators.parts.work import SupersededError, WorkFailedError
from shared.contracts.desktops import DELETE_SESSION_HOST, SIGN_OFF, ForgetSessionHostOrder
from shared.contracts.joining import DELETE_DEVICE, DELETE_MANAGED_DEVICE, ForgetDeviceOrder
from shared.contracts.machines import BEGIN_VM_DELETE, DELETE_DISK, DELETE_NIC, Machine
from shared.contracts.outcomes import Refused
from shared.contracts.session_hosts import (
    EARLIER_POLL,
    END_HOST_TASK,
    POLL_EARLIER_TASK,
    RECORD_HOST_REMOVED,
    RECORD_HOST_STEP,
    REMOVE_AGAIN,
    REVOKE_HOST,
    HostConfigured,
    HostEndRecord,
    HostJob,
    HostRightsOrder,
    HostStepRecord,
    HostTaskDone,
    HostTaskOrder,
    OfHostTask,
)
from shared.domain.cloud_pcs.build import Failure, Resources
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.hosts.host import CHANGE_TITLES, TITLES, HostStep, HostTask
from shared.workflow import Context, Steps, continue_as_new, pause

_REPEATS: Mapping[HostTask, str] = MappingProxyType(
    {HostTask.BUILD: NEXT_ATTEMPT, HostTask.REMOVE: "the removal is tried again by itself"}
)
"""The tasks that are tried again by themselves; the others end with their failure."""


class HostRun(MachineWork[HostStep]):
    """The task that runs: every call of it is made through here, so that its early ends are handled in one place."""

    def __init__(self, ctx: Context, order: HostTaskOrder, job: HostJob) -> None:
        owner = Owner(kind=OwnerKind.SESSION_HOST, id=job.session_host_id)
        super().__init__(ctx, job.tenant_id, owner, HostStep.CLEAN_UP, job.made)
        self.order, self.job = order, job

    @property
    def doing(self) -> tuple[str, str]:
        """The present step, or the whole task where it has none."""
        task = self.order.task
        return (task.value, CHANGE_TITLES[task]) if task in CHANGE_TITLES else (self.step.value, TITLES[self.step])

    @property
    def repeats(self) -> str | None:
        """The sentence that promises a repeat, of a task that has one."""
        return _REPEATS.get(self.order.task)

    def begin(self, step: HostStep, failure: Failure | None = None) -> Steps[None]:
        """Record that *step* begins, and with it the resources of the steps before it. Raises: SupersededError."""
        self.step = step
        record = HostStepRecord(
            **self.job.which,
            step=step,
            resources=self.resources,
            failure=failure,
            password_left=self.password_left,
        )
        self.password_left = None
        yield from self.record(RECORD_HOST_STEP, record)

    def end(self, failure: Failure | None = None, configured: HostConfigured | None = None) -> Steps[HostTaskDone]:
        """Record that the task has ended; *failure*: why it was not done. Raises: SupersededError.

        *configured*: its Windows has the settings of the job by now.
        """
        record = HostEndRecord(**self.job.which, failure=failure)
        if configured is not None:
            record = record.but(windows=self.job.windows, warnings=configured.warnings)
        yield from self.record(END_HOST_TASK, record)
        if failure is None:
            return HostTaskDone(outcome="done")
        return HostTaskDone(outcome="notDone", refused=refused_of(failure))


def refused_of(failure: Failure) -> Refused:
    """Convert a Failure to a Refused outcome."""
    return Refused(
        code=failure.code,
        message=failure.message,
        evidence=failure.evidence,
        advice=failure.advice,
        final=not failure.retriable,
    )


def remove_host(run: HostRun) -> Steps[HostTaskDone]:
    """Remove a host.

    (1) Wait until a task that it has overtaken has noticed, (2) let nobody sign in any more and sign off who is there,
    (3) remove everything that was made for it, and see that it is gone, (4) remove its record. What cannot be removed
    is told, and tried again: the record stays as long as anything of the host does. A host that goes because its user
    has left is kept where the user is back by (2), or the directory does not say.
    """
    yield from run.begin(HostStep.SIGN_OFF)
    try:
        yield from run.wait(POLL_EARLIER_TASK, OfHostTask(**run.job.which), EARLIER_POLL)  # (1)
    except WorkFailedError as failed:
        yield from try_again_later(run, failed.failure)
    if run.job.left is not None:
        clean = Cleaning(run.ctx, run.job.left, confirmation=run.job.confirmation)
        yield from clean.do(SIGN_OFF, session_host_of(run, run.job.left))  # (2)
        if clean.held:
            raise SupersededError
        yield from run.begin(HostStep.REMOVE)
        left = (*clean.left, *(yield from remove_traces(run, run.job.left)))  # (3)
        if left:
            yield from try_again_later(run, left_behind(left))
    yield from run.record(RECORD_HOST_REMOVED, OfHostTask(**run.job.which))  # (4)
    return HostTaskDone(outcome="done")


def try_again_later(run: HostRun, failure: Failure) -> Steps[None]:
    """Record why the host could not be removed, and begin again after a while."""
    yield from run.begin(run.step, failure)
    yield from pause(run.ctx, REMOVE_AGAIN)
    continue_as_new(run.order)


def clean_up(run: HostRun) -> Steps[None]:
    """Remove the remains of an earlier attempt before the new one begins. Raises: WorkFailedError."""
    if run.job.left is None:
        return
    yield from run.begin(HostStep.CLEAN_UP)
    left = yield from remove_traces(run, run.job.left)
    if left:
        raise WorkFailedError(left_behind(left))
    run.resources = Resources()


def remove_traces(run: HostRun, machine: Machine) -> Steps[tuple[Refused, ...]]:
    """Remove all resources of a machine, and return the refused removals. Raises: SupersededError if it must be kept.

    (1) The session host leaves its pool before its machine goes, (2) its user loses the right to sign in to it, (3) the
    account in a domain is disabled from the machine while there is one, (4) Intune and (5) Entra ID forget the device,
    (6) the VM goes, (7) its interface and (8) its disk.
    """
    clean = Cleaning(run.ctx, machine, confirmation=run.job.confirmation)
    yield from clean.do(DELETE_SESSION_HOST, session_host_of(run, machine))  # (1)
    if clean.held:
        raise SupersededError
    clean.confirmation = None  # what has left its pool is no host any more: from here on it only goes on
    if run.job.assigned_user_id is not None:
        yield from clean.do(REVOKE_HOST, HostRightsOrder(machine=machine, user_id=run.job.assigned_user_id))  # (2)
    yield from disable_accounts_of(run.ctx, [machine], run.resources.domain_connection_id)  # (3)
    device = ForgetDeviceOrder(tenant_id=machine.tenant_id, owner=machine.owner, computer_name=machine.computer_name)
    yield from clean.do(DELETE_MANAGED_DEVICE, device)  # (4)
    yield from clean.do(DELETE_DEVICE, device)  # (5)
    yield from clean.do(BEGIN_VM_DELETE, machine)  # (6)
    yield from clean.wait(DELETE_NIC, machine)  # (7)
    yield from clean.wait(DELETE_DISK, machine)  # (8)
    return tuple(clean.left)


def session_host_of(run: HostRun, machine: Machine) -> ForgetSessionHostOrder:
    """Return the order about a machine's session host in the group's pool."""
    return ForgetSessionHostOrder(machine=machine, host_pool_id=run.job.host_pool_id, domain_name=run.job.domain_name)


def left_behind(left: tuple[Refused, ...]) -> Failure:
    """Return the failure that lists the resources that could not be removed."""
    what = "; ".join(f"{each.code}: {each.message}" for each in left)
    return Failure(code="notRemoved", message=f"Not everything could be removed: {what}", advice=left[0].advice)
