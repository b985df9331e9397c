import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulation_base.clock import is_alive

from local.processes import Part, PartFailedError, free_port, write_privately

# Says its pid, starts a child that ignores SIGTERM, and does so itself when told to.
STUBBORN = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(os.getpid(), child.pid, "ready", flush=True)
signal.pause()
"""
OBEDIENT = "import signal; print('ready', flush=True); signal.pause()"
# Starts an obedient part, says its pid, and waits to be killed.
STARTER = """
import os, signal, sys
from pathlib import Path
from local.processes import Part
folder = Path(sys.argv[1])
command = [sys.executable, "-c", sys.argv[2]]
part = Part("child", command, os.environ, folder / "log", folder)
part.start()
part.wait_until(lambda: "ready" in part.output(), 30)
print(part.process.pid, flush=True)
signal.pause()
"""


def part_of(folder: Path, code: str) -> Part:
    command = [sys.executable, "-c", code]
    return Part("Part", command, dict(os.environ), folder / "logs" / "part.log", folder)


@pytest.fixture
def obedient(tmp_path: Path) -> Iterator[Part]:
    part = part_of(tmp_path, OBEDIENT)
    part.start()
    part.wait_until(lambda: "ready" in part.output(), 30)
    yield part
    part.kill()


def wait_until_dead(pid: int) -> None:
    while is_alive(pid):
        pass


def test_a_part_starts_again_and_its_output_begins_anew(obedient: Part) -> None:
    obedient.stop()
    obedient.start()
    obedient.wait_until(lambda: "ready" in obedient.output(), 30)
    assert obedient.output() == "ready\n"
    assert obedient.log.read_text() == "ready\nready\n"


def test_a_running_part_is_not_started_twice(obedient: Part) -> None:
    with pytest.raises(PartFailedError, match="runs already"):
        obedient.start()


def test_stopping_asks_first(obedient: Part) -> None:
    obedient.stop()
    assert obedient.process is not None
    assert obedient.process.returncode == -signal.SIGTERM


def test_stopping_kills_whoever_does_not_listen_and_its_children(tmp_path: Path) -> None:
    part = part_of(tmp_path, STUBBORN)
    part.start()
    words = part.wait_until(lambda: part.output().split(), 30)
    part.stop(grace_seconds=0.1)
    for pid in words[:2]:
        wait_until_dead(int(pid))


def test_a_part_that_ends_early_shows_its_last_words(tmp_path: Path) -> None:
    part = part_of(tmp_path, "import sys; sys.exit('no space on the disk')")
    part.start()
    with pytest.raises(PartFailedError, match=r"(?s)ended with exit code 1.*no space on the disk"):
        part.wait_until(lambda: False, 30)


def test_a_part_that_is_never_ready_is_reported(obedient: Part) -> None:
    with pytest.raises(PartFailedError, match=r"not ready after 0\.05 s"):
        obedient.wait_until(lambda: False, 0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of such a death")
def test_a_part_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path), OBEDIENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        assert is_alive(child)
        starter.kill()
    wait_until_dead(child)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port that is kept cannot be listened on")
def test_a_free_port_is_kept_for_whoever_listens_on_it() -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    for _ in range(2):  # it may be started again
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("before", [None, 0o644, 0o666], ids=["new", "read by others", "written by others"])
def test_a_private_file_is_its_owner_s_alone(tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "seed.json"
    if before is not None:
        file.write_text("longer than what comes")
        file.chmod(before)
    umask = os.umask(0)
    try:
        write_privately(file, "secret")
    finally:
        os.umask(umask)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("secret", 0o600)
