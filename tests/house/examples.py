"""Definitions of the code as examples for a page, which cog puts into it: the page says what the code says."""

from __future__ import annotations

import ast
from textwrap import dedent

from tests.house.tree import ROOT, parsed, text


def example(path: str, name: str) -> str:
    """Return a definition as a fenced block.

    *name*: of a function, a class or a constant; dotted where it is inside another one.
    Raises: LookupError when *path* has no such definition.
    """
    node: ast.AST = parsed(ROOT / path)
    for part in name.split("."):
        node = _definition(node, part, f"{path}:{name}")
    assert isinstance(node, ast.stmt)
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    lines = text(ROOT / path).splitlines()[first - 1 : node.end_lineno]
    return f"```python\n# {path}\n{dedent(chr(10).join(lines))}\n```"


def _definition(inside: ast.AST, name: str, wanted: str) -> ast.AST:
    for node in ast.walk(inside):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            return node
    raise LookupError(f"there is no {wanted}: the example has moved")
