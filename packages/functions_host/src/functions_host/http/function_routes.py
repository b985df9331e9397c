"""The routes of the app's functions, in the order in which they are tried (docs/notes.md 4.1)."""

import logging
from dataclasses import dataclass

from functions_host.errors import RouteError
from functions_host.functions.indexer import Function, Registry
from functions_host.http.route_templates import Route
from functions_host.log import log_event

_RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class FunctionRoute:
    """One route; without *methods* it takes every method. *fails*: Azure's host cannot make its calls."""

    route: Route
    methods: frozenset[str]
    level: str
    function: Function
    fails: bool = False


def reserved_problem(function: Function) -> str:
    """Word why a function may not have its route; "" if it may. Like Azure's host, for any prefix."""
    own = _template(function).strip("/")
    return f"{function.location}: route {own!r} is reserved by the host" if own.lower().startswith(_RESERVED) else ""


def name_problem(function: Function) -> str:
    """Word why Azure's host fails each call of a function: its route takes the request's own name; "" otherwise."""
    try:
        parameters = Route(_template(function), lazy=True).parameters
    except RouteError:
        return ""
    if function.trigger.name.lower() not in parameters:
        return ""
    return (
        f"{function.location}: the route parameter {{{function.trigger.name}}} has the name of the function's own "
        "parameter: Azure's host cannot tell them apart"
    )


def function_routes(registry: Registry, prefix: str, *, faults: bool = False) -> list[FunctionRoute]:
    """Read the routes of all HTTP functions, in the order in which they are tried; ``RouteError`` names a bad one.

    The order is that of the functions' names, ordinal and without case, however specific a route is. *faults*: as on
    Azure, of two functions with one route and method the first serves, and a regular expression is read when a request
    comes.
    """
    found: list[FunctionRoute] = []
    for function in sorted(registry.of("httpTrigger"), key=lambda one: one.name.upper()):
        raw = function.trigger.raw
        own = _template(function)
        template = f"{prefix}/{own}" if prefix else own
        try:
            route = Route(template, lazy=faults)
        except RouteError as error:
            raise RouteError(f"{function.location}: {error}") from error
        methods = frozenset(str(m).upper() for m in raw.get("methods") or ())
        level = str(raw.get("authLevel") or "function").lower()
        for other in found:
            shared = not other.methods or not methods or other.methods & methods
            if other.route.template.lower() == template.lower() and shared:
                text = (
                    f"{function.location}: {function.name} and {other.function.name} have the same route {template!r}"
                )
                if not faults:
                    raise RouteError(text)
                log_event("http", f"{text}: the second one is never called", logging.WARNING)
        found.append(FunctionRoute(route, methods, level, function, fails=bool(name_problem(function))))
    return found


def _template(function: Function) -> str:
    route = function.trigger.raw.get("route")
    return str(route) if route else function.name
