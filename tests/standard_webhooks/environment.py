"""Makes ``.tools/standard-webhooks``: the library of Standard Webhooks for JavaScript, as locked in ``javascript/``.

``python -m tests.standard_webhooks.environment`` does it for make.
"""

import sys
from pathlib import Path

from local import node
from tests.graph_sdk.environment import ROOT, InstallError, prepare

SOURCES = Path(__file__).with_name("javascript")
PLACE = ROOT / ".tools" / "standard-webhooks"
LIBRARY = PLACE / "node_modules" / "standardwebhooks"

if __name__ == "__main__":
    try:
        prepare(SOURCES, PLACE)
    except (InstallError, node.NodeError) as failed:
        sys.exit(f"make: the library of Standard Webhooks for JavaScript is missing: {failed}")
