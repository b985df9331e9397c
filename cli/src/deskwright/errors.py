"""Errors of the command line, each with its exit code, and the messages shown when the API refuses a request."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    SIGN_IN = 4
    CONFLICT = 5
    OPERATION_FAILED = 6
    TIMED_OUT = 7
    INTERRUPTED = 130


class CommandError(Exception):
    """The command has failed. *advice*: the next thing to do."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def lines(self) -> Iterator[str]:
        """Yield the lines for people."""
        yield from str(self).splitlines()
        if self.advice:
            yield f"  {self.advice}"


class UsageError(CommandError):
    """A request that is invalid before the service sees it."""

    exit_code = ExitCode.USAGE


class NotFoundError(CommandError):
    """A name stands for nothing."""

    exit_code = ExitCode.NOT_FOUND


class SignInError(CommandError):
    """There is no valid token."""

    exit_code = ExitCode.SIGN_IN


class ConflictError(CommandError):
    """It is not possible now."""

    exit_code = ExitCode.CONFLICT


class OperationFailedError(CommandError):
    """An operation has ended without success."""

    exit_code = ExitCode.OPERATION_FAILED


class TimedOutError(CommandError):
    """An operation still runs; waiting has ended."""

    exit_code = ExitCode.TIMED_OUT


class InterruptedCommandError(CommandError):
    """Somebody pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED


_CODES = {
    400: ExitCode.USAGE,
    401: ExitCode.SIGN_IN,
    403: ExitCode.SIGN_IN,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    412: ExitCode.CONFLICT,
}
_ADVICE = {
    401: "Sign in again: deskwright login.",
    403: "Ask an administrator of your directory for the role. deskwright whoami shows those you have.",
    412: "Somebody has changed it since it was read: read it again, and decide again.",
}


class RefusedError(CommandError):
    """The API refused a request. *problem*: problem details, or Graph's error, as a mapping; empty for neither."""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.status = status
        self.problem = _flat(problem)
        self.trace_id = str(self.problem.get("traceId") or headers.get("x-trace-id", ""))
        title, detail = self.problem.get("title", ""), self.problem.get("detail", "")
        text = ": ".join(str(part) for part in (title, detail) if part) or f"the service answered {status}"
        super().__init__(text, advice=_ADVICE.get(status, ""))

    @property
    def exit_code(self) -> ExitCode:  # type: ignore[override]  # depends on the status
        """The exit code of the status."""
        return _CODES.get(self.status, ExitCode.FAILED)

    @property
    def details(self) -> Mapping[str, Any]:
        """The details of the service's problem document; empty if it has none."""
        found = self.problem.get("details")
        return found if isinstance(found, Mapping) else {}

    def lines(self) -> Iterator[str]:
        """Yield the message, each wrong field, the obstacles, and the advice."""
        yield " ".join(str(self).splitlines())
        for error in self.problem.get("errors") or ():
            if str(error.get("message")) not in str(self):
                yield f"  {error.get('pointer') or '/'}: {error.get('message')}"
        yield from (f"  {name}: {_words(value)}" for name, value in self.details.items())
        if self.advice:
            yield f"  {self.advice}"
        if self.trace_id:
            yield f"  trace id: {self.trace_id}"


def _flat(problem: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return problem details; Graph's error in their shape."""
    error = problem.get("error")
    if not isinstance(error, Mapping):
        return problem
    inner = dict(error.get("innerError") or {})
    known = {"date", "request-id", "client-request-id", "traceId", "code"}
    return {
        "title": error.get("code", ""),
        "detail": error.get("message", ""),
        "traceId": inner.get("request-id", ""),
        "errors": [
            {"pointer": each.get("target"), "message": each.get("message")} for each in error.get("details") or ()
        ],
        "details": {name: value for name, value in inner.items() if name not in known},
    }


def _words(value: object) -> str:
    """Return a value on one line."""
    if isinstance(value, list):
        return ", ".join(_words(each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    return str(value)
