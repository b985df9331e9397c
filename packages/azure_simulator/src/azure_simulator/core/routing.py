"""From a method and a path to the operation that answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from azure_simulator.core.calls import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Handler

_PARAMETER = re.compile(r"\{(\w+)(\.\.\.)?\}")


class Routes:
    """The operations of one service, collected by its decorator."""

    def __init__(self, plane: str) -> None:
        self.plane = plane
        self.found: list[Route] = []

    def operation(
        self,
        name: str,
        method: str,
        template: str,
        *,
        throttle: str = "",
        action: str = "",
        anonymous: bool = False,
        redacted: bool = True,
        mutates: bool | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare the operation a handler answers.

        `template` segments are literals (any case), `{name}`, patterns such as `users('{id}')`, or
        one leading `{scope...}` that takes any number of segments. Only GET and HEAD do not mutate
        unless `mutates` is given.
        """

        def keep(handler: Handler) -> Handler:
            self.found.append(
                Route(
                    name=name,
                    method=method,
                    template=template,
                    handler=handler,
                    plane=self.plane,
                    throttle=throttle,
                    action=action,
                    anonymous=anonymous,
                    redacted=redacted,
                    names=tuple(part[1:-1] for part in template.split("/") if _PARAMETER.fullmatch(part)),
                    mutates=method not in {"GET", "HEAD"} if mutates is None else mutates,
                )
            )
            return handler

        return keep


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], _Node]] = field(default_factory=list)
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """A tree of path segments; literals win over patterns, patterns over parameters."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._root = _Node()
        self._scoped: list[tuple[re.Pattern[str], Route]] = []

    def add(self, route: Route) -> None:
        """Add one operation; two for one method and path are a mistake."""
        if "...}" in route.template:
            self.routes.append(route)
            self._scoped.append((_scoped(route.template), route))
            return
        node = self._root
        for segment in route.template.strip("/").split("/"):
            node = _child(node, segment)
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.template} is declared twice")
        node.routes[route.method] = route
        self.routes.append(route)

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
        """Return the route, its parameters (unquoted) and whether the path is known at all."""
        segments = [segment for segment in path.split("/") if segment]
        values: list[str] = []
        matched: dict[str, str] = {}
        node = _walk(self._root, segments, 0, values, matched)
        if node is not None and method in node.routes:
            route = node.routes[method]
            named = dict(zip(route.names, reversed(values), strict=True))
            return route, named | matched, True
        known = node is not None
        for pattern, route in self._scoped:
            match = pattern.fullmatch(path.rstrip("/"))
            if match is not None:
                known = True
                if route.method == method:
                    return route, {k: unquote(v) for k, v in match.groupdict().items()}, True
        return None, {}, known


def _child(node: _Node, segment: str) -> _Node:
    kind = _kind(segment)
    if kind is None:
        node.parameter = node.parameter or _Node()
        return node.parameter
    if isinstance(kind, str):
        if kind not in node.literals:
            node.literals[kind] = _Node()
        return node.literals[kind]
    for known, child in node.patterns:
        if known is kind:
            return child
    node.patterns.append((kind, _Node()))
    return node.patterns[-1][1]


@cache
def _kind(segment: str) -> str | re.Pattern[str] | None:
    """Read a segment of a template: a literal in lower case, a pattern, or None for a parameter.

    Every cloud of a process has the same segments, and reading all of them takes longer than the rest of its start.
    """
    if _PARAMETER.fullmatch(segment):
        return None
    return re.compile(_regex(segment), re.IGNORECASE) if "{" in segment else segment.lower()


def _walk(node: _Node, segments: list[str], at: int, values: list[str], matched: dict[str, str]) -> _Node | None:
    """Find the node of a path; `values` gets its parameters, last one first."""
    if at == len(segments):
        return node if node.routes else None
    segment = segments[at]
    literal = node.literals.get(segment.lower())
    found = _walk(literal, segments, at + 1, values, matched) if literal else None
    if found is not None:
        return found
    for pattern, child in node.patterns:
        match = pattern.fullmatch(unquote(segment))
        found = _walk(child, segments, at + 1, values, matched) if match else None
        if match is not None and found is not None:
            matched.update(match.groupdict())
            return found
    if node.parameter is not None:
        found = _walk(node.parameter, segments, at + 1, values, matched)
        if found is not None:
            values.append(unquote(segment))
    return found


def _regex(text: str, wild: str = "[^/]+") -> str:
    parts, last = [], 0
    for match in _PARAMETER.finditer(text):
        parts += [re.escape(text[last : match.start()]), f"(?P<{match.group(1)}>{wild})"]
        last = match.end()
    return "".join([*parts, re.escape(text[last:])])


def _scoped(template: str) -> re.Pattern[str]:
    first, _, rest = template.strip("/").partition("/")
    name = first.strip("{}.")
    return re.compile(f"(?P<{name}>(?:/[^/]+)*?)/{_regex(rest)}", re.IGNORECASE)
