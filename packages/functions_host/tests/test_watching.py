"""``--watch``: the app is loaded again when it changes, and nobody notices but by what is new."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from simulation_base.clock import is_alive

from packages.functions_host.tests.conftest import RunningHost, until

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


def says(host: RunningHost, version: str) -> bool:
    return host.call("GET", "/api/hello").text == version


def made(place: Path) -> RunningHost:
    """Write an app, and give a host for it that is not started."""
    app = place / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensionBundle": {}}')
    host = RunningHost(place / "state.db", place / "log", app, ["--watch"])
    write(host, "first")
    return host


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Give one host that tests share: each writes an app that answers with words of its own."""
    host = made(tmp_path_factory.mktemp("watched")).start()
    yield host
    assert host.stop() == 0


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[RunningHost]:
    """Give a host of a test's own, not started."""
    host = made(tmp_path)
    yield host
    if host.process is not None:
        assert host.stop() == 0


def test_a_change_is_taken_up_and_what_runs_goes_on_with_it(watched: RunningHost) -> None:
    instance = watched.begin("waits")
    until(lambda: watched.status(instance)["runtimeStatus"] == "Running")
    write(watched, "gone on")
    until(lambda: says(watched, "gone on"), 30)
    watched.manage("POST", f"/instances/{instance}/raiseEvent/go", 1)
    assert watched.ended(instance)["output"] == "gone on"


def test_no_request_is_refused_while_the_app_is_replaced(watched: RunningHost) -> None:
    enough = Event()

    def ask() -> list[str]:
        answers = []
        while not enough.is_set():
            answer = watched.call("GET", "/api/hello")
            assert answer.status == 200
            answers.append(answer.text)
        return [*answers, watched.call("GET", "/api/hello").text]

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            until(lambda: watched.call("GET", "/api/hello").status == 200)
            write(watched, "without a gap")
            until(lambda: says(watched, "without a gap"), 30)
        finally:
            enough.set()
        answers = asked.result()
    assert [new for old, new in pairwise(answers) if new != old] == ["without a gap"]  # once, and never back


def test_a_change_that_does_not_load_is_told_and_the_app_before_goes_on(watched: RunningHost) -> None:
    before = watched.call("GET", "/api/hello").text
    (watched.app / "function_app.py").write_text(APP.replace("(number: int)", "(number: int, more)"))
    until(lambda: "waiting for the next change" in watched.log.read_text(), 30)
    assert "function_app.py:14: tell: no decorator fills its parameter 'more'" in watched.log.read_text()
    assert says(watched, before)
    write(watched, "mended")
    until(lambda: says(watched, "mended"), 30)


def test_a_file_beside_the_app_counts_too(watched: RunningHost) -> None:
    (watched.app / "more.py").write_text('TEXT = "from beside"\n')
    source = APP.replace('return "VERSION"', "return TEXT").replace("app =", "from more import TEXT\napp =", 1)
    (watched.app / "function_app.py").write_text(source)
    until(lambda: says(watched, "from beside"), 30)
    (watched.app / "more.py").write_text('TEXT = "from beside, again"\n')
    until(lambda: says(watched, "from beside, again"), 30)


def test_an_app_that_is_broken_from_the_beginning_is_waited_for(fresh: RunningHost) -> None:
    (fresh.app / "function_app.py").write_text("app = (\n")
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(fresh.start)
        until(lambda: fresh.log.exists() and "nothing is served" in fresh.log.read_text(), 30)
        write(fresh, "at last")
        started.result()
    assert says(fresh, "at last")


def test_without_its_watcher_a_host_leaves(fresh: RunningHost) -> None:
    fresh.start()
    pid = int(re.findall(r"pid=(\d+)", fresh.log.read_text())[-1])
    assert fresh.process is not None
    assert pid != fresh.process.pid
    fresh.kill()
    until(lambda: not is_alive(pid))
    fresh.process = None
