"""Discovery of blueprints: the app registers their functions, and the OpenAPI document shows their routes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

WITHOUT = frozenset({"triggers.http.bodies", "triggers.http.views", "orchestrators.parts"})
"""Packages that register no function: an import of every module in them would slow a cold start."""


def blueprints(package: str) -> Iterator[Any]:
    """Yield the blueprint of each module of *package* and of the packages below it, in the order of their names."""
    for found in sorted(iter_modules(import_module(package).__path__), key=lambda module: module.name):
        name = f"{package}.{found.name}"
        if found.ispkg:
            yield from blueprints(name) if name not in WITHOUT else ()
        elif (blueprint := getattr(import_module(name), "bp", None)) is not None:
            yield blueprint
