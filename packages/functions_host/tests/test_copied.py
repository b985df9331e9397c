"""The host is copied out of this repository, as docs/host.md says, and serves another app there."""

import re
import shutil
from pathlib import Path

from packages.functions_host.tests.conftest import ROOT, RunningHost

APP = """import json
import sys
import azure.durable_functions as df
import azure.functions as func
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="told", methods=["GET"])
async def told(req: func.HttpRequest) -> str:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return json.dumps({"path": sys.path, "files": [one for one in files if one]})

@app.orchestration_trigger(context_name="context")
def greets(context):
    return (yield context.call_activity("greet", context.get_input()))

@app.activity_trigger(input_name="name")
def greet(name: str) -> str:
    return f"hello {name}"
"""


def copied(elsewhere: Path) -> None:
    """Copy what the page's ``cp`` line names."""
    text = (ROOT / "docs/host.md").read_text()
    (names,) = re.findall(r"^cp -r (.+) ELSEWHERE/local/$", text, re.MULTILINE)
    for name in names.split():
        source, target = ROOT / name, elsewhere / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def test_a_copy_serves_another_app_without_this_repository(tmp_path: Path) -> None:
    home, app = tmp_path / "elsewhere", tmp_path / "shop"
    (home / "local").mkdir(parents=True)
    copied(home)
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensionBundle": {}}')
    (app / "function_app.py").write_text(APP)
    host = RunningHost(tmp_path / "state.db", tmp_path / "log", app, environ={"PYTHONPATH": ""}, home=home).start()
    try:
        told = host.call("GET", "/api/told").json
        assert host.outcome("greets", "Ada") == "hello Ada"
        assert "greets" in host.call("GET", "/runtime/instances").text
    finally:
        assert host.stop() == 0
    assert str(ROOT) not in told["path"]
    ours = [file for file in told["files"] if Path(file).is_relative_to(ROOT) and "site-packages" not in file]
    assert ours == []
    assert str(home / "packages/simulation_base/src/simulation_base/clock.py") in told["files"]
