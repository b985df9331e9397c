"""The commands that read: the state file, with or without a running host, the app, and the clock."""

import argparse
import json
import os
import re
import sqlite3
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from simulation_base.clock import FileClock

from functions_host.errors import CommandError, ConfigError, StoreError
from functions_host.http.views import history_view, seconds, status_view
from functions_host.settings.config import HostSettings, environment, load_settings, local_port, read_host_json
from functions_host.storage import schema
from functions_host.storage.keys import read_keys
from functions_host.storage.reads import Filter, Reads
from functions_host.storage.state import Instance, statuses_of
from functions_host.timestamps import stamp

if TYPE_CHECKING:
    from functions_host.functions.indexer import Registry

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HIDDEN = {"Timestamp", "EventType", "Input", "Result", "Details", "FailureDetails"}


def database(args: argparse.Namespace, settings: HostSettings) -> Path:
    """Return the state file: ``--db``, else below the app."""
    chosen: Path | None = args.db
    return chosen or args.app / ".run" / f"{settings.hub}.db"


def port(args: argparse.Namespace) -> int:
    """Return the port to listen on: ``--port``, else as in the app's settings."""
    chosen: int | None = args.port
    return local_port(args.app.resolve()) if chosen is None else chosen


def clock_file(environ: Mapping[str, str]) -> Path | None:
    """Return the shared clock's file if the environment names one."""
    name = environ.get("FUNCTIONS_HOST_CLOCK")
    return Path(name) if name else None


def state_file(args: argparse.Namespace) -> Path:
    """Return the state file of a command, whether it exists or not."""
    app = args.app.resolve()
    chosen: Path = args.db or database(args, read_host_json(app, environment()))
    return chosen.resolve()


def reads_of(args: argparse.Namespace) -> Reads:
    """Open the state file for reading; ``StoreError`` when no host has ever run there."""
    path = state_file(args)
    if not path.exists():
        raise StoreError(f"{path}: no state file; has a host run here?")
    try:
        reads = Reads(schema.connect(path, readonly=True))
        reads.keys()  # SQLite reads the file at the first query
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {error}") from error
    return reads


def instances(args: argparse.Namespace) -> int:
    """Print a table of instances, the newest first."""
    chosen = Filter(statuses=statuses(args), name=args.name, prefix=args.prefix, newest_first=True)
    rows = reads_of(args).instances(chosen, args.top)
    if args.json:
        print(json.dumps([status_view(row, show_input=False) for row in rows], indent=2))
        return 0
    width = max([len(row.id) for row in rows], default=2)
    for row in rows:
        print(f"{row.id:{width}}  {row.status:10}  {seconds(row.created_us)}  {row.name}")
    if not rows:
        print("no such instance", file=sys.stderr)
    return 0


def statuses(args: argparse.Namespace) -> tuple[str, ...]:
    """Read ``--status``; ``CommandError`` for an unknown one."""
    try:
        return statuses_of(args.status or "")
    except ValueError as error:
        raise CommandError(str(error)) from error


def _instance(args: argparse.Namespace) -> tuple[Reads, Instance]:
    reads = reads_of(args)
    row = reads.instance(args.id)
    if row is None:
        raise CommandError(f"no instance {args.id}")
    return reads, row


def show(args: argparse.Namespace) -> int:
    """Print one instance as JSON."""
    _, row = _instance(args)
    print(json.dumps(status_view(row, show_input=True), indent=2))
    return 0


def history(args: argparse.Namespace) -> int:
    """Print one line for each event, without inputs and results."""
    reads, row = _instance(args)
    events = history_view(reads.history(row.id, row.execution_id), show_input=False, show_output=False)
    if args.json:
        print(json.dumps(events, indent=2))
        return 0
    for one in events:
        facts = {k: v for k, v in one.items() if k not in _HIDDEN and isinstance(v, str) and v}
        tail = "  ".join(f"{name}={value}" for name, value in facts.items())
        print(f"{one['Timestamp'][:23]}  {one['EventType']:34}  {tail}")
    return 0


def keys(args: argparse.Namespace) -> int:
    """Print every key with its scope."""
    found = read_keys(reads_of(args))
    if args.json:
        print(json.dumps([{"scope": s, "name": n, "value": v} for (s, n), v in found.items()], indent=2))
        return 0
    for (scope, name), value in found.items():
        print(f"{scope:20}  {name:24}  {value}")
    return 0


def functions(args: argparse.Namespace) -> int:
    """Load the app, and print its functions."""
    from functions_host.functions.indexer import index
    from functions_host.http.admin import describe

    app = args.app.resolve()
    load_settings(app)
    settings = read_host_json(app, environment())
    os.chdir(app)
    registry = index(app, environment(), settings.only_functions)
    if args.json:
        print(json.dumps([describe(one) for one in registry.functions.values()], indent=2))
    else:
        print_functions(registry, settings)
    return 0


def print_functions(registry: "Registry", settings: HostSettings) -> None:
    """Print each function with its trigger."""
    for one in sorted(registry.functions.values(), key=lambda f: (f.trigger.type, f.name)):
        raw = one.trigger.raw
        trigger = raw.get("schedule") or raw.get("queueName") or ""
        if one.trigger.type == "httpTrigger":
            methods = ",".join(raw.get("methods") or ["*"])
            route = one.name if raw.get("route") is None else raw["route"]
            prefix = f"/{settings.route_prefix}" if settings.route_prefix else ""
            trigger = f"{methods} {prefix}/{route} ({raw.get('authLevel') or 'function'})"
        note = "  disabled" if one.disabled else ""
        print(f"{one.trigger.type.removesuffix('Trigger'):14}  {one.name:36}  {trigger}{note}")


def _clock(args: argparse.Namespace) -> FileClock:
    path = args.clock or clock_file(environment())
    if path is None:
        raise ConfigError("no clock file: give --clock FILE or set FUNCTIONS_HOST_CLOCK")
    return FileClock.open(path)


def clock_show(args: argparse.Namespace) -> int:
    """Print the clock's time, rate and driver."""
    clock = _clock(args)
    fields = clock.read()
    if args.json:
        found = {"time": stamp(clock.now_us()), "rate": fields.rate, "speed": fields.speed}
        print(json.dumps(found | {"driver": fields.driver_pid or None}, indent=2))
        return 0
    driver = f"process {fields.driver_pid}" if fields.driver_pid else "none"
    print(f"{stamp(clock.now_us())}  rate {fields.rate:g}  speed {fields.speed:g}  driver {driver}")
    return 0


def duration(text: str) -> float:
    """Read 90s, 15m, 12h or 7d as seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise ConfigError(f"{text!r} is not a duration: 90s, 15m, 12h, 7d")
    return float(match[1]) * _UNITS[match[2]]


def clock_advance(args: argparse.Namespace) -> int:
    """Move the time forward."""
    _clock(args).advance(timedelta(seconds=duration(args.by)))
    return 0


def clock_speed(args: argparse.Namespace) -> int:
    """Set how fast time runs while nothing is ready."""
    _clock(args).set_speed(args.speed)
    return 0
