"""Write a Bicep file as a JSON template: the part of the language that `infra/` uses.

python -m tests.infra.compiled build --stdout infra/azd.bicep

It stands in for `bicep` where that cannot be had, so that a deployment can be run: what it does not know it refuses
with the line. Microsoft's compiler decides what a file means, not this: `test_compiled.py` compares both.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.infra.expressions import Expressions, Symbol, body_of, members, need, quoted
from tests.infra.syntax import Nested, Node, Statement, read

VERSION = "Bicep CLI version 0.38.33 (stand-in of tests/infra)"
_SCHEMA = "https://schema.management.azure.com/schemas/{}#"
_SCHEMAS = {"subscription": "2018-05-01/subscriptionDeploymentTemplate.json", "": "2019-04-01/deploymentTemplate.json"}
_LIMITS = {"minLength": "minLength", "maxLength": "maxLength", "minValue": "minValue", "maxValue": "maxValue"}
_LIMITS |= {"allowed": "allowedValues"}
_BESIDE = frozenset({"dependsOn", "parent", "scope"})


class Compiled:
    """One file. `template` is its JSON."""

    def __init__(self, path: Path) -> None:
        self._path, self._statements = path, read(path)
        targets = [each.value for each in self._statements if each.word == "targetScope"]
        target = targets[0].parts[0].text if targets and targets[0] else ""
        named = {each.name: each for each in self._statements if each.name and each.word != "output"}
        self._symbols = {each.path: each for statement in named.values() for each in _symbols(statement, None)}
        self._write = Expressions(path, self._symbols, named, of_subscription=target == "subscription")
        self.template = self._whole(target)

    def _whole(self, target: str) -> dict[str, Any]:
        of = {
            word: [each for each in self._statements if each.word == word]
            for word in ("param", "var", "resource", "module", "output")
        }
        made: dict[str, Any] = {
            "$schema": _SCHEMA.format(_SCHEMAS.get(target, _SCHEMAS[""])),
            "contentVersion": "1.0.0.0",
            "parameters": {each.name: self._parameter(each) for each in of["param"]},
            "variables": self._variables(of["var"]),
            "resources": [self._made(each) for each in self._symbols.values() if not each.statement.existing],
            "outputs": {
                each.name: {"type": each.type, "value": self._write.value(need(each))} for each in of["output"]
            },
        }
        made["variables"] |= self._write.files
        return {name: each for name, each in made.items() if each or name in {"parameters", "resources"}}

    def _parameter(self, statement: Statement) -> dict[str, Any]:
        default = {"defaultValue": self._write.value(statement.value)} if statement.value else {}
        limits = {
            _LIMITS[name]: self._write.value(call.parts[0])
            for name, call in statement.decorators.items()
            if name in _LIMITS
        }
        return {"type": statement.type, **default, **limits}

    def _variables(self, statements: list[Statement]) -> dict[str, Any]:
        """Write the variables; one with a value that only a deployment knows stands where it is used."""
        early = [each for each in statements if not self._write.is_late(need(each))]
        loops = [each for each in early if need(each).kind == "for"]
        found = {each.name: self._write.value(need(each)) for each in early if each not in loops}
        return found | ({"copy": [self._write.loop(each.name, need(each)) for each in loops]} if loops else {})

    def _made(self, symbol: Symbol) -> dict[str, Any]:
        loop, condition, body = body_of(symbol.statement)
        beside: dict[str, Any] = {}
        with self._repeated(symbol, loop, beside):
            if condition is not None:
                beside["condition"] = self._write.value(condition)
            written = members(body)
            make = self._module if symbol.statement.word == "module" else self._resource
            made = {**beside, **make(symbol, written)}
            after = self._after(symbol, body)
        return {**made, **({"dependsOn": after} if after else {})}

    @contextmanager
    def _repeated(self, symbol: Symbol, loop: Node | None, beside: dict[str, Any]) -> Iterator[None]:
        """Write the loop of a resource, and let its variables stand for a copy."""
        if loop is None:
            yield
            return
        rows = self._write.text(loop.parts[0])
        beside["copy"] = {"name": symbol.path, "count": f"[length({rows})]"}
        with self._write.within(loop, rows, "copyIndex()"):
            yield

    def _resource(self, symbol: Symbol, written: dict[str, Node]) -> dict[str, Any]:
        names = self._write.names(symbol)
        scope = {"scope": f"[{self._write.id_at(written['scope'])}]"} if "scope" in written else {}
        name = self._write.value(written["name"])
        if len(names) > 1:
            places = "/".join(f"{{{index}}}" for index in range(len(names)))
            name = f"[format({', '.join([quoted(places), *names])})]"
        rest = {key: each for key, each in written.items() if key not in _BESIDE | {"name"}}
        made = {**scope, "type": self._write.type_of(symbol), "apiVersion": self._write.version_of(symbol)}
        return {**made, "name": name, **self._write.members_as_json(rest)}

    def _module(self, symbol: Symbol, written: dict[str, Node]) -> dict[str, Any]:
        group = {"resourceGroup": f"[{self._write.group(written['scope'])}]"} if "scope" in written else {}
        parameters = {name: self._write.argument(each) for name, each in members(written["params"]).items()}
        return {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": self._write.version_of(symbol),
            "name": self._write.value(written["name"]),
            **group,
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "mode": "Incremental",
                "parameters": parameters,
                "template": Compiled(self._path.parent / symbol.statement.type).template,
            },
        }

    def _after(self, symbol: Symbol, body: Node) -> list[str]:
        """Return the ids of the resources, and the names of the loops, that a body names, also by a variable."""
        used = list(self._write.uses(body))
        if symbol.parent is not None:
            used.insert(0, (symbol.parent, None))
        found: dict[str, None] = {}
        for each, index in used:
            if each.statement.existing or each == symbol:
                continue
            whole = body_of(each.statement)[0] is not None and index is None
            found[each.path if whole else f"[{self._write.id_of(each, index)}]"] = None
        return list(found)


def _symbols(statement: Statement, parent: Symbol | None) -> Iterator[Symbol]:
    """Yield a resource or module, and the resources that are declared inside it."""
    if statement.word not in {"resource", "module"}:
        return
    symbol = Symbol(statement, parent)
    yield symbol
    for each in body_of(statement)[2].parts:
        if isinstance(each, Nested) and each.statement:
            yield from _symbols(each.statement, symbol)


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
