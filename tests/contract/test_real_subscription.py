"""In a run for a real subscription, Deskwright's own contract tests are skipped."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def test_what_needs_the_simulator_is_skipped() -> None:
    environment = {**os.environ, "DESKWRIGHT_CONTRACT_SUBSCRIPTION": "22222222-2222-4222-8222-222222222222"}
    files = [str(FOLDER / name) for name in ("test_clients_graph.py", "test_storage_tokens.py")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-p", "no:cacheprovider"],
        env=environment,
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout
    last = ran.stdout.splitlines()[-1]
    assert "skipped" in last
    assert "passed" not in last
