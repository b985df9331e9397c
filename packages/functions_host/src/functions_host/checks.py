"""Finds everything that would fail once the app is served: routes, schedules, connections. Opens nothing."""

import logging
from collections.abc import Callable, Iterator, Mapping

from functions_host.errors import AppError, ConfigError, RouteError
from functions_host.functions.indexer import Binding, Function, Registry
from functions_host.functions.queue_clients import address_of, queue_name
from functions_host.http.function_routes import function_routes, name_problem, reserved_problem
from functions_host.log import log_event
from functions_host.settings.config import HostSettings
from functions_host.triggers.timer_status import schedule_of

_Problem = tuple[Function, str]
"""A function, and why it cannot be served; file and line first."""


def check(registry: Registry, settings: HostSettings, environ: Mapping[str, str], *, faults: bool = False) -> None:
    """Check every enabled function; ``AppError`` lists all problems.

    *faults*: as on Azure, only a route that cannot be read is one of the whole app. A function with another problem is
    left out, and one whose calls fail is served.
    """
    problems = list(_of_functions(registry, environ))
    if faults:
        for function, text in problems:
            log_event("host", f"{text}: it is left out", logging.ERROR)
            registry.functions.pop(function.name, None)
        problems = []
    fatal = list(_routes(registry, settings.route_prefix, faults=faults))
    fatal += [] if faults else list(_failing(registry))
    if fatal or problems:
        raise AppError([*fatal, *(text for _, text in problems)])


def _of_functions(registry: Registry, environ: Mapping[str, str]) -> Iterator[_Problem]:
    """Find the faults of single functions, so that Azure's host leaves them out."""
    for function in registry.of("httpTrigger"):
        if problem := reserved_problem(function):
            yield function, problem
    zone = environ.get("WEBSITE_TIME_ZONE")
    for timer in registry.of("timerTrigger"):
        for text in _error_of(lambda one=timer: schedule_of(one, environ, zone)):  # type: ignore[misc]
            yield timer, text
    for function in registry.functions.values():
        for binding in (function.trigger, *function.outputs):
            if binding.type in {"queueTrigger", "queue"} and not function.disabled:
                yield from _queue(function, binding, environ)


def _failing(registry: Registry) -> Iterator[str]:
    """Find functions that Azure's host serves, and whose every call fails there."""
    yield from filter(None, map(name_problem, registry.of("httpTrigger")))


def _routes(registry: Registry, prefix: str, *, faults: bool) -> Iterator[str]:
    """Check each route by itself, and all of them together when each is valid."""
    alone = [Registry({one.name: one}) for one in registry.of("httpTrigger")]
    found = [
        problem
        for one in alone
        for problem in _error_of(lambda one=one: function_routes(one, prefix, faults=faults))  # type: ignore[misc]
    ]
    yield from found or _error_of(lambda: function_routes(registry, prefix, faults=faults))


def _queue(function: Function, binding: Binding, environ: Mapping[str, str]) -> Iterator[_Problem]:
    connection = str(binding.raw.get("connection") or "AzureWebJobsStorage")
    for attempt in (lambda: address_of(connection, environ), lambda: queue_name(binding.raw, environ)):
        for problem in _error_of(attempt):
            yield function, f"{function.location}: {function.name}: {problem}"


def _error_of(attempt: Callable[[], object]) -> Iterator[str]:
    try:
        attempt()
    except (ConfigError, RouteError) as error:
        yield str(error)
