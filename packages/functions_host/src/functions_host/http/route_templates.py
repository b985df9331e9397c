"""Route templates as ASP.NET reads them (docs/notes.md 4.1): match and constraints."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions_host.errors import RouteError
from functions_host.http.route_constraints import constraint

_NOT_IN_NAMES = frozenset("{}/?*")
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
    """One template, ready to match; *lazy*: as ASP.NET, regular expressions are read when a request comes."""

    def __init__(self, template: str, *, lazy: bool = False) -> None:
        own = template.removeprefix("~/") if template.startswith("~/") else template.removeprefix("/")
        self.template = own.removesuffix("/")
        segments = _split(self.template) if own else []
        self._segments = [_segment(text, lazy=lazy) for text in segments]
        parts = [part for parts in self._segments for part in parts]
        _check_parts(parts)
        self.parameters = frozenset(part.name.lower() for part in parts if part.name)

    def match(self, path: str) -> dict[str, str] | None:
        """Match a decoded path; return the route's values, None when it does not match.

        A slash at the end does not count, an empty segment matches a catch-all parameter only. That one takes the rest
        of the path as it is.
        """
        given = path.strip("/") if not path.strip("/") else path.removeprefix("/").removesuffix("/")
        segments = given.split("/") if given else []
        values: dict[str, str] = {}
        for index, parts in enumerate(self._segments):
            first = parts[0]
            if first.catch_all:
                return self._caught(path.removeprefix("/"), index, segments, values)
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

    def _caught(self, path: str, index: int, segments: Sequence[str], values: dict[str, str]) -> dict[str, str] | None:
        """Add the value of a catch-all parameter: the path from the segment *index* on."""
        part = self._segments[index][0]
        if len(segments) > index and not segments[index]:
            return None
        rest = path.split("/", index)[index] if len(segments) > index else part.default
        if not rest:
            return None if part.checks else values
        return values | {part.name: rest} if all(check(rest) for check in part.checks) else None


def _check_parts(parts: list[_Part]) -> None:
    """Refuse a whole template that ASP.NET refuses."""
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


def _segment(text: str, *, lazy: bool) -> tuple[_Part, ...]:
    """Cut a segment into literal pieces and parameters; braces may nest inside a constraint."""
    if not text:
        raise RouteError("a route has no two slashes in a row")
    parts: list[_Part] = []
    piece, depth = "", 0
    for character in text:
        opens, closes = character == "{", character == "}"
        if (opens and depth == 0) or (closes and depth == 1):
            if closes:
                parts.append(_parameter(piece, lazy=lazy))
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
    if piece:
        parts.append(_Part(literal=piece))
    if any(one.name and other.name for one, other in pairwise(parts)):
        raise RouteError(f"a literal or a slash must be between the parameters of {text!r}")
    return tuple(parts)


def _parameter(text: str, *, lazy: bool) -> _Part:
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
    if set(name) & _NOT_IN_NAMES:
        raise RouteError(f"the parameter name of {{{text}}} must not hold {{, }}, /, ? or *")
    if optional and default is not None:
        raise RouteError(f"the optional parameter {{{text}}} cannot have a default value")
    found_all = list(_CONSTRAINT.finditer(rest))
    if "".join(one[0] for one in found_all) != rest:
        raise RouteError(f"the constraint of {{{text}}} cannot be read")
    checks = tuple(constraint(one[1], one[2] or "", lazy=lazy) for one in found_all)
    return _Part("", name, checks, default, optional, catch_all)


def _match_segment(parts: tuple[_Part, ...], text: str) -> dict[str, str] | None:
    if not text:
        return None
    if len(parts) == 1:
        only = parts[0]
        if only.name:
            return {only.name: text} if all(c(text) for c in only.checks) else None
        return {} if only.literal.lower() == text.lower() else None
    found = _match_pieces(parts, text)
    if found is None and parts[-1].optional and parts[-2].literal == "." and not text.endswith("."):
        found = _match_pieces(parts[:-2], text)
    if found is None:
        return None
    good = all(check(found[part.name]) for part in parts if part.name in found for check in part.checks)
    return found if good else None


def _match_pieces(parts: tuple[_Part, ...], text: str) -> dict[str, str] | None:
    """Match a segment of several pieces from its end: each parameter takes as little as it can, at least one character.

    The order is that of ``RoutePatternMatcher.MatchComplexSegmentCore`` of ASP.NET.
    """
    values: dict[str, str] = {}
    end, waiting = len(text), ""
    for index, part in reversed(list(enumerate(parts))):
        if part.name:
            waiting = part.name
            continue
        start = text.lower().rfind(part.literal.lower(), 0, end - bool(waiting))
        after = start + len(part.literal)
        if start < 0 or (index == len(parts) - 1 and after != len(text)):
            return None
        if waiting:
            values[waiting] = text[after:end]
        elif after != end:
            return None
        end, waiting = start, ""
    if waiting:
        values[waiting] = text[:end]
    elif end:
        return None
    return values if all(values.values()) else None
