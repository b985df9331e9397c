"""Runs in azd's hook postprovision: the step `connect`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deployment.__main__ import main

if __name__ == "__main__":
    if not os.environ.get("SERVICE_API_IDENTITY_PRINCIPAL_ID"):  # azd provision --preview runs the hooks, too
        sys.stdout.write("Nothing was provisioned yet: there is nothing to connect.\n")
        sys.exit()
    sys.exit(main(["connect", "--environment", os.environ["AZURE_ENV_NAME"]]))
