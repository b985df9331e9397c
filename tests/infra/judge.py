"""Judge a template as the Bicep compiler would, by Microsoft's types: names, types, versions, scopes, parameters.

judged = Template(path, types)                     # every branch, nothing known of the parameters
judged = Template(path, types, parameters(file))   # what one deployment makes
judged.problems                                    # ["main.bicep:81: app: properties.colour is no member of ..."]
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.infra import decorators, start_times
from tests.infra.evaluation import Evaluation, Scope
from tests.infra.resource_types import SCOPES, ResourceTypes
from tests.infra.syntax import Nested, Node, Statement, read
from tests.infra.values import Declared, Module, Resource, Unknown, Value, certain, kind_of

_KINDS = {"string": "string", "int": "integer", "bool": "boolean", "array": "array", "object": "object"}
_BESIDE = {"scope", "parent", "dependsOn"}
"""Members of a resource's body for Bicep alone."""
_PLACED = {"name", "scope", "parent"}
"""Members that distinguish the rows of a loop."""
_OF_MODULES = {"name", "scope", "params", "dependsOn"}
_OUTPUTS = -1
"""The place of a module's outputs, which are no resource's."""


class Template:
    """One file, evaluated; `given` are the parameters of a deployment, None when any may come."""

    def __init__(self, path: Path, types: ResourceTypes, given: dict[str, Value] | None = None) -> None:
        self.path, self.types, self.given = path, types, given
        self.problems: list[str] = []
        self.resources: list[Resource] = []
        self.modules: list[tuple[Module, Template]] = []
        self.outputs: dict[str, Value] = {}
        self.target = "resourceGroup"
        self._statements = read(path)
        self._declared: dict[str, Statement] = {}
        self._symbols: dict[str, Value] = {}
        self._open: set[str] = set()
        self._used: set[str] = set()
        self._evaluation = Evaluation(path.parent, self._find, self._member, self._complain)
        self._judge()

    @property
    def parameters(self) -> set[str]:
        """The names of the parameters."""
        return {each.name for each in self._statements if each.word == "param"}

    def everything(self) -> Iterator[Resource]:
        """Yield every resource of this template and of its modules that is made."""
        yield from (each for each in self.resources if not each.existing and each.deployed is not False)
        for module, inner in self.modules:
            if module.deployed is not False:
                yield from inner.everything()

    def _judge(self) -> None:
        for each in self._statements:
            if each.word == "targetScope":
                self._target(each)
            elif each.name and each.word != "output":
                if each.name in self._declared:
                    self._complain(each.line, f"'{each.name}' is declared twice")
                self._declared[each.name] = each
        self._check_statements()
        for name in (given for given in self.given or {} if given not in self.parameters):
            self._complain(1, f"there is no parameter '{name}'")
        for name in [name for name, each in self._declared.items() if each.word in {"resource", "module"}]:
            self._symbol(name)
        self.outputs = {each.name: self._output(each) for each in self._statements if each.word == "output"}
        for name in [name for name in self._declared if name not in self._symbols]:
            self._complain(self._declared[name].line, f"'{name}' is not used")
            self._symbol(name)
        self._check_existing()

    def _check_existing(self) -> None:
        around = {each.symbol for each in self.resources if any(not inner.existing for inner in each.children.values())}
        used = self._used | around
        for name in (name for name, each in self._declared.items() if each.existing and name not in used):
            self._complain(self._declared[name].line, f"'{name}' exists, and nothing uses it")

    def _check_statements(self) -> None:
        for each in self._statements:
            for text in decorators.wrong(each, self._evaluation.value):
                self._complain(each.line, text)
            calls = _calls(each.value) if each.value is not None and self.target != "resourceGroup" else ()
            if any(call.text == "resourceGroup" and not call.parts for call in calls):
                self._complain(each.line, f"a {self.target} has no resourceGroup()")

    def _target(self, statement: Statement) -> None:
        wanted = self._evaluation.value(_written(statement))
        if wanted in SCOPES:
            self.target = wanted
        else:
            self._complain(statement.line, f"'{wanted}' is no scope: {', '.join(SCOPES)}")

    def _output(self, statement: Statement) -> Value:
        value, kind = self._evaluation.value(_written(statement)), self._kind(statement)
        if "any" not in {kind, kind_of(value)} and kind_of(value) != kind:
            self._complain(statement.line, f"the output '{statement.name}' is of the kind {kind_of(value)}, not {kind}")
        return value

    def _complain(self, line: int, text: str) -> None:
        problem = f"{self.path.name}:{line}: {text}"
        if problem not in self.problems:
            self.problems.append(problem)

    def _find(self, name: str) -> Value:
        """Return the value of a symbol that an expression names."""
        self._used.add(name)
        return self._symbol(name)

    def _symbol(self, name: str) -> Value:
        """Return the value of a symbol; raise LookupError where none has the name."""
        if name in self._symbols:
            return self._symbols[name]
        statement = self._declared[name]
        if name in self._open:
            self._complain(statement.line, f"'{name}' refers to itself")
            return Unknown()
        self._open.add(name)
        match statement.word:
            case "param":
                self._symbols[name] = self._param(statement)
            case "var":
                self._symbols[name] = self._evaluation.value(_written(statement))
            case "module":
                self._symbols[name] = self._module(statement)
            case _:
                self._symbols[name] = self._resource(statement)
        return self._symbols[name]

    def _param(self, statement: Statement) -> Value:
        kind = self._kind(statement)
        limits = decorators.limits(statement, self._evaluation.value)
        unknown = Unknown(kind, *(limits.get(f"{word}Length") for word in ("min", "max")))
        default = self._evaluation.value(statement.value) if statement.value is not None else unknown
        self._check_parameter(statement, default, kind)
        if self.given is None:
            return unknown
        if statement.name in self.given:
            self._check_parameter(statement, self.given[statement.name], kind)
            return self.given[statement.name]
        if statement.value is None and not statement.type.endswith("?"):
            self._complain(statement.line, f"the parameter '{statement.name}' has no value")
        return default

    def _kind(self, statement: Statement) -> str:
        base = statement.type.removesuffix("?")
        if base.removesuffix("[]") not in _KINDS:
            self._complain(statement.line, f"there is no type '{statement.type}'")
        return "array" if base.endswith("[]") else _KINDS.get(base, "any")

    def _check_parameter(self, statement: Statement, value: Value, kind: str) -> None:
        line, name = statement.line, statement.name
        if "any" not in {kind, kind_of(value)} and kind_of(value) != kind:
            self._complain(line, f"the parameter '{name}' is of the kind {kind_of(value)}, not {kind}")
            return
        limits = decorators.limits(statement, self._evaluation.value)
        if not certain(value):
            return
        if value not in limits.get("allowed", [value]):
            self._complain(
                line, f"the parameter '{name}' is '{value}', none of {', '.join(map(str, limits['allowed']))}"
            )
        size: int = value if kind == "integer" else len(value) if kind in {"string", "array"} else 0
        suffix = "Value" if kind == "integer" else "Length"
        least, most = limits.get(f"min{suffix}", size), limits.get(f"max{suffix}", size)
        if not least <= size <= most:
            self._complain(line, f"the parameter '{name}' is {value!r}, beyond its limits")

    def _resource(self, statement: Statement) -> Value:
        made = Declared(self._made(statement, None, {}))
        return [made] if _written(statement).kind == "for" else made

    def _made(self, statement: Statement, parent: Resource | None, scope: Scope) -> Resource:
        kind, _, version = statement.type.partition("@")
        if parent is not None:
            kind, version = f"{parent.type}/{kind}", version or parent.version
        resource = Resource(statement.name, kind, version, statement.line, existing=statement.existing)
        wrong = self.types.unknown(kind, version)
        if wrong:
            self._complain(statement.line, wrong)
        self._check_start(statement)
        self._check_names(statement)
        resource.deployed = parent.deployed if parent is not None else self._condition(statement, scope)
        self.resources.append(resource)
        if parent is None:
            self._symbols[statement.name] = Declared(resource)  # its nested resources may name it
        resource.deployed = resource.deployed if self._any_row(_written(statement), scope) else False
        for body, inner in self._bodies(_written(statement), scope):
            resource.body = self._evaluation.value(body, inner)
            if not wrong:
                self._check_body(resource)
            for each in body.parts:
                if isinstance(each, Nested) and each.statement is not None:
                    resource.children[each.statement.name] = self._made(each.statement, resource, inner)
        return resource

    def _check_names(self, statement: Statement) -> None:
        """Find a loop whose rows would all have the same name."""
        written = _written(statement)
        if written.kind != "for":
            return
        body = written.parts[1]
        while body.kind == "if":
            body = body.parts[1]
        named = [each.parts[1] for each in body.parts if each.kind == "property" and _text_of(each.parts[0]) in _PLACED]
        if not any(name in _names_in(each) for each in named for name in written.names):
            self._complain(statement.line, f"{statement.name}: every row of the loop has the same name")

    def _check_depends(self, line: int, symbol: str, body: dict[str, Value]) -> None:
        if isinstance(body.get("dependsOn"), Declared | str | dict):
            self._complain(line, f"{symbol}: dependsOn is no array")

    def _check_body(self, resource: Resource) -> None:
        self._check_depends(resource.line, resource.symbol, resource.body)
        body = {name: each for name, each in resource.body.items() if name not in _BESIDE}
        if not resource.existing:
            for text in self.types.wrong(resource.key, body):
                self._complain(resource.line, f"{resource.symbol}: {text}")
        elif body.keys() != {"name"}:
            self._complain(resource.line, f"{resource.symbol}: an existing resource has a name and a scope only")
        else:
            for text in self.types.wrong_name(resource.key, body["name"]):
                self._complain(resource.line, f"{resource.symbol}: {text}")
        placed = "scope" in resource.body or "parent" in resource.body or resource.type.count("/") > 1
        if not placed and not self.types.allowed_in(resource.key, self.target):
            self._complain(resource.line, f"{resource.symbol}: {resource.type} is not made in a {self.target}")

    def _bodies(self, node: Node, scope: Scope) -> Iterator[tuple[Node, Scope]]:
        """Yield each object of a resource or module: one, or one for each row of its loop."""
        if node.kind == "for":
            for body, inner in self._evaluation.rows(node, scope):
                yield from self._bodies(body, inner)
        else:
            yield (node.parts[1] if node.kind == "if" else node), scope

    def _any_row(self, node: Node, scope: Scope) -> bool:
        """Return whether a loop may make anything: each of its rows may have a condition."""
        rows = self._evaluation.rows(node, scope) if node.kind == "for" else []
        conditions = [self._evaluation.value(body.parts[0], inner) for body, inner in rows if body.kind == "if"]
        return not conditions or any(each is not False for each in conditions)

    def _check_start(self, statement: Statement) -> None:
        """Find names, conditions and rows that only the deployment would know."""
        for node in start_times.must_be_known(_written(statement)):
            for name in start_times.unknown(node, self._declared.get):
                text = f"{statement.name}: '{name}' is not known when the deployment begins"
                self._complain(node.line, text)

    def _condition(self, statement: Statement, scope: Scope) -> Value:
        written = _written(statement)
        if written.kind != "if":
            return True
        value = self._evaluation.value(written.parts[0], scope)
        if kind_of(value) not in {"boolean", "any"}:
            self._complain(statement.line, f"a condition is of the kind {kind_of(value)}")
        return value

    def _module(self, statement: Statement) -> Value:
        module = Module(statement.name, statement.type, statement.line, deployed=self._condition(statement, {}))
        self._check_start(statement)
        self._check_names(statement)
        path = self.path.parent / module.file
        if not path.is_file():
            self._complain(module.line, f"there is no file {module.file}")
            return Unknown()
        for body, inner in self._bodies(_written(statement), {}):
            module.body = self._evaluation.value(body, inner)
            template = Template(path, self.types, module.body.get("params") or {})
            self._check_module(module, template)
            module.outputs = template.outputs
            self.modules.append((module, template))
            self.problems += [each for each in template.problems if each not in self.problems]
        made = Declared(module)
        return [made] if _written(statement).kind == "for" else made

    def _check_module(self, module: Module, template: "Template") -> None:
        self._check_depends(module.line, module.symbol, module.body)
        for name in module.body.keys() - _OF_MODULES:
            self._complain(module.line, f"{module.symbol}: '{name}' is no member of a module")
        name = module.body.get("name", Unknown("string"))
        if kind_of(name) not in {"string", "any"} or name == "":
            self._complain(module.line, f"{module.symbol}: the name of a module is a text that is not empty")
        if template.target != self.target and "scope" not in module.body:
            text = f"{module.symbol}: {module.file} goes to a {template.target}, this template to a {self.target}"
            self._complain(module.line, text)

    def _member(self, of: Declared, name: str) -> Value:
        """Return a member of a resource or of a module; raise LookupError where there is none."""
        if isinstance(of.of, Module):
            return _member_of_module(of.of, of.place, name)
        resource = of.of
        if self.types.unknown(resource.type, resource.version):
            return Unknown()
        if of.place is None and name == "name" and certain(resource.body.get("name", Unknown())):
            return resource.body["name"]
        place = self.types.place(resource.key) if of.place is None else of.place
        return self.types.value_at(self.types.member(place, name, resource.body), of)


