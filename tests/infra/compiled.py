"""Write a Bicep file as a JSON template: the part of the language that `customer.bicep` uses.

python -m tests.infra.compiled build --stdout infra/customer.bicep

It stands in for `bicep` where that cannot be had, so that `az deployment` can be run: what it does not know it refuses
with the line. Microsoft's compiler decides what a file means, not this.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.infra.syntax import Nested, Node, Statement, read

VERSION = "Bicep CLI version 0.38.33 (stand-in of tests/infra)"
_SCHEMA = "https://schema.management.azure.com/schemas/{}#"
_SCHEMAS = {"subscription": "2018-05-01/subscriptionDeploymentTemplate.json", "": "2019-04-01/deploymentTemplate.json"}
_OPERATORS = {"&&": "and", "||": "or", "==": "equals"}
_WORDS = {"true": "true()", "false": "false()", "null": "null()"}


class Compiled:
    """One file. `template` is its JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._statements = {each.name: each for each in read(path) if each.name}
        targets = [each.value for each in read(path) if each.word == "targetScope"]
        self._target = targets[0].parts[0].text if targets and targets[0] else ""
        self._loop: str = ""
        self._rows = ""
        self._files: dict[str, Any] = {}
        self._variables: list[tuple[str, ...]] = []
        self.template = self._whole()

    def _whole(self) -> dict[str, Any]:
        of = {word: [each for each in self._statements.values() if each.word == word] for word in ("param", "var")}
        made: dict[str, Any] = {
            "$schema": _SCHEMA.format(_SCHEMAS.get(self._target, _SCHEMAS[""])),
            "contentVersion": "1.0.0.0",
            "parameters": {each.name: self._parameter(each) for each in of["param"]},
            "variables": {each.name: self._value(_need(each)) for each in of["var"]},
            "resources": [
                made
                for each in self._statements.values()
                if each.word in {"resource", "module"}
                for made in ([*self._nested(each)] if each.existing else [self._made(each)])
            ],
            "outputs": {
                each.name: {"type": each.type, "value": self._value(_need(each))}
                for each in self._statements.values()
                if each.word == "output"
            },
        }
        made["variables"] |= self._files
        return made

    def _parameter(self, statement: Statement) -> dict[str, Any]:
        default = {"defaultValue": self._value(statement.value)} if statement.value else {}
        return {"type": statement.type, **default}

    def _made(self, statement: Statement) -> dict[str, Any]:
        node, beside = _need(statement), dict[str, Any]()
        if node.kind == "if":
            beside["condition"] = self._value(node.parts[0])
            node = node.parts[1]
        elif node.kind == "for":
            rows = self._text(node.parts[0])
            beside["copy"] = {"name": statement.name, "count": f"[length({rows})]"}
            self._loop, self._rows = node.names[0], rows
            node = node.parts[1]
        after = self._after(node)
        written = {name: each for name, each in _members(node).items() if name != "dependsOn"}
        make = self._module if statement.word == "module" else self._resource
        made = {**beside, **make(statement, written), **({"dependsOn": after} if after else {})}
        self._loop = self._rows = ""
        return made

    def _nested(self, parent: Statement) -> Iterator[dict[str, Any]]:
        """Yield the resources that are declared inside an existing resource."""
        kind, _, version = parent.type.partition("@")
        of = self._text(_members(_need(parent))["name"])
        for each in _need(parent).parts:
            if isinstance(each, Nested) and each.statement:
                made = self._resource(each.statement, _members(_need(each.statement)))
                name = f"[format('{{0}}/{{1}}', {of}, {_quoted(made['name'])})]"
                yield {**made, "type": f"{kind}/{made['type']}", "apiVersion": version, "name": name}

    def _resource(self, statement: Statement, written: dict[str, Node]) -> dict[str, Any]:
        kind, _, version = statement.type.partition("@")
        if {"scope", "parent"} & written.keys():
            raise self._refused(_need(statement), "a scope or a parent")
        return {"type": kind, "apiVersion": version, **{name: self._value(each) for name, each in written.items()}}

    def _module(self, statement: Statement, written: dict[str, Node]) -> dict[str, Any]:
        scope = written["scope"]
        if scope.kind != "call" or scope.text != "resourceGroup" or len(scope.parts) != 1:
            raise self._refused(scope, "the scope")
        parameters = {name: {"value": self._value(each)} for name, each in _members(written["params"]).items()}
        return {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": self._value(written["name"]),
            "resourceGroup": self._value(scope.parts[0]),
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "mode": "Incremental",
                "parameters": parameters,
                "template": Compiled(self._path.parent / statement.type).template,
            },
        }

    def _after(self, node: Node) -> list[str]:
        """Return the ids of the resources that a body names."""
        found = [self._statements[each] for each in _names(node) if each in self._statements]
        named = {each.name: each for each in found if each.word == "resource"}
        return [f"[{self._id(each)}]" for each in named.values()]

    def _value(self, node: Node) -> Any:
        """Write a node as JSON, its expressions between brackets."""
        if node.kind == "object":
            return {name: self._value(each) for name, each in _members(node).items()}
        if node.kind == "array":
            return [self._value(each) for each in node.parts]
        if node.kind == "number":
            return int(node.text)
        if node.kind == "literal":
            return {"true": True, "false": False, "null": None}[node.text]
        if node.kind == "string" and len(node.parts) == 1:
            text = node.parts[0].text
            return f"[{text}" if text.startswith("[") else text
        return f"[{self._text(node)}]"

    def _text(self, node: Node) -> str:
        """Write a node as part of an expression."""
        writers: dict[str, Callable[[Node], str]] = {
            "string": self._string,
            "number": lambda one: one.text,
            "literal": lambda one: _WORDS[one.text],
            "name": self._name,
            "call": self._call,
            "lambda": self._lambda,
            "member": self._member,
            "unary": lambda one: f"not({self._text(one.parts[0])})",
            "binary": self._binary,
            "ternary": lambda one: f"if({', '.join(map(self._text, one.parts))})",
        }
        if node.kind not in writers:
            raise self._refused(node, f"a {node.kind} in an expression")
        return writers[node.kind](node)

    def _string(self, node: Node) -> str:
        if len(node.parts) == 1:
            return _quoted(node.parts[0].text)
        places = [each for each in node.parts if each.kind != "text"]
        numbers = iter(range(len(places)))
        escaped = (
            each.text.replace("{", "{{").replace("}", "}}") if each.kind == "text" else f"{{{next(numbers)}}}"
            for each in node.parts
        )
        return f"format({', '.join([_quoted(''.join(escaped)), *map(self._text, places)])})"

    def _lambda(self, node: Node) -> str:
        self._variables.append(node.names)
        body = self._text(node.parts[0])
        self._variables.pop()
        return f"lambda({', '.join([*map(_quoted, node.names), body])})"

    def _name(self, node: Node) -> str:
        if any(node.text in names for names in self._variables):
            return f"lambdaVariables('{node.text}')"
        if node.text and node.text == self._loop:
            return f"{self._rows}[copyIndex()]"
        statement = self._statements.get(node.text)
        if statement is None or statement.word not in {"param", "var"}:
            raise self._refused(node, f"the name '{node.text}'")
        return f"{'parameters' if statement.word == 'param' else 'variables'}('{node.text}')"

    def _call(self, node: Node) -> str:
        if node.text != "loadJsonContent":
            return f"{node.text}({', '.join(map(self._text, node.parts))})"
        name = f"$fxv#{len(self._files)}"
        self._files[name] = json.loads((self._path.parent / node.parts[0].parts[0].text).read_text("utf-8"))
        return f"variables('{name}')"

    def _member(self, node: Node) -> str:
        of = node.parts[0]
        statement = self._statements.get(of.text) if of.kind == "name" else None
        if statement is None or statement.word != "resource":
            return f"{self._text(of)}.{node.text}"
        if node.text != "id":
            raise self._refused(node, f"'{node.text}' of a resource")
        return self._id(statement)

    def _id(self, statement: Statement) -> str:
        node = _need(statement)
        body = node.parts[1] if node.kind in {"if", "for"} else node
        function = "subscriptionResourceId" if self._target == "subscription" else "resourceId"
        return f"{function}('{statement.type.partition('@')[0]}', {self._text(_members(body)['name'])})"

    def _binary(self, node: Node) -> str:
        if node.text not in _OPERATORS:
            raise self._refused(node, f"the operator '{node.text}'")
        return f"{_OPERATORS[node.text]}({', '.join(map(self._text, node.parts))})"

    def _refused(self, node: Node, what: str) -> SyntaxError:
        return SyntaxError(f"{self._path.name}:{node.line}: {what} is not written as JSON by this stand-in")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _need(statement: Statement) -> Node:
    if statement.value is None:
        raise SyntaxError(f"line {statement.line}: '{statement.name}' has no value")
    return statement.value


def _members(node: Node) -> dict[str, Node]:
    """Return the members of an object by name."""
    return {each.parts[0].parts[0].text: each.parts[1] for each in node.parts if each.kind == "property"}


def _names(node: Node) -> list[str]:
    inner = [name for each in node.parts for name in _names(each)]
    return [node.text, *inner] if node.kind == "name" else inner


def main(words: list[str]) -> int:
    """Run as `bicep` does for `az`: print its version, or write a file's template to standard output."""
    if words == ["--version"]:
        sys.stdout.write(f"{VERSION}\n")
        return 0
    files = [each for each in words[1:] if not each.startswith("-")]
    if words[:1] != ["build"] or "--stdout" not in words or len(files) != 1:
        sys.stderr.write("only 'build --stdout FILE' and '--version'\n")
        return 2
    sys.stdout.write(json.dumps(Compiled(Path(files[0]).resolve()).template, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
