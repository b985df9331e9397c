"""The exceptions of Deskwright.

    DeskwrightError
    ├── InvalidError          400  the request is not valid; ``problems`` has each step, field and reason
    ├── UnauthenticatedError  401  no token, or one that is not valid
    ├── ForbiddenError        403  the caller's role does not allow it
    ├── NotFoundError         404  does not exist, or is not visible to the caller
    ├── ConflictError         409  not possible in the current state; ``details`` says why
    │   ├── IllegalTransitionError  the life cycle has no such transition
    │   ├── NameTakenError          another record of the tenant has the name
    │   └── BusyError               the same request is being handled; ``after`` is the time to wait
    ├── LengthRequiredError   411  the body was sent in chunks, which the Functions host does not hand on
    ├── StaleError            412  it has changed since it was read; the frame of the routes tries again
    │   └── MismatchError           If-Match names another version: trying again changes nothing
    ├── TooLargeError         413  the body is larger than the limit
    ├── UnreadableError       500  a record that this release cannot read; ``id`` is its id
    ├── RefusedError          422  the cloud refused it, finally; ``code`` is the cloud's error code
    └── UnavailableError      503  the cloud or the storage failed; the same call may succeed later
        └── ThrottledError    429  too many requests; ``after`` is the time to wait
            └── SlowedDownError     sign-ins from this address have failed too often

Activities raise only UnavailableError: a refusal is a value (shared.contracts.outcomes), a failure is an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a request.

    *pointer* is a JSON pointer into the body (RFC 6901); *step* the wizard's step, if there is one.
    """

    pointer: str
    message: str
    step: str | None = None


_MOST_MADE = 50
_MOST, _LONGEST_POINTER, _LONGEST_MESSAGE = 100, 200, 2000


def shown(problems: Sequence[Problem]) -> list[Problem]:
    """Return as many problems as an answer has, each of bounded length: names in them may be the caller's own."""
    found = [Problem(cut(p.pointer, _LONGEST_POINTER), cut(p.message), p.step) for p in problems[:_MOST]]
    left_out = len(problems) - len(found)
    return [*found, Problem("", f"and {left_out} more")] if left_out else found


def few(count: int, made: Iterable[Problem], step: str | None = None) -> list[Problem]:
    """Return the first of *count* problems and the number of the others, which are not even made: each has its price.

    Whoever sends a body decides how many there are.
    """
    found = list(islice(made, _MOST_MADE + 1))
    return found if len(found) <= _MOST_MADE else [*found[:-1], Problem("", f"and {count - _MOST_MADE} more", step)]


def cut(text: str, most: int = _LONGEST_MESSAGE) -> str:
    """Return a text, shortened to *most* characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


class DeskwrightError(Exception):
    """The base class of all exceptions of Deskwright."""


class InvalidError(DeskwrightError):
    """The request is not valid and changed nothing."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.message}".removeprefix(": ") for p in problems))
        self.problems = problems


class UnauthenticatedError(DeskwrightError):
    """The caller is not authenticated."""


class ForbiddenError(DeskwrightError):
    """The caller is authenticated, but not authorized."""


class NotFoundError(DeskwrightError):
    """It does not exist or belongs to another tenant: the two look the same on purpose."""


class ConflictError(DeskwrightError):
    """The request is valid, but not possible in the current state."""

    def __init__(self, message: str, **details: Any) -> None:  # noqa: ANN401 - details are JSON
        super().__init__(message)
        self.details = details


class IllegalTransitionError(ConflictError):
    """The life cycle has no such transition from the current status."""


class NameTakenError(ConflictError):
    """Another record of the tenant has this name; use cases turn it into an InvalidError at the field."""


class BusyError(ConflictError):
    """The same request is being handled at this moment; its answer is there *after* a while."""

    def __init__(self, message: str, *, after: timedelta, **details: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(message, **details)
        self.after = after


class StaleError(DeskwrightError):
    """The record has changed since it was read."""


class MismatchError(StaleError):
    """The record is not the version that the caller's If-Match names."""


class LengthRequiredError(DeskwrightError):
    """The request has no Content-Length: its body, sent in chunks, did not reach the app."""


class TooLargeError(DeskwrightError):
    """The body is larger than the limit."""


class RefusedError(DeskwrightError):
    """The cloud refused the request, and would refuse it again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class UnreadableError(DeskwrightError):
    """A record cannot be read: a newer release has written it, or it is damaged. Nothing was changed."""

    def __init__(self, id_: str, message: str) -> None:
        super().__init__(message)
        self.id = id_


class UnavailableError(DeskwrightError):
    """A call to another service failed; it may succeed later."""


class ThrottledError(UnavailableError):
    """A call must be repeated *after* a time, because another service or our own pacing delays it."""

    def __init__(self, message: str, *, after: timedelta) -> None:
        super().__init__(message)
        self.after = after


class SlowedDownError(ThrottledError):
    """Too many sign-ins from the caller's address have failed."""
