"""The cloud on the shared clock file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure_simulator.assembly import build
from azure_simulator.core.cloud import Options
from azure_simulator.core.requests import Request
from simulation_base.clock import FileClock

from packages.azure_simulator.tests.in_process import SEED, keys


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", datetime(2026, 11, 21, tzinfo=UTC), 0.0)


def now(found: bytes) -> str:
    return found.decode().partition('"now":"')[2][:19]


def test_the_cloud_lives_in_the_time_of_the_file(clock: FileClock) -> None:
    cloud = build(clock, keys(), Options(1, "instant", SEED))
    clock.advance(timedelta(days=1))
    reply = cloud.handle(Request("GET", "/_sim/state"))
    clock.close()
    assert now(reply.body) == "2026-11-22T00:00:00"


def test_a_restart_does_not_move_the_shared_clock_again(clock: FileClock, tmp_path: Path) -> None:
    first = build(clock, keys(), Options(1, "instant", SEED), tmp_path / "journal")
    first.handle(Request("POST", "/_sim/clock/advance", body=b'{"seconds": 3600}'))
    first.journal.close()
    again = build(clock, keys(), Options(1, "instant", SEED), tmp_path / "journal")
    reply = again.handle(Request("GET", "/_sim/state"))
    clock.close()
    first.journal.close()
    assert now(reply.body) == "2026-11-21T01:00:00"
