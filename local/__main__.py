"""``python -m local``: see ``--help``, or ``make run``."""

import argparse
import math
import sys
from pathlib import Path

from local import demo, services
from local.azurite import InstallError
from local.node import NodeError
from local.options import APP
from local.portal import PortalError
from local.processes import PartFailedError
from local.stack import StackError

# One user has no licence, and the demo's network has addresses for the licences of some 5,000.
_FEWEST, _MOST = 2, 5000


def main() -> int:
    """Run one command; a failure is printed in a line or two, with exit code 1."""
    asked = vars(_commands().parse_args())
    name = asked.pop("name")
    try:
        return int(asked.pop("does")(**asked))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (StackError, PortalError, PartFailedError, InstallError, NodeError) as error:
        print(f"{'make scenario' if asked.get('scenario') else name}: {error}", file=sys.stderr)
        return 1


def _commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Deskwright on one machine, without Azure.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    show = verbs.add_parser("demo", help="start everything and provision a demo tenant", description=demo.__doc__)
    show.add_argument(
        "--demo", choices=["cloudpc", "spot"], default="cloudpc", help="what is shown: Cloud PCs, or a Spot Group"
    )
    show.add_argument(
        "--users",
        type=_users,
        metavar="N",
        help="in the tenant (25, four of five have a licence; spot: 40; of a scenario: 6)",
    )
    show.add_argument(
        "--speed",
        type=_speed,
        metavar="X",
        help="simulated seconds per real second (60; spot: 240; of a scenario: 600)",
    )
    show.add_argument("--host", choices=["embedded", "func"], default="embedded", help="(%(default)s)")
    show.add_argument("--seed", type=int, metavar="N", default=7, help="of every random choice of the cloud (7)")
    show.add_argument("--scenario", metavar="N", help="play this failure scenario, by number or name, instead")
    show.add_argument("--folder", type=Path, default=demo.RUN, help="of the run: logs, addresses (.run/demo)")
    show.add_argument("--once", action="store_true", help="end when all is settled: 0 if all is well, else 1")
    show.set_defaults(does=demo.run, name="make run")
    offer = verbs.add_parser("scenarios", help="list the failure scenarios")
    offer.set_defaults(does=demo.list_scenarios, name="make scenario")
    _add_services(verbs)
    key = verbs.add_parser("token", help="print an access token for the API of a demo that runs, good for an hour")
    key.add_argument("--folder", type=Path, default=demo.RUN, help="of the run (.run/demo)")
    key.set_defaults(does=demo.print_token, name="python -m local token")
    return parser


def _add_services(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    beside = verbs.add_parser(
        "services", help="start Azurite and the simulated cloud for an app that you start", description=services.__doc__
    )
    beside.add_argument("--users", type=_users, metavar="N", default=services.USERS, help="in the tenant (%(default)s)")
    beside.add_argument("--port", type=int, metavar="P", default=services.PORT, help="of the app (%(default)s)")
    beside.add_argument("--folder", type=Path, default=services.RUN, help="of the run (.run/development)")
    beside.add_argument("--app", type=Path, default=APP, help="where local.settings.json is written")
    beside.set_defaults(does=services.run, name="make services")
    first = verbs.add_parser("first-day", help="make the demo tenant in an app beside these services")
    first.add_argument("--folder", type=Path, default=services.RUN, help="of the run (.run/development)")
    first.set_defaults(does=services.first_day, name="python -m local first-day")


def _users(word: str) -> int:
    if not word.isdecimal() or not _FEWEST <= int(word) <= _MOST:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from {_FEWEST} to {_MOST:,}")
    return int(word)


def _speed(word: str) -> float:
    try:
        speed = float(word)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise argparse.ArgumentTypeError(f"{word!r} is no number above 0")
    return speed


if __name__ == "__main__":
    sys.exit(main())
