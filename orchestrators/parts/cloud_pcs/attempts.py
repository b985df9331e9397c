"""One attempt at one Cloud PC: its start, its current step, the resources it has made so far, and its end.

It can end early in three ways: it fails (``WorkFailedError``), there is no capacity now (``NoCapacityError``: it is
parked), or another build of the same Cloud PC has taken over (``SupersededError``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, assert_never

from orchestrators.parts.cloud_pcs.warning import warn
from orchestrators.parts.machines import builds
from orchestrators.parts.machines.builds import NEXT_ATTEMPT, Attempts, MachineWork, Parking
from orchestrators.parts.work import NoCapacityError, SupersededError, WorkFailedError
from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    CLEAN_UP,
    RECORD_FAILED,
    RECORD_PARKED,
    AttemptOrder,
    Begun,
    FailedRecord,
    ParkedRecord,
    ProvisionedRecord,
    StepRecord,
)
from shared.contracts.calls import WaitingWork
from shared.contracts.definitions import PollPolicy
from shared.contracts.machines import AGENT_POLL, POLL_AGENT
from shared.contracts.outcomes import HELD_BACK, Done, NoCapacity, Pending, Superseded
from shared.contracts.pools import CLAIM_ANOTHER, AnotherClaimed, AnotherOrder
from shared.contracts.provisioning import (
    RECOGNIZE_MACHINE,
    ProvisionOrder,
    Receipt,
    Recognized,
    RecognizeOrder,
    Unrecognized,
)
from shared.contracts.reconciling import START_PROVISIONING, StartOrder
from shared.contracts.remote_actions import BEGIN_START, STARTED_POLL
from shared.domain.cloud_pcs.build import ORDER, TITLES, Failure, Resources, Step, Warn
from shared.domain.cloud_pcs.progress import when_late
from shared.domain.cloud_pcs.replacing import Resumption, resumable
from shared.domain.destroying import Confirmation
from shared.domain.owner import Owner
from shared.workflow import Context, Steps, call

NOT_RESUMED = "not resumed: "


class Attempt(MachineWork[Step]):
    """The attempt that runs: every call of it is made through here, so that its early ends are handled in one place."""

    repeats = NEXT_ATTEMPT

    def __init__(self, ctx: Context, order: ProvisionOrder) -> None:
        owner = Owner.cloud_pc(order.cloud_pc_id)
        super().__init__(ctx, order.tenant_id, owner, Step.ALLOCATE_CAPACITY, Resources())
        self.order = order
        self.warnings: tuple[Warn, ...] = ()
        self.resumed: Resumption | None = None

    @property
    def doing(self) -> tuple[str, str]:
        """The present step."""
        return self.step.value, TITLES[self.step]

    @property
    def failed_step(self) -> Step:
        """The present step, which the record of a Cloud PC has with the failure."""
        return self.step

    @property
    def waiting(self) -> WaitingWork:
        """The Cloud PC that waits for a cloud that does not answer, and at which step."""
        return super().waiting.but(doing=f"the step {TITLES[self.step]}")

    def resume_from(self, resumption: Resumption, device_object_id: str | None) -> None:
        """Go on with the machine of the attempt before: the resources of the steps before its failure exist."""
        self.resumed, self.device_object_id = resumption, device_object_id
        self.resources, self.warnings = resumption.made, resumption.warnings

    def is_done(self, step: Step) -> bool:
        """Whether the attempt that this one resumes had done *step*."""
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

    def provisioned(self) -> ProvisionedRecord:
        """Return the record of its success."""
        return ProvisionedRecord(**self.order.which, resources=self.resources, warnings=self.warnings)

    def receipt(self) -> Receipt:
        """Return the receipt of its success."""
        outcome: Literal["provisioned", "provisionedWithWarnings"]
        outcome = "provisionedWithWarnings" if self.warnings else "provisioned"
        return Receipt(outcome=outcome, attempts=self.order.attempt)

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of a step that took too long, with the advice for that step."""
        return super().too_late(pending, policy).but(advice=when_late(self.step))


def begin(attempt: Attempt) -> Steps[None]:
    """Begin the attempt: it is recorded, the connection is healthy, and nothing of an earlier attempt is left.

    Unless it is resumed: then it goes on with the machine of the attempt before. Whoever works on a machine that is
    built anew is warned first; of one that is replaced, when the new one is there.
    """
    order = attempt.order
    if order.attempt == 1 and order.remains and order.replaces is None:
        yield from warn(attempt.ctx, order.warning)
    beginning = AttemptOrder(
        **order.which,
        connection_id=order.snapshot.connection_id,
        resumes_at=order.resume.step if order.resume else None,
    )
    begun = yield from attempt.record(BEGIN_ATTEMPT, beginning)
    why_not = None
    if order.resume is not None:
        why_not = (yield from wake(attempt, order.resume)) if order.wakes else None
        why_not = why_not or (yield from resume(attempt, order.resume))
        if why_not is None:
            return
        yield from claim_another(attempt, why_not.removeprefix(NOT_RESUMED))
        attempt.order = order.anew()
    if order.remains:
        yield from clean_up(attempt, why_not, begun.confirmation if isinstance(begun, Begun) else None)


