"""Refused and failed mutations, handed to the audit log."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.services.action_context import ActionContext
from shared.services.refusals import record_refusal
from shared.telemetry import count_refusal
from triggers.http.call import Call
from triggers.http.permissions import OWN, Role, counting_roles

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
    if not roles & _OF_STAFF and (verb not in OWN or status in _ABOUT_NOTHING):
        count_refusal(status)
        return
    # Not the call's own context: reading that of a bad Idempotency-Key is what may have been refused.
    context = ActionContext(call.deps, call.caller.actor, subject, verb, trace_id, call.now, ("refused", trace_id))
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
