"""The arguments of a queue function: the message, and its metadata as JSON values (docs/notes.md 4.3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.functions import DataType, meta

from functions_host.functions.indexer import Function

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage

_NEVER = "9999-12-31T23:59:59.9999999+00:00"
Metadata = dict[str, meta.Datum]


def datum_of(function: Function, body: bytes) -> meta.Datum:
    """Return a message as the function's binding wants it. Raises: UnicodeDecodeError."""
    return meta.Datum(body, "bytes") if is_binary(function) else meta.Datum(body.decode(), "string")


def is_binary(function: Function) -> bool:
    """Return whether the binding asks for bytes."""
    return function.trigger.raw.get("dataType") in {DataType.BINARY, DataType.BINARY.value, "binary"}


def metadata_of(function: Function, message: QueueMessage, body: bytes) -> Metadata:
    """Return the metadata of a message. The properties of a JSON object are there too, and replace its own.

    So a sender decides what ``DequeueCount`` a function sees, as on Azure; but not of one that is bound as bytes.
    """
    moments = {
        "ExpirationTime": message.expires_on,
        "InsertionTime": message.inserted_on,
        "NextVisibleTime": message.next_visible_on,
    }
    found: Metadata = {
        "DequeueCount": meta.Datum(json.dumps(message.dequeue_count), "json"),
        "Id": meta.Datum(message.id, "string"),
        "PopReceipt": meta.Datum(message.pop_receipt, "string"),
    }
    found |= {name: meta.Datum(json.dumps(_moment(one)), "json") for name, one in moments.items() if one}
    return _with_body(found, body, whole=not is_binary(function))


def metadata_of_run(function: Function, body: str) -> Metadata:
    """Return the metadata of a call by the admin API: nothing was dequeued."""
    moments = {"ExpirationTime": _NEVER, "InsertionTime": _now(), "NextVisibleTime": _NEVER}
    found: Metadata = {"DequeueCount": meta.Datum("0", "json")}
    found |= {name: meta.Datum(json.dumps(text), "json") for name, text in moments.items()}
    return _with_body(found, body.encode(), whole=not is_binary(function)) | {
        function.trigger.name: meta.Datum(body, "string")
    }


def _with_body(found: Metadata, body: bytes, *, whole: bool) -> Metadata:
    """Add the text of a message, and its properties where it is *whole*."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return found
    found["QueueTrigger"] = meta.Datum(text, "string")
    try:
        value = json.loads(text) if whole else None
    except ValueError:
        return found
    names = {name.lower(): name for name in found}
    for name, one in value.items() if isinstance(value, dict) else ():
        datum = _property(one)
        if datum is not None:
            found[names.setdefault(name.lower(), name)] = datum
    return found


def _property(value: Any) -> meta.Datum | None:  # noqa: ANN401 - any JSON
    """Return a property of a JSON message; lists and null have none."""
    if value is None or isinstance(value, list):
        return None
    if isinstance(value, dict):
        return meta.Datum(json.dumps(value, separators=(",", ":"), ensure_ascii=False), "json")
    return meta.Datum(str(value), "string")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
