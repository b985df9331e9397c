"""The store survives what the process does not (host.md 8, 52-55 and 68)."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.host.conftest import APP, ROOT, RunningHost, until

Start = Callable[..., RunningHost]
SEED = 20261121


def test_kills_at_random_moments_lose_and_double_nothing(fresh_host: Start) -> None:
    dice = random.Random(SEED)
    host = fresh_host()
    ids = [host.begin("fan_out", 8, f"crash-{n}") for n in range(10)]
    ids += [host.begin("parent", {"child": "steps", "input": 12}, f"crash-p{n}") for n in range(10)]
    ids += [host.begin("naps", 0.5, f"crash-n{n}") for n in range(5)]
    for _ in range(5):
        time.sleep(dice.uniform(0.0, 0.25))
        host.kill()
        host.start()
    outputs = {one: host.ended(one, 30)["output"] for one in ids}
    assert all(outputs[f"crash-{n}"] == [k * k for k in range(8)] for n in range(10))
    total = sum(k * k for k in range(12))
    assert all(outputs[f"crash-p{n}"] == {"child": total} for n in range(10))
    for n in range(10):
        kinds = [event["EventType"] for event in host.history(f"crash-{n}")]
        assert kinds.count("TaskCompleted") == 8
        assert kinds.count("ExecutionCompleted") == 1


def test_an_event_accepted_before_the_kill_is_heard_after(fresh_host: Start) -> None:
    host = fresh_host()
    one = host.begin("waits", ["other", "go"])
    assert host.manage("POST", f"/instances/{one}/raiseEvent/go", 7).status == 202
    host.kill()
    host.start()
    assert host.manage("POST", f"/instances/{one}/raiseEvent/other", 1).status == 202
    assert host.ended(one)["output"] == [1, 7]


def test_a_second_host_on_the_file_is_refused(fresh_host: Start, tmp_path: Path) -> None:
    host = fresh_host()
    command = [sys.executable, "-m", "local.host", "start", "--app", str(APP), "--port", "0"]
    second = subprocess.run(
        [*command, "--rpc-port", "0", "--db", str(host.db)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert second.returncode == 2
    assert "another host runs on" in second.stderr


def test_an_orchestrator_that_vanished_waits_and_comes_back(fresh_host: Start, tmp_path: Path) -> None:
    host = fresh_host()
    one = host.begin("waits", ["go"])
    until(lambda: host.status(one)["runtimeStatus"] == "Running")
    assert host.stop() == 0
    host.environ["AzureWebJobs.waits.Disabled"] = "true"
    host.start()
    host.manage("POST", f"/instances/{one}/raiseEvent/go", 5)
    until(lambda: "has no orchestrator 'waits'" in host.log.read_text())
    assert host.status(one)["runtimeStatus"] == "Running"
    assert host.stop() == 0
    del host.environ["AzureWebJobs.waits.Disabled"]
    host.start()
    assert host.ended(one)["output"] == [5]
