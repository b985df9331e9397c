"""The stack on Core Tools' ``func``, played by a small program that looks at how it is called and starts our host.

Microsoft's own ``func`` was not at hand: what is proved here is the switch, not that host.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from local.options import APP
from tests.e2e.conftest import StartStack
from tests.e2e.management import fire
from tests.e2e.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.long]

FAKE = """#!{python}
import os, sys
from pathlib import Path
here = Path(__file__).parent
verb, option, port = sys.argv[1:]
assert (verb, option) == ("start", "--port"), sys.argv
assert Path("host.json").exists(), "func is started in the app's folder"
(here / "folder").write_text(os.getcwd())
assert os.environ["FUNCTIONS_WORKER_RUNTIME"] == "python"
assert os.environ["languageWorkers__python__defaultExecutablePath"] == {python!r}
(here / "called").write_text(port)
command = [{python!r}, "-m", "functions_host", "start", "--app", ".", "--port", port, "--rpc-port", "0"]
os.execv({python!r}, [*command, "--db", str(here / f"{{port}}.db")])
"""


@pytest.fixture
def func(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a ``func`` on the PATH; return its folder."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "func").write_text(FAKE.format(python=sys.executable))
    (folder / "func").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_a_stack_on_func_serves_and_leaves_time_alone(func: Path, start_stack: StartStack) -> None:
    stack = start_stack(host="func", users=1)
    assert (func / "called").read_text() == stack.addresses.api.rpartition(":")[2]
    office = Office(stack, stack.portal(), "real").open()
    assert office.connection()
    fire(stack, "sweep")
    with pytest.raises(pytest.skip.Exception, match="time is moved"):
        office.pass_time(timedelta(hours=1))
    with stack.at_speed(600.0):
        assert stack.clock.read().speed == 1.0


def test_nobody_writes_into_the_folder_that_func_watches(func: Path, start_stack: StartStack) -> None:
    stack = start_stack(host="func", users=1, app=APP)
    folder = Path((func / "folder").read_text())
    assert folder == stack.folder / "app"
    before = written(folder)
    assert Office(stack, stack.portal(), "real").open().connection()
    assert written(folder) == before


def written(folder: Path) -> dict[Path, int]:
    """Return when each file was written, and the folders at the top; byte code is no file that the host knows."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path: path.stat().st_mtime_ns for path in files} | {path: 0 for path in folder.iterdir() if path.is_dir()}


def test_one_setting_puts_the_end_to_end_tests_on_func(func: Path, tmp_path: Path) -> None:
    chosen = "tests/e2e/test_wizards.py::test_the_same_key_twice_has_the_effect_of_once"
    command = [
        sys.executable,
        "-m",
        "pytest",
        chosen,
        "-q",
        f"--basetemp={tmp_path / 'inner'}",
        "-p",
        "no:cacheprovider",
    ]
    environ = {**os.environ, "DESKWRIGHT_E2E_HOST": "func"}
    done = subprocess.run(command, cwd=APP, env=environ, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout
    assert (func / "called").exists()
