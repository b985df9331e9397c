"""Parameters of the template: variables of the environment, then `infra/parameters.json`, then the template's defaults.

`infra/parameters.schema.json` has the name, type and limits of each. azd reads the same by `infra/azd.bicepparam`;
both are written by `tests/infra/parameters.py` from the template.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from deployment.clients import DeploymentError, Json
from deployment.environment import Environment

INFRA = Path(__file__).resolve().parents[1] / "infra"
FILE, SCHEMA = INFRA / "parameters.json", INFRA / "parameters.schema.json"
_KINDS: dict[str, type[Any]] = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
_SIZES = {"minimum": "maximum", "minLength": "maxLength", "minItems": "maxItems"}
_TRUTH = {"true": True, "false": False}


def variable(name: str) -> str:
    """Return the variable of a parameter: `storageSku` is `DESKWRIGHT_STORAGE_SKU`."""
    return f"DESKWRIGHT_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).upper()}"


def schemas() -> dict[str, Json]:
    """Return the schema of each parameter that an operator may give."""
    found: dict[str, Json] = json.loads(SCHEMA.read_text("utf-8"))["properties"]
    return {name: each for name, each in found.items() if name != "$schema"}


def given(environment: Environment, file: Path = FILE) -> Json:
    """Return the values that an operator has given; the template's defaults are not among them.

    Raises:
        DeploymentError: a value is not of its parameter's type or beyond its limits, or there is no such parameter.
    """
    kept, known = _read(file), schemas()
    for name in kept.keys() - known.keys() - {"$schema"}:
        raise DeploymentError(f"{file.name}: there is no parameter '{name}' (infra/parameters.schema.json has them)")
    values: Json = {}
    for name, schema in known.items():
        text = environment.get(variable(name)).strip()
        if not text and kept.get(name) is None:
            continue
        where = variable(name) if text else f"{file.name}: {name}"
        values[name] = _parsed(text, schema, where) if text else kept[name]
        for problem in _wrong(values[name], schema):
            raise DeploymentError(f"{where} is {json.dumps(values[name])}, which {problem}")
    return values


def _read(file: Path) -> Json:
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise DeploymentError(f"{file} cannot be read: {problem}") from problem
    if not isinstance(found, dict):
        raise DeploymentError(f"{file} has no parameters: write a JSON object.")
    return found


def _parsed(text: str, schema: Json, where: str) -> Any:  # noqa: ANN401 - of the parameter's type
    """Return the value that a variable stands for, as infra/azd.bicepparam reads it."""
    readers: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "boolean": lambda value: _TRUTH[value.lower()],
        "array": lambda value: [each.strip() for each in value.split(",") if each.strip()],
        "object": json.loads,
    }
    try:
        return readers.get(schema["type"], str)(text)
    except (ValueError, KeyError) as problem:
        kinds = {"integer": "whole number", "object": "JSON object", "boolean": "true or false"}
        raise DeploymentError(f"{where} is {text!r}, which is no {kinds[schema['type']]}") from problem


def _wrong(value: Any, schema: Json) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the rules of its schema that a value breaks."""
    kind: object = _KINDS[schema["type"]]
    if type(value) is not kind:
        yield f"is no {schema['type']}"
        return
    if value not in schema.get("enum", [value]):
        yield f"is none of {', '.join(schema['enum'])}"
    size = value if kind is int else len(value) if kind in {str, list} else 0
    for least, most in _SIZES.items():
        if not schema.get(least, size) <= size <= schema.get(most, size):
            yield f"is beyond its limits: {schema.get(least, '')} to {schema.get(most, '')}"
    for each in value if kind is list else value.values() if kind is dict else ():
        if not isinstance(each, str):
            yield f"has {json.dumps(each)}, which is no text"
