"""A second host, whose time stands still until a test moves it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.clock import FileClock
from tests.host.conftest import RunningHost, until

NOON = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)


def pass_time(clock: FileClock, span: timedelta) -> None:
    """Let the host move its clock, and wait until it has."""
    goal = clock.now() + span
    clock.advance(span)
    until(lambda: clock.now() >= goal)


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> FileClock:
    return FileClock.create(tmp_path_factory.mktemp("still") / "clock", NOON, 0.0)


@pytest.fixture(scope="session")
def still_host(clock: FileClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Give a host whose clock only ``clock.advance`` moves; its numbers are compared with the SDK's."""
    place = tmp_path_factory.mktemp("still-host")
    running = RunningHost(
        place / "state.db", place / "log", arguments=["--clock", str(clock.path), "--debug-oracle"]
    ).start()
    yield running
    assert running.stop() == 0
    assert "Diverged" not in running.log.read_text()
