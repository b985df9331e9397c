"""Pointed at a real subscription, the contract tests leave the simulator's own tests alone."""

import os
import subprocess
import sys
from pathlib import Path

CONTRACT = Path(__file__).parent
ROOT = CONTRACT.parents[3]
SIMULATOR_ONLY = (
    "test_arm_sockets.py",
    "test_desktops_pools.py",
    "test_sdk_spot.py",
    "test_sdk_vault.py",
    "test_sdk_coverage.py",
)


def pointed_at_azure(*options: str) -> str:
    """Run pytest as for a real subscription and return its last line."""
    environment = {**os.environ, "DESKWRIGHT_CONTRACT_SUBSCRIPTION": "22222222-2222-4222-8222-222222222222"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.splitlines()[-1]


def test_what_needs_the_simulator_is_skipped() -> None:
    last = pointed_at_azure(*(str(CONTRACT / name) for name in SIMULATOR_ONLY))
    assert "skipped" in last
    assert "passed" not in last


def test_what_also_applies_to_azure_is_not_skipped() -> None:
    # --setup-plan lists what would run and sends no request
    last = pointed_at_azure(
        "--setup-plan", str(CONTRACT / "test_sdk_networks.py"), str(CONTRACT / "test_sdk_machines.py")
    )
    assert "skipped" not in last
