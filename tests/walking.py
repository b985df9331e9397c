"""Modules and classes of the app, all of them, whatever a process has imported before."""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import TypeVar

from tests.house.tree import APP_LAYERS

Kind = TypeVar("Kind")


@cache
def modules(package: str) -> tuple[ModuleType, ...]:
    """Import all modules of a package, at any depth, and return them.

    Raises:
        LookupError: it has none: it has moved, and a test that walks it would pass for ever.
    """
    names = [found.name for found in walk_packages(import_module(package).__path__, f"{package}.") if not found.ispkg]
    if not names:
        raise LookupError(f"{package} has no module")
    return tuple(import_module(name) for name in names)


def subclasses(kind: type[Kind]) -> set[type[Kind]]:
    """Return the subclasses of a class in all modules of the app, at any depth.

    Raises:
        LookupError: it has none.
    """
    for layer in APP_LAYERS:
        modules(layer)
    found, waiting = set[type[Kind]](), [kind]
    while waiting:
        new = set(waiting.pop().__subclasses__()) - found
        found |= new
        waiting += new
    ours = {each for each in found if each.__module__.split(".")[0] in APP_LAYERS}
    if not ours:
        raise LookupError(f"{kind.__name__} has no subclass in the app")
    return ours
