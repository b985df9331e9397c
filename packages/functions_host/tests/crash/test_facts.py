"""Kills and second hosts (facts 52 to 55)."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from host_testing.killable import APP, KillableHost
from host_testing.running import until
from simulation_base.clock import FileClock

NewHost = Callable[..., KillableHost]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def _types(host: KillableHost, one: str) -> list[str]:
    return [event["EventType"] for event in host.history(one)]


def test_52_a_kill_during_a_fan_out_loses_and_doubles_nothing(new_host: NewHost, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    host = new_host(GATE=str(gate)).begin_process()
    one = host.begin("wide", 200)
    until(lambda: len(host.begun()) > 20)
    host.kill()
    assert one not in host.ended_instances()
    gate.touch()
    host.begin_process()
    assert host.ended(one)["output"] == list(range(1, 201))
    assert _types(host, one).count("TaskCompleted") == 200
    assert _types(host, one).count("ExecutionCompleted") == 1


def test_53_after_a_kill_a_timer_fires_on_time_or_at_once_when_late(new_host: NewHost, tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", NOON, 0.0)
    host = new_host(FUNCTIONS_HOST_CLOCK=str(clock.path)).begin_process()
    soon, late = host.begin("naps", 7200), host.begin("naps", 1800)
    until(lambda: all("TimerCreated" in _types(host, one) for one in (soon, late)))
    host.kill()
    clock.advance(timedelta(hours=1))  # nobody drives: it jumps
    host.begin_process()
    assert 1800 <= host.ended(late)["output"] < 1801
    assert soon not in host.ended_instances()
    clock.advance(timedelta(hours=2))
    assert 0 <= host.ended(soon)["output"] < 0.001


def test_54_an_event_that_was_accepted_survives_a_kill_before_its_turn(new_host: NewHost, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    host = new_host(GATE=str(gate)).begin_process()
    one = host.begin("gated")
    until(lambda: host.statuses().get(one) == "Running")
    assert host.try_manage("POST", f"/instances/{one}/raiseEvent/go", {"n": 7}) == 202
    host.kill()
    assert "EventRaised" not in host.command("history", one)
    gate.touch()
    host.begin_process()
    assert host.ended(one)["output"] == {"n": 7}


def test_55_a_second_host_on_the_file_is_refused_and_the_first_continues(new_host: NewHost) -> None:
    host = new_host().begin_process()
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(APP), "--port", "0", "--rpc-port", "0"]
    second = subprocess.run([*command, "--db", str(host.db)], capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 2
    assert second.stderr.strip().endswith(f"error: another host runs on {host.db}")
    assert host.outcome("wide", 3) == [1, 2, 3]
