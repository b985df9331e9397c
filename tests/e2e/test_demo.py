"""``make run``, as a newcomer sees it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def test_every_licensed_user_gets_a_cloud_pc_and_the_run_ends_well(tmp_path: Path) -> None:
    with demo(tmp_path / "call_sub_orchestrator", "--once") as process:
        said, _ = process.communicate()
    assert "5 of 5 Cloud PCs: 5 provisioned" in said, said
    assert "Invariants: clean" in said
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
