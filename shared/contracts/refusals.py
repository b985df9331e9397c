"""Refusals raised by a client: as an exception, which ``shared.workflow.implements`` turns into the outcome.

So an activity reads as if all went well, and no call site can forget to check.
"""

from __future__ import annotations

from shared.contracts.outcomes import NoCapacity, Refused
from shared.errors import RefusedError, UnavailableError


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
