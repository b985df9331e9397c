"""Runs in azd's hook prepackage: builds the portal, which the package has to contain."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    for step in ("install", "build"):
        done = subprocess.run([sys.executable, "-m", "local.portal_bundle", step], cwd=ROOT, check=False)
        if done.returncode:
            sys.exit(done.returncode)
