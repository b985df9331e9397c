"""The OData that the resource manager's own lists understand.

`eq` and `ne`, `substringof('text', name)`, `startswith(tagName, 'text')`, `and`, `or`, parentheses. Source:
learn.microsoft.com/rest/api/resources/resources/list; that `and` and `or` are nested in parentheses was recorded
(github.com/Azure/azure-cli, sql/test_sql_db_security_mgmt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([\w/]+)|([(),]))")
_NAMES = frozenset({"resourcetype", "name", "location", "resourcegroup"})
_DEEP = frozenset({"identity/principalid", "plan/publisher", "plan/product", "plan/name", "plan/version"})
_DEEPEST = 50
"""Parentheses in each other; how many the resource manager takes is not known."""
_SEARCHED = frozenset({"name", "resourcegroup"})


@dataclass(frozen=True, slots=True)
class Filter:
    """A test of resources. `types` are the only types it can be true for, None for any type; `tag` is a tag's name."""

    fits: Callable[[Resource], bool]
    types: frozenset[str] | None = None
    tag: str = ""


def wanted(call: Call) -> Filter:
    """Read `$filter`; names and values are compared without regard to case."""
    text = call.query.get("$filter", "")
    if not text.strip():
        return Filter(lambda _: True)
    tokens = _tokens(text)
    try:
        found = _either(tokens)
    except (IndexError, ValueError):
        raise _invalid(text) from None
    if tokens:
        raise _invalid(text)
    return found


def _invalid(text: str) -> Problem:
    return Problem(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")


def _tokens(text: str) -> list[tuple[str, str]]:
    """Split a filter into (kind, text): `text` in quotes, `word`, or a sign."""
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _invalid(text)
        quoted, word, sign = match.groups()
        at = match.end()
        if quoted is not None:
            found.append(("text", quoted.replace("''", "'").lower()))
        else:
            found.append(("word", word.lower()) if word else ("sign", sign))
    depths = accumulate({"(": 1, ")": -1}.get(sign, 0) if kind == "sign" else 0 for kind, sign in found)
    if max(depths, default=0) > _DEEPEST:
        raise _invalid(text)
    return found


def _take(tokens: list[tuple[str, str]], kind: str, *texts: str) -> str:
    """Take the next token, which has to be of a kind. Raises: ValueError, IndexError."""
    found, text = tokens.pop(0)
    if found != kind or (texts and text not in texts):
        raise ValueError(text)
    return text


def _either(tokens: list[tuple[str, str]]) -> Filter:
    parts = [_all(tokens)]
    while tokens and tokens[0] == ("word", "or"):
        tokens.pop(0)
        parts.append(_all(tokens))
    if len(parts) == 1:
        return parts[0]
    kinds = [each.types for each in parts if each.types is not None]
    types = frozenset().union(*kinds) if len(kinds) == len(parts) else None
    return Filter(lambda one: any(each.fits(one) for each in parts), types)


def _all(tokens: list[tuple[str, str]]) -> Filter:
    parts = [_one(tokens, "")]
    while tokens and tokens[0] == ("word", "and"):
        tokens.pop(0)
        parts.append(_one(tokens, next((each.tag for each in parts if each.tag), "")))
    if len(parts) == 1:
        return parts[0]
    types = next((each.types for each in parts if each.types is not None), None)
    return Filter(lambda one: all(each.fits(one) for each in parts), types)


def _one(tokens: list[tuple[str, str]], tag: str) -> Filter:
    """Read an expression in parentheses, a function, or a comparison; `tag` is the name whose value may be compared."""
    if tokens[0] == ("sign", "("):
        tokens.pop(0)
        found = _either(tokens)
        _take(tokens, "sign", ")")
        return found
    name = _take(tokens, "word")
    if name in {"substringof", "startswith"}:
        return _function(name, tokens)
    is_equal = _take(tokens, "word", "eq", "ne") == "eq"
    value = _take(tokens, "text")
    if name == "tagname" and is_equal:
        return Filter(lambda one: value in _tags(one), tag=value)
    if name == "tagvalue" and is_equal and tag:
        return Filter(lambda one: _tags(one).get(tag) == value)
    if name not in _NAMES | _DEEP:
        raise ValueError(name)
    types = frozenset({value}) if name == "resourcetype" and is_equal else None
    return Filter(lambda one: (_fact(one, name) == value) is is_equal, types)


def _function(name: str, tokens: list[tuple[str, str]]) -> Filter:
    _take(tokens, "sign", "(")
    if name == "startswith":
        _take(tokens, "word", "tagname")
        _take(tokens, "sign", ",")
        text = _take(tokens, "text")
        found = Filter(lambda one: any(each.startswith(text) for each in _tags(one)))
    else:
        text = _take(tokens, "text")
        _take(tokens, "sign", ",")
        searched = _take(tokens, "word", *_SEARCHED)
        found = Filter(lambda one: text in _fact(one, searched))
    _take(tokens, "sign", ")")
    return found


def _tags(resource: Resource) -> dict[str, str]:
    return {name.lower(): str(value).lower() for name, value in (resource.body.get("tags") or {}).items()}


def _fact(resource: Resource, name: str) -> str:
    if name == "resourcetype":
        return resource.type.lower()
    if name == "resourcegroup":
        return resource.key.split("/")[4]
    value: object = resource.body
    for part in name.split("/"):
        rows = {key.lower(): each for key, each in value.items()} if isinstance(value, dict) else {}
        value = rows.get(part, "")
    return str(value).lower()
