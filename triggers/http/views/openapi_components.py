"""The schemas of the OpenAPI document: made of the types that the routes name, each under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import ComputedField, CoreSchema, ModelField, TypedDictField, TypedDictSchema

from triggers.http.json_schema import Json
from triggers.http.response_shapes import Derived, Node

_REFS = "#/components/schemas/"


class Components:
    """The schemas that a document may refer to.

    pydantic makes those of all types at once, so that what two of them have in common is one schema.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        found = list(_parts(tuple(nodes)))
        derived = [each for each in found if isinstance(each, Derived)]
        types = list(dict.fromkeys(each for each in found if isinstance(each, type)))
        refs, document = TypeAdapter.json_schemas(
            [(n, "validation", TypeAdapter(each)) for n, each in enumerate(types)],
            ref_template=_REFS + "{model}",
            schema_generator=_Generator,
        )
        definitions: Mapping[str, Json] = document.get("$defs", {})
        taken = {each.name for each in derived}
        names = {key: _name(key, taken) for key in definitions}
        if len(set(names.values())) < len(names):
            message = f"two types have one name: {sorted(names.values())}"
            raise ValueError(message)
        self._refs: dict[type[Any], Json] = {of: _renamed(refs[n, "validation"], names) for n, of in enumerate(types)}
        self._schemas: dict[str, Json] = {names[key]: _renamed(each, names) for key, each in definitions.items()}
        for each in derived:
            schema = each.schema(self)
            if self._schemas.setdefault(each.name, schema) != schema:
                message = f"two schemas are called {each.name}"
                raise ValueError(message)

    def ref(self, node: Node) -> Json:
        """Return a schema that refers to *node*."""
        if isinstance(node, Derived):
            return {"$ref": _REFS + node.name}
        return {"anyOf": [self.ref(each) for each in node]} if isinstance(node, tuple) else self._refs[node]

    def whole(self, of: type[Any]) -> Json:
        """Return the schema of a type itself."""
        return self._schemas[_target(self.ref(of))]

    def used_in(self, paths: Json) -> dict[str, Json]:
        """Return every schema that *paths* refer to, or one of these does, by name; a title is the name."""
        found: dict[str, Json] = {}
        waiting = set(_references(paths))
        while waiting:
            name = waiting.pop()
            found[name] = {**self._schemas[name], "title": name}
            waiting |= set(_references(found[name])) - found.keys()
        return dict(sorted(found.items()))


class _Generator(GenerateJsonSchema):
    """A ``TypedDict`` has just its properties; a property needs no title beside its name."""

    def typed_dict_schema(self, schema: TypedDictSchema) -> Json:
        """Return the schema; it allows no other properties unless the type says so."""
        return {"additionalProperties": False, **super().typed_dict_schema(schema)}

    def field_title_should_be_set(self, schema: CoreSchema | ModelField | TypedDictField | ComputedField) -> bool:
        """Return False: fields have no titles."""
        del schema
        return False


def _parts(node: Node) -> Iterator[type[Any] | Derived]:
    """Yield every type and everything derived in *node*, some of them more than once."""
    if isinstance(node, type | Derived):
        yield node
    if not isinstance(node, type):
        for part in node.parts if isinstance(node, Derived) else node:
            yield from _parts(part)


def _name(key: str, taken: set[str]) -> str:
    """Return the name for pydantic's *key*: a class, with its module in front where two classes have the same name.

    *taken*: the names of what is derived of the classes.
    """
    *modules, cls = key.split("__")
    name = "".join(part.title() for part in modules[-1].split("_")) + cls if modules else cls
    shown = name.removesuffix("View")
    if shown not in taken:
        return shown
    return name if name != shown else f"Whole{name}"


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        return {
            key: _REFS + names[_target(schema)] if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith(_REFS):
            yield _target(schema)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _target(schema: Json) -> str:
    return str(schema["$ref"]).removeprefix(_REFS)
