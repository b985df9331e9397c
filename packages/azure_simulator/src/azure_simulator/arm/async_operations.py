"""Asynchronous operations: the headers that announce them, the URLs that report on them.

Statuses and headers are in the table of docs/notes.md 1.1: Compute PUT and PATCH carry `Azure-AsyncOperation`;
POST and DELETE answer 202 with `Location` (`&monitor=true`) as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.registry import etag, registry
from azure_simulator.arm.resource_types import SUBSCRIPTION
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.arm.providers import ResourceProvider
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning

KEPT_US = 24 * 3600 * SECOND
"""An operation that ended so long ago is forgotten: its URL answers 404."""


def accepted(
    call: Call, operation: LongRunning, status: int, body: Json | None = None, *, monitor: bool = False
) -> Answer:
    """Answer a request whose operation has begun; `monitor` adds the `Location` of POST and DELETE."""
    served = registry(call.world).target(call.route).type
    provider, polling = served.provider, served.polling or served.provider.polling
    version = call.query.get("api-version", "2026-04-01")
    place = operation.region or "westeurope"
    operation.notes["dated"] = polling.dated
    operation.notes["then_s"] = polling.then_s
    operation.notes["shows"] = call.method in {"PUT", "PATCH"}
    url = (
        f"{call.base}/subscriptions/{call.params['sub']}/providers/{provider.namespace}/locations/"
        f"{place}/operations/{operation.id}?p={call.world.guid('p', place)}&api-version={version}"
    )
    headers = {"Azure-AsyncOperation": url}
    if monitor:
        headers["Location"] = f"{url}&monitor=true"
    wait_s = call.world.latency.hint_s(polling.first_s)
    if wait_s:
        headers["Retry-After"] = str(wait_s)
        operation.poll_after_us = call.now_us + wait_s * SECOND
    return Answer(_with_etag(call, body), status, headers)


def _with_etag(call: Call, body: Json | None) -> Json | None:
    """Show a resource with its ETag, where its type has one."""
    found = call.world.resources.get(body.get("id", "")) if body and "etag" not in body else None
    mark = etag(call.world, found) if found else ""
    return {**body, "etag": mark} if body and mark else body


def routes(provider: ResourceProvider, name: str, throttle: str) -> Routes:
    """Make the operation that reports on a provider's operations."""
    found = Routes("arm")
    path = f"{SUBSCRIPTION}/providers/{provider.namespace}/locations/{{location}}/operations/{{id}}"
    found.operation(name, "GET", path, throttle=throttle)(_report)
    return found


def _report(call: Call) -> Answer:
    operation = call.world.operations.get(call.param("id").lower())
    now_us = call.now_us
    if operation is None or (operation.ended and now_us - operation.due_us > KEPT_US):
        raise Problem(404, "NotFound", f"The operation '{call.param('id')}' was not found.")
    operation.polls += 1
    call.notes["operation"] = operation.id
    early = now_us < operation.poll_after_us
    operation.early_polls += early
    call.notes["early"] = early
    if call.query.get("monitor") == "true":
        return _monitor(call, operation)
    headers = {}
    wait_s = call.world.latency.hint_s(operation.notes["then_s"]) if operation.polls == 1 else 0
    if wait_s and not operation.ended:
        headers["Retry-After"] = str(wait_s)
        operation.poll_after_us = now_us + wait_s * SECOND
    return Answer(_body(operation), headers=headers)


def _body(operation: LongRunning) -> Json:
    body: Json = {"status": operation.status()}
    if operation.notes["dated"]:
        body = {"startTime": iso(operation.accepted_us), **body, "name": operation.id}
        if operation.ended:
            body["endTime"] = iso(operation.due_us)
    if operation.ended and operation.error is not None:
        body["error"] = operation.error.error()
    return body


def _monitor(call: Call, operation: LongRunning) -> Answer:
    if not operation.ended:
        path = f"{call.base}{call.path}?api-version={call.query.get('api-version', '')}"
        return Answer(status=202, headers={"Location": f"{path}&monitor=true"})
    if operation.error is not None:
        error = operation.error
        raise Problem(409 if error.status < 400 else error.status, error.code, error.message)  # noqa: PLR2004
    made = call.world.resources.get(operation.target) if operation.notes["shows"] else None
    return Answer(operation.result if made is None else made.body)
