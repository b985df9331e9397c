"""Messages for missing objects and impossible requests: no table, no class, no words of a library."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import below, parsed, relative

ERRORS = {"NotFoundError", "ConflictError", "BusyError", "IllegalTransitionError", "NameTakenError", "StaleError"}
"""404, 409 and 412."""
NEVER = re.compile(
    r"\b(tables?|rows?|records?|columns?|partition|etag|blob|queued?|instance|orchestrat\w+|activity|entity|lambda"
    r"|(?-i:None)|null|tuple|dict|str|int|bool|string|exception|validat\w+)\b|\w_\w|(?-i:[a-z](Error|Step|Form|Body|Value|View)\b)",
    re.IGNORECASE,
)
"""The program's own words."""
BY_COMMAND = {"shared/services/maintenance/restoring.py"}
"""An operator reads it in a terminal, beside the tables that the command names."""
WORDED_ELSEWHERE = {"ID_TAKEN", "why", "pc.at_work", "found.why", "_BUSY", "_NONE_OPEN", "NONE_HELD"}
"""Names of values that a function of ``REFUSING`` returns, or of a constant."""
REFUSING = ("shared/services/", "shared/domain/cloud_pcs/", "shared/domain/policies/")
"""Folders in which functions that return ``str | None`` return the reason of a refusal."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(folder: str = "") -> Iterator[tuple[str, Function]]:
    for path in below("shared", "triggers", "activities"):
        if str(relative(path)).startswith(folder) and str(relative(path)) not in BY_COMMAND:
            found = (node for node in ast.walk(parsed(path)) if isinstance(node, Function))
            yield from ((f"{relative(path)}:{node.name}", node) for node in found)


def assigned(name: str, function: Function) -> list[ast.expr]:
    """Return the values that a function assigns to a name of its own."""
    found = (node for node in ast.walk(function) if isinstance(node, ast.Assign))
    return [node.value for node in found if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]


def texts(node: ast.expr, function: Function) -> Iterator[str]:
    """Yield the texts of an expression: ``…`` stands for a value, ``!`` for one as Python shows it."""
    match node:
        case ast.Constant(value=str() as value):
            yield value
        case ast.Constant(value=None):
            return
        case ast.JoinedStr(values=values):
            yield "".join(
                str(each.value) if isinstance(each, ast.Constant) else "…!"[getattr(each, "conversion", -1) != -1]
                for each in values
            )
        case ast.IfExp(body=one, orelse=other):
            yield from (said for each in (one, other) for said in texts(each, function))
        case ast.BoolOp(values=choices):
            yield from (said for each in choices for said in texts(each, function))
        case ast.Name(id=name) if own := assigned(name, function):
            yield from (said for each in own for said in texts(each, function))
        case _:
            yield f"({ast.unparse(node)})"


def raised(function: Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            yield from texts(node.args[0], function)


def refused(function: Function) -> Iterator[str]:
    if function.returns is not None and ast.unparse(function.returns) == "str | None":
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from (said for said in texts(node.value, function) if not said.startswith("("))


def wrong(said: str) -> bool:
    """Whether a text is not for people: it has a word of the program, or a value as Python shows it."""
    if said.startswith("("):
        return said.strip("()") not in WORDED_ELSEWHERE
    return NEVER.search(said) is not None or "!" in said


def test_what_is_raised_is_in_words_of_people() -> None:
    found = [(place, said) for place, function in functions() for said in raised(function)]
    assert len(found) > 60
    assert [(place, said) for place, said in found if wrong(said)] == []


def test_why_something_is_refused_is_in_words_of_people() -> None:
    found = [
        (place, said) for folder in REFUSING for place, function in functions(folder) for said in refused(function)
    ]
    assert len(found) > 10
    assert [(place, said) for place, said in found if wrong(said)] == []


@pytest.mark.parametrize(
    "body",
    [
        "raise NotFoundError(f'table {name}: there is no such record')",
        "raise ConflictError(f'there is no {name!r}')",
        "message = f'a StepForm is missing' if x else None; raise ConflictError(message)",
        "raise ConflictError(str(error))",
        "raise ConflictError('' or 'cloud_pc is busy')",
    ],
)
def test_words_of_the_program_are_found(body: str) -> None:
    function = ast.parse(f"def f():\n    {body}").body[0]
    assert isinstance(function, Function)
    assert any(wrong(said) for said in raised(function))
