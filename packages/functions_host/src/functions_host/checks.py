"""Finds all that would go wrong once the app is served: routes, schedules, connections. Opens nothing."""

from collections.abc import Callable, Iterator, Mapping

from functions_host.config import HostSettings
from functions_host.errors import AppError, ConfigError, RouteError
from functions_host.http import doors
from functions_host.indexer import Binding, Function, Registry
from functions_host.queue_clients import address_of, queue_name
from functions_host.timers import schedule_of


def check(registry: Registry, settings: HostSettings, environ: Mapping[str, str]) -> None:
    """Look at every enabled function; ``AppError`` lists all problems, file and line first."""
    problems = list(_found(registry, settings, environ))
    if problems:
        raise AppError(problems)


def _found(registry: Registry, settings: HostSettings, environ: Mapping[str, str]) -> Iterator[str]:
    zone = environ.get("WEBSITE_TIME_ZONE")
    yield from _routes(registry, settings.route_prefix)
    for timer in registry.of("timerTrigger"):
        yield from _said(lambda one=timer: schedule_of(one, environ, zone))  # type: ignore[misc]
    for function in registry.functions.values():
        for binding in (function.trigger, *function.outputs):
            if binding.type in {"queueTrigger", "queue"} and not function.disabled:
                yield from _queue(function, binding, environ)


def _routes(registry: Registry, prefix: str) -> Iterator[str]:
    """Look at each route by itself, and at all of them together when each is good."""
    alone = [Registry({one.name: one}) for one in registry.of("httpTrigger")]
    found = [problem for one in alone for problem in _said(lambda one=one: doors(one, prefix))]  # type: ignore[misc]
    yield from found or _said(lambda: doors(registry, prefix))


def _queue(function: Function, binding: Binding, environ: Mapping[str, str]) -> Iterator[str]:
    connection = str(binding.raw.get("connection") or "AzureWebJobsStorage")
    for act in (lambda: address_of(connection, environ), lambda: queue_name(binding.raw, environ)):
        yield from (f"{function.place}: {function.name}: {problem}" for problem in _said(act))


def _said(act: Callable[[], object]) -> Iterator[str]:
    try:
        act()
    except (ConfigError, RouteError) as error:
        yield str(error)
