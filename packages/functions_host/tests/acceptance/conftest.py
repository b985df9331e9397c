"""More hosts: one whose time stands still until a test moves it, and hosts of the app of timers and queues in doors."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure_simulator.certificates import Certificates
from simulation_base.clock import FileClock

from local.azurite import Azurite
from packages.functions_host.tests.acceptance.account import Account, opened
from packages.functions_host.tests.conftest import RunningHost, until

NOON = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)
DOORS = Path(__file__).parent / "doors"
TRIGGERED = ("tight", "hourly", "at_once", "stumbling", "unlucky", "work", "slow")
QUEUES = {"WORK_QUEUE": "doors-work", "SLOW_QUEUE": "doors-slow"}

StartDoors = Callable[..., RunningHost]


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


def disabled(*enabled: str) -> dict[str, str]:
    """Give the settings that leave only these triggers on."""
    return {f"AzureWebJobs.{name}.Disabled": "true" for name in TRIGGERED if name not in enabled}


@pytest.fixture
def start_doors(tmp_path: Path) -> Iterator[StartDoors]:
    """Start a host with some triggers: ``start_doors("hourly", arguments=[...], environ={...})``."""
    started: list[RunningHost] = []

    def start(*enabled: str, arguments: list[str] | None = None, environ: dict[str, str] | None = None) -> RunningHost:
        given = {**QUEUES, **disabled(*enabled), **(environ or {})}
        host = RunningHost(tmp_path / "state.db", tmp_path / "log", DOORS, arguments or [], given)
        started.append(host)
        return host.start()

    yield start
    for host in started:
        assert host.stop() == 0


@pytest.fixture(scope="session")
def account(azurite_server: Azurite, certificates: Certificates) -> Iterator[Account]:
    with opened(azurite_server, certificates) as account:
        yield account


@pytest.fixture(scope="session")
def doors(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Give the one host with queues that tests share; none of them may ask for the same bodies."""
    place = tmp_path_factory.mktemp("doors")
    environ = {**QUEUES, **disabled("work"), **account.environ}
    host = RunningHost(place / "state.db", place / "log", DOORS, environ=environ).start()
    yield host
    assert host.stop() == 0
