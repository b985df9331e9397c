"""The host's own API under /admin (docs/notes.md 4.1)."""

import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from functions_host.functions.indexer import Function, Registry
from functions_host.http.parameters import presented_key
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.work import Work
from functions_host.storage.keys import PERMANENT, Keys
from functions_host.storage.store import Store
from functions_host.timestamps import stamp

RunNow = Callable[[Function, str], Awaitable[None]]


class Admin:
    """Answers /admin/...; everything but ping needs the master key."""

    def __init__(
        self,
        registry: Registry,
        keys: Keys,
        store: Store,
        clock: Clock,
        work: Work,
        run_now: RunNow,
        *,
        auth: bool,
    ) -> None:
        self._registry, self._keys, self._store = registry, keys, store
        self._clock, self._work, self._run_now, self._auth = clock, work, run_now, auth

    async def answer(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answer one request; ``path`` follows /admin."""
        path = [path[0].lower(), *path[1:]] if path else []
        if path == ["host", "ping"]:
            return web.Response()
        if self._auth and not self._keys.accept(presented_key(request), "admin"):
            return web.Response(status=401)
        match path:
            case ["host", "status"]:
                response = web.json_response(self._status())
            case ["functions"] if request.method == "GET":
                listed = [describe(f) for f in self._registry.functions.values()]
                response = web.json_response(listed)
            case ["functions", name] if request.method == "POST":
                response = await self._run(request, name)
            case ["functions", name, "keys", *rest]:
                response = await self._key(request, f"function:{name}", rest)
            case ["host", "keys", *rest]:
                response = await self._key(request, "host", rest)
            case ["host", "systemkeys", *rest]:
                response = await self._key(request, "system", rest)
            case _:
                response = web.Response(status=404)
        return response

    def _status(self) -> Mapping[str, object]:
        return {
            "state": "Running",
            "time": stamp(self._clock.now_us()),
            "running": {kind: n for kind, n in self._work.running.items() if n},
            "instances": self._store.reads.counts(),
        }

    async def _run(self, request: web.BaseRequest, name: str) -> web.Response:
        """Run a timer or queue function now, as the admin API of Azure's host does."""
        found = {f.name.lower(): f for f in self._registry.functions.values()}.get(name.lower())
        if found is None:
            return web.Response(status=404)
        if found.trigger.type not in {"timerTrigger", "queueTrigger"}:
            return web.Response(status=400, text=f"{found.name} is not a timer or queue function: call its own address")
        text = await request.text()
        try:
            value = json.loads(text)["input"] if text.strip() not in {"", "{}"} else ""
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400, text='the body must be {} or {"input": "..."}')
        await self._run_now(found, value if isinstance(value, str) else json.dumps(value))
        return web.Response(status=202)

    async def _key(self, request: web.BaseRequest, scope: str, rest: list[str]) -> web.Response:
        match (request.method, rest):
            case ("GET", []):
                keys = [{"name": n, "value": v} for n, v in self._keys.of(scope).items()]
                return web.json_response({"keys": keys})
            case ("POST" | "PUT", [name]):
                try:
                    requested = json.loads(await request.read() or b"{}").get("value")
                except (ValueError, AttributeError):
                    requested = 0
                if not isinstance(requested, str | None):
                    return web.Response(status=400, text='the body must be {} or {"value": "..."}')
                value = await self._keys.put(self._store, scope, name, requested)
                return web.json_response({"name": name, "value": value}, status=201)
            case ("DELETE", [name]) if (scope, name) in PERMANENT:
                return web.Response(status=400, text=f"{name} cannot be removed: PUT another value")
            case ("DELETE", [name]):
                removed = await self._keys.remove(self._store, scope, name)
                return web.Response(status=204 if removed else 404)
        return web.Response(status=404)


def describe(function: Function) -> dict[str, object]:
    """Show a function as its function.json would."""
    return {
        "name": function.name,
        "isDisabled": function.disabled,
        "config": {"bindings": [dict(b.raw) for b in function.bindings]},
    }
