"""The metadata of the routes as an OpenAPI 3.1 document. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from shared.domain.wizards import WIZARDS
from triggers.http.json_schema import Json
from triggers.http.odata import Collection
from triggers.http.openapi_metadata import Document, Route, RouteMetadata
from triggers.http.response_shapes import Derived, Node
from triggers.http.views.errors import GraphErrorView, ProblemView
from triggers.http.views.openapi_components import Components

_VERSION = "1.0"
_ERRORS = (400, 401, 403, 404, 409, 412, 413, 422, 429, 503)
"""What every route may answer besides: triggers.http.problems."""
_PATHS: dict[str, Json] = {
    "version": {"type": "string", "enum": ["v1.0", "beta"]},
    "wizard": {"type": "string", "enum": sorted(WIZARDS)},
}


def document(routes: Iterable[Route]) -> Document:
    """Return the document."""
    ordered = sorted(routes, key=lambda route: (route.address, route.method))
    bodies = [body for route in ordered if route.metadata for body in route.metadata.bodies]
    components = Components([*bodies, ProblemView, GraphErrorView])
    paths: dict[str, Json] = {}
    for route in ordered:
        paths.setdefault(f"/{route.address}", {})[route.method] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deskwright", "version": _VERSION, "description": "A self-hosted Cloud PC service."},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": components.used_in(paths),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _operation(route: Route, components: Components) -> Json:
    metadata = route.metadata or RouteMetadata()
    operation: Json = {
        "operationId": route.name,
        "summary": route.docstring.partition("\n")[0],
        "parameters": [*_of_path(route.address), *_of_query(metadata.query), *_of_headers(route)],
        "responses": {str(status): _response(node, components) for status, node in metadata.returns.items()},
        "security": [{"key": []}] if route.keyed else [{"token": []}] if metadata.verb else [],
    }
    if route.keyed:
        operation["responses"]["401"] = {"description": "The host asks for a key"}
    if metadata.verb:
        operation["x-permission"] = metadata.verb
        operation["responses"] |= dict.fromkeys(map(str, _ERRORS), _error(components, graph=metadata.graph))
    if metadata.accepts is not None:
        content = {"application/json": {"schema": components.ref(metadata.accepts)}}
        operation["requestBody"] = {"required": not metadata.optional, "content": content}
    return operation


def _response(node: Node | None, components: Components) -> Json:
    if node is None:
        return {"description": "Done"}
    kind = node.media_type if isinstance(node, Derived) else "application/json"
    return {"description": "Done", "content": {kind: {"schema": components.ref(node)}}}


def _error(components: Components, *, graph: bool) -> Json:
    kind, error = ("application/json", GraphErrorView) if graph else ("application/problem+json", ProblemView)
    return {"description": "Not done", "content": {kind: {"schema": components.ref(error)}}}


def _of_path(address: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", address)
    text = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"}
    return [{"name": n, "in": "path", "required": True, "schema": _PATHS.get(n, text)} for n in names]


def _of_query(query: Collection | tuple[str, ...]) -> list[dict[str, Any]]:
    text = {"type": "string"}
    schemas: dict[str, Any] = {
        "$top": {"type": "integer", "minimum": 1, "maximum": 1000},
        "$count": {"type": "boolean"},
    }
    if isinstance(query, Collection):
        expands = {"type": "string", "enum": sorted(query.expands)}
        found = dict.fromkeys(("$top", "$skiptoken", "$select", "$filter", "$count"), text) | schemas
        found |= {"$expand": expands} if query.expands else {}
    else:
        found = {name: schemas.get(name, text) for name in query}
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in found.items()]


def _of_headers(route: Route) -> list[dict[str, Any]]:
    key = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    tag = {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$'}
    names: dict[str, dict[str, Any]] = {
        "post": {"Idempotency-Key": key},
        **{method: {"If-Match": tag} for method in ("patch", "put", "delete")},
    }
    found: dict[str, Any] = {} if route.keyed else names.get(route.method, {})
    return [{"name": name, "in": "header", "required": False, "schema": schema} for name, schema in found.items()]
