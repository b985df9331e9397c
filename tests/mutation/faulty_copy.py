"""A copy of the tree with a planted fault, and a test of the tree that is called on it, in this process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.house import tree
from tests.implementations import registered

_KEPT = ("tests.house.tree", "tests.implementations", "tests.plugin", "tests.walking", "tests.mutation.")
"""Modules of the tests that are not read anew: they hold what a process can have only once."""
_SAMPLED = (".py", ".ts", ".tsx")

Edit = Callable[[str | None], str]
"""The text of a file, None where there is none -> the text with the fault."""


@dataclass(frozen=True)
class Fault:
    """A fault for one test. *clue*: a word of the failure that the fault causes. *whole*: the test needs every file."""

    planted: Mapping[str, Edit]
    clue: str = "planted"
    whole: bool = False


def new(path: str, content: str = "") -> dict[str, Edit]:
    """A file that nobody has written."""

    def made(before: str | None) -> str:
        assert before is None, f"{path} is there"
        return content

    return {path: made}


def appended(path: str, content: str) -> dict[str, Edit]:
    """More text at the end of a file."""
    return {path: lambda before: f"{_there(before, path)}{content}"}


def edited(path: str, old: str, other: str) -> dict[str, Edit]:
    """Another text in a file, wherever it has *old*."""

    def made(before: str | None) -> str:
        assert old in _there(before, path), f"{path} no longer has {old!r}: plant another fault"
        return _there(before, path).replace(old, other)

    return {path: made}


def before(path: str, old: str, more: str) -> dict[str, Edit]:
    """More text in front of *old*."""
    return edited(path, old, f"{more}{old}")


def after(path: str, old: str, more: str) -> dict[str, Edit]:
    """More text behind *old*."""
    return edited(path, old, f"{old}{more}")


def edited_below(folder: str, old: str, other: str) -> dict[str, Edit]:
    """Another text in the only file below a folder that has *old*: the file may move."""
    found = [tree.relative(path).as_posix() for path in tree.below(folder) if old in tree.text(path)]
    assert len(found) == 1, f"not one file below {folder} has {old!r}, but {found}: plant another fault"
    return edited(found[0], old, other)


def _there(before: str | None, path: str) -> str:
    assert before is not None, f"{path} is not there: plant another fault"
    return before


@dataclass
class Copy:
    """A copy of the committed files. Tests that are called on it see its app, and some files of everything else."""

    root: Path
    names: list[str] = field(default_factory=list)

    @classmethod
    def made(cls, root: Path) -> Copy:
        """Copy every committed file."""
        names = [tree.relative(path).as_posix() for path in tree.tracked()]
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree.ROOT / name, root / name)
            (root / name).chmod((tree.ROOT / name).stat().st_mode)
        return cls(root, names)

    def failure(self, test: str, fault: Fault) -> str:
        """Return the words of the failures of a test on this copy with the fault; none where it passes."""
        path, _, name = test.partition("::")
        with self._planted(fault), self._read_instead(fault):
            try:
                module = import_module(".".join(Path(path).with_suffix("").parts))
                function = getattr(module, name)
                for given in _arguments(function):
                    function(**given)
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - however the test fails
                return f"{type(error).__name__}: {error}"
        return ""

    @contextmanager
    def _planted(self, fault: Fault) -> Iterator[None]:
        before: dict[Path, str | None] = {}
        try:
            for name, edit in fault.planted.items():
                path = self.root / name
                before[path] = path.read_text("utf-8") if path.exists() else None
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(edit(before[path]), "utf-8")
            yield
        finally:
            for path, content in before.items():
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_text(content, "utf-8")

    @contextmanager
    def _read_instead(self, fault: Fault) -> Iterator[None]:
        """Have the readers of the tree, and what is imported from now on, read this copy."""
        root, committed = tree.ROOT, tree.committed
        names = sorted({*(self.names if fault.whole else _sample(self.names)), *fault.planted})
        kept = _taken_out()
        tree.ROOT, tree.committed = self.root, lambda: iter(names)
        tree.forget()
        try:
            yield
        finally:
            tree.ROOT, tree.committed = root, committed
            tree.forget()
            _taken_out()
            for name, module in kept.items():
                _put(name, module)


def _taken_out() -> dict[str, ModuleType]:
    """Have the tests' modules imported anew, and return those that were."""
    found = {name: module for name, module in sys.modules.items() if _is_read_anew(name, module)}
    for name in found:
        parent, _, last = name.rpartition(".")
        del sys.modules[name]
        if last in vars(sys.modules[parent]):
            delattr(sys.modules[parent], last)
    return found


def _put(name: str, module: ModuleType) -> None:
    parent, _, last = name.rpartition(".")
    sys.modules[name] = module
    setattr(sys.modules[parent], last, module)


def _is_read_anew(name: str, module: ModuleType) -> bool:
    ours = name.startswith("tests.") and not name.startswith(_KEPT) and not name.endswith("conftest")
    return ours and getattr(module, "__file__", None) is not None


def _sample(names: list[str]) -> Iterator[str]:
    """Yield the files of the app, and every text, and of other programs the first of each folder."""
    seen = set[str]()
    for name in names:
        folder = name.rpartition("/")[0]
        if name.startswith(tree.APP_LAYERS) or not name.endswith(_SAMPLED) or folder not in seen:
            yield name
        if name.endswith(_SAMPLED):
            seen.add(folder)


def _arguments(function: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each case of a test."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    given: list[list[dict[str, Any]]] = []
    for mark in marks:
        names, rows = mark.args
        wanted = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
        given.append([dict(zip(wanted, row if len(wanted) > 1 else (row,), strict=True)) for row in rows])
    code = function.__code__
    needed = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    fixtures = {"functions": registered()} if "functions" in needed else {}
    for case in product(*given):
        yield {**fixtures, **{name: value for each in case for name, value in each.items()}}
