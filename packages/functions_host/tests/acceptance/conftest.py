"""More hosts: one whose time stands still until a test moves it, and hosts of the app of timers and queues."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from host_testing.running import RunningHost
from host_testing.storage_account import Certificates, Emulator, StorageAccount, with_identity
from host_testing.triggers import APP, QUEUES, StartTriggers, only
from simulation_base.clock import FileClock

NOON = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> FileClock:
    return FileClock.create(tmp_path_factory.mktemp("still") / "clock", NOON, 0.0)


@pytest.fixture(scope="session")
def still_host(clock: FileClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start a host whose clock only ``clock.advance`` moves; each turn is compared with a replay in the SDK."""
    folder = tmp_path_factory.mktemp("still-host")
    running = RunningHost(
        folder / "state.db", folder / "log", arguments=["--clock", str(clock.path), "--debug-oracle"]
    ).start()
    yield running
    assert running.stop() == 0
    assert "Diverged" not in running.log.read_text()


@pytest.fixture
def start_triggers(tmp_path: Path) -> Iterator[StartTriggers]:
    """Start a host with some triggers: ``start_triggers("hourly", arguments=[...], environ={...})``."""
    started: list[RunningHost] = []

    def start(*enabled: str, arguments: list[str] | None = None, environ: dict[str, str] | None = None) -> RunningHost:
        at = {"TRIGGERS_CLOCK": arguments[1]} if arguments and arguments[0] == "--clock" else {}
        settings = {**QUEUES, **only(*enabled), **at, **(environ or {})}
        host = RunningHost(tmp_path / "state.db", tmp_path / "log", APP, arguments or [], settings)
        started.append(host)
        return host.start()

    yield start
    for host in started:
        assert host.stop() == 0


@pytest.fixture(scope="session")
def account(azurite_server: Emulator, certificates: Certificates) -> Iterator[StorageAccount]:
    """Open the storage account of an Azurite, which the repository's own conftest starts."""
    with with_identity(azurite_server, certificates) as account:
        yield account


@pytest.fixture(scope="session")
def queue_host(account: StorageAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start the host with queues that tests share; each test uses message bodies of its own."""
    folder = tmp_path_factory.mktemp("queues")
    environ = {**QUEUES, **only("work"), **account.environ}
    host = RunningHost(folder / "state.db", folder / "log", APP, environ=environ).start()
    yield host
    assert host.stop() == 0
