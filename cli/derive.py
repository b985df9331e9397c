"""Write the command line's extract of docs/openapi.json: a part of ``make openapi``.

The document has 600 KB; what commands need of it, some 40.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).parent
PAGE = ROOT.parent / "docs" / "openapi.json"
TABLE = ROOT / "src" / "deskwright" / "operations.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_JUDGED = frozenset({"add_power_schedule", "add_user_setting", "change_power_schedule", "change_user_setting"})
"""Operations without a review, whose bodies `apply` judges itself before the first change."""
_UNUSED = frozenset({"title", "description", "default", "examples"})
_SCALARS = {"string": "text", "integer": "number", "boolean": "flag"}


def derived(document: Mapping[str, Any]) -> str:
    """Return the table as text: one line for each operation."""
    schemas = document["components"]["schemas"]
    found = {
        operation["operationId"]: _entry(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    }
    lines = (f" {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in sorted(found.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _entry(method: str, path: str, operation: Json, schemas: Json) -> Json:
    asked = operation.get("parameters", [])
    headers = {each["name"] for each in asked if each["in"] == "header"}
    entry: Json = {"method": method.upper(), "path": path, "about": operation["summary"]}
    entry["query"] = [each["name"] for each in asked if each["in"] == "query"]
    if "Idempotency-Key" in headers:
        entry["keyed"] = True
    if "If-Match" in headers:
        entry["matched"] = True
    if action := operation.get("x-deskwright-action"):
        entry["action"] = {each: action[each] for each in ("resource", "name", "destroys")}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        entry["fields"] = list(_fields(_resolved(body, schemas), schemas))
        if secrets := sorted({*_secrets(body, schemas, frozenset())}):
            entry["secrets"] = ["/".join(place) for place in secrets]
        if operation["operationId"] in _JUDGED:
            entry["schema"] = _spelled_out(body, schemas)
    return entry


_SAME_PLACE = ("anyOf", "oneOf", "allOf", "prefixItems")


def _secrets(schema: Json, schemas: Json, seen: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Yield the place of each secret in a body: the names of the members around it, without members of lists."""
    if schema.get("writeOnly"):
        yield ()
        return
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        yield from _secrets(schemas[name], schemas, seen | {name})
    for part in (*(each for key in _SAME_PLACE for each in schema.get(key, ())), schema.get("items")):
        if isinstance(part, dict):
            yield from _secrets(part, schemas, seen)
    for member, part in (*schema.get("properties", {}).items(), ("*", schema.get("additionalProperties"))):
        if isinstance(part, dict):
            yield from ((member, *place) for place in _secrets(part, schemas, seen))


_OURS = "@deskwright."


def _fields(body: Json, schemas: Json) -> Iterator[Json]:
    """Yield each field of a body: its name, kind, and the facts that are needed to ask for it."""
    properties = body.get("properties", {})
    for name, raw in properties.items():
        if name.removeprefix(_OURS) != name and name.removeprefix(_OURS) in properties:
            continue  # another name of the same
        schema = _resolved(raw, schemas)
        kind = _kind(schema, schemas)
        if kind is None:
            continue
        field: Json = {"name": name, "kind": kind}
        if choices := schema.get("enum"):
            field["choices"] = [each for each in choices if each is not None]
        if name in body.get("required", []):
            field["required"] = True
        if schema.get("writeOnly"):
            field["secret"] = True
        if schema.get("contentEncoding") == "base64":
            field["encoded"] = True
        if form := raw.get("x-deskwright-field"):
            field |= {place: form[place] for place in ("form", "inside") if place in form}
        if about := raw.get("description") or schema.get("description"):
            field["about"] = about.split("\n")[0]
        yield field


def _kind(schema: Json, schemas: Json) -> str | None:
    """Return the kind of a field: text, number, flag, texts, or json; None where only one value is possible."""
    if schema.get("type") == "null" or "const" in schema:
        return None
    if schema.get("type") == "array":
        return "texts" if _resolved(schema.get("items", {}), schemas).get("type") == "string" else "json"
    if "type" not in schema and schema.get("enum") and not all(isinstance(each, str) for each in schema["enum"]):
        return None
    return _SCALARS.get(schema.get("type", "string" if "enum" in schema else ""), "json")


def _spelled_out(schema: Any, schemas: Json) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without references and words."""
    if isinstance(schema, list):
        return [_spelled_out(each, schemas) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _spelled_out(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    properties = {name: _spelled_out(each, schemas) for name, each in schema.get("properties", {}).items()}
    rest = {name: _spelled_out(each, schemas) for name, each in schema.items() if name not in {*_UNUSED, "properties"}}
    return {**rest, **({"properties": properties} if properties else {})}


def _resolved(schema: Json, schemas: Json) -> Json:
    """Follow references, and leave out the alternative null."""
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    options = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    return _resolved(options[0], schemas) if len(options) == 1 else schema


if __name__ == "__main__":
    TABLE.write_text(derived(json.loads(PAGE.read_text("utf-8"))), "utf-8")
