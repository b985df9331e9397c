"""A function has at most 40 lines, a module at most 400 (docs/style.md)."""

import ast
from collections.abc import Iterator

from tests.house.tree import APP_LAYERS, below, parsed, relative, text

MODULE_LINES = 400
FUNCTION_LINES = 40
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

EVERYTHING = (*APP_LAYERS, "function_app.py", "local", "packages", "cli", "bench", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """Count from ``def`` to the last line, without the docstring: that is counted separately."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_no_module_is_longer_than_400_lines() -> None:
    counts = {str(relative(path)): text(path).count("\n") for path in below(*EVERYTHING)}
    assert {path: count for path, count in counts.items() if count > MODULE_LINES} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    counts = {
        f"{relative(path)}:{function.lineno} {function.name}": lines_of(function)
        for path in below(*EVERYTHING)
        for function in functions(parsed(path))
    }
    assert {name: count for name, count in counts.items() if count > FUNCTION_LINES} == {}


def test_every_module_is_named_after_its_subject() -> None:
    names = {str(relative(path)): path.stem for path in below(*EVERYTHING)}
    assert {path for path, stem in names.items() if EMPTY_NAMES & set(stem.split("_"))} == set()
