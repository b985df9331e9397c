"""Converts requests to what functions get, and their results to responses, as Azure's host does for a worker."""

import json
from collections.abc import Iterable, Mapping

from aiohttp import HttpVersion11, web
from azure.functions import meta

from functions_host.functions.invocation_context import TraceContext

_STRIPPED = "x-ms-client-principal"
_FRAMING = {"content-length", "transfer-encoding", "connection"}
_STATUSES = range(200, 1000)


async def accept(request: web.BaseRequest) -> bool:
    """Send 100 Continue to a caller who waits for it; return False when the request's address cannot be read."""
    try:
        _ = request.url
    except ValueError:  # of an invalid Host header
        return False
    if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response itself has not begun
    return True


def datum_of(request: web.BaseRequest, values: Mapping[str, str], body: bytes) -> meta.Datum:
    """Convert the request for a trigger's converter; identity headers that only the platform sets are dropped."""
    headers = _joined((name.lower(), value) for name, value in request.headers.items())
    return meta.Datum(
        {
            "method": meta.Datum(request.method, "string"),
            "url": meta.Datum(str(request.url), "string"),
            "headers": _strings({name: text for name, text in headers.items() if not name.startswith(_STRIPPED)}),
            "body": meta.Datum(body, "bytes"),
            "params": _strings(values),
            "query": _strings(_joined((name, value) for name, value in request.query.items() if value)),
        },
        "http",
    )


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join repeated names with commas, as .NET does: they match without regard to case, the first spelling stays."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, value in pairs:
        found.setdefault(name.casefold(), (name, []))[1].append(value)
    return {name: ",".join(values) for name, values in found.values()}


def _strings(texts: Mapping[str, str]) -> dict[str, meta.Datum]:
    return {name: meta.Datum(text, "string") for name, text in texts.items()}


def trace_of(request: web.BaseRequest) -> TraceContext:
    """Read the headers of distributed tracing."""
    return TraceContext(request.headers.get("traceparent", ""), request.headers.get("tracestate", ""))


def response_of(datum: meta.Datum | None, method: str) -> web.Response:
    """Convert a function's result to a response; ``ValueError`` for an invalid status.

    The host sets the length of the body and how it is sent: a function that passes on the headers of another server
    would set them wrongly. Only for HEAD does the function know the length.
    """
    if datum is None:
        return web.Response(status=204)
    if datum.type != "http":
        return _raw_response(str(datum.value))
    value = datum.value
    response = web.Response(status=_checked(int(value["status_code"].value)), body=value["body"].value)
    response.headers.popall("Content-Type", None)
    for name, header in value["headers"].items():
        if name.lower() not in _FRAMING or (method, name.lower()) == ("HEAD", "content-length"):
            response.headers[name] = header.value
    for jar in value["cookies"] or ():
        for morsel in jar.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response


def _checked(status: int) -> int:
    if status not in _STATUSES:
        raise ValueError(
            f"the function answered with the status {status}; it must be {_STATUSES[0]} to {_STATUSES[-1]}"
        )
    return status


def _raw_response(text: str) -> web.Response:
    """Convert a plain return value; a JSON object with body or status describes a response."""
    try:
        described = json.loads(text)
    except ValueError:
        described = None
    if isinstance(described, dict) and {"body", "status", "headers"} & described.keys():
        body = described.get("body", "")
        content = body if isinstance(body, str) else json.dumps(body)
        status = _checked(int(described.get("status", 200)))
        return web.Response(text=content, status=status, headers=described.get("headers"))
    return web.Response(text=text)