def claim_another(attempt: Attempt, why: str) -> Steps[None]:
    """Give the user another member of the warm pool, once, because Azure refuses the machine that they have claimed.

    Returns where none is left. Raises: SupersededError once they have another: its own build goes on.
    """
    order = attempt.order
    if not order.another:
        return
    asked = AnotherOrder(**order.which, user_id=order.user.id, why=why)
    got = yield from attempt.record(CLAIM_ANOTHER, asked)
    if isinstance(got, AnotherClaimed):
        yield from call(
            attempt.ctx, START_PROVISIONING, StartOrder(tenant_id=order.tenant_id, cloud_pc_ids=(got.cloud_pc_id,))
        )
        raise SupersededError


def wake(attempt: Attempt, resumption: Resumption) -> Steps[str | None]:
    """Start the machine of a pool that waits deallocated; return why that is not possible.

    Then a machine is built where there is capacity, as without the pool.
    """
    attempt.step = resumption.step
    machine = attempt.order.machine(str(resumption.made.region))
    try:
        started = yield from attempt.do(BEGIN_START, machine)
        yield from attempt.finish(machine, started, STARTED_POLL)
        yield from attempt.wait(POLL_AGENT, machine, AGENT_POLL)
    except (WorkFailedError, NoCapacityError) as error:
        return f"{NOT_RESUMED}{machine.vm_name} does not start: {error.failure.message}"
    return None


def resume(attempt: Attempt, resumption: Resumption) -> Steps[str | None]:
    """Continue with the machine of the attempt before, if it is unchanged; otherwise return why not."""
    attempt.step = resumption.step
    made = resumption.made
    order = RecognizeOrder(
        machine=attempt.order.machine(str(made.region)),
        entra_device_id=made.entra_device_id,
        managed_device_id=made.managed_device_id,
    )
    match (yield from attempt.do(RECOGNIZE_MACHINE, order)):
        case Unrecognized(why=why):
            return f"{NOT_RESUMED}{why}"
        case Recognized(device_object_id=device_object_id):
            attempt.resume_from(resumption, device_object_id)
            return None
        case unknown:
            assert_never(unknown)


def clean_up(attempt: Attempt, note: str | None, confirmation: Confirmation | None) -> Steps[None]:
    """Remove the remains of earlier attempts, each at its own place.

    *confirmation*: permission to remove them; when it no longer holds, the build is parked: nothing has failed.
    """
    yield from attempt.begin(Step.CLEAN_UP, note)
    for remains in attempt.order.remains:
        order = remains.but(confirmation=confirmation) if confirmation else remains
        cleaned = yield from attempt.call_sub_orchestrator(CLEAN_UP, order)
        held = next((refused for refused in cleaned.left if refused.code == HELD_BACK), None)
        if held is not None:
            waits = NoCapacity(code=held.code, message=held.message, elsewhere=False)
            raise NoCapacityError(attempt.no_capacity(waits), waits)
        if cleaned.left:
            raise WorkFailedError(cleaned.left[0].failure(Step.CLEAN_UP))
    attempt.order = attempt.order.cleaned()


def wait_for_capacity(attempt: Attempt, reason: NoCapacity) -> Steps[Receipt]:
    """Park: visibly, for as long as the tenant allows, and without using up an attempt."""
    return (yield from builds.wait_for_capacity(attempt, _attempts(attempt), reason))


def try_again(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Try again unless this was the last attempt, or the next one would fail the same way.

    Where it is safe the next one goes on with the machine that is there, else it begins with its clean-up.
    """
    return (yield from builds.try_again(_attempts(attempt), failure))


def _attempts(attempt: Attempt) -> Attempts[Receipt]:
    """Return the attempts of the build of a Cloud PC, and their records."""
    ctx, order = attempt.ctx, attempt.order

    def record_parked(reason: NoCapacity, since: datetime) -> Steps[Done | Superseded]:
        return (yield from call(ctx, RECORD_PARKED, ParkedRecord(**order.which, reason=reason, since=since)))

    def record_failed(failure: Failure, *, last: bool = False) -> Steps[Done | Superseded]:
        made, warnings = attempt.resources, attempt.warnings
        record = FailedRecord(**order.which, failure=failure, last=last, resources=made, warnings=warnings)
        return (yield from call(ctx, RECORD_FAILED, record))

    def following(failure: Failure) -> ProvisionOrder:
        made = attempt.resources
        step = resumable(failure, made, resumed_at=order.resume.step if order.resume else None)
        resumption = Resumption(step=step, made=made, warnings=attempt.warnings) if step else None
        return order.next_attempt(joined_domain=made.domain_connection_id is not None, resume=resumption)

    def give_up(failure: Failure) -> Steps[Receipt]:
        _ = yield from record_failed(failure, last=True)  # also when it was superseded, it has failed
        return Receipt(outcome="failed", attempts=order.attempt, failure=failure)

    return Attempts(
        number=order.attempt,
        allowed=order.attempts,
        parking_limit=order.parking_limit,
        parking=Parking(
            since=order.parked_since,
            record=record_parked,
            order=order,
            superseded=Receipt(outcome="superseded", attempts=order.attempt),
        ),
        record_failed=record_failed,
        following=following,
        give_up=give_up,
    )
