"""Filters of lists: the part of OData's ``$filter`` that Deskwright understands. Pure.

``eq``, ``ne``, ``gt``, ``ge``, ``lt``, ``le``, ``in (…)``, ``startswith(a,'b')``, ``contains(a,'b')``, ``and``, ``or``,
``not`` and parentheses. Texts are compared without regard to case, as Graph does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"
Row: TypeAlias = "Mapping[str, Scalar]"
"""A thing of a list, by the names of its properties."""

_MOST_NESTED = 20
_MOST_WORDS = 10
_MOST_COMPARED = 50
"""Comparisons of a filter: each is made for every row. The values of one ``in (…)`` are one comparison."""
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<moment>\d{4}-\d{2}-\d{2}(?:T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})?)?)"
    r"|(?P<number>-?\d{1,15}(?:\.\d{1,9})?)|(?P<name>@?[A-Za-z][A-Za-z0-9_./]*)|(?P<mark>[(),]))",
)


class Kind(StrEnum):
    """Type of the values of a property."""

    TEXT = "text"
    MOMENT = "moment"  # as ``moment`` writes it
    NUMBER = "number"
    FLAG = "flag"


Kinds: TypeAlias = "Mapping[str, Kind]"
"""The properties that can be compared, each with the kind of its values."""

Choices: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""The values of the texts that have one of a few, by the names of the properties."""


class FilterError(ValueError):
    """A filter that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison *name operator value*; texts are case-folded. *written*: the text in the query."""

    name: str
    operator: str
    value: Scalar
    written: str = ""


@dataclass(frozen=True, slots=True)
class Among:
    """*name* is one of *values*; texts are folded."""

    name: str
    values: frozenset[Scalar]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The text *name* begins with *text*, or with *anywhere* contains it."""

    name: str
    text: str
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """Not *of*."""

    of: Condition


@dataclass(frozen=True, slots=True)
class Together:
    """All of *parts*, or with *one* at least one of them."""

    parts: tuple[Condition, ...]
    one: bool = False


Condition: TypeAlias = "Comparison | Among | Beginning | Negation | Together"

EVERYTHING = Together(())
"""Filter that accepts every row."""


def moment(at: datetime | None) -> str | None:
    """Return a moment so that texts sort as the moments do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def read_filter(text: str, kinds: Kinds, choices: Choices | None = None) -> Condition:
    """Return the condition that is written in *text*. Raises: FilterError."""
    return _Reader(text, kinds, choices or {}).whole()


def refuse_unknown(name: str, written: str, choices: Choices) -> None:
    """Refuse a text that a property never has. Raises: FilterError."""
    allowed = choices.get(name)
    if allowed and written.casefold() not in {each.casefold() for each in allowed}:
        raise FilterError(f"{name} is never {written!r}; it is one of {', '.join(allowed)}")


def accepts(condition: Condition, row: Row) -> bool:
    """Return whether *row* is meant by *condition*."""
    match condition:
        case Together(parts, one):
            return any(accepts(each, row) for each in parts) if one else all(accepts(each, row) for each in parts)
        case Negation(of):
            return not accepts(of, row)
        case Beginning(name, text, anywhere):
            value = _folded(row.get(name))
            return isinstance(value, str) and (text in value if anywhere else value.startswith(text))
        case Among(name, values):
            return _folded(row.get(name)) in values
        case Comparison(name, operator, wanted):
            return _COMPARE[operator](_folded(row.get(name)), wanted)


def searched(text: str, names: Sequence[str]) -> Condition:
    """Return the condition that each word of *text* is in one of the properties *names*; quoted words stay together.

    Raises: FilterError for more words than anybody looks for: each is looked for in every row.
    """
    found = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^\s"]+)', text)]
    words = dict.fromkeys(word.casefold() for word in found)
    if len(words) > _MOST_WORDS:
        raise FilterError(f"write at most {_MOST_WORDS} words")
    return Together(tuple(Together(tuple(Beginning(n, w, True) for n in names), one=True) for w in words))


def demanded(condition: Condition) -> tuple[Comparison, ...]:
    """Return the comparisons that every row which *condition* accepts passes; there may be further conditions."""
    match condition:
        case Together(parts, False):
            return tuple(found for part in parts for found in demanded(part))
        case Comparison():
            return (condition,)
        case _:
            return ()


def names_in(condition: Condition) -> frozenset[str]:
    """Return the properties that *condition* looks at."""
    match condition:
        case Together(parts):
            return frozenset().union(*map(names_in, parts))
        case Negation(of):
            return names_in(of)
        case _:
            return frozenset({condition.name})


def _folded(value: Scalar) -> Scalar:
    return value.casefold() if isinstance(value, str) else value


def _ordered(compare: Callable[[str | float, str | float], bool]) -> Callable[[Scalar, Scalar], bool]:
    """Return a comparison that nothing absent passes."""

    def compared(left: Scalar, right: Scalar) -> bool:
        if left is None or right is None or isinstance(left, str) != isinstance(right, str):
            return False
        return compare(left, right)

    return compared


