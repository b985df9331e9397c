"""A command starts fast, and imports only what it needs."""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.tests.conftest import Service

BUDGET_SECONDS = 0.150
LATE = {"urllib.request", "http.client", "ssl", "yaml", "jmespath", "msal", "requests", "rich", "csv"}


def imported(*words: str) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    told = (
        "import sys, contextlib, io\n"
        "from deskwright.__main__ import run\n"
        f"sys.argv = ['deskwright', *{words!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()): run()\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [("--help",), ("pc", "--help"), ("--version",)])
def test_what_is_needed_later_is_imported_later(words: tuple[str, ...]) -> None:
    assert imported(*words) & LATE - imported_by_python() == set()


def imported_by_python() -> set[str]:
    """The modules that Python itself imports at its start, with the links of this environment."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_help_takes_150_ms_of_cpu() -> None:
    """The best of three: a busy machine makes all of them slower."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "deskwright", "--help"]
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(spent) < BUDGET_SECONDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_has_a_script(shell: str) -> None:
    command = [sys.executable, "-m", "deskwright", "completion", shell]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "_DESKWRIGHT_COMPLETE" in done.stdout
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("shell", "typed", "word", "offered"),
    [
        ("bash", "deskwright pol", "1", "policy"),
        ("bash", "deskwright policy as", "2", "assign"),
        ("bash", "deskwright pc list --out", "3", "--output"),
        ("powershell", "deskwright pol", "pol", "policy"),
        ("powershell", "deskwright policy as", "as", "assign"),
    ],
)
def test_a_word_is_completed(shell: str, typed: str, word: str, offered: str) -> None:
    asked = {"_DESKWRIGHT_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed, "COMP_CWORD": word}
    command = [sys.executable, "-m", "deskwright"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **asked})
    assert any(offered in line.replace(",", "\t").split("\t") for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("typed", "word", "offered"),
    [
        ("deskwright apply -f ten", "3", ["file,ten"]),
        ("deskwright policy create -f ./", "4", ["file,./"]),
        ("deskwright policy create --save-form x", "4", ["file,x"]),
        ("deskwright pc list --as user0", "4", ["plain,user01", "plain,user02"]),
        ("deskwright context use b", "3", ["plain,berlin"]),
        ("deskwright pc list --context", "4", ["plain,aachen", "plain,berlin"]),
    ],
)
def test_what_this_machine_knows_is_completed(tmp_path: Path, typed: str, word: str, offered: list[str]) -> None:
    known = {name: {"address": "https://x.invalid"} for name in ("aachen", "berlin")}
    (tmp_path / "contexts.json").write_text(json.dumps({"current": "", "contexts": known}))
    asked = {"_DESKWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": word}
    environment = {**os.environ, **asked, "DESKWRIGHT_CONFIG_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "deskwright"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.stdout.split(), done.stderr) == (offered, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "code"), [("context list", 0), ("policy create -f -", 2), ("pc", 2)])
def test_streams_that_are_closed_are_empty(tmp_path: Path, closed: str, words: str, code: int) -> None:
    known = {"ADDRESS": "https://x.invalid", "TOKEN": "t", "TENANT": "contoso", "CONFIG_DIR": str(tmp_path)}
    environment = {**os.environ, **{f"DESKWRIGHT_{name}": value for name, value in known.items()}}
    command = ["bash", "-c", f"{shlex.quote(sys.executable)} -m deskwright {words} {closed}"]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr, "not understood" in done.stderr) == (code, False, False)


@pytest.mark.parametrize(
    ("typed", "word", "offered"),
    [
        ("deskwright policy show O", "3", ["Office"]),
        ("deskwright tenant show", "3", ["contoso"]),
        ("deskwright policy edit", "3", ["Lab", "Office", "p3"]),
        ("deskwright policy show --tenant nobody", "5", []),
        ("deskwright host show", "3", []),
    ],
)
def test_a_name_is_completed_or_nothing_is_said(
    service: Service, settings: Path, typed: str, word: str, offered: list[str]
) -> None:
    names = {"p1": "Lab", "p2": "Office", "p3": "Two words"}
    page = {"value": [{"id": key, "displayName": name} for key, name in names.items()]}
    service.put("GET", "/tenants/contoso/beta/deviceManagement/virtualEndpoint/provisioningPolicies", page)
    known = {"ADDRESS": service.address, "TOKEN": "a-token", "TENANT": "contoso", "CONFIG_DIR": str(settings)}
    asked = {"_DESKWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": word}
    environment = {**os.environ, **asked, **{f"DESKWRIGHT_{name}": value for name, value in known.items()}}
    command = [sys.executable, "-m", "deskwright"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=settings.parent)
    assert (done.stdout.split(), done.stderr) == ([f"plain,{each}" for each in offered], "")
