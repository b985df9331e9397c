"""A docstring names its thing: a noun phrase or an imperative, understood without the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import APP_LAYERS, ROOT, below, parsed, relative, tracked

_RIDDLE = re.compile(r"(What|How|Whose|Who|Where|Which|Those|That|Of|\w+ what)\b")

_OBSCURE = re.compile(
    r"(?<!\*)\b(what(?!-if)|those of|that of|ones? that|so (?:many|much)|as of|com(?:es?|ing) to|came to|who asks"
    r"|by now|who(?:ever|se it is)|whatever|whichever|for good|all the same|goes on|as (?:it is|they are))\b(?!\*)"
    r"|\bNone: (?!never)",
    re.IGNORECASE,
)
"""Words that a first line needs only if it describes its thing by the code instead of naming it."""

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


def obscure(tree: ast.Module) -> list[tuple[int, str]]:
    """Return the first lines of docstrings that have one of the words of a riddle."""
    firsts = ((line, said.partition("\n")[0]) for line, said in docstrings(tree))
    return [(line, first) for line, first in firsts if _OBSCURE.search(first)]


def _sources() -> list[Path]:
    """Return the app and all else that is no test."""
    return [path for path in tracked() if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts]


def test_every_first_line_outside_of_tests_is_understood_without_its_code() -> None:
    sources = _sources()
    assert set(below(*APP_LAYERS)) <= set(sources)
    assert [f"{relative(path)}:{line}: {first}" for path in sources for line, first in obscure(parsed(path))] == []


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        ('"""Return the host as it is then; one that runs already goes on."""', True),
        ('"""Start a task and return the updated host."""', False),
        ('"""Review a form, whatever it comes to."""', True),
        ('"""Review a partly filled form."""', False),
        ('"""Return the machine; None: it has none."""', True),
        ('"""Return the machine, or None if it has none.\n\nIt is what is there."""', False),
        ('"""The act. *what*: the things that it removes."""', False),
        ('"""Classify a request as it isolates a tenant."""', False),
    ],
)
def test_a_riddle_is_found_in_first_lines_alone(source: str, *, refused: bool) -> None:
    assert bool(obscure(ast.parse(source))) is refused


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
