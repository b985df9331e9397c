"""Route templates as ASP.NET reads them (docs/notes.md 4.1): match and constraints."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote

from functions_host.errors import RouteError

_CONSTRAINT = re.compile(r":([a-zA-Z]+)(?:\((.*?)\)(?=:|$))?")


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment or a piece of one: literal text, or a parameter."""

    literal: str = ""
    name: str = ""
    checks: tuple[Callable[[str], bool], ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False


class Route:
    """One template, ready to match."""

    def __init__(self, template: str) -> None:
        self.template = template.strip("/")
        segments = _split(self.template) if self.template else []
        self._segments = [_segment(text) for text in segments]
        _check_parts([part for parts in self._segments for part in parts])

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Match decoded path segments; return the route's values, None when it does not match."""
        values: dict[str, str] = {}
        for index, parts in enumerate(self._segments):
            first = parts[0]
            if first.catch_all:
                rest = "/".join(segments[index:]) or first.default
                if rest:
                    values[first.name] = rest
                return values
            if index >= len(segments):
                if not (len(parts) == 1 and (first.optional or first.default is not None)):
                    return None
                if first.default is not None:
                    values[first.name] = first.default
                continue
            found = _match_segment(parts, segments[index])
            if found is None:
                return None
            values.update(found)
        return values if len(segments) <= len(self._segments) else None


def path_segments(raw_path: str) -> list[str]:
    """Split a path as it was sent, and decode each segment once."""
    return [unquote(part) for part in raw_path.strip("/").split("/") if part]


def _check_parts(parts: list[_Part]) -> None:
    """Refuse what ASP.NET refuses of a whole template."""
    names = [part.name.lower() for part in parts if part.name]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise RouteError(f"the route parameter {repeated!r} occurs more than once")
    if any(part.catch_all for part in parts[:-1]):
        raise RouteError("a catch-all parameter can only be the last part of a route")
    if any("?" in part.literal for part in parts):
        raise RouteError("a route has no '?': the query is not part of it")


def _split(template: str) -> list[str]:
    """Split at slashes outside braces (a regex constraint may hold one)."""
    parts, depth = [""], 0
    for character in template:
        depth += (character == "{") - (character == "}")
        if character == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _segment(text: str) -> tuple[_Part, ...]:
    """Cut a segment into literal pieces and parameters; braces may nest inside a constraint."""
    parts: list[_Part] = []
    piece, depth = "", 0
    for character in text:
        opens, closes = character == "{", character == "}"
        if (opens and depth == 0) or (closes and depth == 1):
            if closes:
                parts.append(_parameter(piece))
            elif piece:
                parts.append(_Part(literal=piece))
            piece = ""
        else:
            piece += character
        depth += opens - closes
        if depth < 0:
            break
    if depth:
        raise RouteError(f"the braces of {text!r} do not match")
    if piece or not parts:
        parts.append(_Part(literal=piece))
    return tuple(parts)


def _parameter(text: str) -> _Part:
    catch_all = text.startswith("*")
    body = text.lstrip("*")
    name = re.split(r"[:=?]", body, maxsplit=1)[0]
    rest = body[len(name) :]
    default: str | None = None
    optional = False
    if rest.endswith("?"):
        optional, rest = True, rest[:-1]
    if (found := re.search(r"=([^()]*)$", rest)) is not None:
        rest, default = rest[: found.start()], found[1]
    if not name:
        raise RouteError(f"a parameter without a name in {{{text}}}")
    found_all = list(_CONSTRAINT.finditer(rest))
    if "".join(one[0] for one in found_all) != rest:
        raise RouteError(f"the constraint of {{{text}}} cannot be read")
    checks = tuple(_check(one[1], one[2] or "") for one in found_all)
    return _Part("", name, checks, default, optional, catch_all)


def _check(kind: str, argument: str) -> Callable[[str], bool]:
    """Make one constraint's check; ``RouteError`` for one that does not exist."""
    name = kind.lower()
    if name in _PLAIN:
        return _PLAIN[name]
    if name != "regex" and name not in _SIZED:
        raise RouteError(f"unknown route constraint {kind!r}")
    try:
        if name == "regex":
            pattern = re.compile(argument.replace("{{", "{").replace("}}", "}"), re.IGNORECASE)
            return lambda value: pattern.search(value) is not None
        numbers = [int(part) for part in argument.split(",")]
    except (ValueError, re.error) as error:
        raise RouteError(f"the route constraint {kind}({argument}) cannot be read: {error}") from error
    if len(numbers) not in _SIZES.get(name, {1}):
        raise RouteError(f"the route constraint {kind}({argument}) has {len(numbers)} numbers")
    check = _SIZED[name]
    return lambda value: check(value, numbers)


def _tries(convert: Callable[[str], object]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            convert(value)
        except (ValueError, InvalidOperation):
            return False
        return True

    return check


def _is_int(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", value) is not None


_SIZED: Mapping[str, Callable[[str, list[int]], bool]] = {
    "min": lambda value, sizes: _is_int(value) and int(value) >= sizes[0],
    "max": lambda value, sizes: _is_int(value) and int(value) <= sizes[0],
    "range": lambda value, sizes: _is_int(value) and sizes[0] <= int(value) <= sizes[1],
    "length": lambda value, sizes: sizes[0] <= len(value) <= sizes[-1],
    "minlength": lambda value, sizes: len(value) >= sizes[0],
    "maxlength": lambda value, sizes: len(value) <= sizes[0],
}
_SIZES = {"range": {2}, "length": {1, 2}}
_PLAIN: Mapping[str, Callable[[str], bool]] = {
    "int": lambda value: _is_int(value) and -(2**31) <= int(value) < 2**31,
    "long": lambda value: _is_int(value) and -(2**63) <= int(value) < 2**63,
    "bool": lambda value: value.lower() in {"true", "false"},
    "guid": _tries(uuid.UUID),
    "alpha": lambda value: re.fullmatch(r"[A-Za-z]*", value) is not None,
    "datetime": _tries(datetime.fromisoformat),
    "decimal": _tries(Decimal),
    "float": _tries(float),
    "double": _tries(float),
    "required": bool,
}


def _match_segment(parts: tuple[_Part, ...], text: str) -> dict[str, str] | None:
    if len(parts) == 1:
        only = parts[0]
        if only.name:
            return {only.name: text} if all(c(text) for c in only.checks) else None
        return {} if only.literal.lower() == text.lower() else None
    pattern = "".join("(.+?)" if part.name else re.escape(part.literal) for part in parts)
    match = re.fullmatch(pattern, text, re.IGNORECASE)
    if match is None:
        return None
    named = list(zip((part for part in parts if part.name), match.groups(), strict=True))
    good = all(check(value) for part, value in named for check in part.checks)
    return {part.name: value for part, value in named} if good else None
