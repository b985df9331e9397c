"""The status, code, title and problem type of every error that is answered; docs/errors.md explains each."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from shared.errors import (
    ConflictError,
    DeskwrightError,
    ForbiddenError,
    InvalidError,
    LengthRequiredError,
    NotFoundError,
    RefusedError,
    StaleError,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnreadableError,
)


@dataclass(frozen=True, slots=True)
class Status:
    """A status with its name. *code* is Graph's word for it."""

    status: HTTPStatus
    code: str
    title: str

    @property
    def type(self) -> str:
        """The URI of this kind of error (RFC 9457), the same in every release."""
        return f"urn:problem-type:deskwright:{self.code[0].lower()}{self.code[1:]}"


STATUSES: dict[type[DeskwrightError], Status] = {
    InvalidError: Status(HTTPStatus.BAD_REQUEST, "BadRequest", "The request is wrong"),
    UnauthenticatedError: Status(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized"),
    ForbiddenError: Status(HTTPStatus.FORBIDDEN, "Forbidden", "Your role does not allow this"),
    NotFoundError: Status(HTTPStatus.NOT_FOUND, "ResourceNotFound", "There is no such thing"),
    ConflictError: Status(HTTPStatus.CONFLICT, "Conflict", "Not in the present state"),
    LengthRequiredError: Status(HTTPStatus.LENGTH_REQUIRED, "LengthRequired", "Send the body with its length"),
    StaleError: Status(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed", "It has changed since you read it"),
    TooLargeError: Status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", "The body is too large"),
    UnreadableError: Status(HTTPStatus.INTERNAL_SERVER_ERROR, "RecordUnreadable", "The record cannot be read"),
    RefusedError: Status(HTTPStatus.UNPROCESSABLE_ENTITY, "UnprocessableEntity", "Azure refused it"),
    ThrottledError: Status(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests"),
    UnavailableError: Status(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Try again later"),
}
UNEXPECTED = Status(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", "An error of ours")
