"""Every error Deskwright raises on purpose.

    DeskwrightError
    ├── InvalidError          400  the request is wrong; ``problems`` names each step, field and reason
    ├── UnauthenticatedError  401  no token, or one that does not hold
    ├── ForbiddenError        403  the caller's role does not allow it
    ├── NotFoundError         404  not there, or not the caller's to see
    ├── ConflictError         409  true, but not now: ``details`` says what stands in the way
    │   └── IllegalTransitionError  the life cycle has no such step
    ├── StaleError            412  somebody else changed it since it was read
    ├── TooLargeError         413  the body is over the limit
    ├── RefusedError          422  the cloud said no, for good: ``code`` is the cloud's own word
    └── UnavailableError      503  the cloud or the store did not answer as it should; the same call may succeed later
        └── ThrottledError    429  asked too often; ``after`` says when to ask again

Activities raise only UnavailableError: a refusal is a value (shared.contracts.outcomes), a failure is an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request.

    *pointer* is a JSON pointer into the body (RFC 6901); *step* the wizard's step, if it was a wizard.
    """

    pointer: str
    message: str
    step: str | None = None


class DeskwrightError(Exception):
    """The root: whatever Deskwright raises on purpose."""


class InvalidError(DeskwrightError):
    """The request is wrong and changed nothing."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.message}" for p in problems))
        self.problems = problems


class UnauthenticatedError(DeskwrightError):
    """The caller did not show who he is."""


class ForbiddenError(DeskwrightError):
    """The caller is known, and may not do this."""


class NotFoundError(DeskwrightError):
    """There is no such thing, or it belongs to another tenant: the two look alike on purpose."""


class ConflictError(DeskwrightError):
    """The request is right, but the present state stands in its way."""

    def __init__(self, message: str, **details: Any) -> None:  # noqa: ANN401 - details are JSON
        super().__init__(message)
        self.details = details


class IllegalTransitionError(ConflictError):
    """The life cycle has no such step from the present status."""


class StaleError(DeskwrightError):
    """The record has changed since the caller read it."""


class TooLargeError(DeskwrightError):
    """The body is larger than the limit."""


class RefusedError(DeskwrightError):
    """The cloud said no, and would say no again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class UnavailableError(DeskwrightError):
    """The other side did not answer as it should; the same call may succeed later."""


class ThrottledError(UnavailableError):
    """The other side, or our own pacing, asks us to wait."""

    def __init__(self, message: str, *, after: timedelta) -> None:
        super().__init__(message)
        self.after = after
