"""The mapping of errors to status codes; refused and failed changes are written to the audit log.

Own routes answer ``application/problem+json`` (RFC 9457), Graph-shaped ones Graph's ``{"error": {...}}``. An
unexpected error is a 500 with a trace id, without its cause, which is in the log.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
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
from shared.services.audit.events import record_refusal
from shared.services.operations.action_context import ActionContext
from shared.telemetry import count_refusal
from triggers.http.answers import http_response
from triggers.http.call import Call
from triggers.http.permissions import OWN, Role, counting_roles
from triggers.http.statuses import STATUSES, UNEXPECTED, ErrorStatus
from triggers.http.views.errors import (
    FieldErrorView,
    GraphErrorView,
    ProblemView,
    field_error_view,
    graph_error_view,
)

_ABOUT_NOTHING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.LENGTH_REQUIRED})
"""Statuses of requests that have not reached anything of the caller's."""
_OF_STAFF = frozenset(Role) - {Role.USER}
_NAMES_NOTHING = (
    *("unknown field", "unknown property", "unknown query parameter", "unknown step"),
    *("is named twice", "this is named twice"),
)
"""Beginnings of messages about a field whose name the caller has made up."""


async def write_down_refusal(call: Call, verb: str, trace_id: str, response: func.HttpResponse) -> None:
    """Have the audit event of a mutation written that was answered with an error.

    Of callers without a role that counts there, or with that of users only, it is counted: everybody in a directory
    can have themselves refused without end. Their own Cloud PC is theirs, and what they were refused about that is
    written down.
    """
    status = int(response.status_code)
    if call.request.method == "GET" or status < HTTPStatus.BAD_REQUEST:
        return
    subject = call.tenant if call.tenant_id else None
    roles = counting_roles(call.caller, call.deps.settings.provider_tenant_id, subject)
    if not (roles & _OF_STAFF or call.grants.permissions or call.grants.scoped) and (
        verb not in OWN or status in _ABOUT_NOTHING
    ):
        count_refusal(status)
        return
    # Not the call's own context: reading that of a bad Idempotency-Key is what may have been refused.
    context = ActionContext(call.deps, call.actor, subject, verb, trace_id, call.now, ("refused", trace_id))
    await record_refusal(context, _resource_id(call), status, _reason(json.loads(response.get_body())))


def _resource_id(call: Call) -> str:
    """Return the id of the resource of a refused change; a version of an image set is named by both."""
    params = {name: str(value) for name, value in call.request.route_params.items()}
    if "number" in params:
        return f"{params['id']}/{params['number']}"
    return next((params[name] for name in ("host", "id", "site", "wizard", "tenant") if name in params), "")


def _reason(body: dict[str, Any]) -> str:
    """Return the message to the caller, in either shape of errors.

    The name of a field that nobody knows is not kept: it may be a secret that slipped into the wrong place.
    """
    if "error" in body:
        told, problems = body["error"]["message"], body["error"].get("details", ())
    else:
        told, problems = body.get("detail", ""), body.get("errors", ())
    text = str(told)
    for each in problems:
        pointer, message = str(each.get("pointer", each.get("target", ""))), str(each["message"])
        if message.startswith(_NAMES_NOTHING) and pointer:
            text = text.replace(f"{pointer}: ", f"{pointer.rpartition('/')[0]}/…: ")
    return text


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
    """Return the response of *perform*, or an error response. *request*: facts of the request for Graph's errors."""
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


def _status(error: DeskwrightError) -> ErrorStatus:
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return UNEXPECTED


def _errors(error: DeskwrightError) -> list[FieldErrorView]:
    """Return the errors of fields."""
    return [field_error_view(each) for each in shown(error.problems)] if isinstance(error, InvalidError) else []


def _write(
    status: ErrorStatus,
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
