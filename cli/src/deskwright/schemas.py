"""Validation of JSON by the part of JSON Schema that bodies of the API use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def faults_of(value: object, schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the errors of a value as `pointer: correction`."""
    if "anyOf" in schema:
        yield from _of_options(value, schema["anyOf"], at)
        return
    kind = schema.get("type")
    if not _is(value, kind):
        yield f"{at or '/'}: write {_WORDS[str(kind)]}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at or '/'}: write one of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, dict):
        yield from _of_object(value, schema, at)
    elif isinstance(value, list):
        yield from _of_size(len(value), schema, at, "minItems", "maxItems")
        for number, each in enumerate(value):
            yield from faults_of(each, schema.get("items", {}), f"{at}/{number}")
    elif isinstance(value, str):
        yield from _of_size(len(value), schema, at, "minLength", "maxLength")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at}: does not fit {schema['pattern']}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_size(value, schema, at, "minimum", "maximum")


def _of_options(value: object, options: Sequence[Mapping[str, Any]], at: str) -> Iterator[str]:
    """Yield the errors against the option that fits best, none where one fits."""
    found = [list(faults_of(value, each, at)) for each in options]
    if all(found):
        fitting = [each for each, option in zip(found, options, strict=True) if _is(value, option.get("type"))]
        yield from (fitting or found)[0]


def _is(value: object, kind: object) -> bool:
    """Return whether a value is of a kind; true and false are no numbers."""
    if kind is None:
        return True
    return isinstance(value, _KINDS[str(kind)]) and (kind == "boolean" or not isinstance(value, bool))


def _of_object(value: Mapping[str, Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{at}/{name}: required" for name in schema.get("required", ()) if name not in value)
    for name, each in value.items():
        if name in known:
            yield from faults_of(each, known[name], f"{at}/{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}/{name}: unknown field; leave it out"


def _of_size(size: float, schema: Mapping[str, Any], at: str, least: str, most: str) -> Iterator[str]:
    if size < schema.get(least, size) or size > schema.get(most, size):
        yield f"{at}: write {schema.get(least, 'any')} to {schema.get(most, 'any')}"
