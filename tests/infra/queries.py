"""Evaluate the queries of `infra/monitoring.json` on rows: the part of Kusto's language that alerts use.

    rows = evaluated(query, {"customMetrics": [row(...)], "requests": [], "traces": []})

A row's `timestamp` is in seconds before now, below nothing; a value that is not there is None, and no comparison with
it holds. Source: learn.microsoft.com/kusto/query. Kusto's own language service judges the same queries in `make long`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<span>\d+[smhd]\b)|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>==|!=|>=|<=|[-+*/<>(),.=\[\]])|(?P<word>\w+))"
)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WORDS: dict[str, Callable[[str, str], bool]] = {
    "has": lambda one, other: re.search(rf"(?i)\b{re.escape(other)}\b", one) is not None,
    "startswith": lambda one, other: one.lower().startswith(other.lower()),
    "endswith": lambda one, other: one.lower().endswith(other.lower()),
}
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other if other else None,
}
_LEVELS = (("or",), ("and",), ("==", "!=", ">", ">=", "<", "<=", *_WORDS, "in"), ("+", "-"), ("*", "/"))
Evaluate = Callable[[list[Row]], Any]
"""Computes a value of one row, or an aggregate of many."""


def evaluated(query: str, tables: Tables) -> list[Row]:
    """Return the rows that a query gives.

    What ``let`` names before it is a table, or with ``toscalar`` a value, which each row then has.
    """
    *lets, query = _split(query, ";")
    values: Row = {}
    for each in lets:
        name, _, said = each.strip().removeprefix("let ").partition("=")
        scalar = re.fullmatch(r"(?s)\s*toscalar\((.*)\)\s*", said)
        found = evaluated(scalar[1] if scalar else said, tables)
        if scalar:
            values[name.strip()] = next(iter(found[0].values()), None) if found else None
        else:
            tables = {**tables, name.strip(): found}
    source, *stages = _split(query, "|")
    rows = _written(source) or [row for name in source.removeprefix("union").split(",") for row in tables[name.strip()]]
    rows = [values | row for row in rows]
    for stage in stages:
        word, _, rest = stage.strip().partition(" ")
        if word == "where":
            holds = _Reader(rest).whole()
            rows = [row for row in rows if holds([row]) is True]
        elif word == "summarize":
            rows = _summarized(rest, rows)
        elif word == "join":
            rows = _joined_to(rows, rest, tables)
        elif word == "count":
            rows = [{"Count": len(rows)}]
        else:
            raise SyntaxError(f"'{word}' is not evaluated")
    return rows


def _written(source: str) -> list[Row]:
    """Return the rows of a table that stands in the query: ``datatable(name: type, ...) [value, ...]``."""
    found = re.fullmatch(r"(?s)\s*datatable\((.*?)\)\s*\[(.*)\]\s*", source)
    if found is None:
        return []
    columns = [each.partition(":")[0].strip() for each in found[1].split(",")]
    values = [_literal(each.strip()) for each in _split(found[2], ",")]
    return [
        dict(zip(columns, values[at : at + len(columns)], strict=True)) for at in range(0, len(values), len(columns))
    ]


def _joined_to(rows: list[Row], text: str, tables: Tables) -> list[Row]:
    """Add to each row the columns of another query's row with the same key; a row without one stays as it is."""
    found = re.fullmatch(r"(?s)kind=leftouter \((.*)\) on (\w+)\s*", text)
    if found is None:
        raise SyntaxError(f"not read: join {text}")
    others = {row[found[2]]: row for row in evaluated(found[1], tables)}
    return [others.get(row[found[2]], {}) | row for row in rows]


def _summarized(text: str, rows: list[Row]) -> list[Row]:
    values, _, keys = re.sub(r"\s+", " ", text).partition(" by ")
    by = {name: _Reader(each).whole() for name, each in _named(keys)}
    groups: dict[tuple[Any, ...], list[Row]] = {} if by else {(): []}
    for row in rows:
        groups.setdefault(tuple(each([row]) for each in by.values()), []).append(row)
    wanted = {name: _Reader(each).whole() for name, each in _named(values)}
    return [
        dict(zip(by, key, strict=True)) | {name: each(group) for name, each in wanted.items()}
        for key, group in groups.items()
    ]


