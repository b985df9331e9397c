"""The pages of the API reference: everything that docs/openapi.json has is on them once, and each link has a place."""

import json
import re
from typing import Any

import pytest

from local.api_reference import operations, reference, shape
from tests.house.tree import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
PAGES = reference(DOCUMENT)
ANCHOR, LINK = re.compile(r"^## .*\{ #(\S+) \}$", re.MULTILINE), re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")


def test_every_operation_has_its_place_with_its_permission() -> None:
    anchors = [each for name, text in PAGES.items() if name != "types.md" for each in ANCHOR.findall(text)]
    told = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert sorted(anchors) == sorted(told)
    permissions = {each["x-permission"] for _, _, each in operations(DOCUMENT) if "x-permission" in each}
    text = "".join(PAGES.values())
    assert [each for each in permissions if f"`{each}`" not in text] == []


def test_every_type_has_its_place() -> None:
    assert ANCHOR.findall(PAGES["types.md"]) == sorted(DOCUMENT["components"]["schemas"])


def test_every_link_leads_to_a_place() -> None:
    places = {(name, anchor) for name, text in PAGES.items() for anchor in (*ANCHOR.findall(text), "")}
    links = {(page, anchor) for text in PAGES.values() for page, anchor in LINK.findall(text)}
    assert links - places == {("../api.md", "")}
    assert len(links) > len(DOCUMENT["components"]["schemas"]) // 2


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert [name for name, text in PAGES.items() if re.search(r"<[a-z]|\]\(https?:", text)] == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "maxLength": 5}, "string, at most 5 characters"),
        ({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}, "[A](types.md#A) or null"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of `a`, `b`"),
        ({"type": "integer", "minimum": 1, "default": 7}, "integer, from 1, `7` if left out"),
        ({"type": "string", "pattern": "^<x>$"}, "string, `^&lt;x>$`"),
        ({}, "any value"),
    ],
)
def test_a_type_in_words(schema: dict[str, Any], said: str) -> None:
    assert shape(schema) == said
