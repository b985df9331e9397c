"""Completion in real shells: whatever a thing is called, what stands on the command line is its name or its id."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from deskwright.completion import is_plain

from cli.tests.conftest import Service
from cli.tests.terminal import Terminal, opened

PC = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
LIST = "/tenants/contoso/beta/deviceManagement/virtualEndpoint/cloudPCs"
PLAIN = ["mypc", "user01@contoso.example", "Büro-7", "1a.b/c+d_e"]
FOREIGN = [
    "mypc;touch owned",
    "x&touch\towned",
    "$(touch owned)",
    "`touch owned`",
    "a\nplain\nx;touch owned\n_",
    "plain,x;touch owned",
    "it's",
    "[a-z]*",
    "--yes",
    "a b\x1b[2J\x1b]0;owned\x07\u202e",
]
MORE = [
    *("mypc;touch${IFS}owned", "a|touch", "a>owned", 'say "hi"', "*", "?", "~", "~root", "=ls", "{a,b}", "!!", "#a"),
    *("%1", "^a^b", "-rf", "a:b", "a=b", "\\", "(a)", "<(touch)", "\x03", "“a”", "@a", ".a", "/a", "", "a\r", "a\n"),
]
SCRIPT = f"""#!/bin/sh
if [ "$1" = completion ] || [ -n "$_DESKWRIGHT_COMPLETE" ]; then exec {sys.executable} -m deskwright "$@"; fi
printf '%s\\n' "$#" "$@" > called.new && mv called.new called
echo ran
"""
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(deskwright completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(deskwright completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "deskwright completion fish | source"),
}
"""Command that starts a shell without user settings, and the line that enables completion."""
SAID = {"bash": "PS1='ready> '", "zsh": "PS1='ready> '", "fish": "function fish_prompt; echo 'ready> '; end"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a `deskwright` that completes, and otherwise records its arguments."""
    for name in ("bin", "work"):
        (tmp_path / name).mkdir()
    script = tmp_path / "bin" / "deskwright"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return tmp_path


def shell_in(name: str, folder: Path, service: Service) -> Terminal:
    """Start a shell in which completion works. Skipped where there is no such shell, unless it has to be there."""
    if shutil.which(name) is None:
        message = f"there is no {name} here: apt-get install {name}"
        if name in os.environ.get("DESKWRIGHT_SHELLS", "").split():
            pytest.fail(message)
        pytest.skip(message)
    known = {"ADDRESS": service.address, "TOKEN": "a-token", "TENANT": "contoso", "CONFIG_DIR": str(folder / "s")}
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DESKWRIGHT_", "PYTEST"))}
    environment |= {f"DESKWRIGHT_{key}": value for key, value in known.items()}
    environment |= {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    command, completing = START[name]
    terminal = opened(command, environment, folder / "work")
    terminal.type(f"{completing}; {SAID[name]}; echo be''gin")
    terminal.until("begin\\s+(.*\\s)?.*ready> ")
    return terminal


def completed(terminal: Terminal, folder: Path, service: Service, typed: str, called: str) -> list[str]:
    """Complete the only Cloud PC behind the typed text, and run that; return the arguments of the command."""
    service.answers[f"GET /api{LIST}"] = [(200, {"value": [{"id": PC, "displayName": called}]}, {})]
    service.asked.clear()
    word = called if is_plain(called) else PC
    os.write(terminal.screen, f"deskwright pc show {typed}\t".encode())
    service.until_asked("GET", LIST)
    terminal.until(re.escape(word[len(typed) :][:8]))
    terminal.type("")
    terminal.until("ran")
    terminal.until("ready> ")
    got = (folder / "work" / "called").read_text().splitlines()
    (folder / "work" / "called").unlink()
    return got


def test_what_a_shell_reads_as_something_else_is_no_plain_word() -> None:
    assert [each for each in (*PLAIN, *FOREIGN, *MORE) if is_plain(each)] == PLAIN


@pytest.mark.parametrize("shell", START)
def test_a_completed_name_is_one_word_in_a_real_shell(shell: str, folder: Path, service: Service) -> None:
    terminal = shell_in(shell, folder, service)
    for called in (*PLAIN, *FOREIGN):
        word = called if is_plain(called) else PC
        assert completed(terminal, folder, service, "", called) == ["3", "pc", "show", word], called
        assert list((folder / "work").iterdir()) == [], called
    terminal.type("exit")
    terminal.end()


@pytest.mark.parametrize("shell", START)
@pytest.mark.parametrize("typed", ["user01@con", "user01@"])
def test_what_was_typed_is_completed(shell: str, typed: str, folder: Path, service: Service) -> None:
    terminal = shell_in(shell, folder, service)
    got = completed(terminal, folder, service, typed, "user01@contoso.example")
    assert got == ["3", "pc", "show", "user01@contoso.example"]
    terminal.type("exit")
    terminal.end()


@pytest.mark.parametrize(("wanted", "ends"), [("", pytest.skip.Exception), ("bash none fish", pytest.fail.Exception)])
def test_a_shell_that_has_to_be_there_is_not_skipped(
    folder: Path, service: Service, monkeypatch: pytest.MonkeyPatch, wanted: str, ends: type[BaseException]
) -> None:
    monkeypatch.setenv("DESKWRIGHT_SHELLS", wanted)
    with pytest.raises(ends, match="apt-get install none"):
        shell_in("none", folder, service)
