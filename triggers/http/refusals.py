"""Refused and failed mutations, handed to the audit log."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.services.action_context import ActionContext
from shared.services.refusals import record_refusal
from triggers.http.call import Call


async def write_down_refusal(call: Call, verb: str, trace_id: str, response: func.HttpResponse) -> None:
    """Have the audit event of a mutation written that was answered with an error."""
    status = int(response.status_code)
    if call.request.method == "GET" or status < HTTPStatus.BAD_REQUEST:
        return
    subject = call.tenant if call.tenant_id else None
    # Not the call's own context: reading that of a bad Idempotency-Key is what may have been refused.
    context = ActionContext(call.deps, call.caller.actor, subject, verb, trace_id, call.now, ("refused", trace_id))
    await record_refusal(context, _resource_id(call), status, _reason(json.loads(response.get_body())))


def _resource_id(call: Call) -> str:
    """Return the id of what should have been changed; a version of an image set is named by both."""
    params = {name: str(value) for name, value in call.request.route_params.items()}
    if "number" in params:
        return f"{params['id']}/{params['number']}"
    return next((params[name] for name in ("host", "id", "site", "wizard", "tenant") if name in params), "")


def _reason(body: dict[str, Any]) -> str:
    """Return what the caller was told, in either shape of errors."""
    return str(body["error"]["message"] if "error" in body else body.get("detail", ""))
