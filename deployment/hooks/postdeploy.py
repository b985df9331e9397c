"""Runs in azd's hook postdeploy: the step `verify`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deployment.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["verify", "--environment", os.environ["AZURE_ENV_NAME"]]))
