"""Runs in azd's hook preprovision: the steps `check` and `register`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deployment.__main__ import main

if __name__ == "__main__":
    named = ["--environment", os.environ["AZURE_ENV_NAME"]]
    sys.exit(main(["check", *named]) or main(["register", *named]))
