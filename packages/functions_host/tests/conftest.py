"""Starts hosts as processes, with the small app of this folder, on free ports."""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
APP = Path(__file__).parent / "app"
# Nothing listens on port 9: the queue trigger finds a dead account.
DEAD_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
    "K1SZFPTOtr/KBHBeksoGMGw==;QueueEndpoint=http://127.0.0.1:9/devstoreaccount1"
)
MANAGEMENT = "/runtime/webhooks/durabletask"


def until(check: Callable[[], Any], seconds: float = 60.0, every: float = 0.02) -> Any:
    """Return the first true result of a check, made again *every* so many seconds; fail when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := check():
            return result
        time.sleep(every)
    raise AssertionError("the condition did not come true in time")


@dataclass
class Answer:
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
    app: Path = APP
    arguments: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    home: Path = ROOT  # the folder that holds local/
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    key: str = ""

    def start(self) -> "RunningHost":
        environ = {**os.environ, "AzureWebJobsStorage": DEAD_STORAGE, **self.environ}
        environ.pop("DESKWRIGHT_CLOCK_FILE", None)
        command = [sys.executable, "-m", "functions_host", "start", "--app", str(self.app)]
        command += ["--db", str(self.db), "--port", "0", "--rpc-port", "0", *self.arguments]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=self.home, env=environ, stderr=out)
        ready = until(self._ready, 60)
        self.url = ready[1]
        listed = self.verb("keys").splitlines()
        self.key = next(line.split()[2] for line in listed if "durabletask" in line)
        return self

    def _ready(self) -> re.Match[str] | None:
        assert self.process is not None
        text = self.log.read_text()
        if self.process.poll() is not None:
            raise AssertionError(f"the host ended: {text}")
        return re.search(r"ready at (http://\S+)", text)

    def verb(self, *words: str) -> str:
        command = [sys.executable, "-m", "functions_host", *words, "--app", str(self.app)]
        command += ["--db", str(self.db)]
        return subprocess.run(command, cwd=self.home, capture_output=True, text=True, check=True).stdout

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
    ) -> Answer:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 - our own host
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - our own host
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def manage(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Answer:
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


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Give the one host that most tests share; it compares every number with the SDK's."""
    place = tmp_path_factory.mktemp("host")
    running = RunningHost(
        place / "state.db",
        place / "log",
        arguments=["--auth", "on", "--debug-oracle"],
        environ={"AzureWebJobs.switched_off.Disabled": "true", "LISTED": "1"},
    ).start()
    yield running
    assert running.stop() == 0
    assert "Diverged" not in running.log.read_text()


@pytest.fixture
def fresh_host(tmp_path: Path) -> Iterator[Callable[..., RunningHost]]:
    """Start hosts of a test's own; all of them end with it."""
    started: list[RunningHost] = []

    def start(*arguments: str, **environ: str) -> RunningHost:
        running = RunningHost(tmp_path / "state.db", tmp_path / "log", arguments=list(arguments), environ=environ)
        started.append(running)
        return running.start()

    yield start
    for one in started:
        if one.process is not None and one.process.poll() is None:
            one.kill()


@pytest.fixture
def quick_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each date once: the SDK reads all of them at every replay, which is most of what this takes."""
    events = sys.modules["azure.durable_functions.models.history.HistoryEvent"]
    monkeypatch.setattr(events, "dt_parse", functools.lru_cache(maxsize=10_000)(events.dt_parse))
