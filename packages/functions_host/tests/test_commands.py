"""The command line: what it lists, and how it refuses an app."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from host_testing.refused_start import HEAD, HOST_JSON, run_start
from host_testing.running import RunningHost

DURABLE_HEAD = "import azure.durable_functions as df\napp = df.DFApp()\n"
DURABLE = """import azure.durable_functions as df
app = df.DFApp()

@app.activity_trigger(input_name="x", activity="{0}")
def {1}(x: str) -> str:
    return x
"""


UNFIT = (
    DURABLE_HEAD
    + """import azure.functions as func

@app.route(route="a")
def extra(req, more):
    return ""

@app.route(route="b")
def renamed(request):
    return ""

@app.route(route="c")
def bare():
    return ""

@app.orchestration_trigger(context_name="ctx")
def orchestrates(ctx):
    yield

@app.blob_trigger("b", "c/{n}", "S")
def strange(b):
    pass

@app.route(route="d")
def typed(req: dict[str, str]):
    return ""

@app.orchestration_trigger(context_name="context")
async def awaits(context):
    return await context.call_activity("x")

@app.route(route="e")
@app.durable_client_input(client_name="client")
def waits_for_nothing(req, client):
    return client.get_status("x")
"""
)
UNSERVED = (
    HEAD
    + """
@app.route(route="x/{a:odd}")
def odd(req):
    return ""

@app.route(route="admin/x")
def reserved(req):
    return ""

@app.timer_trigger("t", "0 61 * * * *")
def never(t):
    pass

@app.queue_trigger("m", "inbox", "Nowhere")
def nowhere(m):
    pass

@app.queue_trigger("m", "no_name", "PATH")
def unnamed(m):
    pass