def _named(text: str) -> Iterable[tuple[str, str]]:
    for each in _split(text, ",") if text else ():
        name, named, value = each.partition("=")
        yield (name.strip(), value) if named else ("", each)


def _split(text: str, sign: str) -> list[str]:
    """Split a text at a sign that stands in no brackets and no quotes."""
    found, depth, quoted = [""], 0, False
    for each in text:
        quoted ^= each == '"'
        depth += (each in "([") - (each in ")]") if not quoted else 0
        if each == sign and not quoted and not depth:
            found.append("")
        else:
            found[-1] += each
    return found


class _Reader:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at, bare = 0, text.rstrip()
        while at < len(bare):
            found = _TOKEN.match(bare, at)
            if found is None:
                raise SyntaxError(f"not read: {bare[at:]}")
            self._tokens.append(found[0].strip())
            at = found.end()

    def whole(self) -> Evaluate:
        found = self._level(0)
        if self._tokens:
            raise SyntaxError(f"not read: {' '.join(self._tokens)}")
        return found

    def _level(self, level: int) -> Evaluate:
        if level == len(_LEVELS):
            return self._primary()
        left = self._level(level + 1)
        while self._tokens and self._tokens[0] in _LEVELS[level]:
            sign = self._tokens.pop(0)
            left = self._in(left) if sign == "in" else _joined(sign, left, self._level(level + 1))
        return left

    def _in(self, left: Evaluate) -> Evaluate:
        self._need("(")
        values = self._arguments()
        return lambda rows: left(rows) in [each(rows) for each in values]

    def _primary(self) -> Evaluate:
        token = self._tokens.pop(0)
        if token == "(":
            found = self._level(0)
            self._need(")")
            return found
        if token[0] == '"' or token[0].isdigit():
            return _constant(_literal(token))
        if token == "*":
            return lambda rows: " ".join(str(each) for each in rows[0].values())
        if self._tokens[:1] == ["("]:
            self._tokens.pop(0)
            return _FUNCTIONS[token](*self._arguments())
        return self._member(token)

    def _member(self, name: str) -> Evaluate:
        if self._tokens[:1] == ["."]:
            inner = self._tokens[1]
            del self._tokens[:2]
        elif self._tokens[:1] == ["["]:
            inner = self._tokens[1].strip('"')
            del self._tokens[:3]
        else:
            return lambda rows: rows[0].get(name)
        return lambda rows: (rows[0].get(name) or {}).get(inner)

    def _arguments(self) -> list[Evaluate]:
        found: list[Evaluate] = []
        while self._tokens[0] != ")":
            if found:
                self._need(",")
            found.append(self._level(0))
        self._need(")")
        return found

    def _need(self, sign: str) -> None:
        if self._tokens.pop(0) != sign:
            raise SyntaxError(f"'{sign}' is missing")


def _joined(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(rows: list[Row]) -> Any:
        one, other = left(rows), right(rows)
        if sign in {"and", "or"}:
            return (one and other) if sign == "and" else (one or other)
        if one is None or other is None:
            return None
        return (_WORDS.get(sign) or _SIGNS[sign])(one, other)

    return evaluate


def _values(rows: list[Row], value: Evaluate) -> list[Any]:
    return [found for row in rows if (found := value([row])) is not None]


def _literal(token: str) -> str | float:
    if token[0] == '"':
        return token[1:-1]
    return float(token) if token[-1].isdigit() else int(token[:-1]) * _SECONDS[token[-1]]


def _constant(value: Any) -> Evaluate:
    def give(rows: list[Row]) -> Any:
        del rows
        return value

    return give


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _those(rows: list[Row], test: Evaluate) -> list[Row]:
    return [each for each in rows if test([each]) is True]


_FUNCTIONS: dict[str, Callable[..., Evaluate]] = {
    "ago": lambda span: lambda rows: -span(rows),
    "isnull": lambda value: lambda rows: value(rows) is None,
    "coalesce": lambda *values: lambda rows: next((v for each in values if (v := each(rows)) is not None), None),
    "tostring": lambda value: lambda rows: _text(value(rows)),
    "sum": lambda value: lambda rows: sum(_values(rows, value)),
    "sumif": lambda value, test: lambda rows: sum(_values(_those(rows, test), value)),
    "min": lambda value: lambda rows: min(_values(rows, value), default=None),
    "max": lambda value: lambda rows: max(_values(rows, value), default=None),
}
