"""How an attempt begins: recorded, with a healthy connection, and with nothing of an earlier one in its way."""

from __future__ import annotations

from orchestrators.attempts import Attempt, AttemptFailedError, AttemptSupersededError
from shared.contracts.attempts import BEGIN_ATTEMPT, AttemptOrder
from shared.contracts.cleaning import CLEAN_UP
from shared.contracts.outcomes import Superseded
from shared.contracts.resuming import RECOGNISE_MACHINE, RecogniseOrder, Unrecognised
from shared.domain.resuming import Resumption
from shared.domain.steps import Step
from shared.workflow import Steps


def begin(attempt: Attempt) -> Steps[None]:
    """Begin the attempt: the record says so, the connection is healthy, and nothing of an earlier one is left.

    Unless it is resumed: then the machine of the one before stays, and is gone on with.
    """
    order = attempt.order
    beginning = AttemptOrder(
        **order.which,
        connection_id=order.snapshot.connection_id,
        resumes_at=order.resume.step if order.resume else None,
    )
    if isinstance((yield from attempt.do(BEGIN_ATTEMPT, beginning)), Superseded):
        raise AttemptSupersededError
    why_not = None
    if order.resume is not None:
        why_not = yield from resume(attempt, order.resume)
        if why_not is None:
            return
        attempt.order = order.anew()
    if order.remains:
        yield from clean_up(attempt, why_not)


def resume(attempt: Attempt, resumption: Resumption) -> Steps[str | None]:
    """Go on with the machine of the attempt before, if it is still as that one left it; else return why not."""
    attempt.step = resumption.step
    made = resumption.made
    found = yield from attempt.do(
        RECOGNISE_MACHINE,
        RecogniseOrder(
            machine=attempt.order.machine(str(made.region)),
            entra_device_id=made.entra_device_id,
            managed_device_id=made.managed_device_id,
        ),
    )
    if isinstance(found, Unrecognised):
        return f"not resumed: {found.why}"
    attempt.go_on(resumption, found.device_object_id)
    return None


def clean_up(attempt: Attempt, note: str | None) -> Steps[None]:
    """Remove what earlier attempts left, where they left it."""
    yield from attempt.begin(Step.CLEAN_UP, note)
    for remains in attempt.order.remains:
        cleaned = yield from attempt.run(CLEAN_UP, remains)
        if cleaned.left:
            raise AttemptFailedError(cleaned.left[0].failure(Step.CLEAN_UP))
    attempt.order = attempt.order.cleaned()
