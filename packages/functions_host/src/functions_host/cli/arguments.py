"""The command line: every command with its options."""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from functions_host.cli import control_commands, read_commands
from functions_host.scheduling.clock_drivers import WATCHDOG_SECONDS
from functions_host.settings.config import KEEP, KEEP_SECONDS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name
Run = Callable[[argparse.Namespace], int]

_EXAMPLES = """\
examples:
  python -m functions_host start --app . --watch          serve, and load the app again when it changes
  python -m functions_host instances --status Failed      the instances that have failed
  python -m functions_host history order-17               the events of one orchestration
  python -m functions_host clock advance 7d               move the time forward by a week

exit codes: 0 good, 1 not found or refused, 2 the app or its files cannot be used
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser; each command sets its function as ``run``."""
    made = argparse.ArgumentParser(
        prog="python -m functions_host",
        description="Runs an Azure Functions app with Durable Functions on this machine, without Azure.",
        epilog=_EXAMPLES,
        formatter_class=functools.partial(argparse.RawDescriptionHelpFormatter, max_help_position=28),
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    _start_command(commands)
    _command(commands, "functions", "list the app's functions, or what is wrong with them", read_commands.functions)
    _read_commands(commands)
    _control_commands(commands)
    _clock_commands(commands)
    return made


def _command(commands: Commands, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    about = text[0].upper() + text[1:] + "."
    command = commands.add_parser(
        name, help=text, description=about, allow_abbrev=False
    )  # watch_command.py removes --watch by its name
    command.set_defaults(run=run)
    command.add_argument("--app", type=Path, default=Path(), help="the app's folder (.)")
    command.add_argument("--db", type=Path, help="state file (default: APP/.run/HUB.db)")
    command.add_argument("--json", action="store_true", help="for machines: JSON instead of lines")
    return command


def _start(args: argparse.Namespace) -> int:
    """Serve, or watch the process that serves. Imported here, because the other commands do not need it."""
    if args.watch:
        from functions_host.cli.watch_command import watch as run
    else:
        from functions_host.cli.start_command import start as run
    return run(args)


def _start_command(commands: Commands) -> None:
    start = _command(commands, "start", "run the app until SIGTERM or Ctrl-C", _start)
    start.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    port = "0 = any free one (LocalHttpPort of local.settings.json, else 7071)"
    start.add_argument("--port", type=int, help=port)
    start.add_argument("--rpc-port", type=int, default=17071, help="for the SDK's client (%(default)s)")
    joins = "be another instance for requests, on the task hub of the host that runs on this state file"
    start.add_argument("--joins", type=Path, metavar="DB", help=joins)
    secure = "answer over TLS too, on this port (0 = any free one); not with --watch"
    start.add_argument("--https-port", type=int, metavar="PORT", help=secure)
    start.add_argument("--https-cert", type=Path, metavar="PEM", help="its certificate chain")
    start.add_argument("--https-key", type=Path, metavar="PEM", help="its private key")
    start.add_argument("--watch", action="store_true", help="load the app again when its files change")
    auth = "check function keys (default: off on loopback, else on)"
    start.add_argument("--auth", choices=["on", "off"], help=auth)
    show = "show inputs and outputs on /runtime/instances; they may be private"
    start.add_argument("--show-payloads", action="store_true", help=show)
    start.add_argument("--clock", type=Path, help="shared clock file; default: system time")
    start.add_argument(
        "--grace", type=float, default=30.0, metavar="SECONDS", help="for running work at shutdown (%(default)s)"
    )
    start.add_argument("--verbose", action="store_true", help="also log activities and renewals")
    start.add_argument("--debug-oracle", action="store_true", help="compare every turn with a replay in the SDK (slow)")
    kept = "orchestrations kept in memory to be resumed; 0: every turn replays the history (%(default)s)"
    start.add_argument("--keep", type=int, default=KEEP, metavar="COUNT", help=kept)
    start.add_argument(
        "--keep-idle",
        type=float,
        default=KEEP_SECONDS,
        metavar="SECONDS",
        help="for how long, without a turn (%(default)s)",
    )
    never = "replay no turn of an orchestration that is in memory (faster; what a replay would show is not seen)"
    start.add_argument("--resume-only", action="store_true", help=never)
    single = "run turns, activities, entities and timers one after the other, in the same order each time (slower)"
    start.add_argument("--sequential", action="store_true", help=single)
    nothing_ends = "let the time run when nothing has ended for so long (%(default)s)"
    start.add_argument("--watchdog", type=float, default=WATCHDOG_SECONDS, metavar="SECONDS", help=nothing_ends)
    _plan_options(start)
    start.add_argument("--inherit", help=argparse.SUPPRESS)  # from the watcher: see watcher_link.py


def _plan_options(start: argparse.ArgumentParser) -> None:
    """Add the options that make a process behave as an instance of a plan does."""
    hidden = "for how long a received message is invisible, renewed at half time (%(default)s)"
    start.add_argument("--queue-visibility", type=int, default=600, metavar="SECONDS", help=hidden)
    faults = "report what Azure's host gets wrong, or do the same as it (%(default)s)"
    start.add_argument("--faults", choices=["reported", "azure"], default="reported", help=faults)
    wakes = "listen for no timer between its runs: come up so long after it is due, as on Flex Consumption (0: listen)"
    start.add_argument("--scale-to-zero", type=float, default=0.0, metavar="SECONDS", help=wakes)
    again = "deliver one activity in so many again, five minutes after its result, as Azure Storage may (0: none)"
    start.add_argument("--redeliver", type=int, default=0, metavar="COUNT", help=again)
    start.add_argument("--redeliver-seed", type=int, default=0, metavar="SEED", help="which ones (%(default)s)")
    at_once = "requests that functions answer at a time, the others wait, as on Flex Consumption (0: any number)"
    start.add_argument("--http-concurrency", type=int, default=0, metavar="COUNT", help=at_once)


def _read_commands(commands: Commands) -> None:
    _command(commands, "status", "show whether a host runs, where, and what it is running", control_commands.status)
    listing = _command(commands, "instances", "list orchestrations, the newest first", read_commands.instances)
    listing.add_argument("--status", help="Running, Completed, Failed, ...; several with commas")
    listing.add_argument("--name", help="of the orchestrator")
    listing.add_argument("--prefix", help="of the instance id")
    listing.add_argument("--top", type=int, default=50, help="how many at most (%(default)s)")
    for name, text, run in (
        ("show", "show one orchestration", read_commands.show),
        ("history", "show the events of one orchestration", read_commands.history),
    ):
        _command(commands, name, text, run).add_argument("id", help="instance id")
    _command(commands, "keys", "print the host's keys", read_commands.keys)


def _control_commands(commands: Commands) -> None:
    terminate = _command(
        commands, "terminate", "end an orchestration of a running host at once", control_commands.terminate
    )
    terminate.add_argument("id", help="instance id")
    terminate.add_argument("--reason", default="terminated on the command line", help="(%(default)s)")
    rewind = _command(
        commands, "rewind", "rewind a failed orchestration to before its failure", control_commands.rewind
    )
    rewind.add_argument("id", help="instance id")
    rewind.add_argument("--reason", default="rewound on the command line", help="(%(default)s)")
    purge = _command(
        commands, "purge", "remove orchestrations that have ended, with their history", control_commands.purge
    )
    purge.add_argument("id", nargs="?", help="instance id; without it, the options select")
    purge.add_argument("--status", help="only these: Completed, Failed, Terminated; several with commas")
    purge.add_argument("--older-than", metavar="AGE", help="created longer ago than 12h, 7d, ...; 0d: all")


def _clock_commands(commands: Commands) -> None:
    clock = commands.add_parser("clock", help="show or move the shared clock")
    clock.add_argument("--clock", type=Path, help="its file (default: $FUNCTIONS_HOST_CLOCK)")
    actions = clock.add_subparsers(required=True, metavar="show|advance|speed")
    show = actions.add_parser("show", help="print its time, rate and driver")
    show.add_argument("--json", action="store_true", help="for machines: JSON instead of a line")
    show.set_defaults(run=read_commands.clock_show)
    advance = actions.add_parser("advance", help="move it forward: 90s, 15m, 12h, 7d")
    advance.add_argument("by", help="how far: 90s, 15m, 12h, 7d")
    advance.set_defaults(run=read_commands.clock_advance)
    speed = actions.add_parser("speed", help="simulated seconds per real second; 0 = only by advance")
    speed.add_argument("speed", type=float)
    speed.set_defaults(run=read_commands.clock_speed)
