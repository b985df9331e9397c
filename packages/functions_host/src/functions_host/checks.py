"""Finds everything that would fail once the app is served: routes, schedules, connections. Opens nothing."""

from collections.abc import Callable, Iterator, Mapping

from functions_host.errors import AppError, ConfigError, RouteError
from functions_host.functions.indexer import Binding, Function, Registry
from functions_host.functions.queue_clients import address_of, queue_name
from functions_host.http.server import function_routes
from functions_host.settings.config import HostSettings
from functions_host.triggers.timer_status import schedule_of


def check(registry: Registry, settings: HostSettings, environ: Mapping[str, str]) -> None:
    """Check every enabled function; ``AppError`` lists all problems, file and line first."""
    problems = list(_problems(registry, settings, environ))
    if problems:
        raise AppError(problems)


def _problems(registry: Registry, settings: HostSettings, environ: Mapping[str, str]) -> Iterator[str]:
    zone = environ.get("WEBSITE_TIME_ZONE")
    yield from _routes(registry, settings.route_prefix)
    for timer in registry.of("timerTrigger"):
        yield from _error_of(lambda one=timer: schedule_of(one, environ, zone))  # type: ignore[misc]
    for function in registry.functions.values():
        for binding in (function.trigger, *function.outputs):
            if binding.type in {"queueTrigger", "queue"} and not function.disabled:
                yield from _queue(function, binding, environ)


def _routes(registry: Registry, prefix: str) -> Iterator[str]:
    """Check each route by itself, and all of them together when each is valid."""
    alone = [Registry({one.name: one}) for one in registry.of("httpTrigger")]
    found = [problem for one in alone for problem in _error_of(lambda one=one: function_routes(one, prefix))]  # type: ignore[misc]
    yield from found or _error_of(lambda: function_routes(registry, prefix))


def _queue(function: Function, binding: Binding, environ: Mapping[str, str]) -> Iterator[str]:
    connection = str(binding.raw.get("connection") or "AzureWebJobsStorage")
    for attempt in (lambda: address_of(connection, environ), lambda: queue_name(binding.raw, environ)):
        yield from (f"{function.location}: {function.name}: {problem}" for problem in _error_of(attempt))


def _error_of(attempt: Callable[[], object]) -> Iterator[str]:
    try:
        attempt()
    except (ConfigError, RouteError) as error:
        yield str(error)
