"""Python's ``$`` also matches before a line break at the end: no pattern of the app is anchored with it.

The patterns of pydantic's fields are Rust's, where ``$`` is the end (https://docs.rs/regex).
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.values import Value
from tests.house.tree import below, relative, text
from tests.walking import subclasses

APP = below("activities", "orchestrators", "shared", "triggers", "function_app.py")
FUNCTIONS = {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}


def patterns(tree: ast.AST) -> Iterator[str]:
    """Yield the text of each pattern that is given to the module ``re``."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in FUNCTIONS and ast.unparse(called.value) == "re":
            assert isinstance(node, ast.Call)
            parts = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
            yield from (part for part in parts if isinstance(part, str))


def ends(pattern: str) -> bool:
    """Whether a pattern has a ``$`` that stands for the end; one in brackets, or after a backslash, does not."""
    return re.search(r"(?<!\\)(\\\\)*\$", re.sub(r"\[[^]]*\]", "", pattern)) is not None


@pytest.mark.parametrize("path", APP, ids=lambda path: str(relative(path)))
def test_no_pattern_is_anchored_with_a_dollar(path: Any) -> None:
    assert [pattern for pattern in patterns(ast.parse(text(path))) if ends(pattern)] == []


@pytest.mark.parametrize(("pattern", "wrong"), [("a$", True), (r"a\$", False), ("[$]", False), (r"a\\$", True)])
def test_a_dollar_is_told_from_one_that_is_escaped(pattern: str, *, wrong: bool) -> None:
    assert ends(pattern) == wrong


def test_the_patterns_of_fields_are_rust_s() -> None:
    models = subclasses(Value)
    assert len(models) > 300
    engines = {model.__name__: model.model_config.get("regex_engine", "rust-regex") for model in models}
    assert {name for name, engine in engines.items() if engine != "rust-regex"} == set()
