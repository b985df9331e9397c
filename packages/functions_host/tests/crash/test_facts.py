"""What host.md 8 promises of kills and of second hosts (52 to 55)."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulation_base.clock import FileClock

from packages.functions_host.tests.conftest import ROOT, until
from packages.functions_host.tests.crash.mortal import APP, Mortal

Conceive = Callable[..., Mortal]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def _types(host: Mortal, one: str) -> list[str]:
    return [event["EventType"] for event in host.history(one)]


def test_52_a_kill_during_a_fan_out_loses_and_doubles_nothing(conceive: Conceive, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    host = conceive(GATE=str(gate)).live()
    one = host.begin("wide", 200)
    until(lambda: len(host.begun()) > 20)
    host.kill()
    assert one not in host.ended_ones()
    gate.touch()
    host.live()
    assert host.ended(one)["output"] == list(range(1, 201))
    assert _types(host, one).count("TaskCompleted") == 200
    assert _types(host, one).count("ExecutionCompleted") == 1


def test_53_a_kill_during_a_timer_leaves_it_on_time_or_at_once_when_late(conceive: Conceive, tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", NOON, 0.0)
    host = conceive(DESKWRIGHT_CLOCK_FILE=str(clock.path)).live()
    soon, late = host.begin("naps", 7200), host.begin("naps", 1800)
    until(lambda: all("TimerCreated" in _types(host, one) for one in (soon, late)))
    host.kill()
    clock.advance(timedelta(hours=1))  # nobody drives: it jumps
    host.live()
    assert 1800 <= host.ended(late)["output"] < 1801
    assert soon not in host.ended_ones()
    clock.advance(timedelta(hours=2))
    assert 0 <= host.ended(soon)["output"] < 0.001


def test_54_an_event_that_was_accepted_survives_a_kill_before_its_turn(conceive: Conceive, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    host = conceive(GATE=str(gate)).live()
    one = host.begin("gated")
    until(lambda: host.known().get(one) == "Running")
    assert host.tried("POST", f"/instances/{one}/raiseEvent/go", {"n": 7}) == 202
    host.kill()
    assert "EventRaised" not in host.verb("history", one)
    gate.touch()
    host.live()
    assert host.ended(one)["output"] == {"n": 7}


def test_55_a_second_host_on_the_file_is_refused_and_the_first_goes_on(conceive: Conceive) -> None:
    host = conceive().live()
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(APP), "--port", "0", "--rpc-port", "0"]
    second = subprocess.run(
        [*command, "--db", str(host.db)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 2
    assert second.stderr.strip().endswith(f"error: another host runs on {host.db}")
    assert host.outcome("wide", 3) == [1, 2, 3]