"""
)


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        (
            UNFIT,
            [
                "5: extra: no decorator fills its parameter 'more': add one, or take the parameter out",
                "9: renamed: it has the parameter 'request', its decorators fill 'req': use one name for both",
                "13: bare: it has no parameter 'req' (httpTrigger), which a decorator fills: add the parameter",
                "17: orchestrates: its parameter must be called context, with context_name=\"context\", not 'ctx'",
                "21: strange: 'b' is a blobTrigger, which this host does not support",
                "25: typed: binding req has invalid non-type annotation",
                "29: awaits: it must be def, not async def: orchestrators and entities are not awaited",
                "33: waits_for_nothing: it must be async def: it has a durable client",
            ],
        ),
        (
            UNSERVED,
            [
                "4: unknown route constraint 'odd'",
                "8: route 'admin/x' is reserved by the host",
                "12: never: '61' is not a minute",
                "16: nowhere: no setting defines the connection Nowhere",
                "20: unnamed: the setting PATH is not a connection string of a storage account",
                "20: unnamed: 'no_name' is not a queue name",
            ],
        ),
    ],
    ids=["functions", "routes, schedules and connections"],
)
def test_all_problems_are_reported_at_once_with_file_and_line(tmp_path: Path, code: str, problems: list[str]) -> None:
    refused = refused_app(tmp_path, code)
    lines = [line for line in refused.splitlines() if line.startswith("error: ")]
    assert len(lines) == len(problems), refused
    for line, problem in zip(lines, problems, strict=True):
        assert line.startswith(f"error: {tmp_path}/function_app.py:{problem}")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            DURABLE.format("Same", "one") + DURABLE.format("same", "two").partition("\n\n")[2],
            ["function_app.py:", "has the durable name of"],
        ),
        ("import azure.functions\nraise RuntimeError('broken')\n", ["function_app.py:2", "broken"]),
        ("app = (\n", ["function_app.py:1", "never closed"]),
        ("import sys\nsys.exit('no way')\n", ["function_app.py:2", "SystemExit: no way"]),
        ("x = 1\n", ["exactly one FunctionApp or DFApp"]),
    ],
    ids=lambda value: "" if isinstance(value, str) else value[-1],
)
def test_an_app_that_cannot_be_loaded_is_refused_with_file_and_line(
    tmp_path: Path, code: str, words: list[str]
) -> None:
    refused = refused_app(tmp_path, code)
    assert all(word in refused for word in words), refused


def refused_app(folder: Path, code: str) -> str:
    """Start an app that is refused; return the messages."""
    (folder / "host.json").write_text(HOST_JSON)
    (folder / "function_app.py").write_text(code)
    refused = run_start(folder)
    assert refused.returncode == 2, refused.stderr
    assert "Traceback" not in refused.stderr
    return refused.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [('{"version": "1.0"}', "version"), ("{\n  oops\n}", ":2:"), (None, "missing")],
)
def test_a_bad_host_json_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "host.json").write_text(text)
    refused = run_start(tmp_path)
    assert refused.returncode == 2
    assert words in refused.stderr


def test_a_file_that_is_not_a_state_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("something else, long enough to be looked at, and no database at all")
    command = [sys.executable, "-m", "functions_host", "instances", "--db", str(other)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f"error: {other} cannot be used: file is not a database\n")


def test_functions_are_listed_with_their_triggers(host: RunningHost) -> None:
    listed = host.command("functions")
    assert "GET /api/hello/{name?} (anonymous)" in listed
    assert "0 0 3 * * *" in listed


def test_instances_are_listed_and_shown(host: RunningHost) -> None:
    one = host.begin("one_step", 3)
    host.ended(one)
    assert one in host.command("instances", "--top", "1000")
    assert '"output": 9' in host.command("show", one)
    assert "TaskCompleted" in host.command("history", one)


def json_output(host: RunningHost, *words: str) -> Any:
    return json.loads(host.command(*words, "--json"))


def test_the_newest_instances_come_first_and_can_be_filtered(host: RunningHost) -> None:
    older, newer = (host.begin("one_step", 3, f"newest-{number}") for number in (1, 2))
    host.ended(older)
    host.ended(newer)
    found = json_output(host, "instances", "--prefix", "newest-", "--name", "One_Step", "--status", "Completed,Failed")
    assert [one["instanceId"] for one in found] == [newer, older]
    assert json_output(host, "instances", "--prefix", "newest-", "--status", "failed") == []
    assert "'Faild' is not a status; the statuses are Running, Pending," in refused(
        host, "instances", "--status", "Faild"
    )


def test_status_shows_address_and_instances_of_a_running_host(host: RunningHost) -> None:
    host.ended(host.begin("one_step", 3))
    found = json_output(host, "status")
    assert (found["running"], found["url"], found["app"]) == (True, host.url, str(host.app))
    assert found["instances"]["Completed"] >= 1
    assert f"host       {host.url}" in host.command("status")


def test_a_failed_instance_is_rewound_by_command(host: RunningHost, tmp_path: Path) -> None:
    one = host.begin("in_steps", {"folder": str(tmp_path), "names": ["pump"]})
    host.ended(one)
    (tmp_path / "pump").touch()
    host.command("rewind", one, "--reason", "repaired")
    assert host.ended(one)["output"] == ["pump works"]
    assert "has not failed" in refused(host, "rewind", one)


def test_an_instance_is_terminated_and_purged_by_command(host: RunningHost) -> None:
    one = host.begin("waits", ["never"])
    assert "terminate it first" in refused(host, "purge", one)
    host.command("terminate", one, "--reason", "enough")
    assert host.ended(one)["output"] == "enough"
    assert "has ended already" in refused(host, "terminate", one)
    assert json_output(host, "purge", one) == {"instancesDeleted": 1}
    assert "no instance" in refused(host, "show", one)
    assert "is not there" in refused(host, "purge", one)


def test_what_has_ended_is_purged_by_status(fresh_host: Callable[..., RunningHost]) -> None:
    host = fresh_host()
    host.ended(host.begin("one_step", 3))
    going = host.begin("waits", ["never"])
    assert json_output(host, "purge", "--older-than", "1d") == {"instancesDeleted": 0}
    assert json_output(host, "purge", "--status", "Completed") == {"instancesDeleted": 1}
    assert [one["instanceId"] for one in json_output(host, "instances")] == [going]
    assert "name what to remove" in refused(host, "purge")
    assert "not both" in refused(host, "purge", going, "--status", "Completed")
    assert host.stop() == 0
    assert json_output(host, "status")["running"] is False
    assert "no host runs" in refused(host, "terminate", going)


def refused(host: RunningHost, *words: str) -> str:
    """Run a command that is refused; return its messages."""
    command = [sys.executable, "-m", "functions_host", *words, "--app", str(host.app), "--db", str(host.db)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("words", [[], ["start"], ["purge"], ["clock"]], ids=" ".join)
def test_every_command_has_help(words: list[str]) -> None:
    command = [sys.executable, "-m", "functions_host", *words, "--help"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "usage: python -m functions_host" in output
