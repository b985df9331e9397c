"""Effects of a fault on a single request and its reply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.times import SECOND

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Reply

_ERROR = {"http": 500, "flap": 503}
_REFUSED = 400


def before(fault: Json | None) -> Answer | None:
    """Return the answer of a fault that keeps the request from being performed."""
    if fault is None:
        return None
    kind = fault["kind"]
    if kind in {"http", "flap"}:
        headers = {name: str(value) for name, value in fault.get("headers", {}).items()}
        return Answer(_error(fault), int(fault.get("status", _ERROR[kind])), headers)
    if kind == "malformed_body":
        text = str(fault.get("text", "<html><body><h1>502 Bad Gateway</h1></body></html>"))
        content_type = "text/html" if text.startswith("<") else "application/json"
        return Answer(text.encode(), int(fault.get("status", 502)), content_type=content_type)
    return Answer(status=503) if kind in {"drop_before", "timeout"} else None


def _error(fault: Json) -> object:
    code = fault.get("code", "InternalServerError")
    return fault.get("body", {"error": {"code": code, "message": fault.get("message", code)}})


def after(reply: Reply, call: Call | None) -> None:
    """Let a fault hold the reply back, drop it, or report that the action has failed."""
    fault = call.fault if call else None
    if call is None or fault is None:
        return
    kind = fault["kind"]
    reply.drop = kind in {"drop_before", "drop_after", "timeout"}
    if kind == "timeout":
        reply.hold_s = float(fault.get("seconds", 30))
    if kind == "partial" and "status" in fault and reply.status < _REFUSED:
        reply.status, reply.body = int(fault["status"]), json.dumps(_error(fault)).encode()
        reply.headers = {"Content-Type": "application/json"}
    if kind == "delay" and "operation" not in call.notes:
        reply.hold_us = int(fault.get("add", 0) * SECOND)


def stale(call: Call, answer: Answer) -> Answer:
    """Show the resource as it was `lag` seconds ago."""
    resource = call.world.resources.get(call.path)
    if resource is None or not isinstance(answer.body, dict):
        return answer
    at_us = call.now_us - int((call.fault or {}).get("lag", 0) * SECOND)
    return Answer(resource.as_of(at_us), answer.status, answer.headers)
