"""The OpenAPI document contains every route, and each declares what it accepts and returns."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from triggers.http.openapi import routes
from triggers.http.views.openapi_document import document

DOCUMENT = document(routes())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_route_of_the_app_is_in_it(functions: list[Any]) -> None:
    triggers = [function.get_trigger() for function in functions]
    registered = {
        f"{method.value} /{trigger.route}"
        for trigger in triggers
        if trigger.type == "httpTrigger"
        for method in trigger.methods
    }
    assert registered == OPERATIONS.keys()


def test_every_route_declares_what_it_returns() -> None:
    assert [str(route) for route in routes() if route.metadata is None] == []


def test_every_schema_that_is_referred_to_exists() -> None:
    found = set(references(DOCUMENT))
    assert {ref for ref in found if ref.removeprefix("#/components/schemas/") not in SCHEMAS} == set()


def test_every_schema_is_referred_to() -> None:
    found = {ref.removeprefix("#/components/schemas/") for ref in references(DOCUMENT)}
    assert SCHEMAS.keys() - found == set()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_valid(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert [name for name, operation in OPERATIONS.items() if not operation["summary"]] == []


def test_every_part_of_an_address_is_a_parameter() -> None:
    for name, operation in OPERATIONS.items():
        found = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert found == {part.strip("{}") for part in name.partition(" ")[2].split("/") if part.startswith("{")}, name


def test_no_response_has_a_secret() -> None:
    answers = {
        ref for o in OPERATIONS.values() for s, r in o["responses"].items() if s < "400" for ref in references(r)
    }
    secret = {name for name, schema in SCHEMAS.items() if '"writeOnly"' in json.dumps(schema)}
    assert {ref.removeprefix("#/components/schemas/") for ref in answers} & secret == set()


def test_every_schema_has_a_title_of_its_own_in_any_case() -> None:
    titles = [schema["title"].lower() for schema in SCHEMAS.values()]
    assert sorted(set(titles)) == sorted(titles)
