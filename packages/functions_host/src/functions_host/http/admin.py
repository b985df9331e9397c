"""The host's own API under /admin (docs/notes.md 4.1)."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiohttp import web

from functions_host.functions.indexer import Function, Registry
from functions_host.http.parameters import presented_key
from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.work import Work
from functions_host.storage.keys import PERMANENT, Keys
from functions_host.storage.store import Store
from functions_host.timestamps import stamp

RunNow = Callable[[Function, str | None], Awaitable[None]]


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
        prefix: str = "api",
    ) -> None:
        self._registry, self._keys, self._store = registry, keys, store
        self._clock, self._work, self._run_now, self._auth = clock, work, run_now, auth
        self._prefix = prefix

    async def answer(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answer one request; ``path`` follows /admin. Without the master key an existing path is 401, else 404."""
        path = [one.lower() if index < 2 else one for index, one in enumerate(path)]  # noqa: PLR2004 - area and page
        if path == ["host", "ping"]:
            return web.Response(headers={"Cache-Control": "no-store,no-cache", "Pragma": "no-cache"})
        if path == ["warmup"]:
            return web.Response()
        act = self._page(request, path)
        if act is None:
            return web.Response(status=404)
        if self._auth and not self._keys.accept(presented_key(request), "admin"):
            return unauthorized(challenge=path[0] != "vfs")
        return await act()

    def _page(self, request: web.BaseRequest, path: list[str]) -> Callable[[], Awaitable[web.Response]] | None:
        """Return the function that answers a path; None where the API has no such page."""
        act: Callable[[], Awaitable[web.Response]] | None = None
        match path:
            case ["host", ("status" | "config" | "processes") as page]:
                act = partial(self._host_page, page)
            case ["functions"] if request.method == "GET":
                act = partial(self._list, request)
            case ["functions", name] if request.method in {"GET", "POST"}:
                act = partial(self._run if request.method == "POST" else self._describe, request, name)
            case ["functions", name, "status"]:
                act = partial(self._function_status, name)
            case ["functions", name, "keys", *rest]:
                act = partial(self._key, request, f"function:{name}", rest)
            case ["host", ("keys" | "systemkeys") as kind, *rest]:
                act = partial(self._key, request, "host" if kind == "keys" else "system", rest)
            case ["vfs", *_]:
                act = _files
        return act

    async def _host_page(self, page: str) -> web.Response:
        if page == "status":
            return web.json_response(self._status())
        if page == "processes":
            return web.json_response({"processes": []})
        return web.json_response({"extensions": {}, "concurrency": {}})

    async def _list(self, request: web.BaseRequest) -> web.Response:
        return web.json_response([describe(f, self._base(request)) for f in self._registry.functions.values()])

    async def _describe(self, request: web.BaseRequest, name: str) -> web.Response:
        found = self._find(name)
        return web.json_response(describe(found, self._base(request))) if found else web.Response(status=404)

    async def _function_status(self, name: str) -> web.Response:
        return web.json_response({}) if self._find(name) else web.Response(status=404)

    def _base(self, request: web.BaseRequest) -> tuple[str, str]:
        return f"{request.scheme}://{request.host}", self._prefix

    def _find(self, name: str) -> Function | None:
        return {f.name.lower(): f for f in self._registry.functions.values()}.get(name.lower())

    def _status(self) -> Mapping[str, object]:
        return {
            "state": "Running",
            "time": stamp(self._clock.now_us()),
            "running": {kind: n for kind, n in self._work.running.items() if n},
            "instances": self._store.reads.counts(),
        }

    async def _run(self, request: web.BaseRequest, name: str) -> web.Response:
        """Run a function now, as the admin API of Azure's host does: 202 before it has ended."""
        found = self._find(name)
        if found is None:
            return web.Response(status=404)
        try:
            value = json.loads(await request.text()).get("input")
        except (ValueError, AttributeError):
            return web.Response(status=400)
        if not isinstance(value, str | None):
            return web.Response(status=400)
        if found.trigger.type in {"timerTrigger", "queueTrigger"}:
            await self._run_now(found, value)
        else:
            log_event("host", f"{found.name} is not run: call its own address or start it as a client", logging.WARNING)
        return web.Response(status=202)

    async def _key(self, request: web.BaseRequest, scope: str, rest: list[str]) -> web.Response:
        match (request.method, rest):
            case ("GET", []):
                keys = [{"name": n, "value": v} for n, v in self._keys.of(scope).items()]
                return web.json_response({"keys": keys, "links": []})
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


def unauthorized(*, challenge: bool = True) -> web.Response:
    """Refuse a caller without the key."""
    return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"} if challenge else {})


async def _files() -> web.Response:
    """Show no files, as plans do whose content is a package."""
    return web.Response(status=403)


def describe(function: Function, base: tuple[str, str] = ("", "api")) -> dict[str, object]:
    """Show a function as Azure's admin API does, without its files; *base*: address and prefix of routes."""
    origin, prefix = base
    route = "/".join(filter(None, (prefix, str(function.trigger.raw.get("route") or function.name).strip("/"))))
    called = function.trigger.type == "httpTrigger"
    return {
        "name": function.name,
        "script_root_path_href": None,
        "script_href": None,
        "config_href": None,
        "test_data_href": None,
        "href": f"{origin}/admin/functions/{function.name}",
        "invoke_url_template": f"{origin}/{route}" if called else None,
        "language": "python",
        "config": {"bindings": [dict(b.raw) for b in function.bindings]},
        "files": None,
        "test_data": "",
        "isDisabled": function.disabled,
        "isDirect": False,
        "isProxy": False,
    }
