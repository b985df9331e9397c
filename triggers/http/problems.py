"""The one place where an error becomes a status.

Own routes answer ``application/problem+json`` (RFC 9457), Graph-shaped ones Graph's ``{"error": {...}}``. An
unexpected error is a 500 with a trace id, without its cause, which is in the log.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import azure.functions as func

from shared.errors import (
    BusyError,
    ConflictError,
    DeskwrightError,
    InvalidError,
    ThrottledError,
    UnauthenticatedError,
    UnavailableError,
    cut,
    shown,
)
from triggers.http.answers import http_response
from triggers.http.statuses import STATUSES, UNEXPECTED, Status
from triggers.http.views.errors import (
    FieldErrorView,
    GraphErrorView,
    ProblemView,
    field_error_view,
    graph_error_view,
)

_log = logging.getLogger("deskwright.http")


_GENERAL = {
    "ServiceUnavailable": "A service behind this one does not answer. Send the request again after Retry-After.",
    "TooManyRequests": "There are too many requests at the moment. Send this one again after Retry-After.",
}
"""Messages for failures: the original messages name tables and hosts. They are in the log, with the trace id."""


async def answering_errors(
    perform: Callable[[], Awaitable[func.HttpResponse]],
    *,
    graph: bool,
    trace_id: str,
    request: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """Return the response of *perform*, or that to its error. *request*: what Graph's errors say of the request."""
    try:
        return await perform()
    except DeskwrightError as error:
        return error_response(error, graph=graph, trace_id=trace_id, request=request)
    except Exception:  # noqa: BLE001 - the one broad except: whatever happens, the caller gets an answer
        _log.exception("unexpected error, trace id %s", trace_id)
        detail = f"Tell your provider the trace id {trace_id}."
        return _write(UNEXPECTED, detail, [], graph=graph, trace_id=trace_id, request=request)


def error_response(
    error: DeskwrightError, *, graph: bool, trace_id: str, request: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Return the response to an expected error."""
    status = _status(error)
    errors = _errors(error)
    detail = _GENERAL.get(status.code) or cut(str(error)) or status.title
    if status.code in _GENERAL or status is UNEXPECTED:
        _log.warning("%s, trace id %s: %s", status.code, trace_id, error)
    headers = {}
    if isinstance(error, ThrottledError | BusyError):
        headers["Retry-After"] = str(math.ceil(error.after.total_seconds()))
    elif isinstance(error, UnavailableError):
        headers["Retry-After"] = "10"
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    details = error.details if isinstance(error, ConflictError) else {}
    return _write(
        status, detail, errors, graph=graph, trace_id=trace_id, headers=headers, details=details, request=request
    )


def _status(error: DeskwrightError) -> Status:
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return UNEXPECTED


def _errors(error: DeskwrightError) -> list[FieldErrorView]:
    """Return the errors of fields."""
    return [field_error_view(each) for each in shown(error.problems)] if isinstance(error, InvalidError) else []


def _write(
    status: Status,
    detail: str,
    errors: list[FieldErrorView],
    *,
    graph: bool,
    trace_id: str,
    headers: dict[str, str] | None = None,
    details: dict[str, Any] | None = None,
    request: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    if graph:
        body: GraphErrorView | ProblemView = graph_error_view(
            status.code, detail, errors, trace_id, {**(request or {}), **(details or {})}
        )
    else:
        body = {
            "type": status.type,
            "title": status.title,
            "status": int(status.status),
            "detail": detail,
            "traceId": trace_id,
        }
        if errors:
            body["errors"] = errors
        if details:
            body["details"] = details
    return http_response(
        json.dumps(body),
        status=int(status.status),
        headers={"X-Trace-Id": trace_id, "Cache-Control": "no-store", **(headers or {})},
        kind="application/json" if graph else "application/problem+json",
    )
