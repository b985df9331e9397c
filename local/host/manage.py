"""The management API of Durable Functions (host.md 2.3), public with a key, and as RPC.

The RPC listener speaks the same, on loopback under a secret path, so that the SDK's client
needs no key and other users of the machine cannot call it.
"""

import asyncio
import json
import time
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from local.host.config import HostSettings
from local.host.entities import Entities
from local.host.events import parse_us
from local.host.operations import Operations, Said
from local.host.reads import Filter
from local.host.routes import path_segments
from local.host.state import TERMINAL, Instance
from local.host.store import Store
from local.host.views import history_view, status_view

PREFIX = ["runtime", "webhooks", "durabletask"]
_BASE = "/".join(("", *PREFIX))
_MAX_ID = 100
_POLL_SECONDS = 0.05
_CONTROLS = {"terminate", "suspend", "resume"}


class _RefusedError(Exception):
    """A request that gets 400 with the reason."""


class Management:
    """Answers management requests; ``origin`` is how the world reaches this host."""

    def __init__(
        self,
        store: Store,
        operations: Operations,
        entities: Entities,
        settings: HostSettings,
        orchestrators: frozenset[str],
        key: str,
        secret: str,
    ) -> None:
        self._store, self._operations, self._entities = store, operations, entities
        self._settings, self._orchestrators = settings, orchestrators
        self._key, self._secret = key, secret
        self.origin = ""
        self.rpc_port = 0

    def client_json(self) -> str:
        """Write what the durable client binding gives to the SDK (host.md 2.1)."""
        base = f"{self.origin}{_BASE}"
        create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return json.dumps(
            {
                "taskHubName": self._settings.hub,
                "connectionName": None,
                "creationUrls": {
                    "createNewInstancePostUri": f"{create}?code={self._key}",
                    "createAndWaitOnNewInstancePostUri": f"{create}?{wait}&code={self._key}",
                },
                "managementUrls": self._urls(self.origin, "INSTANCEID"),
                "baseUrl": base,
                "requiredQueryStringParameters": f"code={self._key}",
                "rpcBaseUrl": f"http://127.0.0.1:{self.rpc_port}/{self._secret}/durabletask/",
                "httpBaseUrl": None,
            }
        )

    async def rpc(self, request: web.BaseRequest) -> web.Response:
        """Answer the SDK's client: only under the secret path."""
        first, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        if first != self._secret or not rest.startswith("durabletask"):
            return web.Response(status=404)
        return await self.answer(request, f"/x/x/{rest}", public=False)

    async def answer(self, request: web.BaseRequest, raw_path: str, *, public: bool) -> web.Response:
        """Answer one request; three path segments lead to the API's own."""
        segments = path_segments(raw_path)[3:]
        origin = f"{request.scheme}://{request.host}" if public else self.origin
        match (request.method, segments):
            case ("POST", ["orchestrators", name]):
                act = self._start(request, origin, name, None)
            case ("POST", ["orchestrators", name, *rest]):
                act = self._start(request, origin, name, "/".join(rest))
            case ("GET", ["instances"]):
                act = self._list(request)
            case ("DELETE", ["instances"]):
                act = self._purge_where(request)
            case (_, ["instances", instance_id, *rest]):
                act = self._instance(request, origin, instance_id, rest)
            case (_, ["entities", *rest]):
                act = self._entities.answer(request, rest)
            case _:
                return web.Response(status=404)
        return await _refusable(act)

    async def _instance(self, request: web.BaseRequest, origin: str, instance_id: str, rest: list[str]) -> web.Response:
        """Answer what is about one instance."""
        match (request.method, rest):
            case ("GET", []):
                return await self._status(request, origin, instance_id)
            case ("DELETE", []):
                return await self._purge(instance_id)
            case ("POST", ["raiseEvent", name]):
                return await self._raise(request, instance_id, name)
            case ("POST", ["restart"]):
                return await self._restart(request, origin, instance_id)
            case ("POST", [verb]) if verb in _CONTROLS:
                return await self._control(request, instance_id, verb)
        return web.Response(status=404)

    async def _start(self, request: web.BaseRequest, origin: str, name: str, wanted: str | None) -> web.Response:
        input_text = stored_input(await request.read())
        instance_id = self._operations.new_id() if wanted is None else checked_id(wanted)
        if name.casefold() not in self._orchestrators:
            raise _RefusedError(
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator "
                "function. Additional info: the app has no orchestrator of that name."
            )
        wait = _wait_of(request)
        version = request.query.get("version")
        said = await self._operations.start(name, instance_id, input_text, version)
        if said is Said.LIVE:
            return _problem(
                409,
                f"An Orchestration instance with the status Running already exists: {instance_id}",
            )
        if wait is not None:
            row = await self._ended(instance_id, *wait)
            if row is not None:
                return _finished(row)
        return self._accepted(origin, instance_id)

    async def _ended(self, instance_id: str, patience: float, pause: float) -> Instance | None:
        """Wait, in real time, until an instance has ended; None when it has not."""
        until = time.monotonic() + patience
        while True:
            row = self._store.reads.instance(instance_id)
            if row is not None and row.status in TERMINAL:
                return row
            left = until - time.monotonic()
            if left <= 0:
                return None
            await asyncio.sleep(min(pause, left, _POLL_SECONDS))

    async def _status(self, request: web.BaseRequest, origin: str, instance_id: str) -> web.Response:
        row = self._store.reads.instance(instance_id)
        if row is None:
            return web.Response(status=404)
        query = request.query
        show_input = query.get("showInput", "true").lower() != "false"
        view = status_view(row, show_input=show_input)
        if query.get("showHistory", "").lower() == "true":
            view["historyEvents"] = history_view(
                self._store.reads.history(row.id, row.execution_id),
                show_input=show_input,
                show_output=query.get("showHistoryOutput", "").lower() == "true",
            )
        if row.status not in TERMINAL:
            headers = {"Location": self._urls(origin, row.id)["statusQueryGetUri"]}
            return web.json_response(view, status=202, headers=headers | {"Retry-After": "5"})
        loud = query.get("returnInternalServerErrorOnFailure", "").lower() == "true"
        return web.json_response(view, status=500 if loud and row.status == "Failed" else 200)

    async def _list(self, request: web.BaseRequest) -> web.Response:
        wanted = _filter(request)
        rows = await asyncio.to_thread(lambda: self._store.reads.instances(wanted))
        show_input = request.query.get("showInput", "true").lower() != "false"
        headers = {}
        if wanted.top and len(rows) == wanted.top:
            headers["x-ms-continuation-token"] = f"{rows[-1].created_us}|{quote(rows[-1].id)}"
        views = [status_view(row, show_input=show_input) for row in rows]
        return web.json_response(views, headers=headers)

    async def _purge(self, instance_id: str) -> web.Response:
        match await self._operations.purge(instance_id):
            case Said.UNKNOWN:
                return web.Response(status=404)
            case Said.LIVE:
                return _problem(412, f"The instance {instance_id} has not ended.")
        return web.json_response({"instancesDeleted": 1})

    async def _purge_where(self, request: web.BaseRequest) -> web.Response:
        if "createdTimeFrom" not in request.query:
            raise _RefusedError("Please provide value for 'createdTimeFrom' parameter.")
        deleted = await self._operations.purge_where(_filter(request))
        if not deleted:
            return web.Response(status=404)
        return web.json_response({"instancesDeleted": deleted})

    async def _raise(self, request: web.BaseRequest, instance_id: str, name: str) -> web.Response:
        if "json" not in request.content_type:
            raise _RefusedError("Only application/json request content is supported")
        body = (await request.text()).strip()
        try:
            json.loads(body or "null")
        except ValueError as error:
            raise _RefusedError(f"Invalid JSON content: {error}") from error
        return _said(await self._operations.raise_event(instance_id, name, body or "null"))

    async def _control(self, request: web.BaseRequest, instance_id: str, verb: str) -> web.Response:
        reason = request.query.get("reason", "")
        return _said(await self._operations.control(instance_id, verb, reason))

    async def _restart(self, request: web.BaseRequest, origin: str, instance_id: str) -> web.Response:
        new_id = request.query.get("restartWithNewInstanceId", "true").lower() != "false"
        said, started = await self._operations.restart(instance_id, new_id=new_id)
        if said is Said.UNKNOWN:
            raise _RefusedError(f"An orchestrator with the instanceId {instance_id} was not found.")
        if said is Said.LIVE:
            return _problem(409, f"The instance {instance_id} has not ended.")
        return self._accepted(origin, started)

    def _accepted(self, origin: str, instance_id: str) -> web.Response:
        urls = self._urls(origin, instance_id)
        urls.pop("rewindPostUri", None)
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return web.json_response(urls, status=202, headers=headers)

    def _urls(self, origin: str, instance_id: str) -> dict[str, str]:
        base = f"{origin}{_BASE}/instances/{quote(instance_id, safe='')}"
        query = f"taskHub={self._settings.hub}&connection=AzureWebJobsStorage&code={self._key}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{base}?{query}",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}?{query}",
            "restartPostUri": f"{base}/restart?{query}",
            "suspendPostUri": f"{base}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/resume?reason={{text}}&{query}",
        }


