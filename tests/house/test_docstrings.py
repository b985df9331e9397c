"""A docstring names its thing: a noun phrase or an imperative, understood without the code."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import parsed, relative, tracked

_RIDDLE = re.compile(r"(What|How|Whose|Who|Where|Which|Those|That|Of|\w+ what)\b")

Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of modules, classes, functions and attributes, each with its line."""
    for scope in ast.walk(tree):
        if isinstance(scope, Scope):
            for statement in scope.body:
                match statement:
                    case ast.Expr(value=ast.Constant(value=str() as said)):
                        yield statement.lineno, said.strip()


def riddles(tree: ast.Module) -> list[tuple[int, str]]:
    """Return the docstrings that begin with a question word or a pronoun, or with a verb and *what*."""
    return [(line, said[:60]) for line, said in docstrings(tree) if _RIDDLE.match(said)]


def test_every_docstring_names_its_thing() -> None:
    sources = [path for path in tracked() if path.suffix == ".py"]
    assert [f"{relative(path)}:{line}: {said}" for path in sources for line, said in riddles(parsed(path))] == []


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        ('"""What a tick reads."""', True),
        ('"""The rows that a tick reads."""', False),
        ('class Host:\n    owner = ""\n    """Whose it is."""', True),
        ('class Host:\n    owner = ""\n    """Whether it has an owner."""', False),
        ('def lasts():\n    """How long it goes on at least."""', True),
        ('async def lasts():\n    """\n    Those that wait.\n    """', True),
        ('MOST = 3\n"""Often enough."""', False),
        ('def rows():\n    """Return what a tick reads."""', True),
        ('def rows():\n    """Return the rows that a tick reads."""', False),
    ],
)
def test_a_question_is_no_name(source: str, *, refused: bool) -> None:
    assert bool(riddles(ast.parse(source))) is refused
