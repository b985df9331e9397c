"""One nursery for all tests of this folder; each test has a state file of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from packages.functions_host.tests.crash.mortal import Mortal, Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    one = Nursery()
    yield one
    one.close()


@pytest.fixture
def conceive(nursery: Nursery, tmp_path: Path) -> Iterator[Callable[..., Mortal]]:
    """Give hosts, each with a folder of its own by name; all of them end with the test."""
    made: list[Mortal] = []

    def make(name: str = "one", **environ: str) -> Mortal:
        place = tmp_path / name
        place.mkdir()
        made.append(Mortal(place / "state.db", place / "log", environ=environ, nursery=nursery))
        return made[-1]

    yield make
    for one in made:
        one.end()
