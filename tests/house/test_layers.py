"""The rules of import that import-linter cannot see (ARCHITECTURE.md, layers)."""

from tests.house.tree import APP_LAYERS, ROOT, below, imported, relative

DURABLE = "azure.durable_functions"
MAY_KNOW_DURABLE = ("shared/workflow/", "function_app.py")


def importers(*folders: str, of: str) -> set[str]:
    found = (path for path in below(*folders) if any(_is(name, of) for name in imported(path)))
    return {relative(path).as_posix() for path in found}


def _is(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_only_the_workflow_layer_and_the_app_know_the_durable_sdk() -> None:
    knowing = importers(*APP_LAYERS, "function_app.py", of=DURABLE)
    assert {path for path in knowing if not path.startswith(MAY_KNOW_DURABLE)} == set()


def test_the_app_registers_and_decides_nothing() -> None:
    allowed = ("activities", "orchestrators", "triggers", "shared", "gc", "importlib", "pkgutil")
    seen = imported(ROOT / "function_app.py")
    assert {name for name in seen if not name.startswith(allowed)} == set()


def test_nothing_is_mocked() -> None:
    everything = (*APP_LAYERS, "local", "packages", "bench", "tests")
    assert importers(*everything, of="unittest.mock") == set()


def test_the_app_and_what_runs_it_locally_do_not_know_each_other() -> None:
    assert importers(*APP_LAYERS, "function_app.py", of="local") == set()
    for layer in (*APP_LAYERS, "function_app"):
        assert importers("local", of=layer) == set()
