"""Converts requests to the values that functions get, and results to responses, as Azure's host does for a worker."""

from collections.abc import Iterable, Mapping

from aiohttp import HttpVersion11, web
from azure.functions import meta

from functions_host.functions.invocation_context import TraceContext
from functions_host.http.paths import decoded, encoded, unescaped

_STRIPPED = "x-ms-client-principal"


async def accept(request: web.BaseRequest) -> bool:
    """Send 100 Continue to a caller who waits for it; return False when the request's address cannot be read."""
    if request.version >= HttpVersion11 and not request.headers.get("Host", "").strip():
        return False
    try:
        _ = request.url, decoded(target_of(request)[0])
        "".join(request.headers.values()).encode()
        request.raw_path.encode("ascii")
    except ValueError:  # of an invalid Host header, a null character, or what is no UTF-8
        return False
    if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response itself has not begun
    return True


def target_of(request: web.BaseRequest) -> tuple[str, str]:
    """Return the path and the query as they were sent, without the address of a request to a proxy."""
    target = request.raw_path
    if target.lower().startswith(("http://", "https://")):
        target = "/" + target.split("//", 1)[1].partition("/")[2]
    path, mark, query = target.partition("?")
    return path, mark + query


def url_of(request: web.BaseRequest) -> str:
    """Return the address that a function sees: the path as the host has read it, the query as it was sent."""
    path, query = target_of(request)
    return f"{request.scheme}://{request.headers['Host']}{encoded(decoded(path))}{query.replace('#', '%23')}"


def query_of(request: web.BaseRequest) -> dict[str, str]:
    """Read the query as ASP.NET does; parameters without a value are left out."""
    pairs = []
    for part in target_of(request)[1].removeprefix("?").split("&"):
        name, mark, value = part.partition("=")
        pairs.append((unescaped(name.replace("+", " ")), unescaped(value.replace("+", " "))) if mark else ("", ""))
    return _joined((name, value) for name, value in pairs if value)


def datum_of(request: web.BaseRequest, values: Mapping[str, str], body: bytes) -> meta.Datum:
    """Convert the request for a trigger's converter; identity headers that only the platform sets are dropped."""
    headers = _joined((name.lower(), value) for name, value in request.headers.items())
    if headers.get("connection", "").lower().startswith("keep-alive"):
        headers["connection"] = "keep-alive"
    return meta.Datum(
        {
            "method": meta.Datum(request.method, "string"),
            "url": meta.Datum(url_of(request), "string"),
            "headers": _strings({name: text for name, text in headers.items() if not name.startswith(_STRIPPED)}),
            "body": meta.Datum(body, "bytes"),
            "params": _strings(values),
            "query": _strings(query_of(request)),
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