def _member_of_module(module: Module, place: int | None, name: str) -> Value:
    if place == _OUTPUTS:
        if name not in module.outputs:
            raise LookupError(f"'{name}' is no output of {module.file}")
        return Unknown(kind_of(module.outputs[name]))
    if name not in {"name", "outputs"}:
        raise LookupError(f"'{name}' is no member of a module")
    return Unknown("string") if name == "name" else Declared(module, _OUTPUTS)


def _text_of(node: Node) -> str:
    return "".join(each.text for each in node.parts if each.kind == "text")


def _calls(node: Node) -> Iterator[Node]:
    """Yield every call in an expression."""
    if node.kind == "call":
        yield node
    for each in node.parts:
        yield from _calls(each)


def _names_in(node: Node) -> set[str]:
    """Return every name that an expression reads."""
    found = {node.text} if node.kind == "name" else set[str]()
    return found.union(*map(_names_in, node.parts))


def _written(statement: Statement) -> Node:
    if statement.value is None:
        raise SyntaxError(f"line {statement.line}: '{statement.name}' has no value")
    return statement.value


def parameters(path: Path, environment: Mapping[str, str] | None = None) -> dict[str, Value]:
    """Return the values in a .bicepparam file; variables that are not given have their defaults."""
    statements = {each.name: each for each in read(path)}

    def find(name: str) -> Value:
        return evaluation.value(_written(statements[name]))

    def member(of: Declared, name: str) -> Value:
        raise LookupError(f"{of} has no {name}")

    def complain(line: int, text: str) -> None:
        raise ValueError(f"{path.name}:{line}: {text}")

    evaluation = Evaluation(path.parent, find, member, complain, environment)
    return {name: find(name) for name, each in statements.items() if each.word == "param"}