_COMPARE: Mapping[str, Callable[[Scalar, Scalar], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": _ordered(lambda left, right: left > right),  # type: ignore[operator] # both are texts, or neither is
    "ge": _ordered(lambda left, right: left >= right),  # type: ignore[operator] # as above
    "lt": _ordered(lambda left, right: left < right),  # type: ignore[operator] # as above
    "le": _ordered(lambda left, right: left <= right),  # type: ignore[operator] # as above
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Reader:
    """Reads one filter by recursive descent: or, and, not, then a comparison."""

    def __init__(self, text: str, kinds: Kinds, choices: Choices) -> None:
        self._kinds, self._tokens, self._at, self._depth = kinds, _tokens(text), 0, 0
        self._choices = choices
        self._compared_so_far = 0

    def whole(self) -> Condition:
        found = self._either()
        if self._at < len(self._tokens):
            raise FilterError(f"there is no sense in {self._tokens[self._at].text!r} where it stands")
        return found

    def _either(self) -> Condition:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise FilterError(f"nest at most {_MOST_NESTED} conditions")
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Together(tuple(parts), one=True)

    def _both(self) -> Condition:
        parts = [self._negated()]
        while self._word("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Together(tuple(parts))

    def _negated(self) -> Condition:
        negated = False
        while self._word("not"):
            negated = not negated
        found = self._one()
        return Negation(found) if negated else found

    def _one(self) -> Condition:
        if self._mark("("):
            found = self._either()
            self._expect(")")
            return found
        self._compared_so_far += 1
        if self._compared_so_far > _MOST_COMPARED:
            raise FilterError(f"compare at most {_MOST_COMPARED} times; name many values with in (…)")
        for function, anywhere in (("startswith", False), ("contains", True)):
            if self._peek(1) == "(" and self._word(function):
                return self._function(function, anywhere=anywhere)
        name = self._property()
        if self._word("in"):
            return self._one_of(name)
        operator = next((each for each in _COMPARE if self._word(each)), None)
        if operator is None:
            raise FilterError(f"{name}: compare it with {', '.join(_COMPARE)} or in")
        value = self._value(name, whole=operator in {"eq", "ne"})
        return self._compared(name, operator, value, _unquoted(self._tokens[self._at - 1].text))

    def _compared(self, name: str, operator: str, value: Scalar, written: str) -> Condition:
        if operator not in {"eq", "ne"} and (value is None or self._kinds[name] is Kind.FLAG):
            raise FilterError(f"{name}: compare it with eq or ne")
        return Comparison(name, operator, value, written)

    def _function(self, function: str, *, anywhere: bool) -> Condition:
        self._expect("(")
        name = self._property()
        self._expect(",")
        value = self._value(name, whole=False)
        self._expect(")")
        if self._kinds[name] is not Kind.TEXT or not isinstance(value, str):
            raise FilterError(f"{name}: {function} is for texts")
        return Beginning(name, value, anywhere)

    def _one_of(self, name: str) -> Condition:
        self._expect("(")
        values = [self._value(name)]
        while self._mark(","):
            values.append(self._value(name))
        self._expect(")")
        return Among(name, frozenset(values))

    def _property(self) -> str:
        token = self._next()
        if token.kind != "name":
            raise FilterError(f"a property is expected in place of {token.text!r}")
        if token.text not in self._kinds:
            possible = ", ".join(sorted(self._kinds)) or "none"
            raise FilterError(f"cannot filter by {token.text}; properties that can be: {possible}")
        return token.text

    def _value(self, name: str, *, whole: bool = True) -> Scalar:
        """Return the next value. *whole*: it is compared as a whole, not by its order or a part of it."""
        token, kind = self._next(), self._kinds[name]
        if token.kind == "name" and token.text.lower() == "null":
            return None
        match kind, token.kind:
            case Kind.TEXT, "text":
                written = _unquoted(token.text)
                if whole:
                    refuse_unknown(name, written, self._choices)
                return written.casefold()
            case Kind.FLAG, "name" if token.text.lower() in {"true", "false"}:
                return token.text.lower() == "true"
            case Kind.NUMBER, "number":
                return float(token.text)
            case Kind.MOMENT, "moment" | "text":
                return _moment(name, token.text.strip("'")).casefold()
        raise FilterError(f"{name}: {_EXPECTED[kind]} in place of {token.text}")

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            raise FilterError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self, ahead: int) -> str:
        at = self._at + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _word(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == _Token("name", word):
            self._at += 1
            return True
        return False

    def _mark(self, mark: str) -> bool:
        if self._peek(0) == mark:
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise FilterError(f"{mark} is missing")


_EXPECTED = {
    Kind.TEXT: "write a text in single quotes",
    Kind.FLAG: "write true or false",
    Kind.NUMBER: "write a number",
    Kind.MOMENT: "write a moment, as 2026-01-31T08:00:00Z",
}
_WORDS = frozenset({"and", "or", "not", "in", "startswith", "contains", *_COMPARE})


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text) and text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            unread = text[at : at + 20].strip()
            raise FilterError(f'cannot read it from "{unread}" on: write a property, an operator and a value')
        kind = str(match.lastgroup)
        written = match[kind]
        found.append(_Token(kind, written.lower() if kind == "name" and written.lower() in _WORDS else written))
        at = match.end()
    return found


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _moment(name: str, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
        return str(moment(at if at.tzinfo else at.replace(tzinfo=UTC)))
    except (ValueError, OverflowError) as error:
        raise FilterError(f"{name}: {_EXPECTED[Kind.MOMENT]}") from error
