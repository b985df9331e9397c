"""Accounts at the command line: signed in by a browser, by a code in a browser, declined, and forgotten."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.tests.terminal import Terminal, opened
from local.options import APP
from packages.azure_simulator.tests.contract.browser import Browser
from tests.e2e.test_cli import SCRIPT, OpenOffice, Shell

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.embedded_only("it reads the certificates of the run")]

BROWSER = """#!{python}
import sys
import requests
sys.path.insert(0, {root!r})
from packages.azure_simulator.tests.contract.browser import Browser
browser = Browser({cloud!r}, {bundle!r}).open(sys.argv[1]).choose("User 02")
if "Permissions requested" in browser.text:
    browser.press("user")
form = browser.forms[0]
requests.post(form.action, data=form.fields, timeout=30)
"""
"""Steps of a person in a browser: chooses an account, accepts, and is sent back to the command line."""


@pytest.fixture
def shell(open_office: OpenOffice, tmp_path: Path) -> Shell:
    return Shell(open_office(), tmp_path)


def login(shell: Shell, *words: str, **variables: str) -> Terminal:
    stack = shell.office.stack
    address = ("login", stack.addresses.api, "--ca-bundle", str(stack.certificates.bundle), "--name", "test")
    environment = {**shell.environment, "DESKWRIGHT_RUN": str(shell.folder), **variables}
    terminal = opened([SCRIPT, *address, *words], environment, shell.folder)
    terminal.until(r"not Entra ID\)\.\s+Is that your service")
    terminal.type("y")
    return terminal


def whoami(shell: Shell, code: int = 0) -> str:
    environment = {**shell.environment, "DESKWRIGHT_RUN": str(shell.folder)}
    command = [SCRIPT, "whoami", "-o", "json"]
    done = subprocess.run(command, env=environment, cwd=shell.folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return str(json.loads(done.stdout)["name"]) if code == 0 else done.stderr


def test_a_device_code_signs_in_until_logout(shell: Shell) -> None:
    shell.office.stack.tell_cloud("config", {"signIn": {"deviceIntervalSeconds": 1}})
    terminal = login(shell, "--device-code")
    shown = terminal.until(r"code ([A-Z0-9]{6,})")
    code = re.findall(r"code ([A-Z0-9]{6,})", shown)[-1]
    stack = shell.office.stack
    browser = Browser(stack.addresses.cloud, str(stack.certificates.bundle))
    browser.open(re.findall(r"https://\S+", shown)[0]).press("", user_code=code).choose("User 02")
    if "Permissions requested" in browser.text:
        browser.press("user")
    assert terminal.end() == 0, terminal.shown
    assert "user02" in whoami(shell).lower() or "User 02" in whoami(shell)
    for name in ("contexts.json", "tokens.json"):
        assert stat.S_IMODE((shell.folder / "settings" / name).stat().st_mode) == 0o600
    shell.run("logout")
    assert "deskwright login" in whoami(shell, code=4)


def test_a_declined_device_is_told_and_leaves_no_context(shell: Shell) -> None:
    shell.office.stack.tell_cloud("config", {"signIn": {"deviceIntervalSeconds": 1}})
    terminal = login(shell, "--device-code")
    code = re.findall(r"code ([A-Z0-9]{6,})", terminal.until(r"code [A-Z0-9]{6,}"))[-1]
    shell.office.stack.tell_cloud("entra/deviceCodes", {"userCode": code, "declined": True})
    assert terminal.end() == 4
    assert json.loads(shell.run("context", "list", "-o", "json")) == []


def test_a_browser_signs_in(shell: Shell) -> None:
    stack = shell.office.stack
    known = {"cloud": stack.addresses.cloud, "bundle": str(stack.certificates.bundle), "root": str(APP)}
    script = shell.folder / "browser"
    script.write_text(BROWSER.format(python=sys.executable, **known))
    script.chmod(0o755)
    terminal = login(shell, BROWSER=f"{script} %s &")
    assert terminal.end() == 0, terminal.shown
    assert whoami(shell)
