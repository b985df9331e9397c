"""Decorators of Bicep: which a declaration may have, how many arguments each takes, and of what kind.

Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/parameters#use-decorators
"""

from collections.abc import Callable, Iterator

from tests.infra.syntax import Node, Statement
from tests.infra.values import Value, kind_of

Read = Callable[[Node], Value]
OF = {
    "param": {"allowed", "description", "minLength", "maxLength", "minValue", "maxValue", "metadata", "secure"},
    "var": {"description"},
    "output": {"description", "secure"},
    "resource": {"description", "batchSize", "onlyIfNotExists", "retryOn", "waitUntil"},
    "module": {"description", "batchSize"},
}
"""Word of a declaration -> its decorators."""
_ONE = {
    "allowed": "array",
    "batchSize": "integer",
    "description": "string",
    "maxLength": "integer",
    "maxValue": "integer",
    "metadata": "object",
    "minLength": "integer",
    "minValue": "integer",
}
_NONE = {"secure", "onlyIfNotExists"}
_KINDS = {"string": "string", "int": "integer", "bool": "boolean"}


def limits(statement: Statement, read: Read) -> dict[str, Value]:
    """Return the values of the decorators that are of the right kind."""
    calls = {word: call.parts[0] for word, call in statement.decorators.items() if len(call.parts) == 1}
    found = {word: read(node) for word, node in calls.items()}
    return {word: value for word, value in found.items() if kind_of(value) == _ONE.get(word)}


def wrong(statement: Statement, read: Read) -> Iterator[str]:
    """Yield the faults of a declaration's decorators."""
    for word, call in statement.decorators.items():
        if word not in OF.get(statement.word, set()):
            yield f"'{word}' is no decorator of a {statement.word}"
        elif word in _NONE and call.parts:
            yield f"@{word} takes no argument"
        elif word in _ONE and len(call.parts) != 1:
            yield f"@{word} takes one argument, not {len(call.parts)}"
        elif word in _ONE and kind_of(read(call.parts[0])) not in {_ONE[word], "any"}:
            yield f"@{word} takes a value of the kind {_ONE[word]}"
    known = limits(statement, read)
    for suffix in ("Length", "Value"):
        least, most = known.get(f"min{suffix}", 0), known.get(f"max{suffix}")
        if suffix == "Length" and (least < 0 or (most or 0) < 0):
            yield "a length is not negative"
        if most is not None and least > most:
            yield f"@min{suffix} is more than @max{suffix}"
    wanted = _KINDS.get(statement.type)
    if wanted and any(kind_of(each) not in {wanted, "any"} for each in known.get("allowed", ())):
        yield f"an element of @allowed is of another kind than {wanted}"
