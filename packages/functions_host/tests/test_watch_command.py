"""``--watch``: the app is loaded again when it changes, without a refused request."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from host_testing.running import RunningHost, until
from simulation_base.clock import is_alive

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


def answers(host: RunningHost, version: str) -> bool:
    return host.call("GET", "/api/hello").text == version


def unstarted(folder: Path) -> RunningHost:
    """Write an app, and return a host for it that has not started."""
    app = folder / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensionBundle": {}}')
    host = RunningHost(folder / "state.db", folder / "log", app, ["--watch"])
    write(host, "first")
    return host


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start one host that tests share: each writes an app that answers with a text of its own."""
    host = unstarted(tmp_path_factory.mktemp("watched")).start()
    yield host
    assert host.stop() == 0


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[RunningHost]:
    """Make a host of a test's own, not started."""
    host = unstarted(tmp_path)
    yield host
    if host.process is not None:
        assert host.stop() == 0


def test_a_change_is_loaded_and_running_instances_continue_with_it(watched: RunningHost) -> None:
    instance = watched.begin("waits")
    until(lambda: watched.status(instance)["runtimeStatus"] == "Running")
    write(watched, "gone on")
    until(lambda: answers(watched, "gone on"), 30)
    watched.manage("POST", f"/instances/{instance}/raiseEvent/go", 1)
    assert watched.ended(instance)["output"] == "gone on"


def test_no_request_is_refused_while_the_app_is_replaced(watched: RunningHost) -> None:
    enough = Event()

    def call() -> list[str]:
        texts = []
        while not enough.is_set():
            answer = watched.call("GET", "/api/hello")
            assert answer.status == 200
            texts.append(answer.text)
        return [*texts, watched.call("GET", "/api/hello").text]

    with ThreadPoolExecutor(1) as pool:
        answering = pool.submit(call)
        try:
            until(lambda: watched.call("GET", "/api/hello").status == 200)
            write(watched, "without a gap")
            until(lambda: answers(watched, "without a gap"), 30)
        finally:
            enough.set()
        texts = answering.result()
    assert [new for old, new in pairwise(texts) if new != old] == ["without a gap"]  # once, and never back


def test_a_change_that_does_not_load_is_reported_and_the_previous_app_stays(watched: RunningHost) -> None:
    before = watched.call("GET", "/api/hello").text
    (watched.app / "function_app.py").write_text(APP.replace("(number: int)", "(number: int, more)"))
    until(lambda: "waiting for the next change" in watched.log.read_text(), 30)
    assert "function_app.py:14: tell: no decorator fills its parameter 'more'" in watched.log.read_text()
    assert answers(watched, before)
    write(watched, "mended")
    until(lambda: answers(watched, "mended"), 30)


def test_a_change_of_another_module_of_the_app_is_loaded(watched: RunningHost) -> None:
    (watched.app / "more.py").write_text('TEXT = "from beside"\n')
    source = APP.replace('return "VERSION"', "return TEXT").replace("app =", "from more import TEXT\napp =", 1)
    (watched.app / "function_app.py").write_text(source)
    until(lambda: answers(watched, "from beside"), 30)
    (watched.app / "more.py").write_text('TEXT = "from beside, again"\n')
    until(lambda: answers(watched, "from beside, again"), 30)


def test_an_app_that_does_not_load_at_first_is_served_once_it_does(fresh: RunningHost) -> None:
    (fresh.app / "function_app.py").write_text("app = (\n")
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(fresh.start)
        until(lambda: fresh.log.exists() and "nothing is served" in fresh.log.read_text(), 30)
        write(fresh, "at last")
        started.result()
    assert answers(fresh, "at last")


def test_a_host_stops_when_its_watcher_has_gone(fresh: RunningHost) -> None:
    fresh.start()
    pid = int(re.findall(r"pid=(\d+)", fresh.log.read_text())[-1])
    assert fresh.process is not None
    assert pid != fresh.process.pid
    fresh.kill()
    until(lambda: not is_alive(pid))
    fresh.process = None
