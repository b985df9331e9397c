"""Outcomes of a call, and the exceptions that become one. A refusal is a value (ARCHITECTURE.md).

So an activity reads as if all went well, and no call site can forget to check.
"""

from typing import Literal

from shared.domain.cloud_pcs.build import Failure, Step
from shared.domain.values import Value
from shared.errors import RefusedError, UnavailableError


class Ticket(Value):
    """A place in the queue of a rate limit: one call on *bucket* may be made when *number* is served.

    Number 0 is served: a token was free at once.
    """

    bucket: str
    tenant_id: str = ""
    number: int = 0


class Later(Value):
    """Not a result: repeat the call with *tickets* after *after* seconds. ``shared.workflow.call`` does it.

    *silent*: in words, which cloud does not answer; None: it is only throttled.
    """

    kind: Literal["later"] = "later"
    after: float
    tickets: tuple[Ticket, ...] = ()
    silent: str | None = None


class Done(Value):
    """It is so now, whether this call made it so or found it so."""

    kind: Literal["done"] = "done"


class Accepted(Value):
    """Azure has begun. *operation_url*: of the operation; *resource_id*: the resource to read when that URL is gone."""

    kind: Literal["accepted"] = "accepted"
    resource_id: str
    operation_url: str | None = None
    deletes: bool = False  # when the URL is gone: whether a resource that is gone as well is the good end


class Pending(Value):
    """Not yet. *after* overrides the usual interval between polls, in seconds."""

    kind: Literal["pending"] = "pending"
    note: str = ""
    after: int | None = None


class Refused(Value):
    """The cloud declined. *final*: it would decline every further attempt as well."""

    kind: Literal["refused"] = "refused"
    code: str
    message: str
    evidence: str | None = None
    advice: str | None = None
    final: bool = False

    def failure(self, step: Step | None = None) -> Failure:
        """Return the failure to show for it."""
        return Failure(
            code=self.code,
            message=self.message,
            step=step,
            evidence=self.evidence,
            advice=self.advice,
            retriable=not self.final,
        )


HELD_BACK = "heldBack"
"""The code of a refusal of our own: nothing was done, because an answer was missing or said that it is wanted."""


class NoCapacity(Value):
    """No capacity or no quota: not the user's failure. The work is parked, visibly, without using up an attempt."""

    kind: Literal["noCapacity"] = "noCapacity"
    code: str
    message: str
    elsewhere: bool = True  # another size, zone or region may have capacity


class Superseded(Value):
    """The record has moved on to another build, or is gone: this one has nothing left to do."""

    kind: Literal["superseded"] = "superseded"


class DeclinedError(RefusedError):
    """The cloud declined: *outcome* is the outcome that an activity returns."""

    def __init__(self, outcome: Refused | NoCapacity) -> None:
        super().__init__(outcome.code, outcome.message)
        self.outcome = outcome

    @property
    def refused(self) -> Refused:
        """The outcome for a contract that knows no lack of capacity."""
        if isinstance(self.outcome, Refused):
            return self.outcome
        return Refused(code=self.outcome.code, message=self.outcome.message)


class MissingError(DeclinedError):
    """The requested object does not exist: often the very information that the caller wanted."""


class UnansweredError(UnavailableError):
    """The same call may succeed later; *code* is the cloud's own word for why it did not now."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OutageError(UnansweredError):
    """The cloud did not answer at all, or with a failure of its own (5xx): that is no refusal of the request."""
