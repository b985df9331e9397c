"""The OpenAPI document contains every route, and each declares what it accepts and returns."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.openapi.record import PAGE, written
from triggers.http.odata import Collection
from triggers.http.openapi import routes
from triggers.http.openapi_metadata import Derived, Page, is_shown_elsewhere, name_of, properties_of
from triggers.http.views.openapi_components import ANSWERS, BODIES
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
    triggers = [each.get_trigger() for each in functions if not is_shown_elsewhere(each.get_user_function())]
    registered = {
        f"{method.value} /{trigger.route.removeprefix('api/')}"
        for trigger in triggers
        if trigger.type == "httpTrigger" and trigger.route.startswith("api/")
        for method in trigger.methods
    }
    assert registered == OPERATIONS.keys()


def test_every_route_declares_what_it_returns() -> None:
    assert [str(route) for route in routes() if route.metadata is None] == []


def selectable() -> Iterator[tuple[str, Derived | type[Any]]]:
    """The routes that have $select, with their results."""
    for route in routes():
        query = route.metadata.query if route.metadata else ()
        names = query.parameters if isinstance(query, Collection) else query
        if route.metadata and "$select" in names:
            node = route.metadata.returns[200]
            assert node is not None
            assert not isinstance(node, tuple)
            yield route.name, node


@pytest.mark.parametrize(("name", "node"), [pytest.param(*each, id=each[0]) for each in selectable()])
def test_what_can_be_selected_is_what_the_document_shows(name: str, node: Derived | type[Any]) -> None:
    schema = SCHEMAS[name_of(node)]
    if isinstance(node, Page):
        schema = SCHEMAS[schema["properties"]["value"]["items"]["$ref"].rpartition("/")[2]]
    assert properties_of(node) == {each for each in schema["properties"] if not each.startswith("@odata.")}, name


def test_everything_that_is_referred_to_exists() -> None:
    components = DOCUMENT["components"]
    kinds = {ref.split("/")[2] for ref in references(DOCUMENT)}
    assert kinds == {"schemas", "responses", "headers"}
    assert {ref for ref in references(DOCUMENT) if ref.split("/")[3] not in components[ref.split("/")[2]]} == set()


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


def test_the_file_in_the_repository_is_the_document() -> None:
    assert PAGE.read_text("utf-8") == written(), "write it anew: make openapi"


def test_every_operation_belongs_to_one_resource() -> None:
    named = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == named
    assert [name for name, operation in OPERATIONS.items() if len(operation["tags"]) != 1] == []


def open_objects(node: Any, at: str = "", *, described: bool = False) -> Iterator[str]:
    """Yield the places at which a schema neither lists an object's properties nor describes its contents."""
    if isinstance(node, dict):
        described = described or "description" in node
        known = node.keys() & {"properties", "patternProperties"} or node.get("additionalProperties") not in (
            None,
            True,
        )
        if node.get("type") == "object" and not (known or described):
            yield at
        for key, value in node.items():
            inside = described and key in {"anyOf", "items"}
            yield from open_objects(value, f"{at}/{key}", described=inside or key == "example")
    elif isinstance(node, list):
        for n, each in enumerate(node):
            yield from open_objects(each, f"{at}/{n}", described=described)


def test_what_is_in_an_object_is_always_said() -> None:
    assert list(open_objects(SCHEMAS)) == []


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Yield every example with the schema that it is an example of."""
    for name, operation in OPERATIONS.items():
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            yield name, body.get("example"), body["schema"]
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                if "example" in content:
                    yield f"{name} {status}", content["example"], content["schema"]
    for name, answer in DOCUMENT["components"]["responses"].items():
        (content,) = answer["content"].values()
        yield name, content["example"], content["schema"]


EXAMPLES = list(examples())


@pytest.mark.parametrize("n", range(len(EXAMPLES)), ids=[name for name, *_ in EXAMPLES])
def test_every_body_and_error_has_an_example_that_is_one(n: int) -> None:
    name, example, schema = EXAMPLES[n]
    whole = {**schema, "components": DOCUMENT["components"]}
    assert example is not None, f"{name}: add one to views/openapi_examples.py"
    assert [error.message for error in Draft202012Validator(whole).iter_errors(example)] == []


def test_no_example_is_of_an_operation_that_there_is_not() -> None:
    named = {operation["operationId"] for operation in OPERATIONS.values()}
    assert {*BODIES, *(name for name, _ in ANSWERS)} - named == set()


def test_no_response_has_a_secret() -> None:
    answers = {
        ref for o in OPERATIONS.values() for s, r in o["responses"].items() if s < "400" for ref in references(r)
    }
    secret = {name for name, schema in SCHEMAS.items() if '"writeOnly"' in json.dumps(schema)}
    assert {ref.removeprefix("#/components/schemas/") for ref in answers} & secret == set()


def test_every_schema_has_a_title_of_its_own_in_any_case() -> None:
    titles = [schema["title"].lower() for schema in SCHEMAS.values()]
    assert sorted(set(titles)) == sorted(titles)
