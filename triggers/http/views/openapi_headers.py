"""The headers of responses, as the OpenAPI document declares them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from triggers.http.json_schema import Json
from triggers.http.odata import Collection
from triggers.http.openapi_metadata import Route

_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer", "minimum": 1}

HEADERS: Mapping[str, Json] = {
    "X-Trace-Id": {"description": "Finds the request in the log", "required": True, "schema": _TEXT},
    "X-Service-Time": {
        "description": "What time it is for the service: durations count from it",
        "required": True,
        "schema": {"type": "string", "format": "date-time"},
    },
    "Cache-Control": {"description": "Whether it may be kept", "schema": _TEXT},
    "Content-Disposition": {"description": "Under which name a file of CSV is kept", "schema": _TEXT},
    "ETag": {"description": "The version of what is shown, for If-Match or If-None-Match", "schema": _TEXT},
    "Location": {"description": "The address of what was made, or of the operation", "schema": _TEXT},
    "Operation-Location": {"description": "The address of the operation that was begun", "schema": _TEXT},
    "Retry-After": {"description": "Seconds until it is worth asking again", "schema": _NUMBER},
    "Idempotent-Replayed": {
        "description": "The response is that to the first request of this Idempotency-Key",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Preference-Applied": {"description": "What was preferred and done", "schema": _TEXT},
    "WWW-Authenticate": {"description": "How to authenticate", "schema": _TEXT},
    "Access-Control-Allow-Origin": {"description": "Pages of which sites may read it", "schema": _TEXT},
}
"""Every header by its name; the responses refer to them."""

_OF_OPEN_ROUTES = {
    "configuration": ("Cache-Control", "ETag"),
    "templates/customer.json": ("Access-Control-Allow-Origin", "Cache-Control"),
}
"""Routes without a caller -> their headers."""
_ASKED_AGAIN = {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def headers_of(route: Route, status: int) -> Json:
    """Return the headers of a successful response."""
    if route.metadata is None or not route.metadata.verb:
        return _named(*_OF_OPEN_ROUTES.get(route.address, ()))
    names = ["X-Trace-Id", "X-Service-Time", "Cache-Control"]
    if route.method != "delete":
        names.append("ETag")
    if route.method == "post":
        names.append("Idempotent-Replayed")
    if status == HTTPStatus.OK and isinstance(route.metadata.query, Collection):
        names.append("Content-Disposition")
    if route.method != "get":
        names.append("Operation-Location")
    if status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
        names.append("Location")
    if status == HTTPStatus.ACCEPTED:
        names.append("Retry-After")
    if route.method == "patch" and status == HTTPStatus.OK:
        names.append("Preference-Applied")
    return _named(*names)


def headers_of_error(status: int) -> Json:
    """Return the headers of an error."""
    names = ["X-Trace-Id", "X-Service-Time", "Cache-Control"]
    if status == HTTPStatus.UNAUTHORIZED:
        names.append("WWW-Authenticate")
    if status in _ASKED_AGAIN:
        names.append("Retry-After")
    return _named(*names)


def _named(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
