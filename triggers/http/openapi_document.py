"""Routes as they are declared -> an OpenAPI 3.1 document. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.domain.describing import Node, Shape, Trimmed, many, shape, whole
from shared.domain.graph.odata import Collection
from shared.domain.wizards import WIZARDS
from triggers.http.described import Described

_VERSION = "1.0"
_REFS = "#/components/schemas/"
_WRONG = (400, 401, 403, 404, 409, 412, 413, 422, 429, 503)
"""What every route may answer besides: triggers.http.problems."""
_PATHS: dict[str, dict[str, Any]] = {
    "version": {"type": "string", "enum": ["v1.0", "beta"]},
    "wizard": {"type": "string", "enum": sorted(WIZARDS)},
}
PROBLEM = shape(
    "problem",
    {
        **dict.fromkeys(("type", "title", "detail", "traceId"), "string"),
        "status": "integer",
        "errors": many(
            shape("fieldError", {"pointer": "string", "message": "string", "step": "string"}, required=("pointer",))
        ),
        "details": "object",
    },
    required=("type", "title", "status", "detail", "traceId"),
)
GRAPH_ERROR = whole(
    "graphError",
    {
        "error": shape(
            "graphErrorBody",
            {
                "code": "string",
                "message": "string",
                "details": many(whole("graphErrorDetail", dict.fromkeys(("code", "target", "message"), "string"))),
                "innerError": shape("graphInnerError", {"request-id": "string"}, required=("request-id",), open=True),
            },
            required=("code", "message", "innerError"),
        )
    },
)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address. *described* is None where nothing was declared."""

    name: str
    method: str
    address: str
    words: str
    keyed: bool = False
    described: Described | None = None


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document."""
    parts = _Components()
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda r: (r.address, r.method)):
        paths.setdefault(f"/{route.address}", {})[route.method] = _operation(route, parts)
    schemas, paths = parts.placed(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deskwright", "version": _VERSION, "description": "A self-hosted Cloud PC service."},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _operation(route: Route, parts: _Components) -> dict[str, Any]:
    said = route.described or Described()
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.words.partition("\n")[0],
        "parameters": [*_of_path(route.address), *_of_query(said.query), *_of_headers(route)],
        "responses": {str(status): _answer(node, parts) for status, node in said.returns.items()},
        "security": [{"key": []}] if route.keyed else [{"token": []}] if said.verb else [],
    }
    if route.keyed:
        made["responses"]["401"] = {"description": "The host asks for a key"}
    if said.verb:
        made["x-permission"] = said.verb
        kind, error = ("application/json", GRAPH_ERROR) if said.graph else ("application/problem+json", PROBLEM)
        wrong = {"description": "Not done", "content": {kind: {"schema": parts.resolve(error)}}}
        made["responses"] |= {str(status): wrong for status in _WRONG}
    if said.accepts is not None:
        content = {"application/json": {"schema": parts.resolve(said.accepts)}}
        made["requestBody"] = {"required": not said.optional, "content": content}
    return made


def _answer(node: Node | None, parts: _Components) -> dict[str, Any]:
    if node is None:
        return {"description": "Done"}
    kind = node.get("contentMediaType", "application/json") if isinstance(node, Mapping) else "application/json"
    return {"description": "Done", "content": {kind: {"schema": parts.resolve(node)}}}


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


class _Components:
    """The schemas that are referred to, by name; those of the models are made all at once, so that names stay apart."""

    def __init__(self) -> None:
        self._shapes: dict[str, dict[str, Any]] = {}
        self._models: dict[str, type[BaseModel]] = {}
        self._trimmed: dict[str, Trimmed] = {}
        self._whole: set[type[BaseModel]] = set()  # models that are referred to as they are

    def resolve(self, node: Node) -> Any:  # noqa: ANN401 - JSON
        """Return *node* with references in place of its models and shapes."""
        if isinstance(node, type) and issubclass(node, BaseModel):
            self._models[_place(node)] = node
            self._whole.add(node)
            return {"$ref": _place(node)}
        if isinstance(node, Trimmed):
            self._models[_place(node.model)] = node.model
            self._trimmed[node.name] = node
            return {"$ref": _REFS + node.name}
        if isinstance(node, Shape):
            if node.name not in self._shapes:
                self._shapes[node.name] = {}  # shapes may go round in circles
                self._shapes[node.name] = self.resolve(node.schema)
            return {"$ref": _REFS + node.name}
        if isinstance(node, Mapping):
            return {key: self.resolve(value) for key, value in node.items()}
        return [self.resolve(each) for each in node] if isinstance(node, list | tuple) else node

    def placed(self, paths: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return every schema by its name, and *paths*, with references by these names."""
        models = list(self._models.values())
        keys, made = models_json_schema([(model, "validation") for model in models], ref_template=_REFS + "{model}")
        places = {_place(model): keys[model, "validation"]["$ref"] for model in models}
        found = made.get("$defs", {}) | self._shapes
        for name, trimmed in self._trimmed.items():
            found[name] = _without(found[places[_place(trimmed.model)].removeprefix(_REFS)], trimmed.without)
        for trimmed in self._trimmed.values():
            if trimmed.model not in self._whole:
                found.pop(places[_place(trimmed.model)].removeprefix(_REFS), None)
        return _placed(dict(sorted(found.items())), places), _placed(paths, places)


def _place(model: type[BaseModel]) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def _placed(schema: Any, places: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Return *schema* with the names that its models were given in the end."""
    if isinstance(schema, dict):
        return {k: places.get(v, v) if k == "$ref" else _placed(v, places) for k, v in schema.items()}
    return [_placed(each, places) for each in schema] if isinstance(schema, list) else schema


def _without(schema: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    made = {**schema, "properties": {k: v for k, v in schema["properties"].items() if k not in names}}
    if "required" in schema:
        made["required"] = [name for name in schema["required"] if name not in names]
    return made
