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
class ErrorStatus:
    """A status with its name. *code* is Graph's word for it."""

    status: HTTPStatus
    code: str
    title: str

    @property
    def type(self) -> str:
        """The URI of this kind of error (RFC 9457), the same in every release."""
        return f"urn:problem-type:deskwright:{self.code[0].lower()}{self.code[1:]}"


STATUSES: dict[type[DeskwrightError], ErrorStatus] = {
    InvalidError: ErrorStatus(HTTPStatus.BAD_REQUEST, "BadRequest", "The request is wrong"),
    UnauthenticatedError: ErrorStatus(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized"),
    ForbiddenError: ErrorStatus(HTTPStatus.FORBIDDEN, "Forbidden", "Your role does not allow this"),
    NotFoundError: ErrorStatus(HTTPStatus.NOT_FOUND, "ResourceNotFound", "There is no such thing"),
    ConflictError: ErrorStatus(HTTPStatus.CONFLICT, "Conflict", "Not in the present state"),
    LengthRequiredError: ErrorStatus(HTTPStatus.LENGTH_REQUIRED, "LengthRequired", "Send the body with its length"),
    StaleError: ErrorStatus(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed", "It has changed since you read it"),
    TooLargeError: ErrorStatus(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", "The body is too large"),
    UnreadableError: ErrorStatus(HTTPStatus.INTERNAL_SERVER_ERROR, "RecordUnreadable", "The record cannot be read"),
    RefusedError: ErrorStatus(HTTPStatus.UNPROCESSABLE_ENTITY, "UnprocessableEntity", "Azure refused it"),
    ThrottledError: ErrorStatus(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests"),
    UnavailableError: ErrorStatus(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Try again later"),
}
UNEXPECTED = ErrorStatus(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", "An error of ours")
