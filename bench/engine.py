"""CPU that one activity costs on the embedded host, against what its replay alone costs in the SDK.

Both sides run with the date fix of shared.workflow.replay. The floor calls the SDK's own entry point with the
histories that a child of twelve activities sees, turn by turn, and does nothing else: no store, no activities.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from socket import socket
from typing import Any

from bench.engine_app import function_app
from bench.engine_app.w12 import ACTIVITIES
from bench.figures import Figure, paired

_ROOT = Path(__file__).resolve().parent.parent
_USERS = 200
_PAIRS = 3
_STAMP = "2026-11-21T09:50:10.0119710Z"
_TICK = os.sysconf("SC_CLK_TCK")


def main() -> list[Figure]:
    """Measure the two sides in turn."""
    ours, floor = [], []
    for _ in range(_PAIRS):
        ours.append(_on_the_host())
        floor.append(_bare())
    return [paired("host CPU per activity / bare SDK replay", ours, floor, "ms", note=f"W12, {_USERS} users")]


def _on_the_host() -> float:
    with tempfile.TemporaryDirectory() as folder:
        port, rpc = _free(), _free()
        command = [sys.executable, "-m", "local.host", "start", "--app", str(_ROOT / "bench" / "engine_app")]
        options = ["--port", str(port), "--rpc-port", str(rpc), "--db", f"{folder}/db", "--auth", "off"]
        paths = {**os.environ, "PYTHONPATH": str(_ROOT)}  # noqa: TID251 - the child's environment
        host = subprocess.Popen(
            [*command, *options], cwd=_ROOT, env=paths, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            door = f"http://127.0.0.1:{port}/api/w12"
            _until(lambda: _ask(f"http://127.0.0.1:{port}/admin/host/ping") is not None)
            before = _cpu(host.pid)
            _ask(f"{door}?users={_USERS}", "POST")
            _until(lambda: (_ask(door) or {}).get("status") == "Completed")
            spent = _cpu(host.pid) - before
            result = (_ask(door) or {})["output"]
        finally:
            host.terminate()
            host.wait()
        if result != _USERS:
            message = f"{result} of {_USERS} children ended"
            raise SystemExit(message)
        return spent * 1000 / (_USERS * ACTIVITIES)


def _bare() -> float:
    if not _KEPT:
        _KEPT.update({f.get_function_name(): f for f in function_app.app.get_functions()})
    child = _KEPT["child"].get_user_function()
    bodies = [json.dumps(_body(turn)) for turn in range(ACTIVITIES + 1)]
    began = time.process_time()
    for _ in range(_USERS):
        for body in bodies:
            child(_Body(body))
    return (time.process_time() - began) * 1000 / (_USERS * ACTIVITIES)


_KEPT: dict[str, Any] = {}
"""``get_functions`` works once a process."""


class _Body:
    """What the worker hands to an orchestrator."""

    def __init__(self, body: str) -> None:
        self.body = body


def _body(turn: int) -> dict[str, Any]:
    """Return what the host sends when *turn* activities have completed."""
    plain = {"EventId": -1, "IsPlayed": False, "Timestamp": _STAMP}
    begun = {**plain, "EventType": 0, "Name": "child", "Version": None, "Input": '"1"'}
    history: list[dict[str, Any]] = [{**plain, "EventType": 12}, begun]
    for n in range(turn):
        scheduled = {**plain, "EventType": 4, "EventId": n, "Name": "nothing", "Version": "", "Input": '["{}"]'}
        result = json.dumps({"id": n, "padding": "x" * 200})
        completed = {**plain, "EventType": 5, "TaskScheduledId": n, "Result": result}
        history += [scheduled, {**plain, "EventType": 13}, {**plain, "EventType": 12}, completed]
    return {
        "history": history,
        "input": "1",
        "instanceId": "bench",
        "isReplaying": turn > 0,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
    }


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _free() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ask(url: str, method: str = "GET") -> dict[str, Any] | None:
    """Return what the host answers, None while it does not."""
    try:
        request = urllib.request.Request(url, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
            return told
    except OSError:
        return None


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        if time.monotonic() > deadline:
            message = "the host did not get there in two minutes"
            raise SystemExit(message)
        time.sleep(0.2)  # noqa: TID251 - a benchmark looks from outside
