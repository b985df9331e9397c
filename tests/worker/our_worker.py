"""Runs the commands of ``tests.worker.microsoft_worker`` with ``functions_host``; the replies have the same form."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azure.functions import meta
from functions_host.errors import AppError
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function, index
from functions_host.functions.invoker import Invoker
from functions_host.functions.outputs import QueueOutputs


class _KeptOutputs(QueueOutputs):
    """Queue outputs that keep their messages instead of sending them."""

    def __init__(self) -> None:
        super().__init__({}, base64_bodies=True)
        self.kept: dict[str, Any] = {}

    async def send(self, _function: Function, encoded: Mapping[str, meta.Datum], _data: Mapping[str, str]) -> None:
        self.kept.update({name: _plain(datum) for name, datum in encoded.items()})


class Driver:
    """Runs commands for the app that was indexed last."""

    def __init__(self) -> None:
        self._indexed: dict[str, Function] = {}

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["command"]:
            case "index":
                return self._index(command["app"], command["script"])
            case "load":
                return {"loaded": command["name"] in self._indexed}
            case _:
                return await self._invoke(command)

    def _index(self, app: str, script: str) -> dict[str, Any]:
        environ = {**os.environ, "PYTHON_SCRIPT_FILE_NAME": script}
        try:
            registry = index(Path(app), environ, None)
        except AppError as error:
            return {"refused": str(error)}
        self._indexed = registry.functions
        return {"functions": [_described(one) for one in registry.functions.values()]}

    async def _invoke(self, command: dict[str, Any]) -> dict[str, Any]:
        function, inputs = self._indexed[command["name"]], command["inputs"]
        outputs = _KeptOutputs()
        client = next((inputs[one.name]["value"] for one in function.clients), "")
        invoker = Invoker(Path.cwd(), 2, None, lambda: client, lambda: command["id"], outputs)
        metadata = {name: _datum(value) for name, value in command["metadata"].items()}
        try:
            returned = await invoker.invoke(function, _datum(inputs[function.trigger.name]), metadata)
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            return {"raised": error_text(error)}
        finally:
            invoker.close()
        return {"returned": _plain(returned), "outputs": outputs.kept}


def _described(one: Function) -> dict[str, Any]:
    return {
        "name": one.name,
        "bindings": {b.name: {"type": b.type, "direction": b.direction} for b in one.bindings},
        "raw": {b.name: dict(b.raw) for b in one.bindings},
    }


def _datum(value: dict[str, Any]) -> meta.Datum:
    content = value["value"]
    if value["type"] == "bytes":
        content = content.encode("latin-1")
    if value["type"] == "http":
        content = {
            "method": meta.Datum(content["method"], "string"),
            "url": meta.Datum(content["url"], "string"),
            "body": meta.Datum(content["body"].encode("latin-1"), "bytes"),
            **{part: _texts(content[part]) for part in ("headers", "params", "query")},
        }
    return meta.Datum(content, value["type"])


def _texts(values: Mapping[str, str]) -> dict[str, meta.Datum]:
    return {name: meta.Datum(text, "string") for name, text in values.items()}


def _plain(datum: meta.Datum | None) -> dict[str, Any] | None:
    if datum is None or datum.type is None:
        return None
    content: Any = datum.value
    if datum.type == "bytes":
        content = content.decode("latin-1")
    if datum.type == "http":
        cookies = [(name, morsel.value) for jar in content["cookies"] or () for name, morsel in jar.items()]
        headers = {name.lower(): one.value for name, one in content["headers"].items()}
        status = str(content["status_code"].value)
        content = {"status": status, "headers": headers, "body": _plain(content["body"]), "cookies": cookies}
    return {"type": str(datum.type), "value": content}


async def main() -> None:
    """Answer until the input ends; whatever the app prints goes to stderr."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    driver = Driver()
    while line := await asyncio.to_thread(sys.stdin.readline):
        replies.write(json.dumps(await driver.answer(json.loads(line))) + "\n")
        replies.flush()


if __name__ == "__main__":
    asyncio.run(main())
