"""``$filter`` of Table Storage's queries, as far as the service uses it: comparisons, ``and``, ``or``, parentheses.

Anything else fails the test that sent it: a filter that storage reads in another way must not pass here.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Properties = Mapping[str, Any]
Test = Callable[[Properties], bool]

_TOKEN = re.compile(r"\s*(?:(?P<mark>[()])|(?P<text>'(?:[^']|'')*')|(?P<word>[^\s()']+))")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_NUMBER = re.compile(r"-?\d+")


class UnknownFilterError(AssertionError):
    """A filter that this module does not know how to read."""


@lru_cache(maxsize=4096)
def compiled(text: str) -> tuple[Test, str | None]:
    """Return the test of rows by a filter, and the only partition with matching rows (None: any)."""
    tokens = list(_tokens(text))
    reader = _Reader(tokens)
    test = reader.either()
    if reader.at != len(tokens):
        raise UnknownFilterError(text)
    return test, _partition(tokens)


def _tokens(text: str) -> Iterator[str]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnknownFilterError(text)
        yield found.group().strip() if found["text"] is None else found["text"]
        at = found.end()


def _partition(tokens: list[str]) -> str | None:
    """Return the partition of a filter that begins with it, followed by nothing or by ``and``s only."""
    if tokens[:2] != ["PartitionKey", "eq"] or "or" in _outside(tokens):
        return None
    return str(_literal(tokens[2]))


def _outside(tokens: list[str]) -> Iterator[str]:
    """Yield the tokens that are in no parentheses."""
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if not depth:
            yield token


def _literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token in {"true", "false"}:
        return token == "true"
    if _NUMBER.fullmatch(token):
        return int(token)
    raise UnknownFilterError(token)


class _Reader:
    """Reads tokens from left to right; ``and`` binds more than ``or``."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self.at = tokens, 0

    def either(self) -> Test:
        tests = [self._both()]
        while self._is("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._is("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._is("("):
            inner = self.either()
            if not self._is(")"):
                raise UnknownFilterError(" ".join(self._tokens))
            return inner
        name, how, wanted = self._tokens[self.at : self.at + 3]
        self.at += 3
        if how not in _COMPARE:
            raise UnknownFilterError(" ".join(self._tokens))
        return _comparison(name, _COMPARE[how], _literal(wanted))

    def _is(self, token: str) -> bool:
        found = self._tokens[self.at : self.at + 1] == [token]
        self.at += found
        return found


def _comparison(name: str, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    def test(row: Properties) -> bool:
        value = row.get(name)
        if value is None:  # a row without the property fits no comparison, not even "ne"
            return False
        if type(value) is not type(wanted):
            raise UnknownFilterError(f"{name} is compared with {wanted!r}, and is {value!r}")
        return bool(compare(value, wanted))

    return test
