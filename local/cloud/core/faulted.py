"""What a fault does to a single request and its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.core.answers import Answer, Json
from local.cloud.core.times import SECOND

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.requests import Reply


def before(fault: Json | None) -> Answer | None:
    """Give the answer of a fault that keeps the request from being performed."""
    if fault is None:
        return None
    kind = fault["kind"]
    if kind == "http":
        code = fault.get("code", "InternalServerError")
        body = {"error": {"code": code, "message": fault.get("message", code)}}
        headers = {name: str(value) for name, value in fault.get("headers", {}).items()}
        return Answer(fault.get("body", body), int(fault.get("status", 500)), headers)
    if kind == "malformed_body":
        html = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        return Answer(html, int(fault.get("status", 502)), content_type="text/html")
    return Answer(status=503) if kind in {"drop_before", "timeout"} else None


def after(reply: Reply, call: Call | None) -> None:
    """Let a fault hold the reply back or drop it."""
    fault = call.fault if call else None
    if call is None or fault is None:
        return
    kind = fault["kind"]
    reply.drop = kind in {"drop_before", "drop_after", "timeout"}
    if kind == "timeout":
        reply.hold_s = float(fault.get("seconds", 30))
    if kind == "delay" and "operation" not in call.notes:
        reply.hold_us = int(fault.get("add", 0) * SECOND)


def stale(call: Call, answer: Answer) -> Answer:
    """Show what was there `lag` seconds ago."""
    resource = call.world.resources.get(call.path)
    if resource is None or not isinstance(answer.body, dict):
        return answer
    at_us = call.now_us - int((call.fault or {}).get("lag", 0) * SECOND)
    return Answer(resource.as_of(at_us), answer.status, answer.headers)
