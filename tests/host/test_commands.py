"""The command line: what it lists, and how it refuses an app."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.conftest import ROOT, RunningHost

HOST_JSON = '{"version": "2.0", "extensionBundle": {}}'


def run_start(app: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.host", "start", "--app", str(app), "--port", "0"]
    return subprocess.run(
        [*command, "--rpc-port", "0"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
TWICE = """
@app.route(route="{0}")
@app.function_name("same")
def {0}(req: func.HttpRequest) -> str:
    return ""
"""
DURABLE = """import azure.durable_functions as df
app = df.DFApp()

@app.activity_trigger(input_name="x", activity="{0}")
def {1}(x: str) -> str:
    return x
"""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (HEAD + TWICE.format("one") + TWICE.format("two"), ["function_app.py", "same"]),
        (
            HEAD + '@app.route(route="x")\ndef bad(req, extra):\n    return ""\n',
            ["function_app.py:3", "bad", "extra"],
        ),
        (
            HEAD + '@app.route(route="x")\ndef bad(request):\n    return ""\n',
            ["function_app.py:3", "declared in Python but not in the function definition"],
        ),
        (
            HEAD + '@app.route(route="x")\ndef bad(req: dict[str, str]):\n    return ""\n',
            ["function_app.py:3", "non-type annotation"],
        ),
        (
            HEAD + '@app.route(route="x/{a:odd}")\ndef bad(req):\n    return ""\n',
            ["function_app.py:3", "odd"],
        ),
        (
            HEAD + '@app.route(route="admin/x")\ndef bad(req):\n    return ""\n',
            ["function_app.py:3", "reserved"],
        ),
        (
            HEAD + '@app.timer_trigger("t", "0 61 * * * *")\ndef bad(t):\n    pass\n',
            ["function_app.py:3", "61"],
        ),
        (
            HEAD + '@app.queue_trigger("m", "q", "Nowhere")\ndef bad(m):\n    pass\n',
            ["function_app.py:3", "Nowhere"],
        ),
        (
            DURABLE.format("Same", "one") + DURABLE.format("same", "two").partition("\n\n")[2],
            ["function_app.py:", "has the durable name of"],
        ),
        ("import azure.functions\nraise RuntimeError('broken')\n", ["function_app.py:2", "broken"]),
        ("app = (\n", ["function_app.py:1", "never closed"]),
        ("x = 1\n", ["exactly one FunctionApp or DFApp"]),
    ],
    ids=lambda value: "" if isinstance(value, str) else value[-1],
)
def test_an_app_that_cannot_be_loaded_is_refused_with_its_place(tmp_path: Path, code: str, words: list[str]) -> None:
    (tmp_path / "host.json").write_text(HOST_JSON)
    (tmp_path / "function_app.py").write_text(code)
    refused = run_start(tmp_path)
    assert refused.returncode == 2, refused.stderr
    assert all(word in refused.stderr for word in words), refused.stderr
    assert "Traceback" not in refused.stderr


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


def test_functions_are_listed_with_their_triggers(host: RunningHost) -> None:
    listed = host.verb("functions")
    assert "GET /api/hello/{name?} (anonymous)" in listed
    assert "0 0 3 * * *" in listed


def test_instances_are_listed_and_shown(host: RunningHost) -> None:
    one = host.begin("one_step", 3)
    host.ended(one)
    assert one in host.verb("instances", "--top", "1000")
    assert '"output": 9' in host.verb("show", one)
    assert "TaskCompleted" in host.verb("history", one)
