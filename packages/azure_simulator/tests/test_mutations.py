"""Valid bodies with one thing wrong by Microsoft's specification (`specification/arm.json`) are refused.

Each member that a body may have gets a value of another kind, a value that is none of its choices, and one outside its
limits; each object is sent without what it needs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.test_accepted_is_shown import DEPTH, VALID, prepared, with_value

SPECIFICATION = json.loads((Path(__file__).with_name("specification") / "arm.json").read_text())
TYPES: list[dict[str, Any]] = SPECIFICATION["types"]
OF_RESOURCE_MANAGER = frozenset({"id", "name", "type", "systemData", "apiVersion"})
OTHER_KINDS: dict[str, Any] = {"string": {"a": 1}, "integer": "text", "boolean": "perhaps", "array": {}, "object": []}

Mutation = tuple[tuple[str, ...], str, Any]
"""The path of a member, what is wrong, the value."""


def mutations(number: int, path: tuple[str, ...] = ()) -> Iterator[Mutation]:
    """Yield possible faults of an object of the specification."""
    for name, (kind, marks) in TYPES[number].get("members", {}).items():
        if "o" not in marks and not (len(path) == 0 and name in OF_RESOURCE_MANAGER) and len(path) < DEPTH:
            yield from _wrong(kind, (*path, name))


def _wrong(number: int, path: tuple[str, ...]) -> Iterator[Mutation]:
    found = TYPES[number]
    if found["kind"] in OTHER_KINDS and not found.get("of"):
        yield path, "another kind", OTHER_KINDS[found["kind"]]
    yield from ((path, wrong, value) for wrong, value in _outside(found))
    if found["kind"] == "array" and len(path) < DEPTH:
        yield from _wrong(found["items"], (*path, "[]"))
    if found["kind"] == "object":
        if any("r" in marks and "o" not in marks for _, marks in found.get("members", {}).values()):
            yield path, "what it needs is missing", {}
        yield from mutations(number, path)


def _outside(found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values that a plain type does not have, each with its fault."""
    if found.get("choices"):
        yield "no choice", "NoneOfThem"
    if "minValue" in found:
        yield "too small", found["minValue"] - 1
    if "maxValue" in found:
        yield "too large", found["maxValue"] + 1
    if "maxLength" in found:
        yield "too long", "a" * (found["maxLength"] + 1)
    if "minLength" in found and found["kind"] == "string":
        yield "too short", "a" * (found["minLength"] - 1)
    if "pattern" in found:
        yield "another pattern", "\u2603 ~ \u2603"


@pytest.mark.parametrize("name", [each for each in VALID if each.lower() in SPECIFICATION["resources"]])
def test_what_the_specification_refuses_is_refused(name: str) -> None:
    app, (where, body) = prepared(), VALID[name]
    accepted, tried = set[str](), 0
    for path, wrong, value in mutations(SPECIFICATION["resources"][name.lower()]):
        reply, tried = app.send("PUT", where, with_value(body, path, value)), tried + 1
        if reply.status < 300:
            accepted.add(f"{'.'.join(path)}: {wrong}")
            app = prepared()
        assert reply.status < 500, (path, wrong, reply.body)
    assert accepted == set()
    assert tried >= 5


def test_a_valid_body_is_accepted() -> None:
    assert [name for name, (path, body) in VALID.items() if prepared().send("PUT", path, body).status >= 300] == []
