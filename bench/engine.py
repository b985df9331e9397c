"""The cost of one activity on the embedded host: against durabletask, against the SDK's replay alone, and among many.

W12: parents of children of twelve activities that do nothing. Ours writes every result to the disk with fsync;
durabletask's in-memory backend stores nothing. The floor calls the SDK's entry point with the history of each episode
of such a child, and does nothing else. All run with the date fix of shared.workflow.sdk, if they need it.
``engine:200`` is W12 with 200 users in place of 1,000; a second number is the flat fan-out of 5,000.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.engine_app import function_app
from bench.engine_app.w12 import ACTIVITIES
from bench.figures import Figure, Missing, paired
from bench.hosting import APP, ROOT, hosted

_PAIRS = 3
_STAMP = "2026-11-21T09:50:10.0119710Z"
_PEER = ROOT / ".tools" / "peers" / "bin" / "python"
_RATE_GOAL, _FLAT_GOAL = 0.25, 1.2


def main(users: str = "1000", flat: str = "5000") -> list[Figure | Missing]:
    """Measure ours and theirs in turn."""
    ours, theirs, floor = [], [], []
    for _ in range(_PAIRS):
        ours.append(_on_the_host("w12", int(users), int(users)))
        if _PEER.exists():
            theirs.append(_on_durabletask(int(users)))
        floor.append(_bare(int(users)))
    calls, note = int(users) * ACTIVITIES, f"W12, {users} users"
    cpu = [spent * 1000 / calls for _, spent in ours]
    bare = paired("host CPU per activity / bare SDK replay", cpu, floor, "ms", note=note)
    return [*_beside(ours, theirs, calls, note), bare, _flat(int(flat))]


def _beside(
    ours: list[tuple[float, float]], theirs: list[tuple[float, float]], calls: int, note: str
) -> list[Figure | Missing]:
    rate = "activities a second: durabletask in memory / embedded host, fsynced"
    cost = "CPU per activity: embedded host, fsynced / durabletask in memory"
    if not theirs:
        missing = f"{_PEER.relative_to(ROOT)} is missing: make .tools/peers/installed"
        return [Missing(rate, missing), Missing(cost, missing)]
    rates = [[calls / seconds for seconds, _ in side] for side in (theirs, ours)]
    costs = [[spent * 1000 / calls for _, spent in side] for side in (ours, theirs)]
    return [
        paired(rate, rates[0], rates[1], "1/s", goal=_RATE_GOAL, note=note),
        paired(cost, costs[0], costs[1], "ms", note=note),
    ]


def _flat(wide: int) -> Figure:
    """Compare one fan-out of many with one of a fifth, by the CPU of each activity."""
    narrow = wide // 5
    many, few = [], []
    for _ in range(_PAIRS):
        many.append(_on_the_host("flat", wide, wide)[1] * 1000 / wide)
        few.append(_on_the_host("flat", narrow, narrow)[1] * 1000 / narrow)
    return paired(f"CPU per activity: flat fan-out of {wide} / of {narrow}", many, few, "ms", goal=_FLAT_GOAL)


def _on_the_host(name: str, n: int, expected: int) -> tuple[float, float]:
    """Run an orchestrator on a separate host; return its seconds of wall time and of CPU."""
    with tempfile.TemporaryDirectory() as folder, hosted(Path(folder) / "db") as host:
        before, began = host.cpu, time.monotonic()
        host.begin(name, n)
        output = host.ended(name, n)
        took = time.monotonic() - began, host.cpu - before
    if output != expected:
        message = f"{name} gave {output}, not {expected}"
        raise SystemExit(message)
    return took


def _on_durabletask(users: int) -> tuple[float, float]:
    script = ROOT / "bench" / "peers" / "w12_durabletask.py"
    paths = {**os.environ, "PYTHONPATH": str(APP)}  # noqa: TID251 - the child's environment
    done = subprocess.run([_PEER, script, str(users)], env=paths, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if told["users"] != users:
        message = f"durabletask ended {told['users']} of {users} children"
        raise SystemExit(message)
    return told["seconds"], told["cpu"]


def _bare(users: int) -> float:
    """Return the milliseconds of CPU that the replay of one activity takes."""
    if not _KEPT:
        _KEPT.update({f.get_function_name(): f for f in function_app.app.get_functions()})
    child = _KEPT["child"].get_user_function()
    bodies = [json.dumps(_body(turn)) for turn in range(ACTIVITIES + 1)]
    began = time.process_time()
    for _ in range(users):
        for body in bodies:
            child(_Body(body))
    return (time.process_time() - began) * 1000 / (users * ACTIVITIES)


_KEPT: dict[str, Any] = {}
"""``get_functions`` works once in a process."""


class _Body:
    """The context that the worker passes to an orchestrator."""

    def __init__(self, body: str) -> None:
        self.body = body


def _body(turn: int) -> dict[str, Any]:
    """Return the body that the host sends when *turn* activities have completed."""
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
