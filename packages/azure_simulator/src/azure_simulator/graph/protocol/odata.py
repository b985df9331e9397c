"""`$filter` as Graph understands it, compiled to a predicate.

Supported: `eq ne gt ge lt le in`, `and or not`, `startswith endswith contains`, `coll/any(x:...)`,
`coll/any()`, `coll/$count`, quoted strings with doubled quotes, booleans, null, numbers, GUIDs and dates.
Strings compare without case, as in Entra ID's directory.
Source: learn.microsoft.com/graph/filter-query-parameter and /graph/aad-advanced-queries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]
Value = Callable[[Item], Any]


DEEPEST = 50
"""Parentheses within each other; Graph's own limit is not documented, its words are OData's."""


class QueryError(ValueError):
    """A query option that Graph answers with a 400; the text is the message."""


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^']|'')*')
    |(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
    |(?P<date>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_$][\w$]*(?:/[A-Za-z_$][\w$]*)*)
    |(?P<mark>[(),:]))""",
    re.VERBOSE,
)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    # null and values of another type are in no order: the comparison is simply false
    kinds = ((int, float), (str, str))
    return lambda a, b: any(isinstance(a, kind) and isinstance(b, kind) for kind in kinds) and test(a, b)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": _ordered(lambda a, b: bool(a > b)),
    "ge": _ordered(lambda a, b: bool(a >= b)),
    "lt": _ordered(lambda a, b: bool(a < b)),
    "le": _ordered(lambda a, b: bool(a <= b)),
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}


@dataclass(frozen=True)
class Filter:
    """A compiled `$filter`.

    `advanced`: the directory answers it only with `ConsistencyLevel: eventual` and `$count=true`. `fields` are the
    properties that it reads.
    """

    matches: Callable[[Item], bool]
    advanced: bool
    fields: frozenset[str]


def compile_filter(text: str) -> Filter:
    """Compile a `$filter` expression.

    Raises:
        QueryError: the expression does not parse.
    """
    reader = _Reader(text)
    test = reader.either()
    if reader.kind:
        raise QueryError(f"Invalid filter clause: unexpected '{reader.text}' in '{text}'.")
    return Filter(lambda item: bool(test(item)), reader.advanced, frozenset(reader.fields) - {"", "$count"})


_EQUALITY = re.compile(r"\s*([A-Za-z]\w*)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)


def equality(text: str) -> tuple[str, str] | None:
    """Return property and value of a filter that is nothing but `property eq 'value'`."""
    found = _EQUALITY.fullmatch(text)
    return (found.group(1), found.group(2).replace("''", "'")) if found else None


def fold(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as comparisons see it: text without case."""
    return value.casefold() if isinstance(value, str) else value


def read_path(item: Item, path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read `a/b` from nested objects; a missing step is None, `coll/$count` a number."""
    value: Any = item
    for step in path.split("/"):
        value = len(value or ()) if step == "$count" else value.get(step) if isinstance(value, Mapping) else None
    return value


class _Reader:
    """A recursive-descent reader over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self._rest = text
        self.kind: str = ""
        self.text = ""
        self.advanced = False
        self.fields: set[str] = set()
        self._depth = 0
        self._variables: set[str] = set()
        self._step()

    def _step(self) -> str:
        taken, self._rest = self.text, self._rest.lstrip()
        found = _TOKEN.match(self._rest)
        if not self._rest:
            self.kind = self.text = ""
        elif found is None:
            raise QueryError(f"Invalid filter clause: syntax error at '{self._rest[:20]}'.")
        else:
            self.kind, self.text = str(found.lastgroup), found.group(str(found.lastgroup))
            self._rest = self._rest[found.end() :]
        return taken

    def _take(self, text: str) -> bool:
        if self.text.lower() != text or self.kind == "string":
            return False
        self._step()
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise QueryError(f"Invalid filter clause: '{text}' expected, '{self.text}' found.")

    def either(self) -> Value:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError("Recursion depth exceeded allowed limit.")
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        self._depth -= 1
        return _join(any, parts)

    def _both(self) -> Value:
        parts = [self._single()]
        while self._take("and"):
            parts.append(self._single())
        return _join(all, parts)

    def _single(self) -> Value:
        if self._take("not"):
            return self._negation()
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        name = self.text
        if name.lower() in _FUNCTIONS:
            return self._function(self._step().lower())
        if name.endswith("/any"):
            return self._lambda(self._step()[: -len("/any")])
        return self._comparison()

    def _negation(self) -> Value:
        self.advanced = wanted = True
        while self._take("not"):
            wanted = not wanted
        inner = self._single()
        return lambda item: bool(inner(item)) is not wanted

    def _function(self, name: str) -> Value:
        # endswith and contains are advanced query capabilities (contains: $search's work)
        self.advanced |= name != "startswith"
        self._expect("(")
        left = self._operand()
        self._expect(",")
        right = self._operand()
        self._expect(")")
        test = _FUNCTIONS[name]
        return lambda item: isinstance(left(item), str) and test(left(item), str(right(item)))

    def _lambda(self, path: str) -> Value:
        self.fields.add(path.split("/", maxsplit=1)[0])
        self._expect("(")
        if self._take(")"):  # whether there is any
            return lambda item: bool(read_path(item, path))
        variable = self._step()
        self._variables.add(variable)
        self._expect(":")
        inner = self.either()
        self._expect(")")
        self._variables.discard(variable)
        return lambda item: any(inner({**item, variable: each}) for each in read_path(item, path) or ())

    def _comparison(self) -> Value:
        left = self._operand()
        if self._take("in"):
            options = self._options()
            return lambda item: left(item) in [option(item) for option in options]
        operator = self.text.lower()
        if operator not in _COMPARE:
            raise QueryError(f"Invalid filter clause: operator expected, '{self.text}' found.")
        self._step()
        self.advanced |= operator == "ne"
        right, test = self._operand(), _COMPARE[operator]
        return lambda item: test(left(item), right(item))

    def _options(self) -> list[Value]:
        self._expect("(")
        options = [self._operand()]
        while self._take(","):
            options.append(self._operand())
        self._expect(")")
        return options

    def _operand(self) -> Value:
        kind, text = self.kind, self._step()
        if kind == "name" and text.lower() not in {"true", "false", "null"}:
            self._record(text)
            return lambda item: fold(read_path(item, text))
        if kind not in _LITERALS:
            raise QueryError(f"Invalid filter clause: value expected, '{text}' found.")
        value = _LITERALS[kind](text)
        return lambda _item: value

    def _record(self, path: str) -> None:
        first = path.split("/", maxsplit=1)[0]
        if first not in self._variables:
            self.fields.add(first)
        self.advanced |= path.endswith("$count")


_LITERALS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text[1:-1].replace("''", "'").casefold(),
    "guid": str.casefold,
    "date": str.casefold,
    "number": float,
    "name": lambda text: {"true": True, "false": False, "null": None}[text.lower()],
}


def _join(how: Callable[..., bool], parts: list[Value]) -> Value:
    return parts[0] if len(parts) == 1 else lambda item: how(each(item) for each in parts)
