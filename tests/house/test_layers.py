"""The rules of import that import-linter cannot see (ARCHITECTURE.md, layers)."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import APP_LAYERS, ROOT, below, imported, parsed, relative

DURABLE = ("azure.durable_functions", "durabletask")
"""The SDK, and the one on which its version 2 stands (decision 153)."""

WRITES = {"append", "change", "claim", "ensure", "insert", "put", "put_all", "release", "remove", "replace", "save_all"}
"""The methods of repositories and of the due index that write."""

MAY_WRITE = {"triggers/http/idempotency.py": "a key belongs to a request, whatever use case the request calls"}

MAY_IMPORT_OF_WORKFLOW = {"API", "Blueprint", "DurableClient", "blueprints", "purge_finished"}
"""Names that a trigger needs; starting a workflow is a use case."""


def importers(*folders: str, of: str) -> set[str]:
    found = (path for path in below(*folders) if any(_is(name, of) for name in imported(path)))
    return {relative(path).as_posix() for path in found}


def _is(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("sdk", DURABLE)
def test_only_the_workflow_layer_knows_the_durable_sdk(sdk: str) -> None:
    knowing = importers(*APP_LAYERS, "function_app.py", of=sdk)
    assert {path for path in knowing if not path.startswith("shared/workflow/")} == set()


def test_the_app_registers_and_decides_nothing() -> None:
    allowed = ("activities", "orchestrators", "triggers", "shared", "gc")
    seen = imported(ROOT / "function_app.py")
    assert {name for name in seen if not name.startswith(allowed)} == set()


def test_nothing_is_mocked() -> None:
    everything = (*APP_LAYERS, "local", "packages", "cli", "bench", "tests")
    assert importers(*everything, of="unittest.mock") == set()


def test_the_app_and_what_runs_it_locally_do_not_know_each_other() -> None:
    assert importers(*APP_LAYERS, "function_app.py", of="local") == set()
    for layer in (*APP_LAYERS, "function_app"):
        assert importers("local", of=layer) == set()


def test_a_trigger_writes_no_record_and_starts_no_workflow() -> None:
    """Use cases live in shared/services: a route parses, calls one and answers; so does a timer, and the queue."""
    writing = {relative(path).as_posix() for path in below("triggers") if set(methods_of_deps(parsed(path))) & WRITES}
    assert writing == MAY_WRITE.keys()
    prefix = "shared.workflow."
    used = {name.removeprefix(prefix) for p in below("triggers") for name in imported(p) if name.startswith(prefix)}
    assert used <= MAY_IMPORT_OF_WORKFLOW


def test_a_use_case_and_what_it_stands_on_knows_no_request() -> None:
    assert {
        path for path in importers("shared", of="azure.functions") if not path.startswith("shared/workflow/")
    } == set()


def methods_of_deps(tree: ast.Module) -> Iterator[str]:
    """The methods that are called, or given away to be called, of anything below the composition: ``deps.x.y``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and "deps" in names_in(node.value):
            yield node.attr


def names_in(node: ast.expr) -> Iterator[str]:
    """The names of a chain of attributes: ``call.deps.sites`` has three."""
    while isinstance(node, ast.Attribute):
        yield node.attr
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
