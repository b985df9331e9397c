"""The public server: HTTP triggers, and the host's own routes (docs/notes.md 4.1)."""

import asyncio
import contextlib
import functools
import logging
import os
import socket
import ssl
import time
from collections.abc import Mapping

from aiohttp import web

from functions_host.errors import RouteError
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invoker import InvocationTimeoutError, Invoker
from functions_host.http.answers import Answer, Server
from functions_host.http.builtin_routes import BuiltinRoutes
from functions_host.http.conversion import accept, datum_of, target_of, trace_of
from functions_host.http.function_routes import FunctionRoute
from functions_host.http.listening import BACKLOG
from functions_host.http.management import Management
from functions_host.http.parameters import presented_key
from functions_host.http.paths import decoded, segments_of
from functions_host.http.results import HeaderError, answer_of
from functions_host.log import log_event, log_invocation
from functions_host.scheduling.work import Work
from functions_host.settings.config import HostSettings
from functions_host.storage.keys import Keys

_RETURN_HINT = "it must return text or a func.HttpResponse"  # the SDK raises a bare NotImplementedError
MAX_BODY_BYTES = 210_000_000
_MAX_HEADER_BYTES = 32_768  # of all headers on Azure, of each one here: a token with many roles must pass


def _homepage() -> web.Response:
    """Answer at ``/`` where no function does (HomepageMiddleware of azure-functions-host)."""
    if os.environ.get("AzureWebJobsDisableHomepage", "").lower() == "true":  # noqa: SIM112 - the setting's name
        return web.Response(status=204)
    return web.Response(text="Your embedded Functions host is up and running.")


class PublicServer:
    """Answers a request by the first route that matches, or 404.

    *concurrency*: how many requests functions answer at a time, the next ones wait in their order; 0: any number.
    """

    def __init__(
        self,
        routes: list[FunctionRoute],
        settings: HostSettings,
        invoker: Invoker,
        keys: Keys,
        builtin: BuiltinRoutes,
        work: Work,
        *,
        auth: bool,
        concurrency: int = 0,
    ) -> None:
        self._places = asyncio.Semaphore(concurrency) if concurrency else contextlib.nullcontext()
        self._routes = routes
        self._settings, self._invoker, self._keys = settings, invoker, keys
        self._builtin = builtin
        self._work, self._auth = work, auth

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer, and log one line."""
        started = time.monotonic()
        readable = await accept(request)
        found, name = await self._answer(request) if readable else (Answer(400, closes=True), "")
        answer = Answer.of(found)
        if readable:
            self._add_custom_headers(answer)
        failed = answer.status >= 500  # noqa: PLR2004 - HTTP
        level = logging.WARNING if failed else logging.INFO if name else logging.DEBUG
        # The path as it was sent: decoded, it could hold line breaks.
        log_invocation(
            "http", name or "-", str(answer.status), started, f"{request.method} {target_of(request)[0]}", level
        )
        return answer

    def _add_custom_headers(self, answer: Answer) -> None:
        """Add the headers of host.json: each replaces the answer's own, but for its content type."""
        for header, value in self._settings.custom_headers.items():
            if header.lower() != "content-type" or "Content-Type" not in answer.headers:
                answer.headers[header] = value

    async def _answer(self, request: web.BaseRequest) -> tuple[web.Response, str]:
        if not request.headers.get("Host"):  # of HTTP 1.0: the address of the call cannot be written
            return Answer(500, closes=True), ""
        path = decoded(target_of(request)[0])
        segments = segments_of(target_of(request)[0])
        own = await self._builtin.answer(request, segments)
        if own is not None:
            return own, ""
        for found in self._routes:
            if found.methods and request.method not in found.methods:
                continue
            try:
                values = found.route.match(path)
            except RouteError as error:
                log_event("http", f"{found.function.name} cannot be called: {error}", logging.ERROR)
                return Answer(500), found.function.name
            if values is not None:
                return await self._authorized(request, found, values), found.function.name
        return _homepage() if path == "/" else Answer(404), ""

    async def _authorized(
        self, request: web.BaseRequest, found: FunctionRoute, values: Mapping[str, str]
    ) -> web.Response:
        name = found.function.name
        if self._auth and not self._keys.accept(presented_key(request), found.level, name):
            return Answer(401)
        limit = self._settings.max_requests
        if limit is not None and self._work.running.get("http", 0) >= limit:
            return Answer(429)
        sent = await request.read()
        if found.fails:
            return Answer(500)
        # A worker gets a body only where the request states its length (azure-functions-host, measured with 4.1037).
        body = b"" if "Transfer-Encoding" in request.headers else sent
        self._work.begin("http")
        try:
            async with self._places:
                return await self._invoke(request, found.function, values, body)
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
            return answer_of(result, request.method)
        except HeaderError as error:
            log_event("http", f"{function.name} failed: {error}", logging.ERROR)
            return Answer(500, headers=error.headers)
        except asyncio.CancelledError:
            raise
        except (Exception, InvocationTimeoutError) as error:
            location = self._invoker.location(error)
            hint = "" if location or not isinstance(error, NotImplementedError) else _RETURN_HINT
            log_event("http", f"{function.name} failed: {error_text(error)}{hint}", logging.ERROR, **location)
            logging.getLogger(f"Function.{function.name}").debug("trace", exc_info=error)
            return Answer(500)


async def serve(
    handler: PublicServer | Management,
    listening: socket.socket,
    shutdown_seconds: float,
    tls: ssl.SSLContext | None = None,
) -> web.ServerRunner:
    """Serve on a socket; return the runner, to clean up.

    ``shutdown_seconds``: how long the clean-up waits for running requests. ``tls``: https instead of http.
    """
    call = handler if isinstance(handler, PublicServer) else handler.rpc
    loop = asyncio.get_running_loop()
    make = functools.partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY_BYTES)
    server = Server(
        call, request_factory=make, access_log=None, auto_decompress=False, max_field_size=_MAX_HEADER_BYTES
    )
    runner = web.ServerRunner(server, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    await web.SockSite(runner, listening, ssl_context=tls, backlog=BACKLOG).start()
    return runner
