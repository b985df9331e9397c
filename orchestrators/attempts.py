"""One attempt at one Cloud PC: where it stands, what it has made so far, and the three ways it can end early."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from orchestrators.work import Work, overdue
from shared.contracts.attempts import BEGIN_STEP, ProvisionedRecord, StepRecord
from shared.contracts.definitions import PollPolicy
from shared.contracts.outcomes import NoCapacity, Pending, Refused, Superseded
from shared.contracts.provisioning import ProvisionOrder, Receipt
from shared.domain.advice import when_late
from shared.domain.cloud_pc import Failure, Resources, Warn
from shared.domain.resuming import Resumption
from shared.domain.steps import ORDER, TITLES, Step
from shared.workflow import Context, Steps


class AttemptFailedError(Exception):
    """The attempt is over; *failure* is what to show for it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class AttemptParkedError(Exception):
    """There is no room now: nobody's failure."""

    def __init__(self, reason: NoCapacity) -> None:
        super().__init__(reason.code)
        self.reason = reason


class AttemptSupersededError(Exception):
    """Another build of the same Cloud PC has taken over."""


class Attempt(Work):
    """The attempt that runs: every call of it is made through here, so that its end is told in one place."""

    def __init__(self, ctx: Context, order: ProvisionOrder) -> None:
        super().__init__(ctx)
        self.order = order
        self.step = Step.ALLOCATE_CAPACITY
        self.resources = Resources()
        self.warnings: tuple[Warn, ...] = ()
        self.resumed: Resumption | None = None
        self.device_object_id: str | None = None  # Graph's id of the device, of an attempt that was resumed

    def go_on(self, resumption: Resumption, device_object_id: str | None) -> None:
        """Go on with the machine of the attempt before: what the steps before its failure made is there."""
        self.resumed, self.device_object_id = resumption, device_object_id
        self.resources, self.warnings = resumption.made, resumption.warnings

    def has_behind_it(self, step: Step) -> bool:
        """Whether *step* was done by the attempt that this one goes on from."""
        return self.resumed is not None and ORDER.index(step) < ORDER.index(self.resumed.step)

    def begin(self, step: Step, note: str | None = None) -> Steps[None]:
        """Say that *step* begins, and with it what the steps before it have made."""
        self.step = step
        resumed = self.resumed is not None and self.resumed.step is step
        if resumed:
            note = f"resumed here with {self.resources.computer_name}, the machine of the attempt before"
        record = StepRecord(**self.order.which, step=step, resources=self.resources, resumed=resumed, note=note)
        if isinstance((yield from self.do(BEGIN_STEP, record)), Superseded):
            raise AttemptSupersededError

    def found(self, **resources: str | datetime | None) -> None:
        """Remember what has been made."""
        self.resources = self.resources.but(**resources)

    def record(self) -> ProvisionedRecord:
        """Return what to write down at its good end."""
        return ProvisionedRecord(**self.order.which, resources=self.resources, warnings=self.warnings)

    def receipt(self) -> Receipt:
        """Return the receipt of its good end."""
        outcome: Literal["provisioned", "provisionedWithWarnings"]
        outcome = "provisionedWithWarnings" if self.warnings else "provisioned"
        return Receipt(outcome=outcome, attempts=self.order.attempt)

    def refused(self, refused: Refused) -> AttemptFailedError:
        """Return the failure at the step that is being made."""
        return AttemptFailedError(refused.failure(self.step))

    def no_capacity(self, full: NoCapacity) -> AttemptParkedError:
        """Return the end that uses up no attempt."""
        return AttemptParkedError(full)

    def unanswered(self, reason: str) -> AttemptFailedError:
        """Return the failure of a service that is out."""
        failure = Failure(
            code="serviceUnavailable",
            message=f"{TITLES[self.step]}: the service did not answer as it should.",
            step=self.step,
            evidence=reason,
            advice="See Azure's service health for the region; the next attempt starts by itself.",
        )
        return AttemptFailedError(failure)

    def too_late(self, pending: Pending, policy: PollPolicy) -> AttemptFailedError:
        """Return the failure of a step that took too long."""
        message = f"{TITLES[self.step]}: {overdue(pending, policy)}"
        code, advice = f"{self.step.value}TimedOut", when_late(self.step)
        return AttemptFailedError(Failure(code=code, message=message, step=self.step, advice=advice))
