"""Whatever a body may have is bounded: every number, text, list and dictionary of every model that HTTP accepts."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.services.actions.catalogue import BULK_ACTIONS
from triggers.http.openapi import routes
from triggers.http.views.openapi_document import document

Json = dict[str, Any]
DOCUMENT = document(routes())
BODIES = {
    f"{method.upper()} {path}": [content["schema"] for content in operation["requestBody"]["content"].values()]
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if "requestBody" in operation
}
OF_GRAPH = ("ChangeNotifications:", "ChangeNotifications/value[]:")
"""A notification has what Graph gives it. We read four texts of it, and the body has at most a mebibyte."""
FIXED = {"enum", "const"}
FORMATS = {"date", "date-time", "time", "uuid"}
RANGE = [{"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}]
BOUNDS = {
    "string": [{"maxLength", "format"}],
    "integer": RANGE,
    "number": RANGE,
    "array": [{"maxItems"}],
    "object": [{"maxProperties", "closed"}],
}


def unbounded(schema: Json, schemas: Json, at: str, seen: set[str]) -> Iterator[str]:
    """Yield the places at which a schema takes a number, a text, a list or a dictionary of any size."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from unbounded(schemas[name], schemas, name, seen)
    elif not FIXED & schema.keys():
        has = set(schema) - (set() if schema.get("format") in FORMATS else {"format"})
        has |= set() if schema.get("additionalProperties") else {"closed"}
        for choices in BOUNDS.get(schema.get("type", ""), []):
            if not has & choices:
                yield f"{at}: {min(choices)}"
        for place, part in parts(schema, at):
            yield from unbounded(part, schemas, place, seen)


def parts(schema: Json, at: str) -> Iterator[tuple[str, Json]]:
    """Yield the parts of a schema, each with its place."""
    for name in ("anyOf", "oneOf", "allOf"):
        yield from ((at, part) for part in schema.get(name, ()))
    yield from ((f"{at}/{name}", part) for name, part in schema.get("properties", {}).items())
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            yield f"{at}[]", schema[name]


@pytest.mark.parametrize("route", BODIES)
def test_everything_in_a_body_is_bounded(route: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    found = [each for schema in BODIES[route] for each in unbounded(schema, schemas, route, set())]
    assert [each for each in found if not each.startswith(OF_GRAPH)] == []


@pytest.mark.parametrize("action", BULK_ACTIONS)
def test_the_parameters_of_a_bulk_action_are_bounded(action: str) -> None:
    schema = BULK_ACTIONS[action].form.model_json_schema()
    assert list(unbounded(schema, schema.get("$defs", {}), action, set())) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"type": "boolean"}},
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {"deep": {"anyOf": [{"type": "null"}, {"type": "string"}]}}},
    ],
    ids=str,
)
def test_what_has_no_bound_is_found(schema: Json) -> None:
    assert list(unbounded(schema, {}, "here", set()))


def test_graph_s_bodies_and_ours_take_ids_of_one_length() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    ours, graph_s = schemas["ResizeBody"]["properties"], schemas["ValidateBulkResizeBody"]["properties"]
    assert ours["targetServicePlanId"]["maxLength"] == graph_s["cloudPcIds"]["items"]["maxLength"]
