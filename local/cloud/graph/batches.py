"""`POST /$batch`: up to 20 requests in one, each authorised, charged and failed by itself.

Source: learn.microsoft.com/graph/json-batching.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.cloud.core.answers import Answer, Json
from local.cloud.core.requests import Request
from local.cloud.core.routing import Routes
from local.cloud.graph import queries

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.cloud import Cloud

_LARGEST = 20
_FAILED = 400


def routes(cloud: Cloud) -> Routes:
    """Return the batch operations of both versions; inner requests go through `cloud` again."""
    found = Routes("graph")
    for version in ("v1.0", "beta"):

        @found.operation(f"graph.batch.{version}", "POST", f"/{version}/$batch", throttle="graph/1", mutates=False)
        def batch(call: Call) -> Answer:
            """Answer every inner request, in order; `dependsOn` a failed one gives 424."""
            steps = _steps(call)

            async def later() -> Answer:
                return Answer({"responses": await _perform(call, cloud, steps)})

            return Answer(later=later)

    return found


def _steps(call: Call) -> list[Json]:
    requests = call.object().get("requests")
    if not isinstance(requests, list) or not 0 < len(requests) <= _LARGEST:
        raise queries.bad_request(f"Number of batch request steps must be between 1 and {_LARGEST}.", "BadRequest")
    if not all(isinstance(each, dict) and "id" in each for each in requests):
        raise queries.bad_request("Every batch request step needs an id.", "BadRequest")
    if len({str(each.get("id")) for each in requests}) < len(requests):
        raise queries.bad_request("Request ids within a batch must be unique.", "BadRequest")
    return requests


async def _perform(call: Call, cloud: Cloud, requests: list[Json]) -> list[Json]:
    statuses: dict[str, int] = {}
    responses = []
    for each in requests:
        before = [statuses.get(str(name), _FAILED) for name in queries.texts(each, "dependsOn")]
        if any(status >= _FAILED for status in before):
            error = {"code": "FailedDependency", "message": "A request this one depends on failed."}
            answer: Json = {"id": each["id"], "status": 424, "headers": {}, "body": {"error": error}}
        else:
            answer = await _inner(call, cloud, each)
        statuses[str(each["id"])] = answer["status"]
        responses.append(answer)
    return responses


async def _inner(call: Call, cloud: Cloud, step: Json) -> Json:
    path, _, query = str(step.get("url", "")).partition("?")
    version = call.path.strip("/").split("/", maxsplit=1)[0]
    given = {str(name).lower(): str(value) for name, value in queries.fields(step, "headers").items()}
    kept = {str(name): call.headers[name] for name in ("authorization", "host") if name in call.headers}
    body = step.get("body")
    reply = cloud.handle(
        Request(
            method=str(step.get("method", "GET")).upper(),
            path=f"/{version}/{path.strip('/')}",
            query_string=query,
            headers=given | kept | {"content-type": "application/json"},
            body=b"" if body is None else json.dumps(body).encode(),
            scheme=call.base.partition("://")[0],
        )
    )
    if reply.later is not None:
        reply = await reply.later()
    return {
        "id": step["id"],
        "status": reply.status,
        "headers": reply.headers,
        "body": json.loads(reply.body) if reply.body else None,
    }
