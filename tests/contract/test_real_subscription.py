"""Pointed at a real subscription, the contract tests leave the simulator's own tests alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIMULATOR_ONLY = ("test_arm_sockets.py", "test_desktops_pools.py", "test_clients_graph.py")


def test_what_needs_the_simulator_is_skipped() -> None:
    files = [f"tests/contract/{name}" for name in SIMULATOR_ONLY]
    environment = {**os.environ, "DESKWRIGHT_CONTRACT_SUBSCRIPTION": "22222222-2222-4222-8222-222222222222"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-p", "no:cacheprovider"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout
    last = ran.stdout.splitlines()[-1]
    assert "skipped" in last
    assert "passed" not in last
