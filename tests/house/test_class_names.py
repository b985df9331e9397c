"""A class name of the app stands for one thing."""

import ast
from collections import defaultdict

from tests.house.tree import APP_LAYERS, below, parsed, relative


def test_no_two_classes_of_the_app_have_one_name() -> None:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in below(*APP_LAYERS):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(f"{relative(path)}:{node.lineno}")
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
