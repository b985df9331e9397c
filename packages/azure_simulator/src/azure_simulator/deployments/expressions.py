"""Template expressions: the texts between brackets in a template, read and evaluated.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions. The functions are the ones of
`functions` and of a template's place (`templates`); another one is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.deployments.copies import repeated, separated
from azure_simulator.deployments.functions import PLAIN
from azure_simulator.deployments.refusals import invalid_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure_simulator.core.answers import Problem

    Functions = Mapping[str, Callable[..., Any]]

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


def resolve(value: object, functions: Functions) -> Any:  # noqa: ANN401 - JSON
    """Copy JSON with every expression in it evaluated, and with the values of its loops (`copy`)."""
    if isinstance(value, dict):
        plain, loops = separated(value)
        values = {resolve(name, functions): resolve(each, functions) for name, each in plain.items()}
        return values | {loop["name"]: repeated(loop, lambda each: resolve(each, functions)) for loop in loops}
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
    if node.name == "lambda":
        return _lambda(node.arguments, functions)
    function = functions.get(node.name) or PLAIN.get(node.name)
    if function is None:
        raise unsupported("template", f"The template function '{node.name}'")
    arguments = [_evaluate(each, functions) for each in node.arguments]
    if node.name != "reference" and any(isinstance(each, Later) for each in arguments):
        return Later(f"{node.name}(...)")
    try:
        return function(*arguments)
    except (TypeError, ValueError, LookupError, AttributeError, ZeroDivisionError) as error:
        text = f"Unable to evaluate template language function '{node.name}': its arguments are not valid"
        raise invalid_template(text) from error


def _lambda(arguments: tuple[_Node, ...], functions: Functions) -> Callable[..., Any]:
    """Return a lambda as a function of its variables, which its body reads by `lambdaVariables`."""
    *named, body = arguments
    names = [str(_evaluate(each, functions)) for each in named]

    def call(*values: object) -> Any:  # noqa: ANN401 - JSON
        outer = functions.get("lambdavariables")
        own = dict(zip(names, values, strict=True))

        def variable(name: str) -> Any:  # noqa: ANN401 - JSON
            return outer(name) if name not in own and outer else own[name]

        return _evaluate(body, {**functions, "lambdavariables": variable})

    return call


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