def stored_input(body: bytes) -> str | None:
    """Bring a start's body into the form that the SDK can read (host.md 1.15).

    An object stays; a string that holds JSON is what the Python client sends and stays too;
    anything else becomes a string of JSON, since ``get_input`` reads strings only.
    """
    if not body.strip():
        return None
    try:
        value: Any = json.loads(body)
    except ValueError as error:
        raise _RefusedError(f"The body is no JSON: {error}") from error
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(json.dumps(value))
        return json.dumps(value)
    return json.dumps(json.dumps(value))


def checked_id(wanted: str) -> str:
    """Return an instance id that may be used; the rules are the extension's."""
    bad = set("/\\#?")
    if not 1 <= len(wanted) <= _MAX_ID:
        raise _RefusedError(f"Instance ids are 1 to {_MAX_ID} characters long.")
    if wanted.startswith("@"):
        raise _RefusedError("Instance ids must not start with '@'.")
    if any(character in bad or ord(character) < 32 or 127 <= ord(character) < 160 for character in wanted):  # noqa: PLR2004
        raise _RefusedError("Instance ids must not hold / \\ # ? or control characters.")
    return wanted


async def _refusable(act: Awaitable[web.Response]) -> web.Response:
    try:
        return await act
    except _RefusedError as error:
        return _problem(400, str(error), "System.ArgumentException")


