"""One attempt at one Cloud PC: where it stands, and what it has made so far.

It can end early in three ways: it fails (``WorkFailedError``), there is no capacity now (``NoCapacityError``: it is
parked), or another build of the same Cloud PC has taken over (``SupersededError``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from orchestrators.parts.work import Work, overdue
from shared.contracts.attempts import BEGIN_STEP, ProvisionedRecord, StepRecord
from shared.contracts.definitions import PollPolicy
from shared.contracts.outcomes import Pending, Refused
from shared.contracts.provisioning import ProvisionOrder, Receipt
from shared.contracts.silences import WaitingWork
from shared.domain.cloud_pcs.advice import when_late
from shared.domain.cloud_pcs.build import Failure, Resources, Warn
from shared.domain.cloud_pcs.resuming import Resumption
from shared.domain.cloud_pcs.steps import ORDER, TITLES, Step
from shared.domain.owner import Owner
from shared.workflow import Context, Steps


class Attempt(Work):
    """The attempt that runs: every call of it is made through here, so that its early ends are handled in one place."""

    def __init__(self, ctx: Context, order: ProvisionOrder) -> None:
        super().__init__(ctx)
        self.order = order
        self.step = Step.ALLOCATE_CAPACITY
        self.resources = Resources()
        self.warnings: tuple[Warn, ...] = ()
        self.resumed: Resumption | None = None
        self.device_object_id: str | None = None  # Graph's id of the device, of an attempt that was resumed
        self.password_left: Failure | None = None  # why the domain join's extension stays; the next step records it

    @property
    def waiting(self) -> WaitingWork:
        """The Cloud PC that waits for a cloud that does not answer, and at which step."""
        owner = Owner.cloud_pc(self.order.cloud_pc_id)
        return WaitingWork(tenant_id=self.order.tenant_id, owner=owner, doing=f"the step {TITLES[self.step]}")

    def resume_from(self, resumption: Resumption, device_object_id: str | None) -> None:
        """Go on with the machine of the attempt before: the resources of the steps before its failure exist."""
        self.resumed, self.device_object_id = resumption, device_object_id
        self.resources, self.warnings = resumption.made, resumption.warnings

    def is_done(self, step: Step) -> bool:
        """Whether *step* was done by the attempt that this one goes on from."""
        return self.resumed is not None and ORDER.index(step) < ORDER.index(self.resumed.step)

    def begin(self, step: Step, note: str | None = None) -> Steps[None]:
        """Record that *step* begins, and with it the resources that the steps before it have made."""
        self.step = step
        resumed = self.resumed is not None and self.resumed.step is step
        if resumed:
            note = f"resumed here with {self.resources.computer_name}, the machine of the attempt before"
        record = StepRecord(
            **self.order.which,
            step=step,
            resources=self.resources,
            resumed=resumed,
            note=note,
            password_left=self.password_left,
        )
        self.password_left = None
        yield from self.record(BEGIN_STEP, record)

    def add_resources(self, **made: str | datetime | None) -> None:
        """Add resources that were created; the next step records them."""
        self.resources = self.resources.but(**made)

    def provisioned(self) -> ProvisionedRecord:
        """Return the record of its success."""
        return ProvisionedRecord(**self.order.which, resources=self.resources, warnings=self.warnings)

    def receipt(self) -> Receipt:
        """Return the receipt of its success."""
        outcome: Literal["provisioned", "provisionedWithWarnings"]
        outcome = "provisionedWithWarnings" if self.warnings else "provisioned"
        return Receipt(outcome=outcome, attempts=self.order.attempt)

    def refused(self, refused: Refused) -> Failure:
        """Return the failure at the step that is being made."""
        return refused.failure(self.step)

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a service that is out."""
        return Failure(
            code="serviceUnavailable",
            message=f"{TITLES[self.step]}: the service did not answer as it should.",
            step=self.step,
            evidence=reason,
            advice="See Azure's service health for the region; the next attempt starts by itself.",
        )

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of a step that took too long."""
        message = f"{TITLES[self.step]}: {overdue(pending, policy)}"
        code, advice = f"{self.step.value}TimedOut", when_late(self.step)
        return Failure(code=code, message=message, step=self.step, advice=advice)
