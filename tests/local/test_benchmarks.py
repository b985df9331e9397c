"""Every benchmark, small: it ends, and gives the figures that docs/performance.md publishes."""

import ast
import importlib
import json
import re
from pathlib import Path

import pytest

import bench
from bench.__main__ import BENCHMARKS
from bench.figures import Missing
from bench.published import PUBLISHED

SMALL: dict[str, tuple[str, ...]] = {
    "importing": (),
    "engine": ("20", "50"),
    "holding": ("20", "200"),
    "cloud": ("200", "1000"),
    "makespan": ("4",),
    "limits": ("4",),
    "reading": ("200", "200"),
    "idle": (),
    "messages": ("50",),
    "portal": ("60",),
    "portal_service": ("260",),
    "lighthouse": (),
    "power": ("10", "7", "10"),
    "pool": ("20", "20", "1"),
    "spot": ("30", "7", "3", "5"),
    "fairness": ("4", "2"),
    "estimates": (),
    "sweeps": ("300", "60"),
    "notices": ("3", "24", "200"),
    "cost": ("20", "1000"),
}
"""Arguments of each benchmark here."""

REACHED_WHEN_SMALL = ("fairness", "idle", "cost", "pool")
"""Benchmarks whose goals hold at this size too: of simulated time, of counts, of the CPU of a day without events."""


def bare(name: str) -> str:
    """Return a figure's name without the sizes in it."""
    return re.sub(r"\d[\d,]*", "#", name)


def measures(module: Path) -> bool:
    """Whether the module has a ``main`` that returns figures."""
    defined = ast.parse(module.read_text("utf-8")).body
    mains = [each for each in defined if isinstance(each, ast.FunctionDef) and each.name == "main" and each.returns]
    return any("Figure" in ast.unparse(each.returns) for each in mains if each.returns)


def test_each_has_a_small_size() -> None:
    assert SMALL.keys() == BENCHMARKS.keys()


def test_every_module_that_measures_is_a_benchmark_or_called_by_one() -> None:
    modules = {path.stem: path for path in Path(bench.__file__).parent.glob("*.py")}
    measuring = {name for name, path in modules.items() if measures(path)}
    called = {name for name in measuring for each in BENCHMARKS if f"{name}.main(" in modules[each].read_text("utf-8")}
    assert measuring - called == set(BENCHMARKS)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_ends_with_the_figures_that_are_published(name: str) -> None:
    found = importlib.import_module(f"bench.{name}").main(*SMALL[name])
    told = [json.loads(each.line()) for each in found]
    assert [each["name"] for each in told if {"ratio", "reached"} - each.keys() and not each.get("missing")] == []
    assert {bare(each) for each in PUBLISHED.get(name, ())} <= {bare(each["name"]) for each in told}
    if name in REACHED_WHEN_SMALL:
        assert [each for each in told if each["reached"] is False] == []
    if missing := [each.note for each in found if isinstance(each, Missing)]:
        pytest.skip(missing[0])  # make long installs what each needs
