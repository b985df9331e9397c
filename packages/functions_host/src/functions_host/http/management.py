"""The management API of Durable Functions (docs/notes.md 2.3), public with a key, and as RPC.

The RPC listener serves the same API on loopback under a secret path, so that the SDK's client needs no key and other
users of the machine cannot call it.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable

from aiohttp import web

from functions_host.durable.numbering import missing_orchestrator
from functions_host.durable.operations import Operations, Outcome
from functions_host.durable.orchestrator_executor import CannotRunError
from functions_host.functions.failures import error_text
from functions_host.http.addresses import Addresses
from functions_host.http.entity_api import EntityApi
from functions_host.http.parameters import (
    TOKEN,
    BadRequestError,
    checked_id,
    flag,
    instance_filter,
    json_of,
    page_size,
    query_value,
    stored_input,
    token_after,
    wait_limits,
)
from functions_host.http.route_templates import path_segments
from functions_host.http.views import history_view, status_view
from functions_host.log import log_event
from functions_host.storage.state import TERMINAL, Instance
from functions_host.storage.store import Store

_POLL_SECONDS = 0.05
_CONTROLS = {"terminate", "suspend", "resume"}


class Management:
    """Answers management requests."""

    def __init__(
        self,
        store: Store,
        operations: Operations,
        entities: EntityApi,
        orchestrators: frozenset[str],
        addresses: Addresses,
    ) -> None:
        self._store, self._operations, self._entities = store, operations, entities
        self._orchestrators, self._addresses = orchestrators, addresses

    async def rpc(self, request: web.BaseRequest) -> web.Response:
        """Answer the SDK's client: only under the secret path."""
        first, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        if first != self._addresses.secret or not rest.startswith("durabletask"):
            return web.Response(status=404)
        return await self.answer(request, f"/x/x/{rest}", public=False)

    async def answer(self, request: web.BaseRequest, raw_path: str, *, public: bool) -> web.Response:
        """Answer one request; three path segments lead to the API's own."""
        first, *segments = path_segments(raw_path)[3:] or [""]
        origin = f"{request.scheme}://{request.host}" if public else self._addresses.origin
        match (request.method, first.lower(), segments):
            case ("POST", "orchestrators", [name]):
                act = self._start(request, origin, name, None)
            case ("POST", "orchestrators", [name, *rest]):
                act = self._start(request, origin, name, "/".join(rest))
            case ("GET", "instances", []):
                act = self._list(request)
            case ("DELETE", "instances", []):
                act = self._purge_where(request)
            case (_, "instances", [instance_id, *rest]):
                act = self._instance(request, origin, instance_id, rest)
            case (_, "entities", rest):
                act = self._entities.answer(request, rest)
            case _:
                return web.Response(status=404)
        return await _with_errors(act)

    async def _instance(self, request: web.BaseRequest, origin: str, instance_id: str, rest: list[str]) -> web.Response:
        """Answer a request about one instance."""
        verb = rest[0].lower() if rest else ""
        match (request.method, verb, rest[1:]):
            case ("GET", "", []):
                act = self._status(request, instance_id)
            case ("DELETE", "", []):
                act = self._purge(instance_id)
            case ("POST", "raiseevent", [name]):
                act = self._raise(request, instance_id, name)
            case ("POST", "restart", []):
                act = self._restart(request, origin, instance_id)
            case ("POST", "rewind", []):
                act = self._rewind(request, instance_id)
            case ("POST", _, []) if verb in _CONTROLS:
                act = self._control(request, instance_id, verb)
            case _:
                return web.Response(status=404)
        return await act

    async def _start(self, request: web.BaseRequest, origin: str, name: str, given_id: str | None) -> web.Response:
        input_text = stored_input(await request.read())
        instance_id = self._operations.new_id() if given_id is None else checked_id(given_id)
        if name.casefold() not in self._orchestrators:
            raise BadRequestError(missing_orchestrator(name))
        wait = wait_limits(request)
        outcome = await self._operations.start(name, instance_id, input_text, query_value(request, "version") or None)
        if outcome is Outcome.LIVE:
            return _problem(409, f"An Orchestration instance with the status Running already exists: {instance_id}")
        return await self._started(origin, instance_id, wait)

    async def _restart(self, request: web.BaseRequest, origin: str, instance_id: str) -> web.Response:
        wait = wait_limits(request)
        new_id = flag(request, "restartWithNewInstanceId", default=True)
        outcome, started = await self._operations.restart(instance_id, new_id=new_id)
        if outcome is Outcome.NOT_FOUND:
            raise BadRequestError(f"An orchestrator with the instanceId {instance_id} was not found.")
        if outcome is Outcome.LIVE:
            return _problem(409, "A non-terminal instance with this instance ID already exists.")
        return await self._started(origin, started, wait)

    async def _rewind(self, request: web.BaseRequest, instance_id: str) -> web.Response:
        try:
            outcome, status = await self._operations.rewind(instance_id, query_value(request, "reason"))
        except CannotRunError as error:
            return web.json_response(f"{instance_id} cannot be rewound: {error}", status=412)
        if outcome is Outcome.LIVE:
            return web.json_response(
                f"Only failed instances can be rewound, and {instance_id} is {status}.", status=412
            )
        return _response_of(outcome)

    async def _started(self, origin: str, instance_id: str, wait: tuple[float, float] | None) -> web.Response:
        """Answer with the output if the instance ends within the time to wait, else with its addresses."""
        if wait is not None and (row := await self._ended(instance_id, *wait)) is not None:
            if row.status == "Completed":
                return web.Response(text=row.output or "null", content_type="application/json")
            return web.json_response(status_view(row, show_input=True))
        urls = self._addresses.of(origin, instance_id)
        del urls["rewindPostUri"]  # as the extension, which omits it in this response only
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return web.json_response(urls, status=202, headers=headers)

    async def _ended(self, instance_id: str, seconds: float, pause: float) -> Instance | None:
        """Wait, in real time, until an instance has ended; None when it has not."""
        until = time.monotonic() + seconds
        while True:
            row = self._store.reads.instance(instance_id)
            if row is not None and row.status in TERMINAL:
                return row
            left = until - time.monotonic()
            if left <= 0:
                return None
            await asyncio.sleep(min(pause, left, _POLL_SECONDS))

    async def _status(self, request: web.BaseRequest, instance_id: str) -> web.Response:
        row = self._store.reads.instance(instance_id)
        if row is None:
            return web.Response(status=404)
        show_input = flag(request, "showInput", default=True)
        view = status_view(row, show_input=show_input)
        if flag(request, "showHistory"):
            view["historyEvents"] = history_view(
                self._store.reads.history(row.id, row.execution_id),
                show_input=show_input,
                show_output=flag(request, "showHistoryOutput"),
            )
        if row.status not in TERMINAL:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return web.json_response(view, status=202, headers=headers)
        is_error = row.status == "Failed" and flag(request, "returnInternalServerErrorOnFailure")
        return web.json_response(view, status=500 if is_error else 200)

    async def _list(self, request: web.BaseRequest) -> web.Response:
        chosen, top = instance_filter(request), page_size(request)
        rows = await asyncio.to_thread(lambda: self._store.reads.instances(chosen, top + 1))
        show_input = flag(request, "showInput", default=True)
        headers = {TOKEN: token_after(rows[top - 1])} if len(rows) > top else {}
        return web.json_response([status_view(row, show_input=show_input) for row in rows[:top]], headers=headers)

    async def _purge(self, instance_id: str) -> web.Response:
        match await self._operations.purge(instance_id):
            case Outcome.NOT_FOUND:
                return web.Response(status=404)
            case Outcome.LIVE:
                return web.json_response(
                    f"Only ended instances can be purged, and {instance_id} has not ended.", status=412
                )
        return web.json_response({"instancesDeleted": 1})

    async def _purge_where(self, request: web.BaseRequest) -> web.Response:
        if not query_value(request, "createdTimeFrom"):
            raise BadRequestError("Please provide value for 'createdTimeFrom' parameter.")
        deleted = await self._operations.purge_where(instance_filter(request))
        if not deleted:
            return web.Response(status=404)
        return web.json_response({"instancesDeleted": deleted})

    async def _raise(self, request: web.BaseRequest, instance_id: str, name: str) -> web.Response:
        row = self._store.reads.instance(instance_id)
        if row is None or row.status in TERMINAL:
            return web.Response(status=404 if row is None else 410)
        if request.content_type != "application/json":
            raise BadRequestError("Only application/json request content is supported")
        body = (await request.read()).strip() or b"null"
        json_of(body)
        text = body.decode(json.detect_encoding(body))
        return _response_of(await self._operations.raise_event(instance_id, name, text))

    async def _control(self, request: web.BaseRequest, instance_id: str, verb: str) -> web.Response:
        reason = query_value(request, "reason")
        return _response_of(await self._operations.control(instance_id, verb, reason))


async def _with_errors(act: Awaitable[web.Response]) -> web.Response:
    try:
        return await act
    except BadRequestError as error:
        return _problem(400, str(error), "System.ArgumentException")
    except Exception as error:  # noqa: BLE001 - the SDK's client reads only JSON
        log_event("manage", f"a request failed: {error_text(error)}", logging.ERROR)
        return _problem(500, error_text(error))


def _problem(status: int, message: str, kind: str = "System.InvalidOperationException") -> web.Response:
    body = {"Message": message, "ExceptionMessage": message, "ExceptionType": kind}
    return web.json_response(body, status=status)


def _response_of(outcome: Outcome) -> web.Response:
    return web.Response(status={Outcome.NOT_FOUND: 404, Outcome.ENDED: 410}.get(outcome, 202))
