"""Azurite and the simulated cloud for an app that somebody starts: settings, hosts, Visual Studio Code."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.options import APP
from local.processes import free_port

PARTS = ("function_app.py", "host.json", "activities", "orchestrators", "shared", "triggers")
CODE = APP / ".vscode"
READY_SECONDS = 90.0
BEGUN_SECONDS = 60.0
MENTIONS = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}


def until(what: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@contextmanager
def running(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=APP, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The app in a folder of its own: local.settings.json must not meet that of another run."""
    folder = tmp_path / "app"
    folder.mkdir()
    for part in PARTS:
        (folder / part).symlink_to(APP / part)
    return folder


@contextmanager
def services(app: Path, tmp_path: Path, port: int) -> Iterator[Path]:
    command = [sys.executable, "-m", "local", "services", "--folder", str(tmp_path / "run"), "--app", str(app)]
    log = tmp_path / "services.log"
    with running([*command, "--port", str(port), "--users", "2"], log, os.environ):
        until(lambda: "Ctrl-C ends this" in log.read_text(), READY_SECONDS)
        yield tmp_path / "run"


def test_settings_are_written_for_their_owner_and_removed_at_the_end(app: Path, tmp_path: Path) -> None:
    settings = app / "local.settings.json"
    with services(app, tmp_path, 7399):
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        written = json.loads(settings.read_text())
        sample = json.loads((APP / "local.settings.sample.json").read_text())
        assert written["Host"]["LocalHttpPort"] == 7399
        assert written["Values"].keys() >= {name for name in sample["Values"] if name.startswith("AzureWebJobs")} - {
            "AzureWebJobsStorage__clientId"
        }
        assert set(sample["Azurite"]) <= set(written["Values"])
        assert all(isinstance(value, str) for value in written["Values"].values())
    assert not settings.exists()


def test_settings_of_somebody_else_are_not_written_over(app: Path, tmp_path: Path) -> None:
    settings = app / "local.settings.json"
    settings.write_text('{"Values": {}}')
    command = [sys.executable, "-m", "local", "services", "--folder", str(tmp_path / "run"), "--app", str(app)]
    ended = subprocess.run(command, cwd=APP, capture_output=True, text=True, check=False)
    assert (ended.returncode, settings.read_text()) == (1, '{"Values": {}}')
    assert "is not ours" in ended.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_embedded_host_runs_beside_them_as_visual_studio_code_starts_it(app: Path, tmp_path: Path) -> None:
    port = free_port()
    (launch,) = [each for each in read("launch.json")["configurations"] if each["name"] == "Embedded host"]
    with services(app, tmp_path, port) as run:
        words = {"${workspaceFolder}/.run/development": str(run), "${workspaceFolder}": str(app)}
        command = [sys.executable, "-m", launch["module"], *(filled(word, words) for word in launch["args"])]
        environment = {**os.environ, **{name: filled(value, words) for name, value in launch["env"].items()}}
        with running(command, tmp_path / "host.log", environment):
            until(lambda: answers(f"http://127.0.0.1:{port}/admin/host/ping"), READY_SECONDS)
            first_day = [sys.executable, "-m", "local", "first-day", "--folder", str(run)]
            subprocess.run(first_day, cwd=APP, check=True, capture_output=True)
            asked = {**os.environ, "DESKWRIGHT_RUN": str(run), "DESKWRIGHT_CONFIG_DIR": str(tmp_path / "settings")}
            command_line = str(Path(sys.executable).with_name("deskwright"))

            def are_begun() -> bool:
                listed = [command_line, "pc", "list", "--query", "[].status", "-o", "json"]
                done = subprocess.run(listed, env=asked, cwd=tmp_path, capture_output=True, text=True, check=True)
                return bool(found := json.loads(done.stdout)) and set(found) <= {"provisioning", "provisioned"}

            until(are_begun, BEGUN_SECONDS)


def test_visual_studio_code_finds_what_its_files_name() -> None:
    tasks = {each["label"]: each for each in read("tasks.json")["tasks"]}
    for launch in read("launch.json")["configurations"]:
        assert launch["preLaunchTask"] in tasks
    assert set(tasks["func: host start"]["dependsOn"]) <= set(tasks)
    assert tasks["func: host start"]["options"]["env"].keys() >= MENTIONS
    ends = tasks["services"]["problemMatcher"]["background"]["endsPattern"]
    assert ends in (APP / "local" / "services.py").read_text()


def read(name: str) -> Any:
    return json.loads((CODE / name).read_text())


def filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - an address of this machine
            return bool(answer.status == 200)
    except OSError:
        return False
