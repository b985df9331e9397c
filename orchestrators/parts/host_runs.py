"""One task of one session host: its present step, and the resources made so far."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orchestrators.parts.machine_builds import NEXT_ATTEMPT, MachineWork
from shared.contracts.host_builds import (
    END_HOST_TASK,
    RECORD_HOST_STEP,
    HostConfigured,
    HostEndRecord,
    HostJob,
    HostStepRecord,
)
from shared.contracts.outcomes import Refused
from shared.contracts.session_hosts import HostTaskDone, HostTaskOrder
from shared.domain.cloud_pcs.build import Failure
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.host import HostTask
from shared.domain.spot.host_steps import CHANGE_TITLES, TITLES, HostStep
from shared.workflow import Context, Steps

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
    """Return a failure as the refusal that it is to whoever reads the outcome."""
    return Refused(
        code=failure.code,
        message=failure.message,
        evidence=failure.evidence,
        advice=failure.advice,
        final=not failure.retriable,
    )
