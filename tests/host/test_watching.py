"""``--watch``: the app is loaded again when it changes, and nobody notices but by what is new."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from local.clock import is_alive
from tests.host.conftest import RunningHost, until

APP = """import azure.durable_functions as df
import azure.functions as func
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="hello", methods=["GET"])
async def hello(req: func.HttpRequest) -> str:
    return "VERSION"

@app.orchestration_trigger(context_name="context")
def waits(context):
    yield context.wait_for_external_event("go")
    return (yield context.call_activity("tell", 1))

@app.activity_trigger(input_name="number")
def tell(number: int) -> str:
    return "VERSION"
"""


def write(host: RunningHost, version: str) -> None:
    (host.app / "function_app.py").write_text(APP.replace("VERSION", version))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[RunningHost]:
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensionBundle": {}}')
    host = RunningHost(tmp_path / "state.db", tmp_path / "log", app, ["--watch"])
    write(host, "one")
    yield host
    if host.process is not None:
        assert host.stop() == 0


def test_a_change_is_taken_up_and_what_runs_goes_on_with_it(watched: RunningHost) -> None:
    watched.start()
    instance = watched.begin("waits")
    until(lambda: watched.status(instance)["runtimeStatus"] == "Running")
    write(watched, "two")
    until(lambda: watched.call("GET", "/api/hello").text == "two", 30)
    watched.manage("POST", f"/instances/{instance}/raiseEvent/go", 1)
    assert watched.ended(instance)["output"] == "two"


def test_no_request_is_refused_while_the_app_is_replaced(watched: RunningHost) -> None:
    watched.start()
    enough = Event()

    def ask() -> list[str]:
        answers = []
        while not enough.is_set():
            answer = watched.call("GET", "/api/hello")
            assert answer.status == 200
            answers.append(answer.text)
        return answers

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            write(watched, "two")
            until(lambda: watched.call("GET", "/api/hello").text == "two", 30)
        finally:
            enough.set()
        answers = asked.result()
    assert answers == sorted(answers)  # first one, then two: never back


def test_a_change_that_does_not_load_is_told_and_the_app_before_goes_on(watched: RunningHost) -> None:
    watched.start()
    (watched.app / "function_app.py").write_text(APP.replace("(number: int)", "(number: int, more)"))
    until(lambda: "waiting for the next change" in watched.log.read_text(), 30)
    assert "function_app.py:14: tell: no decorator fills its parameter 'more'" in watched.log.read_text()
    assert watched.call("GET", "/api/hello").text == "one"
    (watched.app / "more.py").write_text('TEXT = "three"\n')
    (watched.app / "function_app.py").write_text(
        APP.replace('return "VERSION"', "return TEXT").replace("app =", "from more import TEXT\napp =", 1)
    )
    until(lambda: watched.call("GET", "/api/hello").text == "three", 30)
    (watched.app / "more.py").write_text('TEXT = "four!"\n')
    until(lambda: watched.call("GET", "/api/hello").text == "four!", 30)


def test_an_app_that_is_broken_from_the_beginning_is_waited_for(watched: RunningHost) -> None:
    (watched.app / "function_app.py").write_text("app = (\n")
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(watched.start)
        until(lambda: watched.log.exists() and "nothing is served" in watched.log.read_text(), 30)
        write(watched, "one")
        started.result()
    assert watched.call("GET", "/api/hello").text == "one"


def test_without_its_watcher_a_host_leaves(watched: RunningHost) -> None:
    watched.start()
    pid = int(re.findall(r"pid=(\d+)", watched.log.read_text())[-1])
    assert watched.process is not None
    assert pid != watched.process.pid
    watched.kill()
    until(lambda: not is_alive(pid))
    watched.process = None
