"""Coverage of the orchestrators by the recorded histories: ``python -m tests.replay.coverage``.

A statement of a function that no replay reaches is one that a change may break without a history that notices.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tests.implementations import registered
from tests.replay.record import HISTORIES, ROOT
from tests.replay.replaying import Body

FOLDER = ROOT / "orchestrators"
FLOOR = 95
"""Least coverage of all modules together, and of each that once was hardly driven, in percent of the statements."""

Lines = dict[Path, set[int]]


@dataclass(frozen=True)
class Module:
    """A module of the orchestrators. *missed*: the lines of its statements that no history reaches."""

    path: Path
    statements: int
    missed: tuple[int, ...]

    @property
    def percent(self) -> float:
        """Reached statements, in percent."""
        return 100.0 if not self.statements else 100 * (1 - len(self.missed) / self.statements)


def statements(source: str, names: Container[str] | None = None) -> set[int]:
    """Return the lines on which the statements of functions begin, without their docstrings.

    *names*: of these functions alone, with the functions inside them.
    """
    tree = ast.parse(source)
    walked = ast.walk(tree) if names is None else (inner for each in _named(tree, names) for inner in ast.walk(each))
    functions = (each for each in walked if isinstance(each, ast.FunctionDef))
    return {line for function in functions for line in _lines(function.body[ast.get_docstring(function) is not None :])}


def _lines(body: Iterable[ast.stmt]) -> Iterator[int]:
    for statement in body:
        if not isinstance(statement, ast.Try | ast.FunctionDef):
            yield statement.lineno
        for name in ("body", "orelse", "finalbody"):
            yield from _lines(getattr(statement, name, ()))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _lines(part.body)


def _named(tree: ast.Module, names: Container[str]) -> Iterator[ast.FunctionDef]:
    return (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in names)


def only(module: Module, names: Collection[str]) -> Module:
    """Return a module with the statements of these functions alone. Raises: LookupError if one is not there."""
    source = (ROOT / module.path).read_text()
    if missing := set(names) - {each.name for each in _named(ast.parse(source), names)}:
        raise LookupError(f"{module.path} has no {sorted(missing)}")
    wanted = statements(source, names)
    return Module(module.path, len(wanted), tuple(line for line in module.missed if line in wanted))


def reached(histories: Iterable[dict[str, Any]]) -> Lines:
    """Replay *histories*, and return the lines of the orchestrators that this runs."""
    functions = {each.get_function_name(): each.get_user_function() for each in registered()}
    found: Lines = defaultdict(set)
    inside = str(FOLDER)

    def enter(frame: FrameType, event: str, arg: object) -> Any:
        del event, arg
        return at if frame.f_code.co_filename.startswith(inside) else None

    def at(frame: FrameType, event: str, arg: object) -> Any:
        del arg
        if event == "line":
            found[Path(frame.f_code.co_filename)].add(frame.f_lineno)
        return at

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        for record in histories:
            functions[record["orchestrator"]](Body(record, record["history"]))
    finally:
        sys.settrace(before)
    return found


def wanted_lines() -> Lines:
    """Return the lines of all statements, by module."""
    return {path: found for path in sorted(FOLDER.rglob("*.py")) if (found := statements(path.read_text()))}


def measured() -> list[Module]:
    """Return every module with statements, the least driven first."""
    lines = reached(json.loads(path.read_text()) for path in sorted(HISTORIES.glob("*.json")))
    found = [
        Module(path.relative_to(ROOT), len(wanted), tuple(sorted(wanted - lines[path])))
        for path, wanted in wanted_lines().items()
    ]
    return sorted(found, key=lambda module: module.percent)


def total(modules: Iterable[Module]) -> Module:
    """Return all modules as one."""
    all_of = list(modules)
    missed = tuple(line for module in all_of for line in module.missed)
    return Module(FOLDER.relative_to(ROOT), sum(module.statements for module in all_of), missed)


def main() -> None:
    """Print it."""
    modules = measured()
    for module in (*modules, total(modules)):
        lines = "" if module.path == FOLDER.relative_to(ROOT) else ", ".join(map(str, module.missed))
        print(f"{module.percent:5.1f} % {module.path}  {lines}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
