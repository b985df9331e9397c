"""JSON batches of Microsoft Graph: up to twenty requests in one, each charged and answered by itself.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.clients.pipeline import decide, read_error
from shared.contracts.refusals import MissingError
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from shared.clients.graph import Graph

MOST = 20
"""Most requests of one batch."""

_ERROR = 400


async def in_batches(graph: Graph, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """Send *requests* (method, url below the version, body), and return their answers in the same order.

    None: there is no such object (404). Raises: what the first other error means, as a single call would.
    """
    found: list[dict[str, Any] | None] = []
    for at in range(0, len(requests), MOST):
        found += await _one_batch(graph, requests[at : at + MOST])
    return found


async def _one_batch(graph: Graph, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    headers = {"Content-Type": "application/json"}
    steps = [{"id": str(number), "headers": headers, **each} for number, each in enumerate(requests)]
    answer = await graph.request("POST", "/v1.0/$batch", body={"requests": steps})
    listed = answer.get("responses")
    answers = {each.get("id"): each for each in listed if isinstance(each, dict)} if isinstance(listed, list) else {}
    return [_body(answers.get(step["id"])) for step in steps]


def _body(answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the body of one answer of a batch, None for a missing object; raise for other errors."""
    status, body = (answer.get("status"), answer.get("body")) if answer else (None, None)
    if not isinstance(status, int):
        raise UnavailableError("Graph answered a batch without one of its requests")
    if status < _ERROR:
        if not isinstance(body, dict):
            raise UnavailableError("Graph answered a request of a batch with something that is not an object")
        return body
    code, message = read_error(json.dumps(body))
    error = decide(status, code, message, after=_retry_after(answer))
    if isinstance(error, MissingError):
        return None
    raise error


def _retry_after(answer: Mapping[str, Any] | None) -> timedelta | None:
    headers = answer.get("headers") if answer else None
    given = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, dict) else {}
    seconds = str(given.get("retry-after", ""))
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else None
