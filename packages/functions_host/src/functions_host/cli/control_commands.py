"""The commands that call a running host's HTTP API: status, terminate, rewind, purge."""

import argparse
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from typing import Any

from functions_host import run_file
from functions_host.cli import read_commands
from functions_host.errors import CommandError
from functions_host.run_file import RunFile
from functions_host.storage.keys import DURABLE, MASTER, read_keys
from functions_host.storage.state import TERMINAL

_BASE = "/runtime/webhooks/durabletask/instances"
_ENDED = ",".join(TERMINAL)
_FIRST_MOMENT = "1970-01-01T00:00:00Z"


def status(args: argparse.Namespace) -> int:
    """Print whether a host runs here, its instances by status, and its current work."""
    reads = read_commands.reads_of(args)
    running = run_file.read(read_commands.state_file(args))
    found: dict[str, Any] = {"running": running is not None, "instances": reads.counts()}
    if running is not None:
        status = _call(args, running, "GET", "/admin/host/status", MASTER) or {}
        found |= {"url": running.url, "pid": running.pid, "app": running.app, "since": running.since}
        found |= {"time": status.get("time", ""), "work": status.get("running", {})}
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    host = f"{running.url}  (process {running.pid}, since {running.since[:19]})" if running else "none runs here"
    lines = {"host": host}
    if running is not None:
        lines |= {"app": running.app, "time": found["time"][:19], "work": _counted(found["work"]) or "none"}
    lines["instances"] = _counted(found["instances"]) or "none yet"
    for name, value in lines.items():
        print(f"{name:10} {value}")
    return 0


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(numbers.items()))


def terminate(args: argparse.Namespace) -> int:
    """End one orchestration."""
    _post(args, "terminate", {404: "is not there", 410: "has ended already"})
    print(json.dumps({"terminated": args.id}) if args.json else f"{args.id} is being terminated")
    return 0


def rewind(args: argparse.Namespace) -> int:
    """Rewind one failed orchestration."""
    _post(args, "rewind", {404: "is not there", 412: "has not failed"})
    print(json.dumps({"rewound": args.id}) if args.json else f"{args.id} continues")
    return 0


def _post(args: argparse.Namespace, command: str, refusals: dict[int, str | None]) -> None:
    path = f"{_BASE}/{urllib.parse.quote(args.id, safe='')}/{command}?reason={urllib.parse.quote(args.reason)}"
    _call(args, _running(args), "POST", path, DURABLE, refusals)


def purge(args: argparse.Namespace) -> int:
    """Remove one orchestration, or all that match the options."""
    if args.id and (args.status or args.older_than):
        raise CommandError("give an id, or --status and --older-than, not both")
    running = _running(args)
    if args.id:
        refusals: dict[int, str | None] = {404: "is not there", 412: "has not ended: terminate it first"}
        response = _call(args, running, "DELETE", f"{_BASE}/{urllib.parse.quote(args.id, safe='')}", DURABLE, refusals)
    elif args.status or args.older_than:
        query = {"createdTimeFrom": _FIRST_MOMENT, "runtimeStatus": ",".join(read_commands.statuses(args)) or _ENDED}
        query["createdTimeTo"] = _moment(args, running, args.older_than or "0d")
        path = f"{_BASE}?{urllib.parse.urlencode(query)}"
        response = _call(args, running, "DELETE", path, DURABLE, {404: None}) or {"instancesDeleted": 0}
    else:
        raise CommandError("name what to remove: an id, or --status Failed, or --older-than 7d")
    number = (response or {}).get("instancesDeleted", 1)
    print(json.dumps({"instancesDeleted": number}) if args.json else f"{number:,} removed")
    return 0


def _moment(args: argparse.Namespace, running: RunFile, age: str) -> str:
    """Return the host's time less an age, to the microsecond, as the API filters."""
    now = str((_call(args, running, "GET", "/admin/host/status", MASTER) or {})["time"])
    seconds = read_commands.duration(age)
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", now)) - timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def _running(args: argparse.Namespace) -> RunFile:
    running = run_file.read(read_commands.state_file(args))
    if running is None:
        raise CommandError(f"no host runs on {read_commands.state_file(args)}: start one first")
    return running


def _call(
    args: argparse.Namespace,
    running: RunFile,
    method: str,
    path: str,
    key: tuple[str, str],
    refusals: dict[int, str | None] | None = None,
) -> dict[str, Any] | None:
    """Call the host with its own key; ``refusals`` words the error statuses; None is no error."""
    secret = read_keys(read_commands.reads_of(args))[key]
    request = urllib.request.Request(running.url + path, method=method)  # noqa: S310 - the host's own address
    request.add_header("x-functions-key", secret)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
            text = response.read()
    except urllib.error.HTTPError as error:
        with error:
            reason = (refusals or {}).get(error.code, f"answers {error.code}")
        if reason is None:
            return None
        raise CommandError(f"{getattr(args, 'id', None) or running.url} {reason}") from error
    except OSError as error:
        raise CommandError(f"the host at {running.url} does not answer: {error}") from error
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found
