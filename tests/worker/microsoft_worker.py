"""Sends commands to Microsoft's own worker (``azure-functions-runtime``); runs in ``.tools/worker``, on Python 3.13.

Stands in for Microsoft's host and for its gRPC channel. A line of JSON in is a command, a line out its reply:
    {"command": "index", "app": folder, "script": file} -> {"functions": [...]} or {"refused": text}
    {"command": "load", "name": ...} -> {"loaded": true or false}
    {"command": "invoke", "name", "id", "inputs": {...}, "metadata": {...}}
        -> {"returned", "outputs"} or {"raised": text}
A value is {"type": "string" | "json" | "bytes" | "http" | ..., "value": ...}, bytes as Latin-1 text.
``tests.worker.our_worker`` runs the same commands with ``functions_host``.
"""

import asyncio
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as worker  # type: ignore[import-not-found] # it is in .tools/worker only
import messages as protos  # type: ignore[import-not-found] # run by its path, this folder is the first to look in

_PROPERTIES = {"host": "127.0.0.1", "protos": protos}


def _event(**request: Any) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(**request), properties=_PROPERTIES)


class Driver:
    """Runs commands for the app that was indexed last."""

    def __init__(self) -> None:
        self._indexed: dict[str, Any] = {}

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["command"]:
            case "index":
                return await self._index(command["app"], command["script"])
            case "load":
                return await self._load(command["name"])
            case _:
                return await self._invoke(command)

    async def _index(self, app: str, script: str) -> dict[str, Any]:
        os.environ["PYTHON_SCRIPT_FILE_NAME"] = script
        if app not in sys.path:
            sys.path.insert(0, app)
        request = protos.WorkerInitRequest(app)
        begun = await worker.worker_init_request(_event(worker_init_request=request))
        if begun.result.status != protos.StatusResult.Success:
            return {"refused": begun.result.exception.message}
        listed = await worker.functions_metadata_request(_event())
        found = listed.function_metadata_results or []
        self._indexed = {one.name: one for one in found}
        return {"functions": [_described(one) for one in found]}

    async def _load(self, name: str) -> dict[str, Any]:
        metadata = self._indexed[name]
        request = protos.FunctionLoadRequest(metadata.function_id, metadata)
        loaded = await worker.function_load_request(_event(function_load_request=request))
        return {"loaded": loaded.result.status == protos.StatusResult.Success}

    async def _invoke(self, command: dict[str, Any]) -> dict[str, Any]:
        request = protos.InvocationRequest(
            command["id"],
            self._indexed[command["name"]].function_id,
            [protos.ParameterBinding(name, _typed(value)) for name, value in command["inputs"].items()],
            {name: _typed(value) for name, value in command["metadata"].items()},
        )
        done = await worker.invocation_request(_event(invocation_request=request))
        if done.result.status != protos.StatusResult.Success:
            return {"raised": done.result.exception.message}
        outputs = {one.name: _plain(one.data) for one in done.output_data}
        return {"returned": _plain(done.return_value), "outputs": outputs}


def _described(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "bindings": {name: {"type": b.type, "direction": int(b.direction)} for name, b in one.bindings.items()},
        "raw": {raw["name"]: raw for raw in map(json.loads, one.raw_bindings)},
    }


def _typed(value: dict[str, Any]) -> Any:
    content = value["value"]
    match value["type"]:
        case "bytes":
            content = content.encode("latin-1")
        case "http":
            body = protos.TypedData(bytes=content["body"].encode("latin-1"))
            content = protos.RpcHttp(**{**content, "body": body})
    return protos.TypedData(**{value["type"]: content})


def _plain(data: Any) -> dict[str, Any] | None:
    kind = data.WhichOneof("data") if data is not None else None
    if kind is None:
        return None
    content = getattr(data, kind)
    if kind == "bytes":
        content = content.decode("latin-1")
    if kind == "http":
        body = _plain(content.body)
        cookies = [(cookie.name, cookie.value) for cookie in content.cookies or ()]
        headers = {name.lower(): text for name, text in content.headers.items()}
        content = {"status": str(content.status_code), "headers": headers, "body": body, "cookies": cookies}
    return {"type": kind, "value": content}


async def main() -> None:
    """Answer until the input ends; whatever the app prints goes to stderr."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker.start_threadpool_executor()
    driver = Driver()
    while line := await asyncio.to_thread(sys.stdin.readline):
        answer = await driver.answer(json.loads(line))
        replies.write(json.dumps(answer) + "\n")
        replies.flush()


if __name__ == "__main__":
    asyncio.run(main())
