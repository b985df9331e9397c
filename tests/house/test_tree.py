"""Tests that read the code read all of it, and notice when it has moved."""

import ast

import pytest

from shared.domain.values import Value
from tests.house.tree import below, imported, parsed, relative
from tests.walking import modules, subclasses

READING = {"read_text", "read_bytes", "open", "rglob"}
_ITSELF = {"tests/house/tree.py", "tests/house/test_tree.py"}


def test_a_folder_that_has_moved_is_an_error() -> None:
    with pytest.raises(LookupError, match="it has moved"):
        below("shared", "shared/no_such_folder")
    with pytest.raises(LookupError, match="has no module"):
        modules("docs.decisions")


def test_a_class_without_subclasses_in_the_app_is_an_error() -> None:
    class Lonely:
        """Nobody's parent."""

    with pytest.raises(LookupError, match="Lonely"):
        subclasses(Lonely)


def test_all_values_of_the_app_are_walked_whatever_was_imported_before() -> None:
    named = {
        node.name
        for path in below("shared/domain")
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef) and "Value" in map(ast.unparse, node.bases)
    }
    assert len(named) > 100
    assert named - {each.__name__ for each in subclasses(Value)} == set()


def test_tests_of_the_house_read_files_by_the_readers_of_the_tree_alone() -> None:
    """A planted fault is seen by those only."""
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in below("tests/house")
        if relative(path).as_posix() not in _ITSELF
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in READING
    ]
    assert found == []


def test_who_walks_the_app_walks_it_by_the_functions_for_it() -> None:
    walking = {"pkgutil.walk_packages", "pkgutil.iter_modules"}
    tests = (path for path in below("tests") if relative(path).as_posix() != "tests/walking.py")
    assert [str(relative(path)) for path in tests if imported(path) & (walking | {"pkgutil"})] == []
