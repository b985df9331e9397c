"""Members of each api-version: bodies may have, and answers show, only members of the requested version.

That bodies may not have newer ones, even empty ones: github.com/Azure/azure-cli/issues/17904.

`member_versions.json` has them, by type; `tests/tools/member_versions.py` writes it. It has the members that not every
version has. A version that is not in it has what the newest one before it has, and one that is newer than all of them
has everything.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure_simulator.core.answers import Json

_ROW = re.compile(r"\[\d+\]")
_Absent = dict[str, Any]
"""Member -> True when a version lacks it, else the members that it lacks below that."""


@cache
def _types() -> Mapping[str, Any]:
    """Return the contents of the file."""
    text = (files("azure_simulator.arm") / "member_versions.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)["types"]
    return found


def first(kind: str) -> str:
    """Return the oldest api-version that has a type; empty where that is not known."""
    found = _types().get(kind.lower())
    return found["versions"].partition(" ")[0] if found else ""


def shown(kind: str, version: str, body: Json) -> Json:
    """Return a resource as a version shows it."""
    absent = _absent(kind.lower(), version.lower())
    return _without(body, absent) if absent else body


def lacks(kind: str, version: str, path: str) -> bool:
    """Return whether a version lacks a member, by its path (`properties.subnets[0].properties.natGateway`)."""
    node: Any = _absent(kind.lower(), version.lower())
    for step in _ROW.sub("", path).split(".") if node else ():
        node = node.get(step) if isinstance(node, dict) else None
    return node is True


@cache
def _absent(kind: str, version: str) -> _Absent:
    tree: _Absent = {}
    found = _types().get(kind)
    known = found["versions"].split() if found else []
    if not known or version > known[-1]:
        return tree
    nearest = max((each for each in known if each <= version), default=known[0])
    for path, runs in found["members"].items() if found else ():
        if not any(_covers(run, nearest) for run in runs.split()):
            _mark(tree, path.replace("[]", "").split("."))
    return tree


def _mark(tree: _Absent, steps: list[str]) -> None:
    node: Any = tree
    for step in steps[:-1]:
        node = node.setdefault(step, {})
        if node is True:
            return
    node[steps[-1]] = True


def _covers(run: str, version: str) -> bool:
    since, dots, until = run.partition("..")
    return bool(dots) and since <= version and (not until or version <= until)


def _without(value: Any, absent: _Absent) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_without(each, absent) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if absent.get(key) is not True}
    return {key: _without(each, absent[key]) if key in absent else each for key, each in kept.items()}
