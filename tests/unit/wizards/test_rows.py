"""Each wizard has one row, and what the row names is in its steps."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.domain.wizards import WIZARDS
from tests.integration import things
from triggers.http.wizards.rows import ROWS

BESIDE = {("create-provisioning-policy", "groups/servicePlans")}
"""Choices of no field: the licences, which a client shows beside the groups."""


def names(schema: Any, defs: dict[str, Any]) -> set[str]:
    """Return the names of the fields of a schema, those within them as ``a/b``."""
    if "$ref" in schema:
        return names(defs[schema["$ref"].rpartition("/")[2]], defs)
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    found = set().union(*(names(each, defs) for each in inner))
    for name, each in schema.get("properties", {}).items():
        found |= {name, *(f"{name}/{inner}" for inner in names(each, defs))}
    return found


def fields(wizard: str) -> set[str]:
    """Return the fields of a wizard, with their steps."""
    found = set[str]()
    for step in WIZARDS[wizard].steps:
        schema = TypeAdapter(step.accepts).json_schema() if step.accepts else {}
        found |= {f"{step.name}/{name}" for name in names(schema, schema.get("$defs", {}))}
    return found


def test_each_wizard_has_a_row() -> None:
    assert ROWS.keys() == WIZARDS.keys()
    assert all(row.wizard is WIZARDS[name] for name, row in ROWS.items())


@pytest.mark.parametrize("wizard", WIZARDS)
def test_choices_and_proposals_are_of_fields_that_there_are(wizard: str) -> None:
    row = ROWS[wizard]
    proposed = {f"{step}/{name}" for step, each in row.proposes(things.tenant()).items() for name in each}
    named = {*row.choices, *proposed}
    assert named - fields(wizard) == {name for of, name in BESIDE if of == wizard}


def test_what_edits_begins_with_what_there_is() -> None:
    begins = {name for name, row in ROWS.items() if row.present is not None}
    assert begins == {name for name in ROWS if not name.startswith("create-")} - {"edit-tenant"} | {
        "create-image-version"
    }
