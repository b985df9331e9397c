"""No work can stand still unseen: every orchestrator has the due row by which a sweep finds it, and a longest wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from shared.contracts.definitions import PollPolicy, Workflow
from shared.services.operations.sweeps import FOUND_BY, PARTS
from tests.house.test_contracts import contracts
from tests.house.tree import ROOT, below, parsed, relative

ORCHESTRATORS = {each.stem: each for each in below("orchestrators") if "parts" not in relative(each).parts}
BY_NAME = {workflow.name: workflow for workflow in FOUND_BY}
WORKFLOWS = {contract for contract in contracts().values() if isinstance(contract, Workflow)}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """The names that a module imports, with where from."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, each.name) for each in node.names)


def waits(path: Path) -> Iterator[tuple[str, timedelta]]:
    """The time-outs of all that an orchestrator, or a part that it is made of, waits for."""
    for module, name in imports(path):
        if module.startswith("orchestrators.parts."):
            place = ROOT / module.replace(".", "/")
            yield from waits(place / f"{name}.py" if place.is_dir() else place.with_suffix(".py"))
        found = getattr(import_module(module), name, None) if module.startswith("shared.contracts") else None
        if isinstance(found, PollPolicy):
            yield name, found.timeout


def test_a_sweep_finds_every_orchestrator_that_stands_still() -> None:
    assert set(FOUND_BY) | PARTS == WORKFLOWS
    assert set(FOUND_BY) & PARTS == set()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_no_orchestrator_is_ended_while_it_waits_as_long_as_it_may(name: str) -> None:
    too_long = {wait for wait, timeout in waits(ORCHESTRATORS[name]) if timeout > BY_NAME[name].longest_wait}
    assert too_long == set()


def test_no_service_starts_work_that_nothing_watches() -> None:
    """Work that no record shows is started by ``start_watched`` only: ``start`` would leave it to itself."""
    unrecorded = {"RERUN_STEPS", "REMOVE_ORPHAN", "REMOVE_IMAGE", "DEPROVISION"}
    started = {
        node.args[1].id
        for path in below("shared/services")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "start"
        if len(node.args) > 1 and isinstance(node.args[1], ast.Name)
    }
    assert started & unrecorded == set()
