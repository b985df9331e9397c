"""Makes ``.tools/kusto``: Kusto's language service, which Azure's own editors use, as locked in ``javascript/``.

``python -m tests.kusto.environment`` does it for make.
"""

import sys
from pathlib import Path

from local import node
from tests.graph_sdk.environment import ROOT, InstallError, prepare

SOURCES = Path(__file__).with_name("javascript")
PLACE = ROOT / ".tools" / "kusto"
SERVICE = PLACE / "node_modules" / "@kusto" / "language-service-next"

if __name__ == "__main__":
    try:
        prepare(SOURCES, PLACE)
    except (InstallError, node.NodeError) as failed:
        sys.exit(f"make: Kusto's language service is missing: {failed}")
