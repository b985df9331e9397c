"""Entities through the management API: read, signal, delete, list (docs/notes.md 2.3)."""

import json
from collections.abc import Collection
from urllib.parse import quote, unquote

from aiohttp import web

from functions_host.durable.entities import Entities, Key
from functions_host.http.parameters import (
    TOKEN,
    BadRequestError,
    flag,
    has_valid_characters,
    json_of,
    page_size,
    query_value,
    time_range,
)
from functions_host.storage.reads import EntityFilter
from functions_host.storage.store import Store
from functions_host.timestamps import stamp

_EMPTY_KEY = "$"


class EntityApi:
    """Answers /entities/...; names match without regard to case."""

    def __init__(self, store: Store, entities: Entities, names: Collection[str]) -> None:
        self._store, self._entities, self._names = store, entities, names

    async def answer(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answer one request; ``path`` follows /entities."""
        match (request.method, [part for part in path if part]):
            case ("GET", []):
                return self._list(request, None)
            case ("GET", [name]):
                return self._list(request, name.lower())
            case ("GET", [name, key]):
                return self._read(_entity(name, key))
            case ("POST", [name, key]):
                return await self._signal(request, _entity(name, key), query_value(request, "op"))
            case ("DELETE", [name, key]):
                return await self._signal(request, _entity(name, key), "delete")
        return web.Response(status=404)

    def _read(self, entity: Key) -> web.Response:
        found = self._store.reads.entity(*entity)
        if found is None:
            return web.Response(status=404)
        return web.Response(text=found[0] or "null", content_type="application/json")

    def _list(self, request: web.BaseRequest, name: str | None) -> web.Response:
        """List entities in pages, with their states if ``fetchState`` is true."""
        since_us, until_us = time_range(request, "lastOperationTimeFrom", "lastOperationTimeTo")
        top = page_size(request)
        last_name, _, last_key = request.headers.get(TOKEN, "").partition("|")
        after = (unquote(last_name), unquote(last_key)) if last_name else None
        rows = self._store.reads.entities(EntityFilter(top + 1, name, since_us, until_us, after))
        headers = {}
        if len(rows) > top:
            headers[TOKEN] = "|".join(quote(part) for part in rows[top - 1][:2])
        fetch = flag(request, "fetchState")
        listed = [
            {
                "entityId": {"name": one, "key": key},
                "lastOperationTime": stamp(updated_us),
                "state": json.loads(state or "null") if fetch else None,
            }
            for one, key, state, updated_us in rows[:top]
        ]
        return web.json_response(listed, headers=headers)

    async def _signal(self, request: web.BaseRequest, entity: Key, operation: str) -> web.Response:
        name, key = entity
        if name not in self._names:
            raise BadRequestError(f"The function '{name}' doesn't exist, is disabled, or is not an entity function.")
        if not has_valid_characters(key):
            raise BadRequestError("Entity keys must not hold / \\ # ? or control characters.")
        await self._entities.signal(entity, operation, _input(await request.read(), request.content_type))
        return web.Response(status=202)


def _entity(name: str, key: str) -> Key:
    return name.lower(), "" if key == _EMPTY_KEY else key


def _input(body: bytes, content_type: str) -> str | None:
    """Convert a body to a JSON string that holds JSON, which is all that the SDK can read.

    The SDK's client sends that already, other clients send JSON or text.
    """
    if not body.strip():
        return None
    if content_type != "application/json":
        return json.dumps(json.dumps(body.decode(errors="replace")))
    value = json_of(body)
    if value is None:
        return None
    return json.dumps(value if isinstance(value, str) and _is_json(value) else json.dumps(value))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
