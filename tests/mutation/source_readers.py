"""Tests that read the tree: by the readers of ``tests.house.tree``, or by ``inspect.getsource``, themselves or not."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.house.tree import below, parsed, relative, text

_TREE = "tests.house.tree"
_READERS = {"text", "parsed", "below", "tracked", "imported"}
_SOURCE = "getsource"

Name = tuple[str, str]
"""A module, and a name in it."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@cache
def _modules() -> dict[str, Path]:
    """Return the modules of tests that may read the tree: they name its readers, or a module that may."""
    waiting = {".".join(relative(path).with_suffix("").parts): path for path in below("tests", "cli/tests")}
    found: dict[str, Path] = {}
    names = [_TREE, _SOURCE]
    while names:
        naming = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
        new = {name: path for name, path in waiting.items() if naming.search(text(path))}
        waiting = {name: path for name, path in waiting.items() if name not in new}
        found |= new
        names = list(new)
    return found


@cache
def _definitions(module: str) -> dict[str, Definition]:
    """Return the definitions of a module, by name."""
    found: dict[str, Definition] = {}
    for node in parsed(_modules()[module]).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = node
            case ast.Assign(targets=targets):
                found |= {
                    each.id: node for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
                }
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
            case _:
                pass
    return found


@cache
def _imports(module: str) -> dict[str, Name]:
    return {
        each.asname or each.name: (node.module, each.name)
        for node in ast.walk(parsed(_modules()[module]))
        if isinstance(node, ast.ImportFrom) and node.module
        for each in node.names
    }


def _used(node: Definition, module: str) -> set[str]:
    """Return the names that a definition uses: of its arguments, those that are fixtures of the module."""
    given = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return (named - given) | (given & _definitions(module).keys())


def _reads(name: Name, seen: set[Name]) -> bool:
    module, what = name
    if module == _TREE:
        return what in _READERS
    if name in seen or module not in _modules():
        return False
    seen.add(name)
    node = _definitions(module).get(what)
    if node is None:
        return what in _imports(module) and _reads(_imports(module)[what], seen)
    if any(isinstance(each, ast.Attribute) and each.attr == _SOURCE for each in ast.walk(node)):
        return True
    return any(_reads((module, each), seen) for each in _used(node, module) - {what})


def source_readers() -> dict[str, set[str]]:
    """Return the tests that read the tree: path of their file -> their names."""
    found = {
        relative(path).as_posix(): {
            name for name in _definitions(module) if name.startswith("test_") and _reads((module, name), set())
        }
        for module, path in _modules().items()
        if path.name.startswith("test_")
    }
    return {path: names for path, names in found.items() if names}
