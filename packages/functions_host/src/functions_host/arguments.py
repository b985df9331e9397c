"""The words of the command line: every verb with what it takes."""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from functions_host import acting, commands
from functions_host.config import KEEP, KEEP_SECONDS
from functions_host.driving import WATCHDOG_SECONDS

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name
Run = Callable[[argparse.Namespace], int]

_EXAMPLES = """\
examples:
  python -m functions_host start --app . --watch          serve, and take up every change that loads
  python -m functions_host instances --status Failed      what went wrong lately
  python -m functions_host history order-17               what happened in one orchestration
  python -m functions_host clock advance 7d               let a week pass

exit codes: 0 good, 1 not found or refused, 2 the app or its files cannot be used
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser; each verb leaves its function in ``run``."""
    made = argparse.ArgumentParser(
        prog="python -m functions_host",
        description="Runs an Azure Functions app with Durable Functions on this machine, without Azure.",
        epilog=_EXAMPLES,
        formatter_class=functools.partial(argparse.RawDescriptionHelpFormatter, max_help_position=28),
    )
    verbs = made.add_subparsers(required=True, metavar="VERB")
    _start_verb(verbs)
    _verb(verbs, "functions", "list the app's functions, or say what is wrong with them", commands.functions)
    _looking_verbs(verbs)
    _acting_verbs(verbs)
    _clock_verbs(verbs)
    return made


def _verb(verbs: Verbs, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    about = text[0].upper() + text[1:] + "."
    verb = verbs.add_parser(name, help=text, description=about, allow_abbrev=False)  # --watch is looked for by its name
    verb.set_defaults(run=run)
    verb.add_argument("--app", type=Path, default=Path(), help="the app's folder (.)")
    verb.add_argument("--db", type=Path, help="state file (default: APP/.run/HUB.db)")
    verb.add_argument("--json", action="store_true", help="for machines: JSON instead of lines")
    return verb


def _start(asked: argparse.Namespace) -> int:
    """Serve, or watch whoever serves; what each takes is loaded here: no other verb has to wait for it."""
    if asked.watch:
        from functions_host.watching import watch as run
    else:
        from functions_host.starting import start as run
    return run(asked)


def _start_verb(verbs: Verbs) -> None:
    start = _verb(verbs, "start", "run the app until SIGTERM or Ctrl-C", _start)
    start.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    port = "0 = any free one (LocalHttpPort of local.settings.json, else 7071)"
    start.add_argument("--port", type=int, help=port)
    start.add_argument("--rpc-port", type=int, default=17071, help="for the SDK's client (%(default)s)")
    start.add_argument("--watch", action="store_true", help="load the app again when its files change")
    auth = "check function keys (default: off on loopback, else on)"
    start.add_argument("--auth", choices=["on", "off"], help=auth)
    show = "let /runtime/instances show inputs and outputs; they may be private"
    start.add_argument("--show-payloads", action="store_true", help=show)
    start.add_argument("--clock", type=Path, help="shared clock file; default: system time")
    start.add_argument("--grace", type=float, default=30.0, metavar="SECONDS", help="for what runs (%(default)s)")
    start.add_argument("--verbose", action="store_true", help="log every activity and every renewal too")
    start.add_argument("--debug-oracle", action="store_true", help="compare every number with the SDK's (slow)")
    kept = "orchestrations that stay in memory, to be resumed; 0: each turn replays the history (%(default)s)"
    start.add_argument("--keep", type=int, default=KEEP, metavar="COUNT", help=kept)
    start.add_argument(
        "--keep-idle", type=float, default=KEEP_SECONDS, metavar="SECONDS", help="and how long idle (%(default)s)"
    )
    single = "no two turns, activities, entities or timers at once, in an order that is the same each time (slower)"
    start.add_argument("--one-at-a-time", action="store_true", help=single)
    nothing_ends = "time runs on when nothing ended for so long (%(default)s)"
    start.add_argument("--watchdog", type=float, default=WATCHDOG_SECONDS, metavar="SECONDS", help=nothing_ends)
    hidden = "how long a message in hand is hidden, renewed at half time (%(default)s)"
    start.add_argument("--queue-visibility", type=int, default=600, metavar="SECONDS", help=hidden)
    start.add_argument("--inherit", help=argparse.SUPPRESS)  # from the process that watches: see watching.py


def _looking_verbs(verbs: Verbs) -> None:
    _verb(verbs, "status", "tell whether a host runs, where, and what it has to do", acting.status)
    listing = _verb(verbs, "instances", "list orchestrations, the newest first", commands.instances)
    listing.add_argument("--status", help="Running, Completed, Failed, ...; several with commas")
    listing.add_argument("--name", help="of the orchestrator")
    listing.add_argument("--prefix", help="of the instance id")
    listing.add_argument("--top", type=int, default=50, help="at most so many (%(default)s)")
    for name, text, run in (
        ("show", "show one orchestration", commands.show),
        ("history", "show what happened in one orchestration", commands.history),
    ):
        _verb(verbs, name, text, run).add_argument("id", help="instance id")
    _verb(verbs, "keys", "print the host's keys", commands.keys)


def _acting_verbs(verbs: Verbs) -> None:
    terminate = _verb(verbs, "terminate", "end an orchestration of a running host at once", acting.terminate)
    terminate.add_argument("id", help="instance id")
    terminate.add_argument("--reason", default="terminated by hand", help="(%(default)s)")
    rewind = _verb(verbs, "rewind", "bring a failed orchestration back to before its failure", acting.rewind)
    rewind.add_argument("id", help="instance id")
    rewind.add_argument("--reason", default="rewound by hand", help="(%(default)s)")
    purge = _verb(verbs, "purge", "remove orchestrations that have ended, with their history", acting.purge)
    purge.add_argument("id", nargs="?", help="instance id; or say which with the options")
    purge.add_argument("--status", help="only these: Completed, Failed, Terminated; several with commas")
    purge.add_argument("--older-than", metavar="AGE", help="made longer ago than 12h, 7d, ...; 0d for all of them")


def _clock_verbs(verbs: Verbs) -> None:
    clock = verbs.add_parser("clock", help="look at the shared clock, or move it")
    clock.add_argument("--clock", type=Path, help="its file (default: $DESKWRIGHT_CLOCK_FILE)")
    moves = clock.add_subparsers(required=True, metavar="show|advance|speed")
    show = moves.add_parser("show", help="print its time and how it runs")
    show.add_argument("--json", action="store_true", help="for machines: JSON instead of a line")
    show.set_defaults(run=commands.clock_show)
    advance = moves.add_parser("advance", help="move it on: 90s, 15m, 12h, 7d")
    advance.add_argument("by", help="how far: 90s, 15m, 12h, 7d")
    advance.set_defaults(run=commands.clock_advance)
    speed = moves.add_parser("speed", help="simulated seconds per real second; 0 = by hand")
    speed.add_argument("speed", type=float)
    speed.set_defaults(run=commands.clock_speed)
