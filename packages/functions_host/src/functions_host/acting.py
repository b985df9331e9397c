"""The verbs that ask a running host: status, terminate, rewind, purge. They use its HTTP API, as anybody would."""

import argparse
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from typing import Any

from functions_host import commands, doorplate
from functions_host.doorplate import Doorplate
from functions_host.errors import RefusalError
from functions_host.keys import DURABLE, MASTER, read_keys
from functions_host.state import TERMINAL

_BASE = "/runtime/webhooks/durabletask/instances"
_ENDED = ",".join(TERMINAL)
_FIRST_MOMENT = "1970-01-01T00:00:00Z"


def status(asked: argparse.Namespace) -> int:
    """Print whether a host runs here, its instances by status, and what it has in hand."""
    reads = commands.reads_of(asked)
    plate = doorplate.read(commands.state_file(asked))
    told: dict[str, Any] = {"running": plate is not None, "instances": reads.counts()}
    if plate is not None:
        answer = _call(asked, plate, "GET", "/admin/host/status", MASTER) or {}
        told |= {"url": plate.url, "pid": plate.pid, "app": plate.app, "since": plate.since}
        told |= {"time": answer.get("time", ""), "inHand": answer.get("running", {})}
    if asked.json:
        print(json.dumps(told, indent=2))
        return 0
    lines = {"host": f"{plate.url}  (process {plate.pid}, since {plate.since[:19]})" if plate else "none runs here"}
    if plate is not None:
        lines |= {"app": plate.app, "time": told["time"][:19], "in hand": _counted(told["inHand"]) or "nothing"}
    lines["instances"] = _counted(told["instances"]) or "none yet"
    for name, value in lines.items():
        print(f"{name:10} {value}")
    return 0


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items()))


def terminate(asked: argparse.Namespace) -> int:
    """End one orchestration."""
    _order(asked, "terminate", {404: "is not there", 410: "has ended already"})
    print(json.dumps({"terminated": asked.id}) if asked.json else f"{asked.id} is being terminated")
    return 0


def rewind(asked: argparse.Namespace) -> int:
    """Bring one failed orchestration back to before its failure."""
    _order(asked, "rewind", {404: "is not there", 412: "has not failed"})
    print(json.dumps({"rewound": asked.id}) if asked.json else f"{asked.id} goes on")
    return 0


def _order(asked: argparse.Namespace, verb: str, refusals: dict[int, str | None]) -> None:
    path = f"{_BASE}/{urllib.parse.quote(asked.id, safe='')}/{verb}?reason={urllib.parse.quote(asked.reason)}"
    _call(asked, _running(asked), "POST", path, DURABLE, refusals)


def purge(asked: argparse.Namespace) -> int:
    """Remove one orchestration, or all that fit the options."""
    if asked.id and (asked.status or asked.older_than):
        raise RefusalError("say an id, or which with --status and --older-than, not both")
    plate = _running(asked)
    if asked.id:
        said: dict[int, str | None] = {404: "is not there", 412: "has not ended: terminate it first"}
        answer = _call(asked, plate, "DELETE", f"{_BASE}/{urllib.parse.quote(asked.id, safe='')}", DURABLE, said)
    elif asked.status or asked.older_than:
        query = {"createdTimeFrom": _FIRST_MOMENT, "runtimeStatus": ",".join(commands.statuses(asked)) or _ENDED}
        query["createdTimeTo"] = _moment(asked, plate, asked.older_than or "0d")
        path = f"{_BASE}?{urllib.parse.urlencode(query)}"
        answer = _call(asked, plate, "DELETE", path, DURABLE, {404: None}) or {"instancesDeleted": 0}
    else:
        raise RefusalError("say what to remove: an id, or --status Failed, or --older-than 7d")
    number = (answer or {}).get("instancesDeleted", 1)
    print(json.dumps({"instancesDeleted": number}) if asked.json else f"{number:,} removed")
    return 0


def _moment(asked: argparse.Namespace, plate: Doorplate, age: str) -> str:
    """Return the moment so long before the host's now; a microsecond counts, as the API filters to it."""
    now = str((_call(asked, plate, "GET", "/admin/host/status", MASTER) or {})["time"])
    seconds = commands.duration(age)
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", now)) - timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def _running(asked: argparse.Namespace) -> Doorplate:
    plate = doorplate.read(commands.state_file(asked))
    if plate is None:
        raise RefusalError(f"no host runs on {commands.state_file(asked)}: start one first")
    return plate


def _call(
    asked: argparse.Namespace,
    plate: Doorplate,
    method: str,
    path: str,
    key: tuple[str, str],
    refusals: dict[int, str | None] | None = None,
) -> dict[str, Any] | None:
    """Call the host with a key of its own; ``refusals`` words the statuses that say no, None: that is fine too."""
    secret = read_keys(commands.reads_of(asked))[key]
    request = urllib.request.Request(plate.url + path, method=method)  # noqa: S310 - the host's own address
    request.add_header("x-functions-key", secret)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            text = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            words = (refusals or {}).get(error.code, f"answers {error.code}")
        if words is None:
            return None
        raise RefusalError(f"{getattr(asked, 'id', None) or plate.url} {words}") from error
    except OSError as error:
        raise RefusalError(f"the host at {plate.url} does not answer: {error}") from error
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found
