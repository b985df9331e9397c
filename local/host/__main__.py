"""The command line: ``python -m local.host VERB``."""

import argparse
import asyncio
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from local.clock import ClockError
from local.host import commands
from local.host.config import KEEP, KEEP_SECONDS, environment, load_settings, read_host_json
from local.host.errors import AppError, ConfigError, RouteError, StoreError
from local.host.log import open_log, say

_BAD_APP = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code: 0 good, 1 not found, 2 the app cannot be loaded."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except (AppError, ConfigError, RouteError, StoreError, ClockError, sqlite3.OperationalError) as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"error: {line}\n")
        return _BAD_APP


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.host",
        description="Runs an Azure Functions app with Durable Functions, without Azure.",
        epilog="The app is the unmodified Python v2 programming model; see docs/host.md.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _start_verb(verbs)
    _verb(verbs, "functions", "list the app's functions", _functions)
    listing = _verb(verbs, "instances", "list orchestrations", commands.instances)
    listing.add_argument("--status", help="Running, Completed, Failed, ...")
    listing.add_argument("--prefix", help="of the instance id")
    listing.add_argument("--top", type=int, default=50, help="at most so many (%(default)s)")
    for name, text, run in (
        ("show", "show one orchestration", commands.show),
        ("history", "show what happened in one orchestration", commands.history),
    ):
        _verb(verbs, name, text, run).add_argument("id", help="instance id")
    _verb(verbs, "keys", "print the host's keys", commands.keys)
    _clock_verbs(verbs)
    return parser


def _start_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    start = _verb(verbs, "start", "run the app until SIGTERM or Ctrl-C", _start)
    start.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    start.add_argument("--port", type=int, default=7071, help="0 = any free one (%(default)s)")
    start.add_argument("--rpc-port", type=int, default=17071, help="for the SDK's client (%(default)s)")
    start.add_argument(
        "--auth",
        choices=["on", "off"],
        help="check function keys (default: off on loopback, else on)",
    )
    start.add_argument("--clock", type=Path, help="shared clock file; default: system time")
    start.add_argument("--grace", type=float, default=30.0, metavar="SECONDS", help="for what runs (%(default)s)")
    start.add_argument("--json", action="store_true", help="log JSON objects, one a line")
    start.add_argument("--debug-oracle", action="store_true", help="compare every number with the SDK's (slow)")
    start.add_argument(
        "--keep", type=int, default=KEEP, metavar="COUNT",
        help="orchestrations that stay in memory, to be resumed; 0: each turn replays the history (%(default)s)",
    )  # fmt: skip
    start.add_argument(
        "--keep-idle", type=float, default=KEEP_SECONDS, metavar="SECONDS", help="and how long idle (%(default)s)"
    )
    start.add_argument(
        "--watchdog", type=float, default=20.0, metavar="SECONDS",
        help="time runs on when nothing ended for so long (%(default)s)",
    )  # fmt: skip
    start.add_argument(
        "--queue-visibility", type=int, default=600, metavar="SECONDS",
        help="how long a message in hand is hidden, renewed at half time (%(default)s)",
    )  # fmt: skip
    start.add_argument("--verbose", action="store_true", help="log every activity and every renewal too")


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: object,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(run=run)
    verb.add_argument("--app", type=Path, default=Path(), help="the app's folder (.)")
    verb.add_argument("--db", type=Path, help="state file (default: APP/.run/HUB.db)")
    return verb


def _clock_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    clock = verbs.add_parser("clock", help="look at the shared clock, or move it")
    clock.add_argument("--clock", type=Path, help="its file (default: $DESKWRIGHT_CLOCK_FILE)")
    moves = clock.add_subparsers(required=True, metavar="show|advance|speed")
    moves.add_parser("show", help="print its time and how it runs").set_defaults(run=commands.clock_show)
    advance = moves.add_parser("advance", help="move it on: 90s, 15m, 12h, 7d")
    advance.add_argument("by", help="how far: 90s, 15m, 12h, 7d")
    advance.set_defaults(run=commands.clock_advance)
    speed = moves.add_parser("speed", help="simulated seconds per real second; 0 = by hand")
    speed.add_argument("speed", type=float)
    speed.set_defaults(run=commands.clock_speed)


def _start(asked: argparse.Namespace) -> int:
    from local.host.host import Host, Options, quiet_sdk_warnings
    from local.host.indexer import index

    app = asked.app.resolve()
    load_settings(app)
    environ = environment()
    settings = read_host_json(app, environ)
    levels = dict(settings.log_levels) | ({"Host": "Debug"} if asked.verbose else {})
    open_log(sys.stderr, levels, as_json=asked.json)
    quiet_sdk_warnings()
    db = commands.database(asked, settings).resolve()
    clock = asked.clock or commands.clock_file(environ)
    options = Options(
        app=app,
        db=db,
        host=asked.host,
        port=asked.port,
        rpc_port=asked.rpc_port,
        auth=None if asked.auth is None else asked.auth == "on",
        clock=clock.resolve() if clock else None,
        grace_seconds=asked.grace,
        debug_oracle=asked.debug_oracle,
        watchdog_seconds=asked.watchdog,
        queue_visibility_seconds=asked.queue_visibility,
        keep=asked.keep,
        keep_seconds=asked.keep_idle,
    )
    os.chdir(app)
    registry = index(app, environ, settings.only_functions)
    for warning in settings.warnings:
        say("config", warning, 30)

    async def serve() -> None:
        await Host(options, settings, registry, environ).run()

    asyncio.run(serve())
    return 0


def _functions(asked: argparse.Namespace) -> int:
    from local.host.indexer import index

    app = asked.app.resolve()
    load_settings(app)
    environ = environment()
    settings = read_host_json(app, environ)
    os.chdir(app)
    commands.print_functions(index(app, environ, settings.only_functions), settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
