"""The public door: HTTP triggers, the management API, the admin API (host.md 4.1)."""

import asyncio
import functools
import logging
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from functions_host.asked import presented_key
from functions_host.config import HostSettings
from functions_host.errors import RouteError
from functions_host.indexer import Function, Registry
from functions_host.invoke import InvocationTimeoutError, Invoker, error_text
from functions_host.keys import Keys
from functions_host.listening import BACKLOG
from functions_host.log import ran, say
from functions_host.manage import Management
from functions_host.rooms import Rooms
from functions_host.routes import Route, path_segments
from functions_host.wire import datum_of, let_come, response_of, trace_of
from functions_host.work import Work

_ALL_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"})
_RESERVED = ("admin", "runtime")
_WHAT_TO_RETURN = "it must return text or a func.HttpResponse"  # all that the SDK says is NotImplementedError
MAX_BODY_BYTES = 210_000_000
_MAX_HEADER_BYTES = 32_768  # of all headers on Azure, of each one here: a token with many roles must pass


@dataclass(frozen=True, slots=True)
class _Door:
    route: Route
    methods: frozenset[str]
    level: str
    function: Function


def doors(registry: Registry, prefix: str) -> list[_Door]:
    """Read the routes of all HTTP functions, most specific first; ``RouteError`` names a bad one."""
    found: list[_Door] = []
    for function in registry.of("httpTrigger"):
        raw = function.trigger.raw
        own = _template(function)
        if own.lower().startswith(_RESERVED):  # as Azure's host: whatever the prefix is
            raise RouteError(f"{function.place}: route {own!r} is reserved by the host")
        template = "/".join(part for part in (prefix, own) if part)
        try:
            route = Route(template)
        except RouteError as error:
            raise RouteError(f"{function.place}: {error}") from error
        methods = frozenset(str(m).upper() for m in raw.get("methods") or ()) or _ALL_METHODS
        level = str(raw.get("authLevel") or "function").lower()
        for other in found:
            if other.route.template.lower() == template.lower() and other.methods & methods:
                raise RouteError(
                    f"{function.place}: {function.name} and {other.function.name} have the same route {template!r}"
                )
        found.append(_Door(route, methods, level, function))
    return sorted(found, key=lambda door: door.route.rank)


def _template(function: Function) -> str:
    route = function.trigger.raw.get("route")
    return function.name if route is None else str(route).strip("/")


class PublicServer:
    """Answers one request: by the first fitting door, or 404."""

    def __init__(
        self,
        registry: Registry,
        settings: HostSettings,
        invoker: Invoker,
        keys: Keys,
        rooms: Rooms,
        work: Work,
        *,
        auth: bool,
    ) -> None:
        self._doors = doors(registry, settings.route_prefix)
        self._settings, self._invoker, self._keys = settings, invoker, keys
        self._rooms = rooms
        self._work, self._auth = work, auth

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer, and log one line."""
        started = time.monotonic()
        response, name = await self._answer(request) if await let_come(request) else (web.Response(status=400), "")
        for header, value in self._settings.custom_headers.items():
            response.headers[header] = value
        failed = response.status >= 500  # noqa: PLR2004 - HTTP
        level = logging.WARNING if failed else logging.INFO if name else logging.DEBUG
        # The path as it came: decoded, it could write lines of its own.
        ran("http", name or "-", str(response.status), started, f"{request.method} {request.rel_url.raw_path}", level)
        return response

    async def _answer(self, request: web.BaseRequest) -> tuple[web.Response, str]:
        segments = path_segments(request.rel_url.raw_path)
        own = await self._rooms.answer(request, segments)
        if own is not None:
            return own, ""
        for door in self._doors:
            if request.method not in door.methods:
                continue
            values = door.route.match(segments)
            if values is not None:
                return await self._enter(request, door, values), door.function.name
        return web.Response(status=404), ""

    async def _enter(self, request: web.BaseRequest, door: _Door, values: Mapping[str, str]) -> web.Response:
        name = door.function.name
        if self._auth and not self._keys.opens(presented_key(request), door.level, name):
            return web.Response(status=401)
        limit = self._settings.max_requests
        if limit is not None and self._work.running.get("http", 0) >= limit:
            return web.Response(status=429)
        body = await request.read()
        self._work.begin("http")
        try:
            return await self._invoke(request, door.function, values, body)
        finally:
            self._work.end("http")

    async def _invoke(
        self,
        request: web.BaseRequest,
        function: Function,
        values: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        try:
            result = await self._invoker.invoke(function, datum_of(request, values, body), trace=trace_of(request))
            return response_of(result, request.method)
        except asyncio.CancelledError:
            raise
        except (Exception, InvocationTimeoutError) as error:
            place = self._invoker.place(error)
            hint = "" if place or not isinstance(error, NotImplementedError) else _WHAT_TO_RETURN
            say("http", f"{function.name} failed: {error_text(error)}{hint}", logging.ERROR, **place)
            logging.getLogger(f"Function.{function.name}").debug("trace", exc_info=error)
            return web.Response(status=500)


async def serve(handler: PublicServer | Management, listening: socket.socket, patience: float) -> web.ServerRunner:
    """Answer on a socket; return the runner, to clean up.

    ``patience``: seconds that requests in hand have when the runner is cleaned up.
    """
    call = handler if isinstance(handler, PublicServer) else handler.rpc
    loop = asyncio.get_running_loop()
    make = functools.partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY_BYTES)
    server = web.Server(
        call, request_factory=make, access_log=None, auto_decompress=False, max_field_size=_MAX_HEADER_BYTES
    )
    runner = web.ServerRunner(server, shutdown_timeout=patience)
    await runner.setup()
    await web.SockSite(runner, listening, backlog=BACKLOG).start()
    return runner
