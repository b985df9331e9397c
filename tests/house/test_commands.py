"""Every command that a page names exists."""

import os
import re
import subprocess

from tests.house.tree import ROOT, relative, text, tracked

_TARGETS = set(re.findall(r"(?m)^([a-z]+):(?!=)", text(ROOT / "Makefile")))
SCREEN = 100
# Commands stand in code: between back quotes, or at the start of a line of an indented or fenced block.
_NAMED = re.compile(r"`make ([a-z]+)\b|(?m:^\s*(?:\$ )?make ([a-z]+)\b)")


def named() -> list[tuple[str, str]]:
    pages = [path for path in tracked() if path.suffix == ".md"]
    return [(str(relative(page)), a or b) for page in pages for a, b in _NAMED.findall(text(page))]


def test_every_make_command_of_the_pages_exists() -> None:
    assert [(page, target) for page, target in named() if target not in _TARGETS] == []


def test_the_readme_names_the_two_commands_that_matter() -> None:
    readme = {target for page, target in named() if page == "README.md"}
    assert {"run", "test", "check"} <= readme


def test_help_lists_every_command_of_the_pages() -> None:
    helped = set(re.findall(r"(?m)^([a-z]+):.*## ", text(ROOT / "Makefile")))
    assert {target for _, target in named()} <= helped | {"help"}


def test_help_has_one_line_for_every_command() -> None:
    command = ["make", "--no-print-directory", "help"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    commands = [line.split()[1] for line in listed.stdout.splitlines()]
    assert sorted(commands) == sorted(_TARGETS)


def test_every_line_of_help_fits_a_screen() -> None:
    lines = re.findall(r"(?m)^([a-z]+):.*## (.*)$", text(ROOT / "Makefile"))
    assert [name for name, line in lines if len(line) > SCREEN] == []


def test_ci_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(r"(?m)^exec make test\b", text(script))
