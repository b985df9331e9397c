"""Beginning of an attempt: recorded, with a healthy connection, and with nothing of an earlier one in its way."""

from __future__ import annotations

from typing import assert_never

from orchestrators.parts.attempts import Attempt
from orchestrators.parts.work import NoCapacityError, WorkFailedError
from shared.contracts.attempts import BEGIN_ATTEMPT, AttemptOrder, Begun
from shared.contracts.cleaning import CLEAN_UP
from shared.contracts.outcomes import HELD_BACK, NoCapacity
from shared.contracts.resuming import RECOGNIZE_MACHINE, Recognized, RecognizeOrder, Unrecognized
from shared.domain.asking import Confirmation
from shared.domain.cloud_pcs.resuming import Resumption
from shared.domain.cloud_pcs.steps import Step
from shared.workflow import Steps


def begin(attempt: Attempt) -> Steps[None]:
    """Begin the attempt: it is recorded, the connection is healthy, and nothing of an earlier attempt is left.

    Unless it is resumed: then it goes on with the machine of the attempt before.
    """
    order = attempt.order
    beginning = AttemptOrder(
        **order.which,
        connection_id=order.snapshot.connection_id,
        resumes_at=order.resume.step if order.resume else None,
    )
    begun = yield from attempt.record(BEGIN_ATTEMPT, beginning)
    why_not = None
    if order.resume is not None:
        why_not = yield from resume(attempt, order.resume)
        if why_not is None:
            return
        attempt.order = order.anew()
    if order.remains:
        yield from clean_up(attempt, why_not, begun.confirmation if isinstance(begun, Begun) else None)


def resume(attempt: Attempt, resumption: Resumption) -> Steps[str | None]:
    """Go on with the machine of the attempt before, if it is still as that one left it; else return why not."""
    attempt.step = resumption.step
    made = resumption.made
    order = RecognizeOrder(
        machine=attempt.order.machine(str(made.region)),
        entra_device_id=made.entra_device_id,
        managed_device_id=made.managed_device_id,
    )
    match (yield from attempt.do(RECOGNIZE_MACHINE, order)):
        case Unrecognized(why=why):
            return f"not resumed: {why}"
        case Recognized(device_object_id=device_object_id):
            attempt.resume_from(resumption, device_object_id)
            return None
        case unknown:
            assert_never(unknown)


def clean_up(attempt: Attempt, note: str | None, confirmation: Confirmation | None) -> Steps[None]:
    """Remove the remains of earlier attempts, in the places where those built.

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
