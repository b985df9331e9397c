"""One task of one session host: its present step, and the resources made so far."""

from __future__ import annotations

from datetime import datetime

from orchestrators.parts.work import Work, overdue
from shared.contracts.definitions import PollPolicy
from shared.contracts.host_builds import (
    END_HOST_TASK,
    RECORD_HOST_STEP,
    HostConfigured,
    HostEndRecord,
    HostJob,
    HostStepRecord,
)
from shared.contracts.outcomes import Pending, Refused
from shared.contracts.session_hosts import HostTaskDone, HostTaskOrder
from shared.contracts.silences import WaitingWork
from shared.domain.cloud_pcs.build import Failure, Resources
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.host_steps import CHANGE_TITLES, TITLES, HostStep
from shared.workflow import Context, Steps


class HostRun(Work):
    """The task that runs: every call of it is made through here, so that its early ends are handled in one place."""

    def __init__(self, ctx: Context, order: HostTaskOrder, job: HostJob) -> None:
        super().__init__(ctx)
        self.order, self.job = order, job
        self.step = HostStep.CLEAN_UP
        self.resources: Resources = job.made
        self.password_left: Failure | None = None  # why the domain join's extension stays; the next step records it

    @property
    def waiting(self) -> WaitingWork:
        """The session host that waits for a cloud that does not answer."""
        owner = Owner(kind=OwnerKind.SESSION_HOST, id=self.job.which["session_host_id"])
        return WaitingWork(tenant_id=self.job.which["tenant_id"], owner=owner, doing=self._doing[1])

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

    def add_resources(self, **made: str | datetime | None) -> None:
        """Add resources that were created; the next step records them."""
        self.resources = self.resources.but(**made)

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

    @property
    def _doing(self) -> tuple[str, str]:
        """Current work, as a code and in words: a step, or the whole task where it has none."""
        task = self.order.task
        return (task.value, CHANGE_TITLES[task]) if task in CHANGE_TITLES else (self.step.value, TITLES[self.step])

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a service that is out."""
        return Failure(
            code="serviceUnavailable",
            message=f"{self._doing[1]}: the service did not answer as it should.",
            evidence=reason,
            advice="See Azure's service health for the region; the next attempt starts by itself.",
        )

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of a step that took too long."""
        code, title = self._doing
        return Failure(code=f"{code}TimedOut", message=f"{title}: {overdue(pending, policy)}")


def refused_of(failure: Failure) -> Refused:
    """Return a failure as the refusal that it is to whoever reads the outcome."""
    return Refused(
        code=failure.code,
        message=failure.message,
        evidence=failure.evidence,
        advice=failure.advice,
        final=not failure.retriable,
    )
