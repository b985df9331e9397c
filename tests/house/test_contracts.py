"""Every contract has its function, every error its status, every permission its route."""

import pkgutil
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import shared.contracts
from shared.contracts.definitions import Activity, Workflow
from shared.errors import DeskwrightError
from tests.house.tree import ROOT, below, text
from triggers.http.permissions import VERBS
from triggers.http.problems import STATUSES


def contracts(kind: type[Any]) -> set[str]:
    modules = (
        import_module(f"shared.contracts.{found.name}") for found in pkgutil.iter_modules(shared.contracts.__path__)
    )
    return {value.name for module in modules for value in vars(module).values() if isinstance(value, kind)}


def registered(functions: list[Any], trigger: str) -> Counter[str]:
    return Counter(f.get_function_name() for f in functions if f.get_trigger().type == trigger)


@pytest.mark.parametrize(
    ("kind", "trigger"),
    [(Activity, "activityTrigger"), (Workflow, "orchestrationTrigger")],
    ids=["activity", "workflow"],
)
def test_every_contract_has_one_implementation(functions: list[Any], kind: type[Any], trigger: str) -> None:
    assert registered(functions, trigger) == Counter(contracts(kind))


def test_every_error_has_a_status() -> None:
    def below_it(error: type[DeskwrightError]) -> Iterator[type[DeskwrightError]]:
        for each in error.__subclasses__():
            yield each
            yield from below_it(each)

    errors = {error for error in below_it(DeskwrightError) if error.__module__.startswith("shared.errors")}
    assert {error.__name__ for error in errors if not set(error.__mro__) & set(STATUSES)} == set()


def test_every_permission_guards_a_route() -> None:
    code = "".join(text(path) for path in below("triggers") if path != ROOT / "triggers" / "permissions.py")
    assert {verb for verb in VERBS if f'"{verb}"' not in code} == set()
