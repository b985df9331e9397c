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
from functions_host.http.addresses import CONNECTION, Addresses
from functions_host.http.conversion import url_of
from functions_host.http.entity_api import EntityApi
from functions_host.http.parameters import (
    TOKEN,
    checked_id,
    flag,
    instance_filter,
    page_size,
    query_value,
    sent_input,
    token_of,
    wait_limits,
)
from functions_host.http.paths import segments_of_extension
from functions_host.http.refusals import (
    ARGUMENTS,
    FAILED,
    STORAGE_ERROR,
    STORAGE_FAILED,
    BadRequestError,
    RefusedError,
    answer_json,
    problem,
    read_json,
)
from functions_host.http.views import history_view, repeated_key, status_view
from functions_host.log import log_event
from functions_host.storage.state import TERMINAL, Instance
from functions_host.storage.store import Store

_POLL_SECONDS = 0.05
_ARGUMENT = "System.ArgumentException"
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
        *,
        faults: bool = False,
    ) -> None:
        self._store, self._operations, self._entities = store, operations, entities
        self._orchestrators, self._addresses = orchestrators, addresses
        self._faults = faults

    async def rpc(self, request: web.BaseRequest) -> web.Response:
        """Answer the SDK's client: only under the secret path."""
        first, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        if first != self._addresses.secret or not rest.startswith("durabletask"):
            return web.Response(status=404)
        return await self.answer(request, f"/x/x/{rest}", public=False)

    async def answer(self, request: web.BaseRequest, raw_path: str, *, public: bool) -> web.Response:
        """Answer one request; three path segments lead to the API's own."""
        return await _with_errors(self._answer(request, raw_path, public=public), public=public)

    async def _answer(self, request: web.BaseRequest, raw_path: str, *, public: bool) -> web.Response:
        first, *segments = segments_of_extension(raw_path)[3:] or [""]
        origin = f"{request.scheme}://{request.host}" if public else self._addresses.origin
        if other := self._other_hub(request, first.lower(), segments):
            return self._elsewhere(request, origin, other, [first.lower(), *segments])
        match (request.method, first.lower(), segments):
            case ("POST", "orchestrators", [name]):
                act = self._start(request, origin, name, None)
            case ("POST", "orchestrators", [name, given_id]):
                act = self._start(request, origin, name, given_id)
            case (_, "makeprimary", []):
                return web.Response()
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
        return await act

    def _other_hub(self, request: web.BaseRequest, first: str, segments: list[str]) -> str:
        """Return the hub that is meant, if it is not this one; refuse another connection, or an impossible name."""
        connection = query_value(request, "connection", CONNECTION)
        if connection not in {CONNECTION, "AzureWebJobsStorage"}:
            said = f"Unable to resolve the Azure Storage connection named '{connection}'."
            raise RefusedError(500, FAILED, (said, "System.InvalidOperationException"))
        hub = query_value(request, "taskHub") or self._addresses.hub
        if hub.lower() == self._addresses.hub.lower():
            return ""
        if not hub.isalnum() or (first, segments) == ("instances", []):
            raise RefusedError(500, FAILED, (STORAGE_FAILED, STORAGE_ERROR))
        return hub

    def _elsewhere(self, request: web.BaseRequest, origin: str, hub: str, path: list[str]) -> web.Response:
        """Answer for a hub without a host: nothing is found there, and a started instance waits for ever."""
        match (request.method, path):
            case ("POST", ["orchestrators", _, *given_id]) if len(given_id) <= 1:
                if not self._faults:
                    raise BadRequestError(f"This host has the task hub '{self._addresses.hub}' only, not '{hub}'.")
                return self._accepted(origin, given_id[0] if given_id else self._operations.new_id(), hub)
        return web.Response(status=404)

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
        input_text = await sent_input(request, raw=self._faults)
        instance_id = self._operations.new_id() if given_id is None else self._checked(given_id)
        if name.casefold() not in self._orchestrators and not self._faults:
            raise BadRequestError(missing_orchestrator(name))
        wait = wait_limits(request, lenient=self._faults)
        outcome = await self._operations.start(name, instance_id, input_text, query_value(request, "version") or None)
        if outcome is Outcome.LIVE:
            status = self._status_of(instance_id)
            raise RefusedError(409, f"An Orchestration instance with the status {status} already exists.")
        return await self._started(origin, instance_id, wait)

    def _status_of(self, instance_id: str) -> str:
        """Return the status of an instance that has not ended."""
        row = self._store.reads.instance(instance_id)
        return row.status if row else "Running"

    def _checked(self, instance_id: str) -> str:
        return instance_id if self._faults else checked_id(instance_id)

    async def _restart(self, request: web.BaseRequest, origin: str, instance_id: str) -> web.Response:
        wait = wait_limits(request, lenient=self._faults)
        new_id = flag(request, "restartWithNewInstanceId", default=True)
        outcome, started = await self._operations.restart(instance_id, new_id=new_id)
        if outcome is Outcome.NOT_FOUND:
            said = f"No instance with ID '{instance_id}' was found. (Parameter 'instanceId')"
            text = "InstanceId does not match a valid orchestration instance."
            raise BadRequestError(text, (said, "System.ArgumentException"))
        if outcome is Outcome.LIVE:
            said = f"An Orchestration instance with the status {self._status_of(instance_id)} already exists."
            text = "A non-terminal instance with this instance ID already exists."
            raise RefusedError(409, text, (said, "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"))
        return await self._started(origin, started, wait)

    async def _rewind(self, request: web.BaseRequest, instance_id: str) -> web.Response:
        try:
            outcome, status = await self._operations.rewind(instance_id, query_value(request, "reason"))
        except CannotRunError as error:
            return answer_json(f"{instance_id} cannot be rewound: {error}", 412)
        if outcome is Outcome.LIVE:
            only = 'but only orchestrations in the "Failed" state can be rewound.'
            return answer_json(f"This orchestration has status {status}, {only}", 412)
        if outcome is Outcome.NOT_FOUND:
            return answer_json(f'No orchestration with instance ID "${instance_id}" found.', 404)
        return _response_of(outcome)

    async def _started(self, origin: str, instance_id: str, wait: tuple[float, float] | None) -> web.Response:
        """Answer with the output if the instance ends within the time to wait, else with its addresses."""
        if wait is not None and (row := await self._ended(instance_id, *wait)) is not None:
            if row.status == "Completed":
                return web.Response(text=row.output or "null", content_type="application/json")
            return answer_json(status_view(row, show_input=True))
        return self._accepted(origin, instance_id)

    def _accepted(self, origin: str, instance_id: str, hub: str = "") -> web.Response:
        urls = self._addresses.of(origin, instance_id, hub)
        del urls["rewindPostUri"]  # as the extension, which omits it in this response only
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return answer_json(urls, 202, headers)

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
        row = self._store.reads.instance(instance_id) or self._entities.as_instance(instance_id)
        if row is None:
            return web.Response(status=404)
        show_input = flag(request, "showInput", default=True)
        view = status_view(row, show_input=show_input)
        if flag(request, "showHistory"):
            history = self._store.reads.history(row.id, row.execution_id)
            if self._faults and (key := repeated_key(history)):
                said = f"An item with the same key has already been added. Key: {key}"
                raise BadRequestError(ARGUMENTS, (said, _ARGUMENT))
            view["historyEvents"] = history_view(
                history,
                show_input=show_input,
                show_output=flag(request, "showHistoryOutput"),
            )
        if row.status not in TERMINAL:
            headers = {"Location": url_of(request), "Retry-After": "5"}
            return answer_json(view, 202, headers)
        is_error = row.status == "Failed" and flag(request, "returnInternalServerErrorOnFailure")
        return answer_json(view, 500 if is_error else 200)

    async def _list(self, request: web.BaseRequest) -> web.Response:
        chosen, top = instance_filter(request, lenient=self._faults), page_size(request)
        rows = await asyncio.to_thread(lambda: self._store.reads.instances(chosen, top + 1))
        show_input = flag(request, "showInput", default=True)
        if self._faults and query_value(request, "top").startswith("-"):
            raise RefusedError(500, FAILED, (STORAGE_FAILED, STORAGE_ERROR))
        token = token_of(rows, top)
        listed = [status_view(row, show_input=show_input) for row in rows[:top]]
        return answer_json(listed, headers={TOKEN: token} if token else {})

    async def _purge(self, instance_id: str) -> web.Response:
        match await self._operations.purge(instance_id):
            case Outcome.NOT_FOUND:
                return web.Response(status=404)
            case Outcome.LIVE:
                which = f"the orchestration with instance ID {instance_id} has status {self._status_of(instance_id)}"
                return answer_json(f"Only orchestrations in a terminal state can be purged, but {which}", 412)
        return answer_json({"instancesDeleted": 1})

    async def _purge_where(self, request: web.BaseRequest) -> web.Response:
        chosen = instance_filter(request, lenient=self._faults)
        if chosen.created_from_us is None:
            return answer_json("Please provide value for 'createdTimeFrom' parameter.", 400)
        deleted = await self._operations.purge_where(chosen, live=self._faults)
        if not deleted:
            return web.Response(status=404)
        return answer_json({"instancesDeleted": deleted})

    async def _raise(self, request: web.BaseRequest, instance_id: str, name: str) -> web.Response:
        row = self._store.reads.instance(instance_id)
        if row is None or row.status in TERMINAL:
            return web.Response(status=404 if row is None else 410)
        if request.content_type != "application/json":
            raise BadRequestError("Only application/json request content is supported")
        value = read_json((await request.read()).strip())
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return _response_of(await self._operations.raise_event(instance_id, name, text))

    async def _control(self, request: web.BaseRequest, instance_id: str, verb: str) -> web.Response:
        reason = query_value(request, "reason") or None
        outcome = await self._operations.control(instance_id, verb, reason)
        if outcome is Outcome.REFUSED:
            state = "Suspended" if verb == "suspend" else "Running"
            said = f"Cannot {verb} the orchestration instance {instance_id} because instance is in the {state} state."
            raise RefusedError(500, FAILED, (said, "System.InvalidOperationException"))
        return _response_of(outcome)


async def _with_errors(act: Awaitable[web.Response], *, public: bool) -> web.Response:
    """Answer refused requests; the SDK's client reads the exception's message of each."""
    try:
        return await act
    except RefusedError as error:
        return problem(error.status, error.message, error.error or (None if public else (error.message, _ARGUMENT)))
    except Exception as error:  # noqa: BLE001 - the SDK's client reads only JSON
        log_event("manage", f"a request failed: {error_text(error)}", logging.ERROR)
        return problem(500, FAILED, (error_text(error), "System.InvalidOperationException"))


def _response_of(outcome: Outcome) -> web.Response:
    return web.Response(status={Outcome.NOT_FOUND: 404, Outcome.ENDED: 410}.get(outcome, 202))
