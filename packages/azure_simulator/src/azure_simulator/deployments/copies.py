"""Loops of templates: a resource, or a value, with `copy` stands as often as its `count` says.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources and copy-properties. Copies of
outputs, and copies of resources that wait for each other, are not simulated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.deployments.refusals import invalid_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json

MOST = 800
_INDEX = re.compile(r"\bcopyIndex\(\s*(?:'(?P<name>[^']*)'\s*)?,?\s*(?P<offset>-?\d+)?\s*\)", re.IGNORECASE)


def unrolled(rows: list[Json], evaluate: Callable[[object], Any]) -> list[Json]:
    """Return the resources of a template with each copy in the place of its loop; `evaluate` computes a count.

    A copy keeps the name of its loop in `copy`, by which others may depend on all copies.
    """
    return [each for row in rows for each in (_copies(row, evaluate) if "copy" in row else [row])]


def _copies(row: Json, evaluate: Callable[[object], Any]) -> list[Json]:
    loop = row["copy"]
    if not isinstance(loop, dict) or not isinstance(loop.get("name"), str):
        raise invalid_template("The template resource has a 'copy' without a name")
    if str(loop.get("mode", "parallel")).lower() != "parallel" or "batchSize" in loop:
        raise unsupported("template.resources.copy", "A loop whose copies wait for each other")
    rest = {name: each for name, each in row.items() if name != "copy"}
    return [{**each, "copy": loop["name"]} for each in repeated({**loop, "input": rest}, evaluate, lazy=True)]


def separated(value: Json) -> tuple[Json, list[Json]]:
    """Return an object's plain members, and the loops that make its other members."""
    loops = value.get("copy")
    if not isinstance(loops, list) or not all(isinstance(each, dict) and "input" in each for each in loops):
        return value, []
    return {name: each for name, each in value.items() if name != "copy"}, loops


def repeated(loop: Json, evaluate: Callable[[object], Any], *, lazy: bool = False) -> list[Any]:
    """Return the values of a loop, with expressions still in them if *lazy*."""
    count = evaluate(loop.get("count"))
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
        text = f"The template copy count '{count}' of '{loop['name']}' is not valid: it has to be from 0 to {MOST}"
        raise invalid_template(text)
    copies = [_numbered(loop["input"], loop["name"], index, innermost=True) for index in range(count)]
    return copies if lazy else [evaluate(each) for each in copies]


def _numbered(value: Any, loop: str, index: int, *, innermost: bool) -> Any:  # noqa: ANN401 - JSON
    """Write the number of a copy where its expressions ask for it; an inner template has loops of its own.

    `copyIndex()` without a name means the innermost loop.
    """
    if isinstance(value, dict):
        plain, loops = separated(value)
        found = {
            name: each if name == "template" else _numbered(each, loop, index, innermost=innermost)
            for name, each in plain.items()
        }
        inner = [_numbered(each, loop, index, innermost=False) for each in loops]
        return {**found, "copy": inner} if inner else found
    if isinstance(value, list):
        return [_numbered(each, loop, index, innermost=innermost) for each in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value

    def number(found: re.Match[str]) -> str:
        mine = innermost if found["name"] is None else found["name"].lower() == loop.lower()
        return str(index + int(found["offset"] or 0)) if mine else found[0]

    return _INDEX.sub(number, value)
