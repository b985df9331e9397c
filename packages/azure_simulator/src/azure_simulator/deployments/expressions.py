"""Template expressions: the texts between brackets in a template, read and evaluated.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions. The functions are those that
`az` and plain templates use; another one is refused by name.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Functions = Mapping[str, Callable[..., Any]]

_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""The namespace of `guid()`."""
_PLACE = re.compile(r"\{(\d+)\}|\{\{|\}\}")
_TOKEN = re.compile(r"\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[().,\[\]]))")


@dataclass(frozen=True, slots=True)
class _Literal:
    value: object


@dataclass(frozen=True, slots=True)
class _Calling:
    name: str
    arguments: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Member:
    of: _Node
    step: _Node


_Node = _Literal | _Calling | _Member


@dataclass(frozen=True, slots=True)
class Later:
    """A value that only a deployment determines, in a preview of it: its expression."""

    text: str


def invalid_template(text: str) -> Problem:
    """Word the refusal of a template."""
    return Problem(400, "InvalidTemplate", f"Deployment template validation failed: '{text}'.")


def resolve(value: object, functions: Functions) -> Any:  # noqa: ANN401 - JSON
    """Copy JSON with every expression in it evaluated."""
    if isinstance(value, dict):
        return {name: resolve(each, functions) for name, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, functions) for each in value]
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    if value.startswith("[["):
        return value[1:]
    return _evaluate(_Reader(value).whole(), functions)


class _Reader:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens = text, list[tuple[str, str]]()
        at, inner = 0, text[1:-1].rstrip()
        while at < len(inner):
            match = _TOKEN.match(inner, at)
            if match is None or match.lastgroup is None:
                raise self._refused(inner[at:])
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()

    def whole(self) -> _Node:
        found = self._node()
        if self._tokens:
            raise self._refused(self._tokens[0][1])
        return found

    def _node(self) -> _Node:
        kind, text = self._next()
        if kind == "text":
            node: _Node = _Literal(text.replace("''", "'"))
        elif kind == "number":
            node = _Literal(int(text))
        elif kind == "name" and self._take("("):
            node = _Calling(text.lower(), self._arguments())
        else:
            raise self._refused(text)
        return self._members(node)

    def _arguments(self) -> tuple[_Node, ...]:
        found: list[_Node] = []
        while not self._take(")"):
            if found and not self._take(","):
                raise self._refused(self._next()[1])
            found.append(self._node())
        return tuple(found)

    def _members(self, node: _Node) -> _Node:
        while True:
            if self._take("."):
                node = _Member(node, _Literal(self._next()[1]))
            elif self._take("["):
                node = _Member(node, self._node())
                if not self._take("]"):
                    raise self._refused("[")
            else:
                return node

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise self._refused("")
        return self._tokens.pop(0)

    def _take(self, sign: str) -> bool:
        found = bool(self._tokens) and self._tokens[0] == ("sign", sign)
        if found:
            self._tokens.pop(0)
        return found

    def _refused(self, where: str) -> Problem:
        text = f"Unable to parse language expression '{self._text[1:-1]}': unexpected token"
        return invalid_template(f"{text} '{where}'" if where else text)


def _evaluate(node: _Node, functions: Functions) -> Any:  # noqa: ANN401 - JSON
    if isinstance(node, _Literal):
        return node.value
    if isinstance(node, _Member):
        return _member(_evaluate(node.of, functions), _evaluate(node.step, functions))
    if node.name == "if" and len(node.arguments) == 3:  # noqa: PLR2004 - only the branch that counts is evaluated
        test, yes, no = node.arguments
        return _evaluate(yes if _evaluate(test, functions) is True else no, functions)
    function = functions.get(node.name) or PLAIN.get(node.name)
    if function is None:
        raise unsupported("template", f"The template function '{node.name}'")
    arguments = [_evaluate(each, functions) for each in node.arguments]
    if node.name != "reference" and any(isinstance(each, Later) for each in arguments):
        return Later(f"{node.name}(...)")
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        text = f"Unable to evaluate template language function '{node.name}': its arguments are not valid"
        raise invalid_template(text) from error


def _member(value: object, step: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Later):
        return Later(f"{value.text}.{step}")
    if isinstance(value, dict):
        by_name = {name.lower(): each for name, each in value.items()}
        if str(step).lower() in by_name:
            return by_name[str(step).lower()]
        known = ", ".join(value)
        raise invalid_template(f"The language expression property '{step}' doesn't exist, properties are '{known}'")
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    raise invalid_template(f"The language expression property '{step}' can't be evaluated")


def _concat(*parts: Any) -> Any:  # noqa: ANN401 - JSON
    if parts and isinstance(parts[0], list):
        return [each for part in parts for each in part]
    return "".join(_text(each) for each in parts)


def _text(value: object) -> str:
    return str(value) if not isinstance(value, bool) else str(value).capitalize()


def _format(pattern: str, *values: object) -> str:
    """Put values into a text; a brace that stands twice is one of the text's own."""
    return _PLACE.sub(lambda match: _text(values[int(match[1])]) if match[1] else match[0][0], pattern)


def _guid(*parts: object) -> str:
    """Return the version 5 UUID that Resource Manager makes of texts."""
    return str(uuid.uuid5(_GUIDS, "-".join(map(_text, parts))))


PLAIN: dict[str, Callable[..., Any]] = {
    "and": lambda *values: all(each is True for each in values),
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "concat": _concat,
    "contains": lambda whole, part: part in whole,
    "createarray": lambda *values: list(values),
    "empty": lambda value: value in (None, "", [], {}),
    "equals": lambda one, other: one == other,
    "false": lambda: False,
    "first": lambda values: values[0],
    "format": _format,
    "guid": _guid,
    "int": int,
    "last": lambda values: values[-1],
    "length": len,
    "not": lambda value: value is not True,
    "null": lambda: None,
    "or": lambda *values: any(each is True for each in values),
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda text, mark: text.split(mark),
    "string": _text,
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
}
"""The functions that depend on their arguments alone."""
