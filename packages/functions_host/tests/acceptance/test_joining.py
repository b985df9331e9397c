"""Another instance for requests: what it starts runs on the hub that it has joined, and nothing else runs there."""

import os
import subprocess
import sys
from pathlib import Path

from host_testing.running import DEAD_STORAGE, DURABLE_APP, RunningHost


def test_an_instance_that_joins_starts_and_reads_on_the_hub_of_the_other(host: RunningHost, tmp_path: Path) -> None:
    joined = RunningHost(tmp_path / "state.db", tmp_path / "log", arguments=["--joins", str(host.db)]).start()
    try:
        given = {"orchestration_function_name": "one_step", "instance_id": "by-the-other", "client_input": 9}
        assert joined.call("POST", "/api/sdk/start_new", given).json == "by-the-other"
        assert host.ended("by-the-other")["output"] == 81
        shown = joined.call("POST", "/api/sdk/get_status", {"instance_id": "by-the-other"}).json
        assert (shown["runtimeStatus"], shown["output"]) == ("Completed", 81)
        assert "by-the-other" not in joined.command("instances")
    finally:
        assert joined.stop() == 0


def test_what_joins_nobody_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(DURABLE_APP), "--port", "0"]
    command += ["--rpc-port", "0", "--db", str(tmp_path / "a.db"), "--joins", str(tmp_path / "nobody.db")]
    environ = {**os.environ, "AzureWebJobsStorage": DEAD_STORAGE}
    refused = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode != 0
    assert "error: no host runs on" in refused.stderr
