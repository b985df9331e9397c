"""Entities through the management API: read, signal, delete, list (docs/notes.md 2.3)."""

import json
from collections.abc import Mapping
from urllib.parse import quote, unquote

from aiohttp import web

from functions_host.durable.entities import Entities, Key
from functions_host.http.parameters import (
    TOKEN,
    flag,
    has_valid_characters,
    page_size,
    query_value,
    time_range,
)
from functions_host.http.refusals import BadRequestError, answer_json, read_json
from functions_host.storage.reads import EntityFilter
from functions_host.storage.state import Instance
from functions_host.storage.store import Store
from functions_host.timestamps import stamp

_EMPTY_KEY = "$"


class EntityApi:
    """Answers /entities/...; names match without regard to case.

    *faults*: a signal reaches the SDK as Azure's host sends it: of JSON it reads strings only.
    """

    def __init__(self, store: Store, entities: Entities, names: Mapping[str, str], *, faults: bool = False) -> None:
        self._store, self._entities, self._names = store, entities, names.keys()
        self._known = sorted(names.values(), key=str.lower)
        self._faults = faults

    def as_instance(self, instance_id: str) -> Instance | None:
        """Return an entity as the orchestration that it is on Azure; None if it has not run, or is none."""
        name, mark, key = instance_id.removeprefix("@").partition("@")
        found = self._store.reads.entity(name, key) if instance_id.startswith("@") and mark else None
        if found is None:
            return None
        state, updated_us = found
        input_text = json.dumps({"exists": True, "state": state, "sorter": {}})
        return Instance(
            instance_id, "", instance_id, None, "Running", input_text, None, json.dumps({"entityExists": True}), None,
            updated_us, updated_us, None, None, None, None,
        )  # fmt: skip

    async def answer(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answer one request; ``path`` follows /entities."""
        match (request.method, [part for part in path if part]):
            case ("GET", []):
                return self._list(request, None)
            case ("GET", [name]):
                return self._list(request, name.lower())
            case ("GET", [name, key]):
                return self._read(_entity(name, key))
            case ("POST", []):
                text = "entity name must not be a null or empty string. (Parameter 'entityName')"
                raise BadRequestError(f"Invalid entity id: {text}")
            case ("POST", [name, *key]) if len(key) <= 1:
                return await self._signal(request, self._signalled(name, *key), query_value(request, "op"))
            case ("DELETE", [name, key]):
                return await self._signal(request, self._signalled(name, key), "delete")
        return web.Response(status=404)

    def _signalled(self, name: str, key: str = "") -> Key:
        """Return the entity that a signal is for; Azure's host knows the sign of the empty key only where it reads."""
        return (name.lower(), key) if self._faults else _entity(name, key)

    def _read(self, entity: Key) -> web.Response:
        found = self._store.reads.entity(*entity)
        if found is None:
            return web.Response(status=404)
        return web.Response(text=found[0] or "null", content_type="application/json")

    def _list(self, request: web.BaseRequest, name: str | None) -> web.Response:
        """List entities in pages, with their states if ``fetchState`` is true."""
        since_us, until_us = time_range(request, "lastOperationTimeFrom", "lastOperationTimeTo", lenient=self._faults)
        top = page_size(request)
        last_name, _, last_key = request.headers.get(TOKEN, "").partition("|")
        after = (unquote(last_name), unquote(last_key)) if last_name else None
        rows = self._store.reads.entities(EntityFilter(top + 1, name, since_us, until_us, after))
        headers = {}
        if len(rows) > top > 0:
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
        return answer_json(listed, headers=headers)

    async def _signal(self, request: web.BaseRequest, entity: Key, operation: str) -> web.Response:
        name, key = entity
        if name not in self._names:
            known = ", ".join(f"'{one}'" for one in self._known)
            raise BadRequestError(
                f"The function '{name}' doesn't exist, is disabled, or is not an entity function. "
                f"Additional info: The following are the known entity functions: {known}."
            )
        if not self._faults and not has_valid_characters(key):
            raise BadRequestError("Entity keys must not hold / \\ # ? or control characters.")
        read = _raw_input if self._faults else _input
        await self._entities.signal(entity, operation, read(await request.read(), request.content_type))
        return web.Response(status=202)


def _entity(name: str, key: str = "") -> Key:
    return name.lower(), "" if key == _EMPTY_KEY else key


def _input(body: bytes, content_type: str) -> str | None:
    """Convert a body to a JSON string that holds JSON, which is all that the SDK can read.

    The SDK's client sends that already, other clients send JSON or text.
    """
    if not body.strip():
        return None
    if content_type != "application/json":
        return json.dumps(json.dumps(body.decode(errors="replace")))
    value = _parsed(body)
    if value is None:
        return None
    return json.dumps(value if isinstance(value, str) and _is_json(value) else json.dumps(value))


def _raw_input(body: bytes, content_type: str) -> str | None:
    """Convert a body as the extension does: JSON as it came, anything else as one JSON string."""
    if not body:
        return None
    if content_type != "application/json":
        return json.dumps(body.decode(errors="replace"))
    return json.dumps(_parsed(body))


def _parsed(body: bytes) -> object:
    try:
        return read_json(body)
    except BadRequestError as error:
        said = error.error[0] if error.error else ""
        raise BadRequestError(f"Could not parse JSON content: {said}") from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
