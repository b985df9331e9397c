"""A recipe of CONTRIBUTING.md, its steps as a machine follows them on a copy of the tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT, text
from tests.mutation.faulty_copy import Copy, Edit

_SECTION = re.compile(r"(?ms)^### (?P<title>[^\n]+)\n(?P<body>.*?)(?=^##)")
_STEP = re.compile(r"(?ms)^(?P<number>\d+)\. (?P<words>.*?)(?=^\d+\. |\Z)")


@dataclass(frozen=True)
class Step:
    """A step by its number on the page: what is edited, and the commands of the Makefile that are run after it."""

    number: int
    edits: Mapping[str, Edit]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """The steps of a recipe, and the tests that fail until the last of them."""

    steps: tuple[Step, ...]
    tests: tuple[str, ...]


def recipes_of_the_page() -> dict[str, dict[int, str]]:
    """Return the recipes of CONTRIBUTING.md: title -> number of each step -> its words."""
    page = text(ROOT / "CONTRIBUTING.md")
    page = page[page.index("\n## Recipes\n") : page.index("\n## Tests\n") + 4]
    return {
        section["title"]: {int(step["number"]): step["words"] for step in _STEP.finditer(section["body"])}
        for section in _SECTION.finditer(page)
    }


def unnamed(recipe: Recipe, words: Mapping[int, str]) -> Iterator[str]:
    """Yield the files and the commands that a step needs and its words do not name, by path or by folder."""
    for step in recipe.steps:
        for path in step.edits:
            folders = [f"`{parent.as_posix()}/`" for parent in Path(path).parents]
            if not any(name in words[step.number] for name in (f"`{path}`", *folders)):
                yield f"{step.number}: {path}"
        yield from (f"{step.number}: {each}" for each in step.commands if f"`{each}`" not in words[step.number])


def follow(copy: Copy, step: Step) -> None:
    """Make the edits of a step, and run its commands."""
    for name, edit in step.edits.items():
        path = copy.root / name
        before = path.read_text("utf-8") if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit(before), "utf-8")
    venv = Path(sys.executable).parents[1]
    for command in step.commands:
        _run([*command.split(), f"VENV={venv}", f"--old-file={venv}/installed"], copy.root)


def failed(copy: Copy, *tests: str) -> str:
    """Run tests on the copy as its author would; return what they print where they fail, and nothing otherwise."""
    options = ("-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not long")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy.root,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def committed(copy: Copy) -> None:
    """Make a repository of the copy, which tests list by git."""
    for words in (("init", "--quiet"), ("add", "--all")):
        _run(["git", *words], copy.root)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def _environment() -> dict[str, str]:
    ours = ("PYTEST_", "COV_", "GIT_", "MAKE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
