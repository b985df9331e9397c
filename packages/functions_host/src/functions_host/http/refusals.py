"""Answers of the management API: compact JSON, and the wording of its refusals (docs/notes.md 2.3)."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

FAILED = "Something went wrong while processing your request"
ARGUMENTS = "One or more of the arguments submitted is incorrect"
STORAGE_FAILED = "An error occurred while communicating with Azure Storage"
STORAGE_ERROR = "DurableTask.AzureStorage.Storage.DurableTaskStorageException"
_JSON_ERROR = "Newtonsoft.Json.JsonReaderException"
_JSON_BEGINNINGS = frozenset('{["-0123456789tfnNIu/')


class RefusedError(Exception):
    """The request gets a status with a problem; *error*: the exception's own message and type."""

    def __init__(self, status: int, message: str, error: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.error = status, message, error


class BadRequestError(RefusedError):
    """The request gets 400 with this reason."""

    def __init__(self, message: str, error: tuple[str, str] | None = None) -> None:
        super().__init__(400, message, error)


def answer_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with compact JSON, as Newtonsoft writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def problem(status: int, message: str, error: tuple[str, str] | None = None) -> web.Response:
    """Answer with a problem; *error*: the exception's own message and type, where there was one."""
    body = {"Message": message}
    if error is not None:
        body |= {"ExceptionMessage": error[0], "ExceptionType": error[1]}
    return answer_json(body, status)


def unreadable(text: str) -> BadRequestError:
    """Return Newtonsoft's error for text that is no JSON."""
    stripped = text.strip()
    if not stripped:
        said = "Error reading JToken from JsonReader. Path '', line 0, position 0."
    elif stripped[0] not in _JSON_BEGINNINGS:
        said = f"Unexpected character encountered while parsing value: {stripped[0]}. Path '', line 0, position 0."
    else:
        said = f"Unexpected end while parsing unquoted property name. Path '', line 1, position {len(stripped)}."
    return BadRequestError("Invalid JSON content", (said, _JSON_ERROR))


def read_json(body: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a body as JSON. Raises: BadRequestError."""
    try:
        return json.loads(body)
    except ValueError as error:
        text = body if isinstance(body, str) else body.decode(errors="replace")
        raise unreadable(text) from error
