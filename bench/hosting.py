"""Runs the app of bench.engine_app on an embedded host of its own, as a process that is measured from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "bench" / "engine_app"
_TICK = os.sysconf("SC_CLK_TCK")
_LONGEST_SECONDS = 300.0


class Hosted:
    """A running host; *url* is its address, *started* how many seconds it took until it was ready."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, started: float) -> None:
        self.url, self.started = url, started
        self._process = process

    def begin(self, name: str, n: int) -> None:
        """Start an orchestrator of the app with *n*."""
        ask(f"{self.url}/api/run/{name}?n={n}", "POST")

    def ended(self, name: str, n: int) -> object:
        """Wait until it has completed; return its output."""
        url = f"{self.url}/api/run/{name}?n={n}"
        until(lambda: (ask(url) or {}).get("status") == "Completed")
        return (ask(url) or {})["output"]

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far, with the kernel's."""
        return cpu_seconds(self._process.pid)

    @property
    def memory(self) -> int:
        """Bytes in memory now."""
        return memory_bytes(self._process.pid)


def cpu_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process has used, with the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_bytes(pid: int) -> int:
    """Return how much of a process is in memory now."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def hosted(db: Path, *options: str) -> Iterator[Hosted]:
    """Start a host on *db* and end it afterwards."""
    port, rpc = _free(), _free()
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(APP), "--db", str(db), "--auth", "off"]
    command += ["--port", str(port), "--rpc-port", str(rpc), *options]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - the child's environment
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=paths, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: ask(f"{url}/admin/host/ping") is not None, every=0.02)
        yield Hosted(process, url, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait()


def ask(url: str, method: str = "GET") -> dict[str, Any] | None:
    """Return the response of the host, None while it does not answer."""
    try:
        request = urllib.request.Request(url, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
            return told
    except OSError:
        return None


def until(true: Callable[[], bool], every: float = 0.2) -> None:
    """Poll until *true* returns True, with *every* seconds in between."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not true():
        if time.monotonic() > deadline:
            message = f"the host did not get there in {_LONGEST_SECONDS:g} s"
            raise SystemExit(message)
        time.sleep(every)  # noqa: TID251 - a benchmark looks from outside


def _free() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
