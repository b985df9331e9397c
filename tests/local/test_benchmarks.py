"""Every benchmark, small: it ends, and gives the figures that the README publishes."""

import importlib
import json
import re

import pytest

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
    "spot": ("30", "7", "3", "5"),
    "fairness": ("4", "2"),
    "sweeps": ("300", "60"),
}
"""What each is given here."""


def bare(name: str) -> str:
    """Return a figure's name without the sizes in it."""
    return re.sub(r"\d[\d,]*", "#", name)


def test_each_has_a_small_size() -> None:
    assert SMALL.keys() == BENCHMARKS.keys()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_ends_with_the_figures_that_are_published(name: str) -> None:
    found = importlib.import_module(f"bench.{name}").main(*SMALL[name])
    told = [json.loads(each.line()) for each in found]
    assert [each["name"] for each in told if {"ratio", "reached"} - each.keys() and not each.get("missing")] == []
    assert {bare(each) for each in PUBLISHED.get(name, ())} <= {bare(each["name"]) for each in told}
    if missing := [each.note for each in found if isinstance(each, Missing)]:
        pytest.skip(missing[0])  # make long installs what each needs
