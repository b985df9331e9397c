"""The walls that import-linter cannot see (ARCHITECTURE.md, rooms)."""

from tests.house.tree import APP_ROOMS, ROOT, below, imported, relative

DURABLE = "azure.durable_functions"
MAY_KNOW_DURABLE = ("shared/workflow/", "function_app.py")


def importers(*rooms: str, of: str) -> set[str]:
    found = (path for path in below(*rooms) if any(_is(name, of) for name in imported(path)))
    return {relative(path).as_posix() for path in found}


def _is(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_only_the_workflow_room_and_the_app_know_the_durable_sdk() -> None:
    knowing = importers(*APP_ROOMS, "function_app.py", of=DURABLE)
    assert {path for path in knowing if not path.startswith(MAY_KNOW_DURABLE)} == set()


def test_the_app_registers_and_decides_nothing() -> None:
    allowed = ("activities", "orchestrators", "triggers", "shared", "gc", "importlib", "pkgutil")
    seen = imported(ROOT / "function_app.py")
    assert {name for name in seen if not name.startswith(allowed)} == set()


def test_nobody_mocks() -> None:
    everybody = (*APP_ROOMS, "local", "packages", "bench", "tests")
    assert importers(*everybody, of="unittest.mock") == set()


def test_the_app_and_what_runs_it_locally_do_not_know_each_other() -> None:
    assert importers(*APP_ROOMS, "function_app.py", of="local") == set()
    for room in (*APP_ROOMS, "function_app"):
        assert importers("local", of=room) == set()
