"""Write the expressions of a Bicep file as expressions of a JSON template (`compiled.py`)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.syntax import Node, Statement

_OPERATORS = {"&&": "and", "||": "or", "==": "equals", "<": "less", ">": "greater", "<=": "lessOrEquals"}
_OPERATORS |= {">=": "greaterOrEquals", "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "??": "coalesce"}
_WORDS = {"true": "true()", "false": "false()", "null": "null()"}
_GROUPS = "Microsoft.Resources/resourceGroups"
_DEPLOYMENTS, _DEPLOYMENTS_VERSION = "Microsoft.Resources/deployments", "2025-04-01"


@dataclass(frozen=True)
class Symbol:
    """A resource or module, at the top of a file or inside another resource."""

    statement: Statement
    parent: "Symbol | None" = None

    @property
    def path(self) -> str:
        """The name by which the file knows it: `storage::blobs`."""
        return f"{self.parent.path}::{self.statement.name}" if self.parent else self.statement.name


class Expressions:
    """Writes the values and expressions of one file."""

    def __init__(
        self, path: Path, symbols: dict[str, Symbol], statements: dict[str, Statement], *, of_subscription: bool
    ) -> None:
        self._path, self._symbols, self._statements = path, symbols, statements
        self._of_subscription = of_subscription
        self._scope: dict[str, str] = {}
        self.files: dict[str, Any] = {}
        """Contents of other files, by the variable that has them."""

    def value(self, node: Node) -> Any:
        """Write a node as JSON, its expressions between brackets."""
        late = self._late_variable(node)
        if late is not None:
            return self.value(late)
        if node.kind == "object":
            return self.members_as_json(dict(self._rows(node)))
        if node.kind == "array":
            return [self.value(each) for each in node.parts]
        if node.kind in {"number", "literal"}:
            return json.loads(node.text)
        if node.kind == "string" and len(node.parts) == 1:
            text = node.parts[0].text
            return f"[{text}" if text.startswith("[") else text
        return f"[{self.text(node)}]"

    def members_as_json(self, written: dict[str, Node]) -> dict[str, Any]:
        """Write the members of an object; a list that a loop makes is in `copy`."""
        found = {name: self.value(each) for name, each in written.items() if each.kind != "for"}
        loops = [self.loop(name, each) for name, each in written.items() if each.kind == "for"]
        return found | ({"copy": loops} if loops else {})

    def argument(self, node: Node) -> Any:
        """Write the value of a module's parameter; of a choice each side is an object with a value."""
        if node.kind != "ternary":
            return {"value": self.value(node)}
        test, *sides = map(self.text, node.parts)
        values = (f"createObject('value', {each})" for each in sides)
        return f"[if({', '.join([test, *values])})]"

    def loop(self, name: str, node: Node) -> dict[str, Any]:
        """Write a list that a loop makes."""
        rows = self.text(node.parts[0])
        with self.within(node, rows, f"copyIndex('{name}')"):
            return {"name": name, "count": f"[length({rows})]", "input": self.value(node.parts[1])}

    @contextmanager
    def within(self, loop: Node, rows: str, index: str) -> Iterator[None]:
        """Let the variables of a loop stand for one of its copies."""
        texts = dict(zip(loop.names, (f"{rows}[{index}]", index), strict=False))
        with self._with(texts):
            yield

    @contextmanager
    def _with(self, texts: dict[str, str]) -> Iterator[None]:
        before = self._scope
        self._scope = {**before, **texts}
        try:
            yield
        finally:
            self._scope = before

    def text(self, node: Node) -> str:
        """Write a node as part of an expression."""
        writers: dict[str, Callable[[Node], str]] = {
            "string": self._string,
            "number": lambda one: one.text,
            "literal": lambda one: _WORDS[one.text],
            "name": self._name,
            "call": self._call,
            "lambda": self._lambda,
            "member": self._member,
            "subscript": lambda one: f"{self.text(one.parts[0])}[{self.text(one.parts[1])}]",
            "unary": self._unary,
            "binary": self._binary,
            "ternary": lambda one: f"if({', '.join(map(self.text, one.parts))})",
            "object": self._object,
            "array": lambda one: f"createArray({', '.join(map(self.text, one.parts))})",
        }
        if node.kind not in writers:
            raise self.refused(node, f"a {node.kind} in an expression")
        return writers[node.kind](node)

    def _rows(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object; a name with an expression in it is an expression."""
        for each in node.parts:
            if each.kind == "property":
                key = each.parts[0]
                plain = len(key.parts) == 1
                yield (key.parts[0].text if plain else f"[{self._string(key)}]"), each.parts[1]

    def _object(self, node: Node) -> str:
        rows = ((self._string(each.parts[0]), self.text(each.parts[1])) for each in node.parts)
        return f"createObject({', '.join(part for row in rows for part in row)})"

    def _string(self, node: Node) -> str:
        if len(node.parts) == 1:
            return quoted(node.parts[0].text)
        places = [each for each in node.parts if each.kind != "text"]
        numbers = iter(range(len(places)))
        escaped = (
            each.text.replace("{", "{{").replace("}", "}}") if each.kind == "text" else f"{{{next(numbers)}}}"
            for each in node.parts
        )
        return f"format({', '.join([quoted(''.join(escaped)), *map(self.text, places)])})"

    def _lambda(self, node: Node) -> str:
        with self._with({name: f"lambdaVariables('{name}')" for name in node.names}):
            return f"lambda({', '.join([*map(quoted, node.names), self.text(node.parts[0])])})"

    def _name(self, node: Node) -> str:
        if node.text in self._scope:
            return self._scope[node.text]
        late = self._late_variable(node)
        if late is not None:
            return self.text(late)
        statement = self._statements.get(node.text)
        if statement is None or statement.word not in {"param", "var"}:
            raise self.refused(node, f"the name '{node.text}'")
        return f"{'parameters' if statement.word == 'param' else 'variables'}('{node.text}')"

    def _call(self, node: Node) -> str:
        if node.text not in {"loadJsonContent", "loadTextContent"}:
            return f"{node.text}({', '.join(map(self.text, node.parts))})"
        content = (self._path.parent / node.parts[0].parts[0].text).read_text("utf-8")
        name = f"$fxv#{len(self.files)}"
        self.files[name] = json.loads(content) if node.text == "loadJsonContent" else _escaped(content)
        return f"variables('{name}')"

    def _unary(self, node: Node) -> str:
        operand = self.text(node.parts[0])
        return f"not({operand})" if node.text == "!" else f"sub(0, {operand})"

    def _binary(self, node: Node) -> str:
        operands = ", ".join(map(self.text, node.parts))
        if node.text == "!=":
            return f"not(equals({operands}))"
        if node.text not in _OPERATORS:
            raise self.refused(node, f"the operator '{node.text}'")
        return f"{_OPERATORS[node.text]}({operands})"

    def _member(self, node: Node) -> str:
        of = node.parts[0]
        known = self._symbol_at(of)
        if known is not None:
            symbol, index = known
            if node.text == "id":
                return self.id_of(symbol, index)
            if node.text == "name":
                return self.names(symbol, index)[-1]
            if node.text in {"properties", "outputs"}:
                shown = f"reference({self.id_of(symbol, index)}, '{self.version_of(symbol)}')"
                return shown if node.text == "properties" else f"{shown}.outputs"
            raise self.refused(node, f"'{node.text}' of a resource")
        output = of.kind == "member" and of.text == "outputs" and self._symbol_at(of.parts[0]) is not None
        return f"{self.text(of)}.{node.text}{'.value' if output else ''}"

    def _symbol_at(self, node: Node) -> tuple[Symbol, Node | None] | None:
        """Return the resource that a node names, with its number in a loop; None if it names none."""
        if node.kind == "subscript":
            found = self._symbol_at(node.parts[0])
            return (found[0], node.parts[1]) if found else None
        path = _path(node)
        found_symbol = self._symbols.get(path) if path.partition("::")[0] not in self._scope else None
        return (found_symbol, None) if found_symbol else None

    def uses(self, node: Node, seen: frozenset[str] = frozenset()) -> Iterator[tuple[Symbol, Node | None]]:
        """Yield the resources that a node names, also by the variables that it names."""
        known = self._symbol_at(node)
        if known is not None:
            yield known
            return
        variable = self._statements.get(node.text) if node.kind == "name" else None
        if variable is not None and variable.word == "var" and node.text not in seen | self._scope.keys():
            yield from self.uses(need(variable), seen | {node.text})
        for each in node.parts:
            yield from self.uses(each, seen)

    def is_late(self, node: Node) -> bool:
        """Return whether only a deployment knows the value: it reads the properties of a resource."""
        if node.kind == "member" and node.text in {"properties", "outputs"} and self._symbol_at(node.parts[0]):
            return True
        return self._late_variable(node) is not None or any(map(self.is_late, node.parts))

    def _late_variable(self, node: Node) -> Node | None:
        variable = self._statements.get(node.text) if node.kind == "name" and node.text not in self._scope else None
        late = variable is not None and variable.word == "var" and self.is_late(need(variable))
        return need(variable) if variable is not None and late else None

    def names(self, symbol: Symbol, index: Node | None = None) -> list[str]:
        """Return the names of a resource and of those above it, as expressions."""
        loop, _, body = body_of(symbol.statement)
        if loop is not None and index is not None:
            with self.within(loop, self.text(loop.parts[0]), self.text(index)):
                return self._names_in(symbol, body)
        return self._names_in(symbol, body)

    def _names_in(self, symbol: Symbol, body: Node) -> list[str]:
        written = members(body)
        above = self._above(symbol, written)
        return [*(self.names(*above) if above else ()), self.text(written["name"])]

    def _above(self, symbol: Symbol, written: dict[str, Node]) -> tuple[Symbol, Node | None] | None:
        if symbol.parent is not None:
            return symbol.parent, None
        return self._symbol_at(written["parent"]) if "parent" in written else None

    def type_of(self, symbol: Symbol) -> str:
        """Return the whole type of a resource."""
        kind = symbol.statement.type.partition("@")[0]
        if symbol.statement.word == "module":
            return _DEPLOYMENTS
        return f"{self.type_of(symbol.parent)}/{kind}" if symbol.parent else kind

    def version_of(self, symbol: Symbol) -> str:
        """Return the version of the API; a resource in another resource has the other's."""
        if symbol.statement.word == "module":
            return _DEPLOYMENTS_VERSION
        return symbol.statement.type.partition("@")[2] or (self.version_of(symbol.parent) if symbol.parent else "")

    def id_of(self, symbol: Symbol, index: Node | None = None) -> str:
        """Return the id of a resource as an expression."""
        words = ", ".join([quoted(self.type_of(symbol)), *self.names(symbol, index)])
        scope = members(body_of(symbol.statement)[2]).get("scope")
        if scope is not None:
            return f"extensionResourceId({self.id_at(scope)}, {words})"
        return f"{'subscriptionResourceId' if self._of_subscription else 'resourceId'}({words})"

    def id_at(self, scope: Node) -> str:
        """Return the id of the resource, or of the resource group, that is a scope."""
        known = self._symbol_at(scope)
        if known is not None and self.type_of(known[0]) != _GROUPS:
            return self.id_of(*known)
        place = "format('/subscriptions/{0}/resourceGroups/{1}', subscription().subscriptionId, "
        return f"{place}{self.group(scope)})"

    def group(self, scope: Node) -> str:
        """Return the name of the resource group that is a scope."""
        known = self._symbol_at(scope)
        if known is not None and self.type_of(known[0]) == _GROUPS:
            return self.names(*known)[-1]
        if scope.kind != "call" or scope.text != "resourceGroup" or len(scope.parts) != 1:
            raise self.refused(scope, "the scope")
        return self.text(scope.parts[0])

    def refused(self, node: Node, what: str) -> SyntaxError:
        """Return the error for something that this does not write."""
        return SyntaxError(f"{self._path.name}:{node.line}: {what} is not written as JSON by this stand-in")


def quoted(text: str) -> str:
    """Write a text as an expression."""
    return "'" + text.replace("'", "''") + "'"


def need(statement: Statement) -> Node:
    """Return the value of a declaration."""
    if statement.value is None:
        raise SyntaxError(f"line {statement.line}: '{statement.name}' has no value")
    return statement.value


def body_of(statement: Statement) -> tuple[Node | None, Node | None, Node]:
    """Return the loop and the condition of a resource, and its body."""
    node, loop, condition = need(statement), None, None
    if node.kind == "for":
        loop, node = node, node.parts[1]
    if node.kind == "if":
        condition, node = node.parts
    return loop, condition, node


def members(node: Node) -> dict[str, Node]:
    """Return the members of an object by name."""
    return {each.parts[0].parts[0].text: each.parts[1] for each in node.parts if each.kind == "property"}


def _path(node: Node) -> str:
    """Return the name of a resource, or of one in another: `storage::blobs`."""
    if node.kind == "child":
        return f"{_path(node.parts[0])}::{node.text}"
    return node.text if node.kind == "name" else ""


def _escaped(text: str) -> str:
    return f"[{text}" if text.startswith("[") else text