def _problem(status: int, message: str, kind: str = "System.InvalidOperationException") -> web.Response:
    body = {"Message": message, "ExceptionMessage": message, "ExceptionType": kind}
    return web.json_response(body, status=status)


def _said(said: Said) -> web.Response:
    return web.Response(status={Said.UNKNOWN: 404, Said.ENDED: 410}.get(said, 202))


def _finished(row: Instance) -> web.Response:
    if row.status == "Completed":
        return web.Response(text=row.output or "null", content_type="application/json")
    return web.json_response(status_view(row, show_input=True))


def _wait_of(request: web.BaseRequest) -> tuple[float, float] | None:
    """Read ``timeout`` and ``pollingInterval`` (seconds)."""
    if "timeout" not in request.query:
        return None
    timeout, pause = (
        _number(request, "timeout", 10.0), _number(request, "pollingInterval", 1.0)
    )  # fmt: skip
    if pause > timeout:
        raise _RefusedError("Total timeout should be bigger than retry timeout")
    return timeout, pause


def _number(request: web.BaseRequest, name: str, default: float) -> float:
    try:
        return float(request.query.get(name, default))
    except ValueError as error:
        raise _RefusedError(f"{name} must be a number of seconds") from error


def _filter(request: web.BaseRequest) -> Filter:
    query = request.query
    token = request.headers.get("x-ms-continuation-token", "")
    created, _, last_id = token.partition("|")
    try:
        statuses = query.get("runtimeStatus", "")
        return Filter(
            created_from_us=_moment(query.get("createdTimeFrom")),
            created_to_us=_moment(query.get("createdTimeTo")),
            statuses=tuple(one.strip() for one in statuses.split(",") if one.strip()),
            prefix=query.get("instanceIdPrefix"),
            top=int(query["top"]) if query.get("top") else None,
            after=(int(created), unquote(last_id)) if created.isdigit() else None,
        )
    except ValueError as error:
        raise _RefusedError(f"a filter cannot be read: {error}") from error


def _moment(text: str | None) -> int | None:
    return parse_us(text) if text else None
