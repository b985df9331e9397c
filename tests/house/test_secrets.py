"""Every secret that a body may have is marked with ``writeOnly``, and whoever keeps or shows a body leaves it out."""

from collections.abc import Iterator
from typing import Any

import pytest
from deskwright.bodies import masked
from pydantic.fields import FieldInfo

from shared.domain.values import Value
from shared.services.actions.catalogue import PERFORMERS
from tests.walking import subclasses
from triggers.http.openapi import routes
from triggers.http.views.openapi_document import document
from triggers.http.write_only import secret_places, without_secrets

Json = dict[str, Any]
ROUTES = {route.name: route for route in routes() if route.metadata and route.metadata.accepts is not None}
DOCUMENT = document(iter(ROUTES.values()))
BODIES = {
    operation["operationId"]: operation["requestBody"]["content"]["application/json"]["schema"]
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
    if "requestBody" in operation
}
SECRET = "the-secret"
WITH_SECRETS = {
    "connect_image_version",
    "create_connection",
    "create_notice_endpoint",
    "review_wizard",
    "save_wizard",
    "update_ad_domain_password",
    "update_connection",
    "update_image_set",
    "update_notice_endpoint",
}


def bodies(schema: Json, depth: int = 12) -> Iterator[Any]:
    """Yield, for each property of a schema that is ``writeOnly``, a body with a secret in it and little else."""
    if schema.get("writeOnly"):
        yield SECRET
    elif depth:
        if "$ref" in schema:
            yield from bodies(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
        for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            yield from bodies(option, depth)
        for name, part in schema.get("properties", {}).items():
            yield from ({name: each} for each in bodies(part, depth - 1))
        for key, around in (("items", lambda each: ["", each]), ("additionalProperties", lambda each: {"any": each})):
            part = schema.get(key)
            yield from map(around, bodies(part, depth - 1) if isinstance(part, dict) else ())


@pytest.mark.parametrize("name", BODIES)
def test_every_secret_of_a_body_is_left_out_of_its_mark(name: str) -> None:
    metadata = ROUTES[name].metadata
    assert metadata is not None
    found = list(bodies(BODIES[name]))
    assert bool(found) is (name in WITH_SECRETS)
    places = secret_places(metadata.accepts)
    assert [each for each in found if SECRET in str(without_secrets(each, places))] == []


@pytest.mark.parametrize("name", BODIES)
def test_the_command_line_shows_and_keeps_no_secret_of_a_body(name: str) -> None:
    found = list(bodies(BODIES[name]))
    assert [each for each in found if SECRET in f"{masked(each)}{masked(each, None)}"] == []


def test_the_parameters_of_bulk_actions_are_no_secrets() -> None:
    """They are free in the schema of the body, in which nothing of them could be marked."""
    assert [name for name, action in PERFORMERS.items() if "writeOnly" in str(action.form.model_json_schema())] == []


def fields() -> Iterator[tuple[str, FieldInfo]]:
    """Yield every field of every value of the app."""
    for value in subclasses(Value):
        yield from ((f"{value.__name__}.{name}", field) for name, field in value.model_fields.items())


def test_what_is_not_shown_in_the_log_is_write_only_and_the_reverse() -> None:
    marked = {name for name, field in fields() if "writeOnly" in str(field.json_schema_extra)}
    hidden = {name for name, field in fields() if not field.repr}
    assert marked == hidden
    assert "RecipeSecret.value" in marked
