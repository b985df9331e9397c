"""The command line writes to a terminal, and asks at it, in one module: no control character passes there."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import ROOT, below, parsed

MODULES = ROOT / "cli" / "src" / "deskwright"
EXITS = MODULES / "terminal.py"
OF_CLICK = {"click.echo", "click.secho", "click.echo_via_pager", "click.prompt", "click.confirm", "click.progressbar"}
OF_PYTHON = {"print", "input", "getpass.getpass", "traceback.print_exc"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
ASKED = {"isatty", "reconfigure", "fileno", "flush"}
"""Attributes of a stream that a module may use without writing to it."""
OTHERWISE = {
    "completion.py: click.echo": "the script for a shell, which is ours",
    "__main__.py: sys.stdout": "whether it is a file, whose encoding is set",
}


def writes(tree: ast.AST) -> Iterator[str]:
    """Yield the names by which a module writes to a terminal, or asks at it, other than by the exits."""
    asked = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ASKED
    }  # sys.stderr of sys.stderr.isatty
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function) if (name := ast.unparse(function)) in OF_CLICK | OF_PYTHON:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="error"), attr="show")):
                yield "error.show"
            case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name in STREAMS and id(node) not in asked:
                yield f"sys.{name}"
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                module = getattr(node, "module", "")
                named = {each.name for each in names} | {module} | {f"{module}.{each.name}" for each in names}
                yield from named & (OF_CLICK | {"logging", "warnings", "getpass"})
            case _:
                pass


def test_nothing_else_writes_to_a_terminal() -> None:
    modules = [path for path in below("cli") if path.is_relative_to(MODULES) and path != EXITS]
    found = {f"{path.relative_to(MODULES)}: {each}" for path in modules for each in writes(parsed(path))}
    assert found == set(OTHERWISE)
    assert {"click.echo", "click.prompt", "click.confirm"} <= {*writes(parsed(EXITS))}


@pytest.mark.parametrize(
    "code",
    [
        "click.echo(x, err=True)",
        "click.confirm(x)",
        "print(x)",
        "error.show()",
        "sys.stderr.write(x)",
        "f(sys.stderr)",
        "import logging",
        "from click import echo",
    ],
)
def test_every_way_of_writing_is_found(code: str) -> None:
    assert list(writes(ast.parse(code)))
    assert not list(writes(ast.parse("sys.stderr.isatty(); foresight.show(x); say(x)")))
