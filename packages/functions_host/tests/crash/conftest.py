"""One fork server for all tests of this folder; each test has a state file of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from host_testing.killable import ForkServer, KillableHost


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    one = ForkServer()
    yield one
    one.close()


@pytest.fixture
def new_host(fork_server: ForkServer, tmp_path: Path) -> Iterator[Callable[..., KillableHost]]:
    """Make hosts, each with a folder of its own by name; all of them end with the test."""
    made: list[KillableHost] = []

    def make(name: str = "one", **environ: str) -> KillableHost:
        folder = tmp_path / name
        folder.mkdir()
        made.append(KillableHost(folder / "state.db", folder / "log", environ=environ, fork_server=fork_server))
        return made[-1]

    yield make
    for one in made:
        one.end()
