"""Evaluate expressions of Bicep as far as they can be before a deployment."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.infra import functions
from tests.infra.syntax import Node
from tests.infra.values import Declared, Either, Resource, Unknown, Value, certain, lengths

Scope = dict[str, Value]
Find = Callable[[str], Value]
Member = Callable[[Declared, str], Value]
_LITERALS = {"true": True, "false": False, "null": None}
_COMPARED: dict[str, Callable[[Value, Value], Value]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "=~": lambda left, right: left.lower() == right.lower(),
    "!~": lambda left, right: left.lower() != right.lower(),
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_NUMBERS: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "%": lambda left, right: left % right,
    "/": lambda left, right: left // right,
}


class Evaluation:
    """Evaluates the expressions of one file; errors go to `complain`."""

    def __init__(
        self,
        folder: Path,
        find: Find,
        member: Member,
        complain: Callable[[int, str], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._folder, self._find, self._member_of, self._tell = folder, find, member, complain
        self._environment = environment or {}
        self._silent = False

    def _complain(self, line: int, text: str) -> None:
        if not self._silent:
            self._tell(line, text)

    @contextmanager
    def _silently(self, silent: bool) -> Iterator[None]:  # noqa: FBT001 - there is one
        """Evaluate without complaints, or with them again."""
        before, self._silent = self._silent, silent
        try:
            yield
        finally:
            self._silent = before

    def value(self, node: Node, scope: Scope | None = None) -> Value:
        """Return the possible value of an expression; `scope` has the names of loops and lambdas around it."""
        found: Value = getattr(self, f"_{node.kind}")(node, scope or {})
        return found

    def rows(self, node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
        """Return the body of a loop with the scope of each row; one row where the rows are not known."""
        given = self.value(node.parts[0], scope)
        rows = given if isinstance(given, list) else [Unknown()]
        named = (dict(zip(node.names, (each, index), strict=False)) for index, each in enumerate(rows))
        return [(node.parts[1], scope | names) for names in named]

    def _string(self, node: Node, scope: Scope) -> Value:
        parts = [each.text if each.kind == "text" else self.value(each, scope) for each in node.parts]
        if all(map(certain, parts)):
            return "".join(str(each).lower() if isinstance(each, bool) else str(each) for each in parts)
        least, most = zip(*map(lengths, parts), strict=True)
        return Unknown("string", _sum(least), _sum(most))

    def _number(self, node: Node, scope: Scope) -> Value:
        del scope
        return int(node.text)

    def _literal(self, node: Node, scope: Scope) -> Value:
        del scope
        return _LITERALS[node.text]

    def _name(self, node: Node, scope: Scope) -> Value:
        if node.text in scope:
            return scope[node.text]
        try:
            with self._silently(False):
                return self._find(node.text)
        except LookupError:
            self._complain(node.line, f"the name '{node.text}' is not declared")
            return Unknown()

    def _array(self, node: Node, scope: Scope) -> Value:
        return [self.value(each, scope) for each in node.parts]

    def _object(self, node: Node, scope: Scope) -> Value:
        found: dict[str, Value] = {}
        for each in node.parts:
            if each.kind == "nested":
                continue
            name = self.value(each.parts[0], scope)
            if not isinstance(name, str):
                name = "${...}"  # a key that only the deployment knows
            if name in found:
                self._complain(each.line, f"'{name}' is there twice")
            found[name] = self.value(each.parts[1], scope)
        return found

    def _unary(self, node: Node, scope: Scope) -> Value:
        value = self.value(node.parts[0], scope)
        if not certain(value):
            return Unknown("boolean" if node.text == "!" else "integer")
        return (not value) if node.text == "!" else -value

    def _binary(self, node: Node, scope: Scope) -> Value:
        left, right = (self.value(each, scope) for each in node.parts)
        known = certain(left) and certain(right)
        if node.text == "??":
            return right if left is None else left if certain(left) else Either(left, right)
        if node.text in {"&&", "||"}:
            decides = node.text == "||"
            if left is decides or right is decides:
                return decides
            return not decides if known else Unknown("boolean")
        if node.text in _NUMBERS:
            return _NUMBERS[node.text](left, right) if known else Unknown("integer")
        return _COMPARED[node.text](left, right) if known else Unknown("boolean")

    def _ternary(self, node: Node, scope: Scope) -> Value:
        """Evaluate both branches; where the condition is known, the other branch may not fit: without complaints."""
        test = self.value(node.parts[0], scope)
        found: list[Value] = []
        for of, branch in zip((True, False), node.parts[1:], strict=True):
            with self._silently(self._silent or (isinstance(test, bool) and test is not of)):
                found.append(self.value(branch, scope))
        if isinstance(test, bool):
            return found[0] if test else found[1]
        return Either(*found)

    def _call(self, node: Node, scope: Scope) -> Value:
        if node.text not in functions.SIGNATURES:
            self._complain(node.line, f"there is no function '{node.text}'")
            return Unknown()
        if node.text == "readEnvironmentVariable" and (known := self._variable(node, scope)) is not None:
            return known
        if any(each.kind == "lambda" for each in node.parts):
            return self._with_lambda(node, scope)
        try:
            return functions.called(node.text, [self.value(each, scope) for each in node.parts], self._folder)
        except (ValueError, TypeError, AttributeError) as wrong:
            self._complain(node.line, f"{node.text}: {wrong}")
            return Unknown()

    def _variable(self, node: Node, scope: Scope) -> str | None:
        """Return the value of a variable of the environment that was given."""
        return self._environment.get(str(self.value(node.parts[0], scope))) if node.parts else None

    def _with_lambda(self, node: Node, scope: Scope) -> Value:
        row = self.value(node.parts[0], scope)
        rows: list[Value] = row if isinstance(row, list) else [Unknown()]
        made = [self._of_rows(each, rows, scope) for each in node.parts[1:]]
        if node.text == "map":
            return made[0]
        if not isinstance(row, list):
            return Unknown(functions.SIGNATURES[node.text][2])
        if node.text == "filter" and all(map(certain, made[0])):
            return [each for each, kept in zip(rows, made[0], strict=True) if kept]
        if node.text == "toObject" and all(map(certain, made[0])):
            return dict(zip(made[0], made[-1] if len(made) > 1 else rows, strict=True))
        return Unknown(functions.SIGNATURES[node.text][2])

    def _of_rows(self, node: Node, rows: list[Value], scope: Scope) -> list[Value]:
        """Return the value of a lambda for each row."""
        others = dict.fromkeys(node.names[1:], Unknown())
        return [self.value(node.parts[0], scope | others | {node.names[0]: each}) for each in rows]

    def _part(self, of: Value, name: str, line: int, *, optional: bool) -> Value:
        match of:
            case Either():
                found = [self._part(each, name, line, optional=optional) for each in (of.yes, of.no)]
                return Either(found[0], found[1])
            case Declared():
                try:
                    return self._member_of(of, name)
                except LookupError as missing:
                    self._complain(line, str(missing.args[0]))
            case dict() if name in of:
                return of[name]
            case dict() if optional:
                return None
            case dict():
                self._complain(line, f"'{name}' is no member of an object with {', '.join(of)}")
            case list() | str() | int():
                self._complain(line, f"'{name}' is asked of a {type(of).__name__}")
        return Unknown()

    def _member(self, node: Node, scope: Scope) -> Value:
        of = self.value(node.parts[0], scope)
        return self._part(of, node.text, node.line, optional=node.names == (".?",))

    def _subscript(self, node: Node, scope: Scope) -> Value:
        of, index = (self.value(each, scope) for each in node.parts)
        if isinstance(of, dict | Declared | Either) and isinstance(index, str):
            return self._part(of, index, node.line, optional=False)
        rows = isinstance(of, list) and len(of) == 1 and isinstance(of[0], Declared)  # of a loop: each has its type
        if rows or not isinstance(of, list) or not isinstance(index, int):
            return of[0] if isinstance(of, list) and of else Unknown()
        if index < len(of):
            return of[index]
        self._complain(node.line, f"there are {len(of)} rows and no row {index}")
        return Unknown()

    def _child(self, node: Node, scope: Scope) -> Value:
        of = self.value(node.parts[0], scope)
        if isinstance(of, Declared) and isinstance(of.of, Resource) and node.text in of.of.children:
            return Declared(of.of.children[node.text])
        self._complain(node.line, f"there is no resource '{node.text}' in '{node.parts[0].text}'")
        return Unknown()

    def _for(self, node: Node, scope: Scope) -> Value:
        return [self.value(body, inner) for body, inner in self.rows(node, scope)]

    def _if(self, node: Node, scope: Scope) -> Value:
        return self.value(node.parts[1], scope)


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = list(numbers)
    return None if None in known else sum(each for each in known if each is not None)
