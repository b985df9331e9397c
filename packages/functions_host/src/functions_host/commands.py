"""The verbs that look: they read the state file, beside a running host or without one."""

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

from functions_host import schema
from functions_host.config import HostSettings, environment, load_settings, local_port, read_host_json
from functions_host.errors import ConfigError, RefusalError, StoreError
from functions_host.events import stamp
from functions_host.keys import read_keys
from functions_host.reads import Filter, Reads
from functions_host.state import Instance, statuses_of
from functions_host.views import history_view, seconds, status_view

if TYPE_CHECKING:
    from functions_host.indexer import Registry

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HIDDEN = {"Timestamp", "EventType", "Input", "Result", "Details", "FailureDetails"}


def database(asked: argparse.Namespace, settings: HostSettings) -> Path:
    """Return the state file: as asked, else under the app."""
    chosen: Path | None = asked.db
    return chosen or asked.app / ".run" / f"{settings.hub}.db"


def port(asked: argparse.Namespace) -> int:
    """Return the port to listen on: as asked, else as the app's settings say."""
    chosen: int | None = asked.port
    return local_port(asked.app.resolve()) if chosen is None else chosen


def clock_file(environ: Mapping[str, str]) -> Path | None:
    """Return the shared clock's file if the environment names one."""
    name = environ.get("DESKWRIGHT_CLOCK_FILE")
    return Path(name) if name else None


def state_file(asked: argparse.Namespace) -> Path:
    """Return the state file that a command is about, whether it is there or not."""
    app = asked.app.resolve()
    chosen: Path = asked.db or database(asked, read_host_json(app, environment()))
    return chosen.resolve()


def reads_of(asked: argparse.Namespace) -> Reads:
    """Open the state file for reading; ``StoreError`` when no host has ever run there."""
    path = state_file(asked)
    if not path.exists():
        raise StoreError(f"{path}: no state file; has a host run here?")
    try:
        reads = Reads(schema.connect(path, readonly=True))
        reads.keys()  # SQLite looks into a file when it is first asked
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {error}") from error
    return reads


def instances(asked: argparse.Namespace) -> int:
    """Print a table of instances, the newest first."""
    wanted = Filter(statuses=statuses(asked), name=asked.name, prefix=asked.prefix, newest_first=True)
    rows = reads_of(asked).instances(wanted, asked.top)
    if asked.json:
        print(json.dumps([status_view(row, show_input=False) for row in rows], indent=2))
        return 0
    width = max([len(row.id) for row in rows], default=2)
    for row in rows:
        print(f"{row.id:{width}}  {row.status:10}  {seconds(row.created_us)}  {row.name}")
    if not rows:
        print("no such instance", file=sys.stderr)
    return 0


def statuses(asked: argparse.Namespace) -> tuple[str, ...]:
    """Read ``--status``; ``RefusalError`` for a word that is none."""
    try:
        return statuses_of(asked.status or "")
    except ValueError as error:
        raise RefusalError(str(error)) from error


def _instance(asked: argparse.Namespace) -> tuple[Reads, Instance]:
    reads = reads_of(asked)
    row = reads.instance(asked.id)
    if row is None:
        raise RefusalError(f"no instance {asked.id}")
    return reads, row


def show(asked: argparse.Namespace) -> int:
    """Print one instance as JSON."""
    _, row = _instance(asked)
    print(json.dumps(status_view(row, show_input=True), indent=2))
    return 0


def history(asked: argparse.Namespace) -> int:
    """Print one line for each event, without inputs and results."""
    reads, row = _instance(asked)
    events = history_view(reads.history(row.id, row.execution_id), show_input=False, show_output=False)
    if asked.json:
        print(json.dumps(events, indent=2))
        return 0
    for one in events:
        facts = {k: v for k, v in one.items() if k not in _HIDDEN and isinstance(v, str) and v}
        tail = "  ".join(f"{name}={value}" for name, value in facts.items())
        print(f"{one['Timestamp'][:23]}  {one['EventType']:34}  {tail}")
    return 0


def keys(asked: argparse.Namespace) -> int:
    """Print every key with its scope."""
    found = read_keys(reads_of(asked))
    if asked.json:
        print(json.dumps([{"scope": s, "name": n, "value": v} for (s, n), v in found.items()], indent=2))
        return 0
    for (scope, name), value in found.items():
        print(f"{scope:20}  {name:24}  {value}")
    return 0


def functions(asked: argparse.Namespace) -> int:
    """Load the app, and print its functions."""
    from functions_host.admin import describe
    from functions_host.indexer import index

    app = asked.app.resolve()
    load_settings(app)
    settings = read_host_json(app, environment())
    os.chdir(app)
    registry = index(app, environment(), settings.only_functions)
    if asked.json:
        print(json.dumps([describe(one) for one in registry.functions.values()], indent=2))
    else:
        print_functions(registry, settings)
    return 0


def print_functions(registry: "Registry", settings: HostSettings) -> None:
    """Print each function with what triggers it."""
    for one in sorted(registry.functions.values(), key=lambda f: (f.trigger.type, f.name)):
        raw = one.trigger.raw
        how = raw.get("schedule") or raw.get("queueName") or ""
        if one.trigger.type == "httpTrigger":
            methods = ",".join(raw.get("methods") or ["*"])
            route = one.name if raw.get("route") is None else raw["route"]
            prefix = f"/{settings.route_prefix}" if settings.route_prefix else ""
            how = f"{methods} {prefix}/{route} ({raw.get('authLevel') or 'function'})"
        note = "  disabled" if one.disabled else ""
        print(f"{one.trigger.type.removesuffix('Trigger'):14}  {one.name:36}  {how}{note}")


def _clock(asked: argparse.Namespace) -> FileClock:
    path = asked.clock or clock_file(environment())
    if path is None:
        raise ConfigError("no clock file: give --clock FILE or set DESKWRIGHT_CLOCK_FILE")
    return FileClock.open(path)


def clock_show(asked: argparse.Namespace) -> int:
    """Print the clock's time and how it runs."""
    clock = _clock(asked)
    fields = clock.read()
    if asked.json:
        told = {"time": stamp(clock.now_us()), "rate": fields.rate, "speed": fields.speed}
        print(json.dumps(told | {"driver": fields.driver_pid or None}, indent=2))
        return 0
    driver = f"process {fields.driver_pid}" if fields.driver_pid else "nobody"
    print(f"{stamp(clock.now_us())}  rate {fields.rate:g}  speed {fields.speed:g}  driver {driver}")
    return 0


def duration(text: str) -> float:
    """Read 90s, 15m, 12h or 7d as seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise ConfigError(f"{text!r} is no duration: 90s, 15m, 12h, 7d")
    return float(match[1]) * _UNITS[match[2]]


def clock_advance(asked: argparse.Namespace) -> int:
    """Ask for time to move on."""
    _clock(asked).advance(timedelta(seconds=duration(asked.by)))
    return 0


def clock_speed(asked: argparse.Namespace) -> int:
    """Set how fast time runs while nothing is ready."""
    _clock(asked).set_speed(asked.speed)
    return 0
