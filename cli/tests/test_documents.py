"""Every command of ours that a page of the repository prints is one: its words, its options, its arguments."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from deskwright.main import root

from cli.derive import PAGE

REPOSITORY = PAGE.parents[1]
_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [REPOSITORY / name for name in listed.stdout.split()]


def named(text: str) -> Iterator[str]:
    """Yield the commands of a page: lines of its blocks, and texts between back quotes."""
    for block in _FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _commands(line)
    for inline in _INLINE.findall(_FENCED.sub("", text)):
        yield from _commands(inline.replace("\n", " "))


def _commands(text: str) -> Iterator[str]:
    for part in re.split(r"\$\(|\s\|\s|\)\"|;|&&", text):
        found = re.fullmatch(r'\s*(?:eval ")?(?:\$ )?(?:\.venv/bin/)?deskwright (.*?)(?:\s>\s*\S+)?\s*', part)
        if found and "<" not in found[1] and "…" not in found[1]:
            yield found[1]


COMMANDS = sorted({(str(page.relative_to(REPOSITORY)), each) for page in pages() for each in named(page.read_text())})


def test_pages_name_commands() -> None:
    assert {page for page, _ in COMMANDS} >= {"README.md", "cli/README.md", "docs/cli.md", "docs/development.md"}


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_printed_command_is_one(page: str, command: str) -> None:
    words = shlex.split(command, comments=True)
    group: click.Command = root
    context = click.Context(root, info_name="deskwright")
    while isinstance(group, click.Group) and words:
        found = group.get_command(context, words[0])
        assert found is not None, f"{page}: deskwright {command}: there is no {words[0]}"
        group, words = found, words[1:]
        context = click.Context(group, parent=context, info_name=group.name)
    if words and not isinstance(group, click.Group):
        group.make_context(group.name, words, parent=context)
