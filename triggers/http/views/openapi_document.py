"""The OpenAPI document: its paths, parameters and headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.usage import Interval
from shared.domain.wizards import WIZARDS
from triggers.http.json_schema import Json
from triggers.http.odata import Collection
from triggers.http.openapi_metadata import Derived, Document, Node, Route, RouteMetadata
from triggers.http.views.errors import GraphErrorView, ProblemView
from triggers.http.views.openapi_components import ANSWERS, BODIES, Components, error_example

_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer", "minimum": 1}

HEADERS: Mapping[str, Json] = {
    "X-Trace-Id": {"description": "Finds the request in the log", "required": True, "schema": _TEXT},
    "X-Service-Time": {
        "description": "What time it is for the service: durations count from it",
        "required": True,
        "schema": {"type": "string", "format": "date-time"},
    },
    "Cache-Control": {"description": "Whether it may be kept", "schema": _TEXT},
    "Content-Disposition": {"description": "Under which name a file of CSV is kept", "schema": _TEXT},
    "ETag": {"description": "The version of what is shown, for If-Match or If-None-Match", "schema": _TEXT},
    "Location": {"description": "The address of what was made, or of the operation", "schema": _TEXT},
    "Operation-Location": {"description": "The address of the operation that was begun", "schema": _TEXT},
    "Retry-After": {"description": "Seconds until it is worth asking again", "schema": _NUMBER},
    "Idempotent-Replayed": {
        "description": "The response is that to the first request of this Idempotency-Key",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Preference-Applied": {"description": "What was preferred and done", "schema": _TEXT},
    "WWW-Authenticate": {"description": "How to authenticate", "schema": _TEXT},
    "Access-Control-Allow-Origin": {"description": "Pages of which sites may read it", "schema": _TEXT},
}
"""Every header by its name; the responses refer to them."""

_OF_OPEN_ROUTES = {
    "configuration": ("Cache-Control", "ETag"),
    "templates/customer.json": ("Access-Control-Allow-Origin", "Cache-Control"),
}
"""Routes without a caller -> their headers."""
_ASKED_AGAIN = {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def headers_of(route: Route, status: int) -> Json:
    """Return the headers of a successful response."""
    if route.metadata is None or not route.metadata.verb:
        return _header_references(*_OF_OPEN_ROUTES.get(route.address, ()))
    names = ["X-Trace-Id", "X-Service-Time", "Cache-Control"]
    if route.method != "delete":
        names.append("ETag")
    if route.method == "post":
        names.append("Idempotent-Replayed")
    if status == HTTPStatus.OK and isinstance(route.metadata.query, Collection):
        names.append("Content-Disposition")
    if route.method != "get":
        names.append("Operation-Location")
    if status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
        names.append("Location")
    if status == HTTPStatus.ACCEPTED:
        names.append("Retry-After")
    if route.method == "patch" and status == HTTPStatus.OK:
        names.append("Preference-Applied")
    return _header_references(*names)


def headers_of_error(status: int) -> Json:
    """Return the headers of an error."""
    names = ["X-Trace-Id", "X-Service-Time", "Cache-Control"]
    if status == HTTPStatus.UNAUTHORIZED:
        names.append("WWW-Authenticate")
    if status in _ASKED_AGAIN:
        names.append("Retry-After")
    return _header_references(*names)


def _header_references(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_VERSION = "1.0"
_ERRORS = (400, 401, 403, 404, 409, 411, 412, 413, 422, 429, 503)
"""Further statuses of every route: triggers.http.problems."""
_SELECT = (
    "The properties to show, and its id; of a list each item lacks the others, also those that its schema requires"
)
_PERIOD: dict[str, Json] = {
    "startDateTime": {"type": "string", "format": "date-time"},
    "endDateTime": {"type": "string", "format": "date-time"},
    "interval": {"type": "string", "enum": [*Interval]},
}
_PATHS: dict[str, Json] = {
    "version": {"type": "string", "enum": ["v1.0", "beta"]},
    "wizard": {"type": "string", "enum": sorted(WIZARDS)},
}


def document(routes: Iterable[Route]) -> Document:
    """Return the document."""
    ordered = sorted(routes, key=lambda route: (route.address, route.method))
    bodies = [body for route in ordered if route.metadata for body in route.metadata.bodies]
    components = Components([*bodies, ProblemView, GraphErrorView])
    errors = {
        _error_name(status, graph=graph): _error(status, components, graph=graph)
        for graph in (False, True)
        for status in _ERRORS
    }
    paths: dict[str, Json] = {}
    for route in ordered:
        paths.setdefault(f"/{route.address}", {})[route.method] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deskwright", "version": _VERSION, "description": "A self-hosted Cloud PC service."},
        "servers": [{"url": "/api"}],
        "tags": [{"name": tag} for tag in sorted({tag_of(route) for route in ordered})],
        "paths": paths,
        "components": {
            "x-deskwright-regions": {each.id: each.display_name for each in SUPPORTED_REGIONS},
            "schemas": components.used_in({**paths, **errors}),
            "responses": errors,
            "headers": dict(HEADERS),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _operation(route: Route, components: Components) -> Json:
    metadata = route.metadata or RouteMetadata()
    returned = {str(status): _response(route, status, node, components) for status, node in metadata.returns.items()}
    operation: Json = {
        "operationId": route.name,
        "tags": [tag_of(route)],
        "summary": route.docstring.partition("\n")[0],
        "parameters": [*_of_path(route.address), *_of_query(metadata.query), *_of_headers(route)],
        "responses": returned,
        "security": [{"key": []}] if route.keyed else [{"token": []}] if metadata.verb else [],
    }
    if route.keyed:
        operation["responses"]["401"] = {"description": "The host asks for a key"}
    if metadata.verb and route.method == "get":
        operation["responses"]["304"] = {"description": "It is what the caller has", "headers": headers_of(route, 304)}
    if isinstance(metadata.query, Collection) and metadata.query.kinds:
        operation["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    if metadata.verb:
        operation["x-permission"] = metadata.verb
        operation["responses"] |= {
            str(each): {"$ref": f"#/components/responses/{_error_name(each, graph=metadata.graph)}"} for each in _ERRORS
        }
    if metadata.action is not None:
        form = components.ref(metadata.accepts) if metadata.accepts is not None else {}
        operation["x-deskwright-action"] = {**metadata.action, "form": form.get("$ref")}
    if metadata.scoped:
        operation["x-deskwright-scoped"] = True
    if metadata.accepts is not None:
        content: Json = {"schema": components.ref(metadata.accepts)}
        if route.name in BODIES or metadata.optional:
            content["example"] = BODIES.get(route.name, {})
        operation["requestBody"] = {"required": not metadata.optional, "content": {"application/json": content}}
    return operation


def tag_of(route: Route) -> str:
    """Return the resource of a route: from its permission, or from its address if it has no permission."""
    verb = route.metadata.verb if route.metadata else ""
    return verb.split("/")[1] if verb else route.address.split("/")[0]


def _response(route: Route, status: int, node: Node | None, components: Components) -> Json:
    response: Json = {"description": "Done"}
    if headers := headers_of(route, status):
        response["headers"] = headers
    if node is None:
        return response
    kind = node.media_type if isinstance(node, Derived) else "application/json"
    content: Json = {"schema": components.ref(node)}
    if (route.name, status) in ANSWERS:
        content["example"] = ANSWERS[route.name, status]
    return {**response, "content": {kind: content}}


def _error_name(status: int, *, graph: bool) -> str:
    return f"{'Graph' if graph else ''}Error{status}"


def _error(status: int, components: Components, *, graph: bool) -> Json:
    kind, error = ("application/json", GraphErrorView) if graph else ("application/problem+json", ProblemView)
    content = {"schema": components.ref(error), "example": error_example(status, graph=graph)}
    return {"description": "Not done", "headers": headers_of_error(status), "content": {kind: content}}


def _of_path(address: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", address)
    text = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"}
    return [{"name": n, "in": "path", "required": True, "schema": _PATHS.get(n, text)} for n in names]


def _of_query(query: Collection | tuple[str, ...]) -> list[dict[str, Any]]:
    text = {"type": "string"}
    schemas: dict[str, Any] = {
        "$top": {"type": "integer", "minimum": 1, "maximum": 1000},
        "$count": {"type": "boolean"},
        **_PERIOD,
    }
    names = query.parameters if isinstance(query, Collection) else query
    if isinstance(query, Collection) and query.expands:
        schemas["$expand"] = {"type": "string", "enum": sorted(query.expands)}
    told = {"$select": {"description": _SELECT}}
    return [
        {"name": name, "in": "query", "required": False, **told.get(name, {}), "schema": schemas.get(name, text)}
        for name in names
    ]


def _is_of_record(route: Route) -> bool:
    """Return whether a route addresses one record that is shown with its ETag."""
    return "{id}" in route.address and not route.address.startswith(("me/", "tenants/{tenant}/orphans/"))


def _of_headers(route: Route) -> list[dict[str, Any]]:
    key = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    tag = {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$'}
    names: dict[str, dict[str, Any]] = {
        "post": {"Idempotency-Key": key},
        **{method: {"If-Match": tag} for method in ("patch", "put", "delete")},
        **({"post": {"Idempotency-Key": key, "If-Match": tag}} if _is_of_record(route) else {}),
        **({"get": {"If-None-Match": tag}} if route.metadata and route.metadata.verb else {}),
    }
    found: dict[str, Any] = {} if route.keyed else names.get(route.method, {})
    return [{"name": name, "in": "header", "required": False, "schema": schema} for name, schema in found.items()]
