"""Conditions of role assignments: read once, and evaluated for one action with the known attributes.

    reading = read("(!(ActionMatches{'x/write'})) OR (@Request[x:Name] StringEquals 'a')")   # Refusal where it is none
    reading("x/write", {("request", "x:name"): ("a",)})                                      # True

What is not known of an attribute makes an answer None, unless the rest decides it. Source:
learn.microsoft.com/azure/role-based-access-control/conditions-format. Attributes may stand left of an operator, values
right of it; dates, times and suboperations are not simulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import NoReturn

from azure_simulator.authorization.comparisons import COMPARISONS, NUMBERS, QUANTIFIERS

Key = tuple[str, str]
"""The source of an attribute (`request`, `resource`) and its name, in lower case."""
Attributes = Mapping[Key, tuple[str, ...]]
"""The values of known attributes; an unknown source has no key."""
Reading = Callable[[str, Attributes], bool | None]

_TOKEN = re.compile(
    r"\s*(?:(?P<sign>&&|\|\||[!(){},])|@(?P<source>\w+)\[(?P<name>[^\]]+)\]"
    r"|'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>-?[A-Za-z0-9][\w:.-]*))"
)
_AND, _OR, _NOT = {"and", "&&"}, {"or", "||"}, {"not", "!"}
_SOURCES = frozenset({"request", "resource", "principal", "environment"})
_NOT_SIMULATED = ("suboperationmatches", "datetime", "time")


class InvalidConditionError(Exception):
    """A text is no condition, or a condition that is not simulated."""


@cache
def read(text: str) -> Reading:
    """Read a condition.

    Raises:
        InvalidConditionError: it is none.
    """
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, bare = 0, text.rstrip()
        while at < len(bare):
            found = _TOKEN.match(bare, at)
            if found is None:
                raise InvalidConditionError(f"unexpected '{bare[at : at + 20].strip()}'")
            kind = found.lastgroup or ""
            if kind == "name":
                self._tokens.append(("attribute", f"{found['source']}\n{found['name']}"))
            else:
                self._tokens.append((kind, found[kind]))
            at = found.end()

    def whole(self) -> Reading:
        found = self._expression()
        if self._tokens:
            self._refuse()
        return found

    def _expression(self) -> Reading:
        """Read operands joined by `AND` or `OR`; both beside each other need brackets."""
        parts, signs = [self._operand()], list[str]()
        while (sign := self._peek().lower()) in _AND | _OR:
            self._next()
            signs.append("and" if sign in _AND else "or")
            parts.append(self._operand())
        if len(set(signs)) > 1:
            raise InvalidConditionError("AND and OR beside each other need parentheses")
        if not signs:
            return parts[0]
        return partial(_joined, tuple(parts), signs[0] == "or")

    def _operand(self) -> Reading:
        word = self._peek().lower()
        if word in _NOT:
            self._next()
            return partial(_negated, self._operand())
        if word == "(":
            self._next()
            found = self._expression()
            self._need(")")
            return found
        if word == "actionmatches":
            self._next()
            (pattern,) = self._values() or ("",)
            return partial(_action_matches, _wildcard(pattern))
        if word == "exists":
            self._next()
            return partial(_exists, self._attribute())
        if word.startswith(_NOT_SIMULATED):
            raise InvalidConditionError(f"'{word}' is not simulated")
        return self._comparison()

    def _comparison(self) -> Reading:
        key = self._attribute()
        kind, operator = self._next()
        quantifier, _, name = operator.rpartition(":")
        compare = COMPARISONS.get(name.lower())
        if kind != "word" or compare is None or (quantifier and quantifier.lower() not in QUANTIFIERS):
            raise InvalidConditionError(f"'{operator}' is no operator")
        is_set = self._peek() == "{"
        if is_set != bool(quantifier):
            raise InvalidConditionError(f"'{operator}' needs {'one value' if is_set else 'values in braces'}")
        values = self._values() if is_set else (self._value(),)
        if name.lower() in NUMBERS and not all(re.fullmatch(r"-?\d+", each) for each in values):
            raise InvalidConditionError(f"'{operator}' compares integers")
        each_of, any_value = QUANTIFIERS[quantifier.lower()] if quantifier else (any, any)
        return partial(_compared, key, partial(_quantified, each_of, any_value, compare, values))

    def _attribute(self) -> Key:
        kind, text = self._next()
        source, _, name = text.partition("\n")
        if kind != "attribute" or source.lower() not in _SOURCES:
            raise InvalidConditionError(f"'{text}' is no attribute")
        return source.lower(), name.strip().lower()

    def _values(self) -> tuple[str, ...]:
        self._need("{")
        found = [self._value()]
        while self._peek() == ",":
            self._next()
            found.append(self._value())
        self._need("}")
        return tuple(found)

    def _value(self) -> str:
        kind, text = self._next()
        if kind not in {"text", "word"}:
            raise InvalidConditionError(f"'{text}' is no value")
        return text

    def _peek(self) -> str:
        return self._tokens[0][1] if self._tokens and self._tokens[0][0] in {"sign", "word"} else ""

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise InvalidConditionError("it ends too early")
        return self._tokens.pop(0)

    def _need(self, sign: str) -> None:
        if self._peek() != sign:
            self._refuse()
        self._next()

    def _refuse(self) -> NoReturn:
        raise InvalidConditionError(f"unexpected '{self._tokens[0][1] if self._tokens else 'end'}'")


def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)


def _joined(parts: Sequence[Reading], decides: bool, action: str, known: Attributes) -> bool | None:  # noqa: FBT001
    """Join answers: an answer that `decides` is the result; else an unknown answer makes it unknown."""
    found = [each(action, known) for each in parts]
    if decides in found:
        return decides
    return None if None in found else not decides


def _negated(part: Reading, action: str, known: Attributes) -> bool | None:
    found = part(action, known)
    return None if found is None else not found


def _action_matches(pattern: re.Pattern[str], action: str, known: Attributes) -> bool:
    del known
    return pattern.fullmatch(action) is not None


def _exists(key: Key, action: str, known: Attributes) -> bool | None:
    del action
    return bool(known[key]) if key in known else None


def _compared(key: Key, holds: Callable[[tuple[str, ...]], bool], action: str, known: Attributes) -> bool | None:
    del action
    return holds(known[key]) if key in known else None


def _quantified(
    each_of: Callable[..., bool],
    any_value: Callable[..., bool],
    compare: Callable[[str, str], bool],
    values: tuple[str, ...],
    have: tuple[str, ...],
) -> bool:
    """Compare the values of an attribute with the given ones; an attribute without a value fulfils nothing."""
    return bool(have) and each_of(any_value(compare(one, other) for other in values) for one in have)
