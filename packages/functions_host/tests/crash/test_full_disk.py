"""A disk that is full for a while stops the host's work, and nothing more: what it has in hand waits."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from packages.functions_host.tests.conftest import ROOT, until
from packages.functions_host.tests.crash.mortal import APP, Mortal, audit

Conceive = Callable[..., Mortal]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one process limit another's files")


@contextmanager
def full_disk(host: Mortal) -> Iterator[None]:
    """Let no file of the host grow; the log's few lines are shorter than the store's."""
    log = host.db.with_name("state.db-wal")
    _, hard = resource.prlimit(host.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    yield
    with suppress(ProcessLookupError):
        resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (hard, hard))


def _begin(host: Mortal) -> list[str]:
    """Start what uses everything, and one whose turn ends when its gate opens."""
    gated = host.begin("gated")
    until(lambda: host.known().get(gated) == "Running")
    host.manage("POST", f"/instances/{gated}/raiseEvent/go", 1)
    ids = [host.begin("everything", None, f"full-{n}") for n in range(5)]
    for one in ids:
        host.manage("POST", f"/instances/{one}/raiseEvent/go", "heard")
    return ids


@contextmanager
def _work_in_hand(conceive: Conceive, tmp_path: Path) -> Iterator[tuple[Mortal, list[str]]]:
    """Give a host whose disk is full while it has work in hand, and what it was started for."""
    gate = tmp_path / "gate"
    host = conceive(GATE=str(gate)).live()
    ids = _begin(host)
    with full_disk(host):
        gate.touch()
        until(lambda: "the state file cannot be written" in host.log.read_text())
        yield host, ids


def test_what_is_in_hand_goes_on_when_there_is_room_again(conceive: Conceive, tmp_path: Path) -> None:
    with _work_in_hand(conceive, tmp_path) as (host, ids):
        assert host.manage("POST", "/orchestrators/everything/late").status == 500
        assert "late" not in host.known()
    until(lambda: set(ids) <= host.ended_ones())
    assert "the state file can be written again" in host.log.read_text()
    host.leave()
    # No activity ran twice either: its answer was kept.
    audit(host, ids)


def test_a_kill_while_the_disk_is_full_loses_nothing(conceive: Conceive, tmp_path: Path) -> None:
    with _work_in_hand(conceive, tmp_path) as (host, ids):
        host.kill()
    host.live()
    until(lambda: host.known().keys() == host.ended_ones())
    host.leave()
    audit(host, ids)


def test_a_host_that_cannot_make_its_file_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(APP), "--port", "0", "--rpc-port", "0"]
    said = subprocess.run(
        [*command, "--db", str(tmp_path / "state.db")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert said.returncode == 2
    assert f"error: {tmp_path / 'state.db'} cannot be used: " in said.stderr
    assert "Traceback" not in said.stderr
