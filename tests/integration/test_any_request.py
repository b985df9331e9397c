"""No request gives a 5xx, and every error has a body of its shape: drawn from what nobody expects, for every route."""

import json
import re
from typing import Any

import azure.functions as func
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.asking import ask, graph_shaped
from tests.integration.callers import Office
from tests.integration.odd_requests import Odd, requests
from tests.integration.scenes import WORKS

MOST_BYTES = 200_000
"""Largest size of an answer to an error."""
WITHOUT_BODY = {"POST graph/notifications"}
"""Graph reads only the status."""


NEVER = re.compile(
    r"\b(table|row|(?<!alert )record|partition|instance|orchestrator|validator|pydantic|None)\b|[a-z](Error|Form)\b"
)
"""Words of the program, which nobody needs who is told that something is not there, or not possible now; an alert
record is Graph's (``alertRecord``)."""


def faults(request: Odd, answer: func.HttpResponse) -> list[str]:
    """Return the faults of an answer."""
    found = []
    if answer.status_code >= 500:
        found.append(f"{answer.status_code} {answer.get_body().decode()[:300]}")
    for name, value in answer.headers.items():
        if not f"{name}{value}".isprintable() or not value.isascii():
            found.append(f"the header {name}: {value!r}")
    if answer.status_code >= 400 and request.name not in WITHOUT_BODY:
        found += shape(request, answer)
    return found


def shape(request: Odd, answer: func.HttpResponse) -> list[str]:
    """Return the differences between the body of an error and the body that it must have."""
    body = json.loads(answer.get_body())
    if len(answer.get_body()) > MOST_BYTES:
        return [f"{len(answer.get_body())} bytes"]
    if graph_shaped(request.name):
        whole = {"code", "message", "innerError"} <= body["error"].keys() and "request-id" in body["error"][
            "innerError"
        ]
        said = body["error"]["message"]
    else:
        whole = {"type", "title", "status", "detail", "traceId"} <= body.keys() and body["status"] == answer.status_code
        said = body["detail"]
    if answer.status_code in {404, 409, 412} and (word := NEVER.search(said)):
        return [f"the word {word.group()!r}: {said}"]
    return [] if whole and said else [f"an error without its parts: {body}"]


@pytest.fixture
async def furnished(office: Office) -> Office:
    """The service with one of everything, and a Cloud PC."""
    await office.cloud_pcs.insert(WORKS)
    return office


@settings(max_examples=5 * settings().max_examples, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_no_request_is_our_failure(furnished: Office, routes: dict[str, Any], data: st.DataObject) -> None:
    del furnished  # one for all examples: what an earlier one has changed is there for the next
    odd = data.draw(requests(sorted(routes)))
    more: dict[str, Any] = {"at": odd.at, "query": odd.query, "headers": odd.headers, "url": odd.url}
    answer = await ask(routes[odd.name], odd.name, body=odd.body, **more)
    assert faults(odd, answer) == []
