"""Microsoft's worker and ours for one app, each a process that runs the same commands."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.worker.environment import ROOT

MICROSOFT_WORKER = Path(__file__).parent / "microsoft_worker.py"
OUR_WORKER = [sys.executable, "-m", "tests.worker.our_worker"]

_SERVICE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DATE_OF_ERROR = re.compile(r'(?<="date": ")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=")')

Value = dict[str, Any]
Reply = dict[str, Any]


class Worker:
    """One of them, at work on one app."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, env={**os.environ, **environ})

    def call(self, **command: Any) -> Reply:
        """Send a command; return the reply."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{self._process.args!r} ended at {command}"
        reply: Reply = json.loads(line)
        return reply

    def end(self) -> None:
        """Close the input, and wait until the process has ended."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(20)


@dataclass
class Workers:
    """Both, for one app."""

    theirs: Worker
    ours: Worker
    read: tuple[Reply, Reply] = ({}, {})

    @classmethod
    def of(cls, python: Path, environ: Mapping[str, str], app: Path | None = None) -> Self:
        """Call both in; *python* has Microsoft's worker. With *app* they read it at once."""
        workers = cls(Worker([str(python), str(MICROSOFT_WORKER)], environ), Worker(OUR_WORKER, environ))
        if app is not None:
            workers.read = workers.index(app)
        return workers

    def index(self, app: Path, script: str = "function_app.py") -> tuple[Reply, Reply]:
        """Let both read an app: (theirs, ours)."""
        command = {"command": "index", "app": str(app), "script": script}
        return self.theirs.call(**command), self.ours.call(**command)

    def invoke(
        self,
        name: str,
        inputs: Mapping[str, Value],
        metadata: Mapping[str, Value] | None = None,
        id: str = "5f0c",  # noqa: A002 - the wire's word
    ) -> tuple[Reply, Reply]:
        """Let both call a function with the same values: (theirs, ours)."""
        command = {"command": "invoke", "name": name, "inputs": inputs, "metadata": metadata or {}, "id": id}
        return self.theirs.call(**command), self.ours.call(**command)

    def agreed(self, name: str, inputs: Mapping[str, Value], metadata: Mapping[str, Value] | None = None) -> Reply:
        """Let both call a function; return the answer that both give."""
        theirs, ours = map(_timeless, self.invoke(name, inputs, metadata))
        assert ours == theirs, f"{name} with {inputs}: ours says {ours}, theirs {theirs}"
        return theirs

    def end(self) -> None:
        """Send both home."""
        self.theirs.end()
        self.ours.end()


def _timeless(reply: Reply) -> Reply:
    """Return a reply without the moments at which it was given: a second can begin between two of them."""
    returned = reply.get("returned")
    if not isinstance(returned, dict) or returned.get("type") != "http":
        return reply
    headers, body = returned["value"]["headers"], returned["value"]["body"]
    if _SERVICE_TIME.fullmatch(headers.get("x-service-time", "")):
        headers = {**headers, "x-service-time": "a moment"}
    if isinstance(body.get("value"), str):
        body = {**body, "value": _DATE_OF_ERROR.sub("a moment", body["value"])}
    return {**reply, "returned": {**returned, "value": {**returned["value"], "headers": headers, "body": body}}}


def text(content: str) -> Value:
    """Make a string value."""
    return {"type": "string", "value": content}


def request(
    method: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: str = "",
) -> Value:
    """Make an HTTP request as the host hands it to the worker."""
    value = {
        "method": method,
        "url": "https://deskwright.example/api/x",
        "headers": {"host": "deskwright.example", **(headers or {})},
        "params": dict(params or {}),
        "query": dict(query or {}),
        "body": body,
    }
    return {"type": "http", "value": value}
