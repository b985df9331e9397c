"""Two judges of one app: Microsoft's worker and ours, each a process that answers the same questions."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.worker.environment import ROOT

DRIVER = Path(__file__).parent / "driver.py"
OURS = [sys.executable, "-m", "tests.worker.ours"]

Value = dict[str, Any]
Reply = dict[str, Any]


class Judge:
    """One of them, at work on one app."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, env={**os.environ, **environ})

    def ask(self, **question: Any) -> Reply:
        """Put a question; return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{self._process.args!r} ended at {question}"
        reply: Reply = json.loads(line)
        return reply

    def end(self) -> None:
        """Close the input, and wait until the process has ended."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(20)


@dataclass
class Judges:
    """Both, for one app."""

    theirs: Judge
    ours: Judge
    read: tuple[Reply, Reply] = ({}, {})

    @classmethod
    def of(cls, python: Path, environ: Mapping[str, str], app: Path | None = None) -> Self:
        """Call both in; *python* has Microsoft's worker. With *app* they read it at once."""
        judges = cls(Judge([str(python), str(DRIVER)], environ), Judge(OURS, environ))
        if app is not None:
            judges.read = judges.index(app)
        return judges

    def index(self, app: Path, script: str = "function_app.py") -> tuple[Reply, Reply]:
        """Let both read an app: (theirs, ours)."""
        question = {"ask": "index", "app": str(app), "script": script}
        return self.theirs.ask(**question), self.ours.ask(**question)

    def invoke(
        self,
        name: str,
        inputs: Mapping[str, Value],
        metadata: Mapping[str, Value] | None = None,
        id: str = "5f0c",  # noqa: A002 - the wire's word
    ) -> tuple[Reply, Reply]:
        """Let both call a function with the same values: (theirs, ours)."""
        question = {"ask": "invoke", "name": name, "inputs": inputs, "metadata": metadata or {}, "id": id}
        return self.theirs.ask(**question), self.ours.ask(**question)

    def agreed(self, name: str, inputs: Mapping[str, Value], metadata: Mapping[str, Value] | None = None) -> Reply:
        """Let both call a function; return what both say."""
        theirs, ours = self.invoke(name, inputs, metadata)
        assert ours == theirs, f"{name} with {inputs}: ours says {ours}, theirs {theirs}"
        return theirs

    def end(self) -> None:
        """Send both home."""
        self.theirs.end()
        self.ours.end()


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
