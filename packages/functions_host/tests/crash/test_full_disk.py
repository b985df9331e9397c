"""A disk that is full for a while: the host's work waits, and nothing is lost."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from host_testing.killable import APP, KillableHost, audit
from host_testing.running import until

NewHost = Callable[..., KillableHost]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one process limit another's files")


@contextmanager
def full_disk(host: KillableHost) -> Iterator[None]:
    """Limit the size of the host's files; its log stays shorter than the limit."""
    log = host.db.with_name("state.db-wal")
    _, hard = resource.prlimit(host.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    yield
    with suppress(ProcessLookupError):
        resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (hard, hard))


def _begin(host: KillableHost) -> list[str]:
    """Start instances that use everything, and one whose turn ends when the gate opens."""
    gated = host.begin("gated")
    until(lambda: host.statuses().get(gated) == "Running")
    host.manage("POST", f"/instances/{gated}/raiseEvent/go", 1)
    ids = [host.begin("everything", None, f"full-{n}") for n in range(5)]
    for one in ids:
        host.manage("POST", f"/instances/{one}/raiseEvent/go", "heard")
    return ids


@contextmanager
def _with_full_disk(new_host: NewHost, tmp_path: Path) -> Iterator[tuple[KillableHost, list[str]]]:
    """Start a host whose disk is full while it is running instances; return both."""
    gate = tmp_path / "gate"
    host = new_host(GATE=str(gate)).begin_process()
    ids = _begin(host)
    with full_disk(host):
        gate.touch()
        until(lambda: "the state file cannot be written" in host.log.read_text())
        yield host, ids


def test_running_work_continues_when_the_disk_has_space_again(new_host: NewHost, tmp_path: Path) -> None:
    with _with_full_disk(new_host, tmp_path) as (host, ids):
        assert host.manage("POST", "/orchestrators/everything/late").status == 500
        assert "late" not in host.statuses()
    until(lambda: set(ids) <= host.ended_instances())
    assert "the state file can be written again" in host.log.read_text()
    host.shut_down()
    # No activity ran twice either: its answer was kept.
    audit(host, ids)


def test_a_kill_while_the_disk_is_full_loses_nothing(new_host: NewHost, tmp_path: Path) -> None:
    with _with_full_disk(new_host, tmp_path) as (host, ids):
        host.kill()
    host.begin_process()
    until(lambda: host.statuses().keys() == host.ended_instances())
    host.shut_down()
    audit(host, ids)


def test_a_state_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(APP), "--port", "0", "--rpc-port", "0"]
    done = subprocess.run(
        [*command, "--db", str(tmp_path / "state.db")],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut off, and stay so for every later test
        capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert done.returncode == 2
    assert f"error: {tmp_path / 'state.db'} cannot be used: " in done.stderr
    assert "Traceback" not in done.stderr
