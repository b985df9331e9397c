"""Makes ``.tools/graph-javascript``: Microsoft's Graph client for JavaScript, as locked in ``javascript/``.

``python -m tests.graph_sdk.environment`` does it for make.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from local import node

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).with_name("javascript")
PLACE = ROOT / ".tools" / "graph-javascript"
CLIENT = PLACE / "node_modules" / "@microsoft" / "microsoft-graph-client"


class InstallError(Exception):
    """npm could not install the lock."""


def prepare(sources: Path = SOURCES, place: Path = PLACE) -> None:
    """Install exactly the packages of a lock. Raises: InstallError, node.NodeError."""
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(sources / name, place)
    command = [*node.find(ROOT / ".tools").npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise InstallError(f"npm ci failed: {errors[0] if errors else done.returncode}")


if __name__ == "__main__":
    try:
        prepare()
    except (InstallError, node.NodeError) as failed:
        sys.exit(f"make: Microsoft's Graph client for JavaScript is missing: {failed}")
