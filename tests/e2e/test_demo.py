"""``make run``, as a newcomer sees it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from simulation_base.clock import is_alive

from local.options import APP
from tests.e2e.conftest import HOST

USERS = 5  # four have a licence, one of them two: five Cloud PCs

LEAST_SAVED = 25
"""Percent of the host-hours of a day that begins with the build of the hosts and has two releases in it."""


@contextmanager
def demo(folder: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "local", "demo", "--folder", str(folder)]
    command += ["--users", str(USERS), "--speed", "600", "--host", HOST, *more]
    with subprocess.Popen(command, cwd=APP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def local(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "local", *words]
    return subprocess.run(command, cwd=APP, capture_output=True, text=True, check=False)


def children_of(pid: int) -> list[int]:
    """The processes that one started, as Linux tells; elsewhere none."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(child) for child in listed.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return []


def throttle(process: "subprocess.Popen[str]") -> None:
    """Let the parts of a run work for a third of the time only, until it ends: a machine that does much else."""
    while process.poll() is None:
        parts = children_of(process.pid)
        for number, pause in ((signal.SIGSTOP, 0.06), (signal.SIGCONT, 0.03)):
            for part in parts:
                with suppress(ProcessLookupError):
                    os.kill(part, number)
            time.sleep(pause)


def figures(folder: Path, *more: str, slowed: bool = False, patterns: Sequence[str]) -> list[float]:
    """Return the numbers that a whole run prints."""
    with demo(folder, "--once", *more) as process:
        if slowed:
            Thread(target=throttle, args=[process], daemon=True).start()
        said, _ = process.communicate()
    assert process.returncode == 0, said
    found = [re.search(pattern, said) for pattern in patterns]
    assert all(found), said
    return [float(number) for each in found if each for number in each.groups()]


def both(folder: Path, *more: str, patterns: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return the figures of a run, and of a slowed run beside it."""
    with ThreadPoolExecutor(2) as side_by_side:
        runs = [
            side_by_side.submit(figures, folder / str(slowed), *more, slowed=slowed, patterns=patterns)
            for slowed in (False, True)
        ]
        return runs[0].result(), runs[1].result()


needs_processes = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="a run's parts are found in /proc")


@needs_processes
@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.embedded_only("its time stands still while something is worked on")
def test_a_slow_machine_takes_as_many_simulated_minutes(tmp_path: Path) -> None:
    quick, slow = both(tmp_path, patterns=[r"(\d+) provisioned in (\d+) simulated minutes"])
    assert slow == quick


@needs_processes
@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.embedded_only("its time stands still while something is worked on")
def test_a_slow_machine_serves_the_day_of_a_spot_group_as_well(tmp_path: Path) -> None:
    patterns = [r"Sign-ins: (\d+) served", r"waited (\d+) s \(95 %\), (\d+) s", r"(\d+) % saved", r"(\d+) simulated"]
    quick, slow = both(tmp_path, "--demo", "spot", "--users", "12", patterns=patterns)
    assert slow[0] == quick[0]
    assert slow[1:3] == pytest.approx(quick[1:3], abs=60)
    assert slow[3] == pytest.approx(quick[3], abs=2)
    assert slow[4] == pytest.approx(quick[4], abs=3)


def test_every_licensed_user_gets_a_cloud_pc_and_the_run_ends_well(tmp_path: Path) -> None:
    with demo(tmp_path / "call_sub_orchestrator", "--once") as process:
        said, _ = process.communicate()
    assert "5 of 5 Cloud PCs: 5 provisioned" in said, said
    assert "Invariants: clean" in said
    assert HOST != "embedded" or "5 of 5 Cloud PCs are off, by the power schedule Office hours" in said
    assert process.returncode == 0


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_a_spot_group_has_its_day_and_the_run_ends_well(tmp_path: Path) -> None:
    with demo(tmp_path / "run", "--demo", "spot", "--users", "12", "--once") as process:
        said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "roll-back: done" in said
    assert " 0 failed, 0 refused" in said
    assert "Invariants: clean" in said
    saved = re.search(r"Host-hours: .*: (\d+) % saved", said)
    assert saved is not None, said
    assert int(saved[1]) >= LEAST_SAVED


@pytest.mark.long
def test_it_stays_up_tells_how_to_go_on_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with demo(tmp_path / "run") as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if "stays up until Ctrl-C" in line:
                break
        parts = children_of(process.pid)
        addresses = json.loads((tmp_path / "run" / "stack.json").read_text())
        token = local("token", "--folder", str(tmp_path / "run"))
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0, "".join(told)
    assert token.stdout.startswith("ey"), token.stderr
    assert any(
        line.strip() == f"export TOKEN=$(.venv/bin/python -m local token --folder {tmp_path / 'run'})" for line in told
    )
    assert any("curl -H" in line and addresses["api"] in line for line in told)
    assert not any(is_alive(pid) for pid in parts)
    assert not (tmp_path / "run" / "stack.json").exists()


@pytest.mark.parametrize("shown", ["cloudpc", pytest.param("spot", marks=pytest.mark.long)])
def test_an_interrupt_on_the_way_leaves_nothing_running(tmp_path: Path, shown: str) -> None:
    with demo(tmp_path / "run", "--demo", shown) as process:
        assert process.stdout is not None
        while "Wizard" not in process.stdout.readline():
            assert process.poll() is None
        parts = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert len(parts) == 3 or not Path("/proc").exists()
    assert not any(is_alive(pid) for pid in parts)
    assert any((tmp_path / "run" / "logs").iterdir())
