"""The host's own APIs, as an operator uses them: they are the same on every host."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Any

from local.options import APP
from local.stack import Stack
from tests.e2e.office import Office


def key(stack: Stack, name: str) -> str:
    """Return one of the host's keys, as an operator reads it; Core Tools asks for none on this machine."""
    if not stack.moves_time:
        return ""
    command = [sys.executable, "-m", "functions_host", "keys", "--json", "--app", str(APP)]
    told = subprocess.run(
        [*command, "--db", str(stack.folder / "host.db")], cwd=APP, capture_output=True, text=True, check=True
    )
    return next(str(each["value"]) for each in json.loads(told.stdout) if each["name"] == name)


def manage(office: Office, verb: str, instance: str, *, method: str = "GET") -> dict[str, Any]:
    """Ask the management API of Durable Functions about one instance, or steer it."""
    where = f"/runtime/webhooks/durabletask/instances/{instance}{verb}"
    told: dict[str, Any] = _ask(office.stack, where, "durabletask_extension", method)
    return told


def fire(stack: Stack, function: str) -> None:
    """Let a timer fire now, as an operator can with the master key."""
    _ask(stack, f"/admin/functions/{function}", "_master", "POST")


def _ask(stack: Stack, where: str, name: str, method: str) -> Any:
    request = urllib.request.Request(stack.addresses.api + where, method=method)  # noqa: S310 - an address of this run
    request.add_header("x-functions-key", key(stack, name))
    if method == "POST":
        request.data = b"{}"
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return json.loads(answer.read() or b"{}")
