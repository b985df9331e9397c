"""Write `graph/protocol/paths.json` of the simulator: which paths Graph's metadata of v1.0 has.

    python -m packages.azure_simulator.tests.tools.graph_paths msgraph-metadata

The argument is a git folder of github.com/microsoftgraph/msgraph-metadata.
"""

import json
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path
from typing import Any

from packages.azure_simulator.tests.tools.specification import EDM, commit, shown

FILE = Path(__file__).parents[2] / "src/azure_simulator/graph/protocol/paths.json"
SCHEMA = "schemas/v1.0-Prod.csdl"
ROOT = "microsoft.graph"


class Names:
    """Full names of entities without `microsoft.graph.`, a collection with a star before it; empty for other types."""

    def __init__(self, schemas: list[ET.Element]) -> None:
        self._aliases = {str(each.get("Alias")): str(each.get("Namespace")) for each in schemas if each.get("Alias")}
        self._kinds = {
            short(f"{schema.get('Namespace')}.{each.get('Name')}"): tag(each) for schema in schemas for each in schema
        }

    def of(self, kind: str | None) -> str:
        """Return the name of a type as the file writes it."""
        many = "*" if (kind or "").startswith("Collection(") else ""
        found = self._full(kind)
        return many + (found if self._kinds.get(found) == "EntityType" else "")

    def is_complex(self, kind: str | None) -> bool:
        """Return whether a property of the type has properties."""
        return self._kinds.get(self._full(kind)) == "ComplexType"

    def _full(self, kind: str | None) -> str:
        namespace, _, name = (kind or "").removeprefix("Collection(").removesuffix(")").rpartition(".")
        return short(f"{self._aliases.get(namespace, namespace)}.{name}")


def short(name: str) -> str:
    return name.removeprefix(f"{ROOT}.")


def tag(each: ET.Element) -> str:
    return str(each.tag).removeprefix(EDM)


def paths(folder: str) -> dict[str, Any]:
    """Return types with their properties, the functions bound to them, and the first segments of paths."""
    tree = ET.fromstring(shown(folder, SCHEMA))  # noqa: S314 - Microsoft's file
    schemas = list(tree.iter(f"{EDM}Schema"))
    names = Names(schemas)
    types: dict[str, Any] = {}
    for schema in schemas:
        for each in schema:
            if tag(each) == "EntityType":
                types[short(f"{schema.get('Namespace')}.{each.get('Name')}")] = _type(each, names)
    container = next(tree.iter(f"{EDM}EntityContainer"))
    roots = {
        str(each.get("Name")): "*" + names.of(each.get("EntityType")) for each in container.iter(f"{EDM}EntitySet")
    }
    roots |= {str(each.get("Name")): names.of(each.get("Type")) for each in container.iter(f"{EDM}Singleton")}
    return {
        "source": f"https://github.com/microsoftgraph/msgraph-metadata, {SCHEMA}",
        "commit": commit(folder),
        "licence": "MIT, Copyright (c) 2018 Microsoft Graph",
        **_reached(roots, _bound(schemas, names), types),
    }


def _reached(roots: dict[str, str], bound: dict[str, Any], types: dict[str, Any]) -> dict[str, Any]:
    """Leave out the types that no path leads to, such as parameters of actions."""
    derived = defaultdict(list)
    for name, each in types.items():
        derived[each.get("base")].append(name)
    kept: set[str] = set()
    waiting = [each.strip("*") for each in roots.values()]
    while waiting:
        name = waiting.pop()
        if name in kept or name not in types:
            continue
        kept.add(name)
        each = types[name]
        further = [*each.get("links", {}).values(), each.get("base", "")]
        further += [answer for one in (name, f"*{name}") for _, answer in bound.get(one, {}).values()]
        waiting += [*(one.strip("*") for one in further), *(derived[name] if name != "entity" else ())]
    return {
        "roots": dict(sorted(roots.items())),
        "bound": {name: each for name, each in bound.items() if name.strip("*") in kept},
        "types": {name: each for name, each in sorted(types.items()) if name in kept},
    }


def _type(each: ET.Element, names: Names) -> dict[str, Any]:
    values = each.findall(f"{EDM}Property")
    links = {str(one.get("Name")): names.of(one.get("Type")) for one in each.findall(f"{EDM}NavigationProperty")}
    found = {
        "base": names.of(each.get("BaseType")),
        "plain": " ".join(str(one.get("Name")) for one in values if not names.is_complex(one.get("Type"))),
        "complex": " ".join(str(one.get("Name")) for one in values if names.is_complex(one.get("Type"))),
        "links": links,
    }
    return {name: value for name, value in found.items() if value}


def _bound(schemas: list[ET.Element], names: Names) -> dict[str, dict[str, list[str]]]:
    """Return for each type (with a star for its collections) the actions and functions with their results."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for schema in schemas:
        for each in schema:
            if tag(each) in {"Action", "Function"} and each.get("IsBound") == "true":
                parameter, returned = each.find(f"{EDM}Parameter"), each.find(f"{EDM}ReturnType")
                bound = names.of(parameter.get("Type") if parameter is not None else None)
                answer = names.of(returned.get("Type") if returned is not None else None)
                found[bound].setdefault(str(each.get("Name")), [tag(each), answer])
    return dict(sorted(found.items()))


def written(found: dict[str, Any]) -> str:
    """Write one type a line, so that differences can be read."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items() if not isinstance(value, dict)]
    for part in ("roots", "bound", "types"):
        rows = [f"{json.dumps(name)}:{json.dumps(each, separators=(',', ':'))}" for name, each in found[part].items()]
        lines.append(f'"{part}": {{\n' + ",\n".join(rows) + "\n}")
    return "{" + ",\n".join(lines) + "}\n"


if __name__ == "__main__":
    FILE.write_text(written(paths(sys.argv[1])))
