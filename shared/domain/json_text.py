"""JSON from outside, read so that it has one meaning only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from shared.errors import InvalidError, Problem

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


class _Twice(dict[str, Any]):
    """An object that names a member twice: *name*."""

    name: str


def read_json(
    text: str, *, most_members: int | None = None, most_elements: int | None = None, whole: bool = False
) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a JSON text.

    Of two members with one name every reader takes another one (RFC 8259, section 4): what one of them checked, the
    next one would not see. And NaN and Infinity are no JSON, although Python reads them. *most_members*: of all objects
    together, *most_elements*: of all lists; each that a form does not have is a problem, and costs as much. *whole*:
    whether texts and names must have whole characters.

    Raises: InvalidError with the pointer of the first member that is named twice or not whole, or for too many members
    or elements;
    ValueError, RecursionError for what is no JSON.
    """
    found: list[_Twice] = []
    count = 0

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal count
        count += len(pairs)
        if most_members is not None and count > most_members:
            raise InvalidError(Problem("", f"write at most {most_members} members"))
        read = dict(pairs)
        return read if len(read) == len(pairs) else _twice(pairs, found)

    value = json.loads(text, object_pairs_hook=members, parse_constant=_refuse)
    if most_elements is not None:
        _refuse_long_lists(value, most_elements)
    if found and (twice := _find(value, lambda part: isinstance(part, _Twice))):
        raise InvalidError(Problem(f"{twice[0]}/{escape(twice[1].name)}", "is named twice; write it once"))
    if whole and _ESCAPED_HALF.search(text) and (broken := _find(value, _is_broken)):
        raise InvalidError(Problem(broken[0], "leave out characters that are not whole (such as \\ud800)"))
    return value


def escape(part: str) -> str:
    """Return *part* as one token of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


def _refuse_long_lists(value: Any, most: int) -> None:  # noqa: ANN401 - JSON
    """Refuse a value with more than *most* elements in all its lists. Without recursion, as ``_pointer``."""
    count, open_ = 0, [value]
    while open_:
        inner = open_.pop()
        if isinstance(inner, list):
            count += len(inner)
            if count > most:
                raise InvalidError(Problem("", f"write at most {most} elements of lists"))
        parts = inner.values() if isinstance(inner, dict) else inner
        open_ += [each for each in parts if isinstance(each, dict | list)] if isinstance(inner, dict | list) else ()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _twice(pairs: list[tuple[str, Any]], found: list[_Twice]) -> _Twice:
    names: set[str] = set()
    twice = _Twice(pairs)
    for name, _ in pairs:
        if name in names:
            twice.name = name
            break
        names.add(name)
    found.append(twice)
    return twice


def _find(value: Any, is_wanted: Callable[[Any], bool]) -> tuple[str, Any] | None:  # noqa: ANN401 - JSON
    """Return the JSON pointer of the first part of *value* that is wanted, and the part; or None if there is none.

    Without recursion: the value may be nested to any depth.
    """
    path: list[str] = []
    open_: list[Iterator[tuple[Any, Any]]] = []
    while not is_wanted(value):
        open_.append(_members(value))
        path.append("")
        while (following := next(open_[-1], None)) is None:
            open_.pop()
            path.pop()
            if not open_:
                return None
        path[-1], value = escape(str(following[0])), following[1]
    return "".join(f"/{part}" for part in path), value


def _is_broken(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a text, or a name in an object, has half of a character: no table and no other service takes it."""
    texts = (value,) if isinstance(value, str) else value if isinstance(value, dict) else ()
    return any(_HALF.search(each) for each in texts)


def _members(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Return an iterator over the values in an object or a list, each with its name or its place."""
    if isinstance(value, dict):
        return iter(value.items())
    return iter(enumerate(value if isinstance(value, list) else ()))
