"""`POST /$batch`: up to 20 requests in one, each authorised, charged and failed by itself.

Source: learn.microsoft.com/graph/json-batching.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.requests import Request
from azure_simulator.core.routing import Routes
from azure_simulator.graph.protocol import checks

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.requests import Reply

_LARGEST = 20
_FAILED = 400
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


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
    if not isinstance(requests, list) or not requests or not all(isinstance(each, dict) for each in requests):
        raise checks.bad_request("Invalid batch payload format.", "BadRequest")
    if len(requests) > _LARGEST:
        text = f"Number of batch request steps exceeds the maximum value of {_LARGEST}."
        raise checks.bad_request(text, "BadRequest")
    known: set[str] = set()
    for each in requests:
        _check(each, known)
        known.add(each["id"])
    return requests


def _check(step: Json, known: set[str]) -> None:
    name, method, url = step.get("id"), step.get("method"), step.get("url")
    if not all(isinstance(each, str) and each for each in (name, method, url)):
        raise checks.bad_request("Every batch request step needs an id, a method and a url.", "BadRequest")
    if name in known:
        raise checks.bad_request(f"Request ids within a batch must be unique: '{name}'.", "BadRequest")
    if str(method).upper() not in _METHODS or "://" in str(url) or str(url).strip("/").startswith("$batch"):
        raise checks.bad_request(f"Request step '{name}' is not valid: {method} {url}.", "BadRequest")
    missing = [each for each in checks.texts(step, "dependsOn") if each not in known]
    if missing:
        text = f"Request step '{name}' depends on '{missing[0]}', which is not before it."
        raise checks.bad_request(text, "BadRequest")
    headers = {each.lower() for each in checks.fields(step, "headers")}
    if step.get("body") is not None and "content-type" not in headers:
        text = f"Write request id : {name} does not contain Content-Type header or body."
        raise checks.bad_request(text, "BadRequest")


async def _perform(call: Call, cloud: Cloud, requests: list[Json]) -> list[Json]:
    statuses: dict[str, int] = {}
    responses = []
    for each in requests:
        before = [statuses[name] for name in checks.texts(each, "dependsOn")]
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
    given = {str(name).lower(): str(value) for name, value in checks.fields(step, "headers").items()}
    kept = {str(name): call.headers[name] for name in ("authorization", "host") if name in call.headers}
    body = step.get("body")
    reply = cloud.handle(
        Request(
            method=str(step.get("method", "GET")).upper(),
            path=f"/{version}/{path.strip('/')}",
            query_string=query,
            headers=given | kept,
            body=b"" if body is None else json.dumps(body).encode(),
            scheme=call.base.partition("://")[0],
        )
    )
    if reply.later is not None:
        reply = await reply.later()
    if reply.drop:  # the connection that broke was one of Graph's own
        error = {"code": "UnknownError", "message": "", "innerError": {}}
        return {"id": step["id"], "status": 504, "headers": {}, "body": {"error": error}}
    return {"id": step["id"], "status": reply.status, "headers": reply.headers, "body": _body(reply)}


def _body(reply: Reply) -> object:
    """Return JSON unchanged, anything else in base 64."""
    if not reply.body:
        return None
    try:
        return json.loads(reply.body)
    except ValueError:
        return base64.b64encode(reply.body).decode()
