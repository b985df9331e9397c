"""A host as a process, and its HTTP API."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

APPS = Path(__file__).parents[2] / "apps"
DURABLE_APP = APPS / "durable"
# Nothing listens on port 9: the queue trigger finds no account.
DEAD_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
    "K1SZFPTOtr/KBHBeksoGMGw==;QueueEndpoint=http://127.0.0.1:9/devstoreaccount1"
)
MANAGEMENT = "/runtime/webhooks/durabletask"


def until(check: Callable[[], Any], seconds: float = 60.0, every: float = 0.02) -> Any:
    """Return the first true result of a check, made again *every* so many seconds; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := check():
            return result
        time.sleep(every)
    raise AssertionError("the condition did not come true in time")


@dataclass
class HttpResponse:
    status: int
    headers: Message
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class RunningHost:
    """One host process; ``call`` speaks HTTP to it."""

    db: Path
    log: Path
    app: Path = DURABLE_APP
    arguments: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    key: str = ""

    def start(self) -> "RunningHost":
        environ = {**os.environ, "AzureWebJobsStorage": DEAD_STORAGE, **self.environ}
        environ.pop("FUNCTIONS_HOST_CLOCK", None)
        command = [self.python, "-m", "functions_host", "start", "--app", str(self.app)]
        command += ["--db", str(self.db), "--port", "0", "--rpc-port", "0", *self.arguments]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=self.db.parent, env=environ, stderr=out)
        ready = until(self._ready, 60)
        self.url = ready[1]
        listed = self.command("keys").splitlines()
        self.key = next(line.split()[2] for line in listed if "durabletask" in line)
        return self

    def _ready(self) -> re.Match[str] | None:
        assert self.process is not None
        text = self.log.read_text()
        if self.process.poll() is not None:
            raise AssertionError(f"the host ended: {text}")
        return re.search(r"ready at (http://\S+)", text)

    def command(self, *words: str) -> str:
        command = [self.python, "-m", "functions_host", *words, "--app", str(self.app)]
        command += ["--db", str(self.db)]
        return subprocess.run(command, cwd=self.db.parent, capture_output=True, text=True, check=True).stdout

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> HttpResponse:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 - our own host
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - our own host
                return HttpResponse(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return HttpResponse(error.code, error.headers, error.read().decode())

    def manage(self, method: str, path: str, body: Any = None, **kwargs: Any) -> HttpResponse:
        mark = "&" if "?" in path else "?"
        return self.call(method, f"{MANAGEMENT}{path}{mark}code={self.key}", body, **kwargs)

    def begin(self, name: str, body: Any = None, instance: str | None = None) -> str:
        path = f"/orchestrators/{name}" + (f"/{instance}" if instance else "")
        answer = self.manage("POST", path, body)
        assert answer.status == 202, answer
        return str(answer.json["id"])

    def status(self, instance: str, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.manage("GET", f"/instances/{instance}{query}").json
        return found

    def ended(self, instance: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until an instance has ended; return its status."""

        def check() -> dict[str, Any] | None:
            found = self.status(instance)
            done = found["runtimeStatus"] in {"Completed", "Failed", "Terminated"}
            return found if done else None

        result: dict[str, Any] = until(check, seconds)
        return result

    def outcome(self, name: str, body: Any = None, seconds: float = 60.0) -> Any:
        """Run an orchestrator to its end, and return its output."""
        return self.ended(self.begin(name, body), seconds)["output"]

    def history(self, instance: str) -> list[dict[str, Any]]:
        view = self.status(instance, "?showHistory=true&showHistoryOutput=true")
        events: list[dict[str, Any]] = view["historyEvents"]
        return events
