"""``python -m local``: see ``--help``, or ``make run``."""

import argparse
import sys
from pathlib import Path

from local import demo
from local.azurite import InstallError
from local.node import NodeError
from local.portal import PortalError
from local.processes import PartFailedError
from local.stack import StackError


def main() -> int:
    """Run one command; a failure is one line, and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Deskwright on one machine, without Azure.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    show = verbs.add_parser("demo", help="start everything and provision a demo tenant")
    show.add_argument("--users", type=int, help="in the tenant (25; four of five have a licence; of a scenario: 6)")
    show.add_argument("--speed", type=float, help="simulated seconds per real second (60; of a scenario: 600)")
    show.add_argument("--host", choices=["embedded", "func"], default="embedded", help="(%(default)s)")
    show.add_argument("--seed", type=int, default=7, help="of every random choice of the cloud (%(default)s)")
    show.add_argument("--scenario", metavar="N", help="play a failure scenario of local/cloud/scenarios instead")
    show.add_argument("--folder", type=Path, default=demo.RUN, help="of the run: logs, addresses (.run/demo)")
    show.add_argument("--once", action="store_true", help="end when all is settled: 0 if all is well, else 1")
    show.set_defaults(does=demo.run)
    offer = verbs.add_parser("scenarios", help="list the failure scenarios")
    offer.set_defaults(does=demo.list_scenarios)
    asked = vars(parser.parse_args())
    try:
        return int(asked.pop("does")(**asked))
    except (StackError, PortalError, PartFailedError, InstallError, NodeError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
