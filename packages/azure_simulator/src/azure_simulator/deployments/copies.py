"""Loops of templates: a resource with `copy` is as many resources as its `count` says.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources. Copies of properties, variables and
outputs, dependencies on a loop by its name, and `copyIndex` with an offset are not simulated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.deployments.expressions import invalid_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json

MOST = 800
_INDEX = re.compile(r"\bcopyIndex\(\s*(?:'(?P<name>[^']*)'\s*)?\)", re.IGNORECASE)
_ANY_INDEX = re.compile(r"\bcopyIndex\(", re.IGNORECASE)


def unrolled(rows: list[Json], evaluate: Callable[[object], Any]) -> list[Json]:
    """Return the resources of a template with each copy in the place of its loop; `evaluate` computes a count."""
    return [each for row in rows for each in (_copies(row, evaluate) if "copy" in row else [row])]


def _copies(row: Json, evaluate: Callable[[object], Any]) -> list[Json]:
    loop = row["copy"]
    if not isinstance(loop, dict) or not isinstance(loop.get("name"), str):
        raise invalid_template("The template resource has a 'copy' without a name")
    if str(loop.get("mode", "parallel")).lower() != "parallel" or "batchSize" in loop:
        raise unsupported("template.resources.copy", "A loop whose copies wait for each other")
    count = evaluate(loop.get("count"))
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
        text = f"The template copy count '{count}' of '{loop['name']}' is not valid: it has to be from 0 to {MOST}"
        raise invalid_template(text)
    rest = {name: each for name, each in row.items() if name != "copy"}
    return [_numbered(rest, loop["name"], index) for index in range(count)]


def _numbered(value: Any, loop: str, index: int) -> Any:  # noqa: ANN401 - JSON
    """Write the number of a copy where its expressions ask for it; an inner template has loops of its own."""
    if isinstance(value, dict):
        return {name: each if name == "template" else _numbered(each, loop, index) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbered(each, loop, index) for each in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value

    def number(found: re.Match[str]) -> str:
        if (found["name"] or loop).lower() != loop.lower():
            raise invalid_template(f"The template function 'copyIndex' has no loop '{found['name']}' around it")
        return str(index)

    text = _INDEX.sub(number, value)
    if _ANY_INDEX.search(text):
        raise unsupported("template.resources.copy", "'copyIndex' with an offset")
    return text
