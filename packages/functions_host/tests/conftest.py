"""Hosts that tests share, and hosts of a test's own, with the app of ``apps/durable`` on free ports."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from host_testing.running import RunningHost


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start the host that most tests share; it compares every turn with a replay in the SDK."""
    folder = tmp_path_factory.mktemp("host")
    running = RunningHost(
        folder / "state.db",
        folder / "log",
        arguments=["--auth", "on", "--debug-oracle"],
        environ={"AzureWebJobs.switched_off.Disabled": "true", "LISTED": "1"},
    ).start()
    yield running
    assert running.stop() == 0
    assert "Diverged" not in running.log.read_text()


@pytest.fixture
def fresh_host(tmp_path: Path) -> Iterator[Callable[..., RunningHost]]:
    """Start hosts of a test's own; all of them end with it."""
    started: list[RunningHost] = []

    def start(*arguments: str, **environ: str) -> RunningHost:
        running = RunningHost(tmp_path / "state.db", tmp_path / "log", arguments=list(arguments), environ=environ)
        started.append(running)
        return running.start()

    yield start
    for one in started:
        if one.process is not None and one.process.poll() is None:
            one.kill()


@pytest.fixture
def quick_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache parsed dates: the SDK parses all of them at every replay, which takes most of the time."""
    events = sys.modules["azure.durable_functions.models.history.HistoryEvent"]
    monkeypatch.setattr(events, "dt_parse", functools.lru_cache(maxsize=10_000)(events.dt_parse))
