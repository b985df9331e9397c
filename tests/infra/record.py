"""Write `specification/types.json`: Microsoft's types of the resources that `infra/` names, each in its version.

    python -m tests.infra.record BICEP_TYPES

The argument is a git folder of github.com/Azure/bicep-types-az. Its index is not read: what a version has is found in
the folders of the namespace. `specification/README.md` has the licence.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packages.azure_simulator.tests.tools.specification import Types, commit, shown
from tests.house.tree import ROOT, below, text

FILE = ROOT / "tests" / "infra" / "specification" / "types.json"
_DECLARED = re.compile(r"(?m)^( *)resource \w+ '([\w./]+)(?:@([\w-]+))?'")


def named(bicep: str) -> set[tuple[str, str]]:
    """Return the types and versions that one file declares; a resource in another one has the outer version."""
    found: set[tuple[str, str]] = set()
    outer: list[tuple[int, str, str]] = []
    for match in _DECLARED.finditer(bicep):
        indent = len(match[1])
        outer = [each for each in outer if each[0] < indent]
        kind = f"{outer[-1][1]}/{match[2]}" if outer else match[2]
        version = match[3] or outer[-1][2]
        outer.append((indent, kind, version))
        found.add((kind.lower(), version))
    return found


def folders(git: str, namespace: str) -> dict[str, list[str]]:
    """Return the folders of a namespace by version: several when services share a namespace."""
    listed = subprocess.run(
        ["git", "-C", git, "ls-tree", "-r", "--name-only", "HEAD", "generated"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    found: dict[str, list[str]] = {}
    for path in listed:
        match = re.fullmatch(rf"generated/([\w-]+/{re.escape(namespace)}/([\w-]+))/types\.json", path)
        if match:
            found.setdefault(match[2], []).append(match[1])
    return found


def declared(git: str, place: str) -> dict[str, Any]:
    """Return the resource types of one folder, by name."""
    types = json.loads(shown(git, f"generated/{place}/types.json"))
    rows = (each for each in types if each["$type"] == "ResourceType")
    return {str(each["name"]).partition("@")[0].lower(): each for each in rows}


def versions(git: str, kinds: set[str]) -> Iterator[tuple[str, str, str, Any]]:
    """Yield every type with each version, its folder and its row."""
    for namespace in sorted({kind.partition("/")[0] for kind in kinds}):
        for version, places in sorted(folders(git, namespace).items()):
            for place in places:
                rows = declared(git, place)
                for kind in sorted(kinds & rows.keys()):
                    yield kind, version, place, rows[kind]


def collected(git: str, wanted: set[tuple[str, str]]) -> Any:
    """Return the contents of the file."""
    types, resources, scopes, known = Types(), dict[str, int](), dict[str, int](), dict[str, list[str]]()
    for kind, version, place, row in versions(git, {kind for kind, _ in wanted}):
        known.setdefault(kind, []).append(version)
        if (kind, version) in wanted:
            below_namespace = kind.partition("/")[2]
            resources[f"{kind}@{version}"] = types.resources(git, place, below_namespace)[kind]
            scopes[f"{kind}@{version}"] = row.get("readableScopes", 0) | row.get("writableScopes", 0)
    missing = {f"{kind}@{version}" for kind, version in wanted} - resources.keys()
    if missing:
        raise SystemExit(f"Microsoft's types have no {', '.join(sorted(missing))}")
    return {
        "source": "https://github.com/Azure/bicep-types-az",
        "commit": commit(git),
        "licence": "MIT, Copyright (c) Microsoft Corporation",
        "versions": {kind: sorted(set(each)) for kind, each in sorted(known.items())},
        "scopes": dict(sorted(scopes.items())),
        "resources": dict(sorted(resources.items())),
        "types": types.found,
    }


def written(found: Any) -> str:
    """Write one type a line, so that differences can be read."""
    lines = []
    for key, value in found.items():
        if isinstance(value, str):
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
            continue
        pairs = value.items() if isinstance(value, dict) else ((None, each) for each in value)
        rows = (f"{json.dumps(name)}: " * (name is not None) + _compact(each) for name, each in pairs)
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        lines.append(f"{json.dumps(key)}: {opening}\n" + ",\n".join(rows) + f"\n{closing}")
    return "{" + ",\n".join(lines) + "}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def wanted() -> set[tuple[str, str]]:
    """Return the types that our templates name."""
    return {each for path in below("infra", suffix=".bicep") for each in named(text(path))}


if __name__ == "__main__":
    Path(FILE).write_text(written(collected(sys.argv[1], wanted())), encoding="utf-8")
