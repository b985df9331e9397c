"""The distribution by itself: what a wheel holds serves an app, without the rest of this repository."""

import subprocess
import sys
from pathlib import Path

import pytest
from host_testing.running import RunningHost

PACKAGE = Path(__file__).parents[1]
REPOSITORY = PACKAGE.parents[1]

APP = """import json
import sys
import azure.durable_functions as df
import azure.functions as func
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="loaded", methods=["GET"])
async def loaded(req: func.HttpRequest) -> str:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return json.dumps({"path": sys.path, "files": [one for one in files if one]})

@app.orchestration_trigger(context_name="context")
def greets(context):
    return (yield context.call_activity("greet", context.get_input()))

@app.activity_trigger(input_name="name")
def greet(name: str) -> str:
    return f"hello {name}"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install wheels of the distribution and of simulation_base into a folder of their own."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    command += ["--no-deps", "--no-build-isolation", "--target", str(folder)]
    command += [str(PACKAGE), str(PACKAGE.with_name("simulation_base"))]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


def test_the_wheels_serve_another_app_without_this_repository(site: Path, tmp_path: Path) -> None:
    app = tmp_path / "shop"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensionBundle": {}}')
    (app / "function_app.py").write_text(APP)
    host = RunningHost(tmp_path / "state.db", tmp_path / "log", app, environ={"PYTHONPATH": str(site)}).start()
    try:
        loaded = host.call("GET", "/api/loaded").json
        assert host.outcome("greets", "Ada") == "hello Ada"
        assert "greets" in host.call("GET", "/runtime/instances").text
    finally:
        assert host.stop() == 0
    assert str(REPOSITORY) not in loaded["path"]
    assert [one for one in loaded["files"] if _is_of_repository(Path(one))] == []
    assert str(site / "functions_host" / "host.py") in loaded["files"]
    assert str(site / "simulation_base" / "clock.py") in loaded["files"]


def _is_of_repository(file: Path) -> bool:
    return file.is_relative_to(REPOSITORY) and "site-packages" not in file.parts


def test_the_wheels_are_typed(site: Path) -> None:
    assert [(site / name / "py.typed").exists() for name in ("functions_host", "simulation_base")] == [True, True]
