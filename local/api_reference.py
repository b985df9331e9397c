"""Renders docs/openapi.json as pages of the site: one for each resource, and one of all types.

``make site`` builds them with the documents, so that they are searched, and their links checked, as every page.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

FOLDER = "docs/reference"
_TYPES = "types.md"
_METHODS = ("get", "post", "put", "patch", "delete")
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "to {}",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "pattern": "`{}`",
}


def reference(document: Json) -> dict[str, str]:
    """Return the Markdown of the pages by their names below ``FOLDER``; the first is the one with all resources."""
    by_tag = defaultdict(list)
    for address, method, operation in operations(document):
        by_tag[operation.get("tags", ["service"])[0]].append((address, method, operation))
    names = {tag: f"{tag}.md" for tag in sorted(by_tag, key=str.casefold)}
    count = sum(map(len, by_tag.values()))
    first = f"""# API reference

Generated from `openapi.json`: {count} operations of {len(by_tag)} resources, and [their types]({_TYPES}). Addresses are
below `/api`. [The HTTP interface](../api.md) is the guide.
"""
    rows = [[f"[{tag}]({name})", str(len(by_tag[tag]))] for tag, name in names.items()]
    pages = {"index.md": f"{first}\n{_table(['resource', 'operations'], rows)}\n"}
    for tag, name in names.items():
        parts = [part for each in by_tag[tag] for part in _operation(document, *each)]
        pages[name] = "\n\n".join([f"# {tag}", *parts]) + "\n"
    types = [part for name, schema in sorted(document["components"]["schemas"].items()) for part in _type(name, schema)]
    pages[_TYPES] = "\n\n".join(["# Types", *types]) + "\n"
    return pages


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield each operation with its address and its method."""
    for address, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield address, method, methods[method]


def _operation(document: Json, address: str, method: str, operation: Json) -> Iterator[str]:
    """Yield the paragraphs about one operation."""
    yield f"## {method.upper()} {_plain(address)} {{ #{operation['operationId']} }}"
    yield _plain(operation.get("summary", ""))
    if operation.get("description"):
        yield _plain(operation["description"])
    facts = [f"Permission: `{operation['x-permission']}`"] if "x-permission" in operation else []
    facts += ["roles with a scope may call it"] if operation.get("x-deskwright-scoped") else []
    if facts:
        yield f"{'; '.join(facts)}."
    if rows := [_parameter(each) for each in operation.get("parameters", ())]:
        yield _table(["parameter", "in", "type", "meaning"], rows)
    if body := operation.get("requestBody"):
        optional = "" if body.get("required") else " (may be left out)"
        yield f"Body{optional}: {_content(body)}"
    yield _table(["status", "meaning", "body"], _answers(document, operation["responses"]))


def _parameter(parameter: Json) -> list[str]:
    name = f"`{parameter['name']}`{'' if parameter.get('required') else ' (optional)'}"
    return [name, parameter["in"], shape(parameter["schema"]), _plain(parameter.get("description", ""))]


def _answers(document: Json, answers: Json) -> list[list[str]]:
    """Return the rows of the answers; statuses with the same meaning and body are one row."""
    statuses = defaultdict(list)
    for status, each in answers.items():
        answer = document["components"]["responses"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        statuses[_plain(answer.get("description", "")), _content(answer)].append(status)
    return [[", ".join(some), meaning, body] for (meaning, body), some in statuses.items()]


def _content(node: Json) -> str:
    """Return the types of a body, by media type where it is not JSON."""
    found = []
    for kind, each in node.get("content", {}).items():
        found.append(shape(each.get("schema", {})) + ("" if "json" in kind else f" as `{kind}`"))
    return ", ".join(found)


def _type(name: str, schema: Json) -> Iterator[str]:
    """Yield the paragraphs about one type."""
    yield f"## {name} {{ #{name} }}"
    if schema.get("description"):
        yield _plain(schema["description"])
    properties = schema.get("properties")
    if not properties:
        yield shape({key: each for key, each in schema.items() if key != "description"})
        return
    required = schema.get("required", ())
    rows = [
        [f"`{key}`{'' if key in required else ' (optional)'}", shape(each), _plain(each.get("description", ""))]
        for key, each in properties.items()
    ]
    yield _table(["property", "type", "meaning"], rows)


def shape(schema: Json) -> str:
    """Return the type of a value in words, with links to the types that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}]({_TYPES}#{name})"
    for several, word in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if several in schema:
            return word.join(dict.fromkeys(map(shape, schema[several])))
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{_plain(str(each))}`" for each in schema.get("enum", [schema.get("const")]))
    return ", ".join([_kind(schema), *_limits(schema)])


def _kind(schema: Json) -> str:
    """Return the kind of a value that has no name."""
    kind = schema.get("type", "any value")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {shape(schema['items'])}" if schema.get("items") else "list"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {shape(schema['additionalProperties'])}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _limits(schema: Json) -> list[str]:
    found = [text.format(_plain(str(schema[name]))) for name, text in _LIMITS.items() if name in schema]
    return [*found, f"`{_plain(str(schema['default']))}` if left out"] if schema.get("default") is not None else found


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Return the text of a cell: a bar in code is none of the table's, any other is escaped."""
    return "".join(part if part.startswith("`") else part.replace("|", "\\|") for part in re.split(r"(`[^`]*`)", text))


def _plain(text: str) -> str:
    """Return text in which nothing is HTML, on one line."""
    return " ".join(text.split()).replace("<", "&lt;")
