"""Sends the values that functions set on queue outputs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from azure.functions import meta

from functions_host.functions.indexer import Binding, Function
from functions_host.functions.queue_clients import queue_name, queue_service, send

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueServiceClient


class QueueOutputs:
    """Writes output messages; a queue that is not there is created, as the binding does."""

    def __init__(self, environ: Mapping[str, str], *, base64_bodies: bool) -> None:
        self._environ, self._base64 = environ, base64_bodies
        self._services: dict[str, QueueServiceClient] = {}

    async def send(self, function: Function, encoded: Mapping[str, meta.Datum], data: Mapping[str, str]) -> None:
        """Send the encoded outputs of one invocation, in the order of the bindings; *data* fills names of queues."""
        for binding in function.outputs:
            if binding.type == "queue" and binding.name in encoded:
                await self._put(binding, _bodies(encoded[binding.name]), data)

    async def close(self) -> None:
        """Close the clients that were opened."""
        for service in self._services.values():
            await service.close()

    async def _put(self, binding: Binding, bodies: list[bytes], data: Mapping[str, str]) -> None:
        connection = str(binding.raw.get("connection") or "AzureWebJobsStorage")
        if connection not in self._services:
            self._services[connection] = queue_service(connection, self._environ)
        name = queue_name(binding.raw, self._environ, data)
        queue = self._services[connection].get_queue_client(name)
        for body in bodies:
            text = base64.b64encode(body).decode() if self._base64 else body.decode()
            await send(queue, text)


def binding_data(datum: meta.Datum, metadata: Mapping[str, meta.Datum] | None) -> dict[str, str]:
    """Return the values of expressions such as ``{id}`` in the name of a queue: from a route, a query, a message."""
    given = [*(datum.value["query"], datum.value["params"])] if datum.type == "http" else [metadata or {}]
    return {name.lower(): str(one.value) for values in given for name, one in values.items()}


def _bodies(datum: meta.Datum) -> list[bytes]:
    """Read the encoded output: one message, or a list of them; text that holds JSON counts as JSON, as on Azure."""
    if datum.type == "bytes":
        return [datum.value]
    if datum.type == "string":
        try:
            value = json.loads(datum.value)
        except ValueError:
            value = None
        if not isinstance(value, dict | list):
            return [datum.value.encode()]
    else:
        value = json.loads(datum.value) if datum.type == "json" else datum.value
    return [_text(one).encode() for one in (value if isinstance(value, list) else [value])]


def _text(one: Any) -> str:  # noqa: ANN401 - any JSON
    """Write one message: JSON is written anew, with lines of its own."""
    return one if isinstance(one, str) else json.dumps(one, indent=2, ensure_ascii=False)
